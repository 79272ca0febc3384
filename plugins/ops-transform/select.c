/* select: one index of an axis, which is dropped. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	hdt_list index = hdt_get_dims(t, "index"), i = hdt_axes(t, hdt_list_remove(t, hdt_shape(x), axis));
	const hdt_expr *at = hdt_list_item(index, 0);

	if (index.count != 1)
		hdt_reject(t, "index must be one dimension, not %d", index.count);
	hdt_require(t, hdt_less_equal(hdt_int(t->context, 0), at), "the index is below 0");
	hdt_require(t, hdt_less(at, hdt_list_item(hdt_shape(x), axis)), "the index lies behind the last element of axis %d",
	            axis);
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, hdt_list_insert(t, i, axis, at))));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis to drop"},
	{"index", HDT_ATTRIBUTE_DIMS, NULL, "the index to keep, 0..size-1"},
	{0},
};

const hdt_operator hdt_op_select = {
	.size = sizeof(hdt_operator),
	.name = "select",
	.doc = "one index of an axis, which is dropped",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"select(T[4, 7], axis=1, index=3)",
			"select(f32[n, 3], axis=0, index=[n - 1]) where n = 5",
			"select(f32[0, 3], axis=1, index=0)",
			"select(f32[1], axis=0, index=0)",
			"select(f32[2, 3, 4], axis=-2, index=2)",
			NULL,
		},
};
