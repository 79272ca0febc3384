/* flip: backwards along axes. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axes[HDT_MAX_RANK], count = hdt_get_axis_list(t, "axes", x->rank, axes);
	hdt_list i = hdt_axes(t, hdt_shape(x)), at = i;

	for (int n = 0; n < count; n++) {
		const hdt_expr *last = hdt_sub(x->shape[axes[n]], hdt_int(t->context, 1));
		at = hdt_list_replace(t, at, axes[n], hdt_sub(last, hdt_list_item(i, axes[n])));
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "axes to reverse"},
	{0},
};

const hdt_operator hdt_op_flip = {
	.size = sizeof(hdt_operator),
	.name = "flip",
	.doc = "backwards along axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"flip(T[3, 4], axes=[1])",
			"flip(f32[n, 3], axes=[0, -1]) where n = 5",
			"flip(f32[0, 3], axes=[0])",
			"flip(f32[1], axes=[0])",
			NULL,
		},
};
