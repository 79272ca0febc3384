/* transpose: dimensions in another order. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axes[HDT_MAX_RANK], count = hdt_get_axis_list(t, "axes", x->rank, axes);
	int place[HDT_MAX_RANK] = {0}; /* in the result, of each dimension of x; counted from 1 */
	hdt_list shape = HDT_SCALAR, at = HDT_SCALAR;

	for (int d = 0; d < count; d++) {
		if (count != x->rank || place[axes[d]])
			break;
		place[axes[d]] = d + 1;
		shape = hdt_list_insert(t, shape, d, x->shape[axes[d]]);
	}
	if (shape.count != x->rank) {
		hdt_reject(t, "axes must name each of the %d dimensions once", x->rank);
		return;
	}
	hdt_list i = hdt_axes(t, shape);
	for (int d = 0; d < x->rank; d++)
		at = hdt_list_insert(t, at, d, hdt_list_item(i, place[d] - 1));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "a permutation: dimension d of the result is dimension axes[d] of x"},
	{0},
};

const hdt_operator hdt_op_transpose = {
	.size = sizeof(hdt_operator),
	.name = "transpose",
	.doc = "dimensions in another order",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"transpose(T[2, 3, 4], axes=[2, 0, 1])",
			"transpose(f32[n, 3], axes=[1, 0]) where n = 5",
			"transpose(f32[0, 3], axes=[1, 0])",
			"transpose(f32[], axes=[])",
			"transpose(f32[1, 3, 2], axes=[0, -1, 1])",
			NULL,
		},
};
