/* gather: y[i, j] = x[index[i, j], j] for axis 0, and so on; y has the shape of the index. */
#include "choice.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *index = hdt_input(t, 1);
	int axis = hdt_get_axis(t, "axis", x->rank);

	if (index->rank != x->rank) {
		hdt_reject(t, "the index must have %d dimensions, as x", x->rank);
		return;
	}
	for (int d = 0; d < x->rank; d++) {
		if (d != axis)
			hdt_require(t, hdt_less_equal(index->shape[d], x->shape[d]), "the index is larger than x in dimension %d",
			            d);
	}
	hdt_list i = hdt_axes(t, hdt_shape(index));
	const hdt_expr *at = choice_at(t, index, i, hdt_list_item(hdt_shape(x), axis));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, hdt_list_replace(t, i, axis, at))));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis along which the index chooses"},
	{0},
};

const hdt_operator hdt_op_gather = {
	.size = sizeof(hdt_operator),
	.name = "gather",
	.doc = "x at the index along an axis, each element on its own",
	.inputs = "x, index",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"gather(T[5, 3], i64[4, 3] in 0..4, axis=0)",
			"gather(f32[n, 9], i32[n, 2] in 0..8, axis=1) where n = 5",
			"gather(f32[3, 4], i64[0, 4] in 0..2, axis=0)",
			"gather(f32[3, 1], i64[2, 5] in 0..0, axis=-1)",
			NULL,
		},
};
