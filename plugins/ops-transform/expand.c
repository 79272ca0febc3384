/* expand: broadcast to a shape. */
#include "broadcast.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list shape = hdt_get_dims(t, "shape"), i = hdt_axes(t, shape);

	hdt_require_sizes(t, shape);
	broadcast_require(t, hdt_shape(x), shape);
	hdt_output(t, hdt_compute(t, "y", i, hdt_broadcast_at(x, i)));
}

static const hdt_attribute attributes[] = {
	{"shape", HDT_ATTRIBUTE_DIMS, NULL, "shape of the result"},
	{0},
};

const hdt_operator hdt_op_expand = {
	.size = sizeof(hdt_operator),
	.name = "expand",
	.doc = "broadcast to a shape",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"expand(T[3, 1], shape=[2, 3, 4])",
			"expand(f32[n, 1], shape=[n, 6]) where n = 5",
			"expand(f32[1, 3], shape=[0, 3])",
			"expand(f32[], shape=[2])",
			"expand(f32[3], shape=[m, 3]) where m = 4",
			NULL,
		},
};
