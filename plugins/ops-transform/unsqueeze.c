/* unsqueeze: with new dimensions of size 1 at the positions axes of the result. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axes[HDT_MAX_RANK], rank = x->rank + hdt_get_dims(t, "axes").count;
	int count = hdt_get_axis_list(t, "axes", rank, axes);
	bool added[2 * HDT_MAX_RANK] = {false};
	hdt_list shape = HDT_SCALAR, at = HDT_SCALAR;

	if (count < 0)
		return;
	for (int n = 0; n < count; n++) {
		if (added[axes[n]])
			hdt_reject(t, "axis %d is given twice", axes[n]);
		added[axes[n]] = true;
	}
	for (int d = 0, old = 0; d < rank; d++)
		shape = hdt_list_insert(t, shape, d, added[d] ? hdt_int(t->context, 1) : hdt_list_item(hdt_shape(x), old++));
	hdt_list i = hdt_axes(t, shape);
	for (int d = 0; d < rank; d++) {
		if (!added[d])
			at = hdt_list_insert(t, at, at.count, hdt_list_item(i, d));
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
	hdt_declare_alias(t, 0, 0);
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "positions of the new dimensions in the result"},
	{0},
};

const hdt_operator hdt_op_unsqueeze = {
	.size = sizeof(hdt_operator),
	.name = "unsqueeze",
	.doc = "with new dimensions of size 1 at the positions axes of the result",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"unsqueeze(T[3, 4], axes=[0, 2])",
			"unsqueeze(f32[n], axes=[-1]) where n = 5",
			"unsqueeze(f32[0, 1], axes=[1])",
			"unsqueeze(f32[], axes=[0])",
			"unsqueeze(f32[2, 3], axes=[-2])",
			NULL,
		},
};
