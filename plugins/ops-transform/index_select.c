/* index_select: elements at a list of positions along an axis. */
#include "choice.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *index = hdt_input(t, 1);
	int axis = hdt_get_axis(t, "axis", x->rank);

	if (index->rank != 1) {
		hdt_reject(t, "the index must be a list");
		return;
	}
	hdt_list i = hdt_axes(t, hdt_list_replace(t, hdt_shape(x), axis, index->shape[0]));
	const hdt_expr *at = choice_at(t, index, HDT_AT(hdt_list_item(i, axis)), hdt_list_item(hdt_shape(x), axis));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, hdt_list_replace(t, i, axis, at))));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis to choose along"},
	{0},
};

const hdt_operator hdt_op_index_select = {
	.size = sizeof(hdt_operator),
	.name = "index_select",
	.doc = "elements at a list of positions along an axis",
	.inputs = "x, index",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"index_select(T[5, 3], i64[4] in 0..4, axis=0)",
			"index_select(f32[4, 9], i32[n] in 0..8, axis=1) where n = 5",
			"index_select(f32[3, 4], i64[0] in 0..2, axis=-1)",
			"index_select(f32[1, 3], i64[1] in 0..0, axis=0)",
			NULL,
		},
};
