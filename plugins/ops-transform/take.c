/* take: the elements of x at the positions of an index tensor, whose dimensions take the place of an axis: an embedding
 * is take(weight, ids). Indices count from 0; outside of the axis is a fault of the run. */
#include "choice.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *index = hdt_input(t, 1);
	int axis = hdt_get_axis(t, "axis", x->rank);
	hdt_list head = hdt_list_part(hdt_shape(x), 0, axis), tail = hdt_list_part(hdt_shape(x), axis + 1, x->rank);
	hdt_list i = hdt_axes(t, hdt_list_join(t, hdt_list_join(t, head, hdt_shape(index)), tail));
	hdt_list before = hdt_list_part(i, 0, axis), after = hdt_list_part(i, axis + index->rank, i.count);
	const hdt_expr *extent = hdt_list_item(hdt_shape(x), axis);
	const hdt_expr *at = choice_at(t, index, hdt_list_part(i, axis, index->rank), extent);
	hdt_list from = hdt_list_insert(t, hdt_list_join(t, before, after), axis, at);
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, from)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "0", "axis of x that the dimensions of the index replace"},
	{0},
};

const hdt_operator hdt_op_take = {
	.size = sizeof(hdt_operator),
	.name = "take",
	.doc = "elements at an index tensor along an axis; with axis 0 an embedding",
	.inputs = "x, index",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"take(T[5, 3], i64[2, 4] in 0..4)",
			"take(f32[9, 4], i32[n] in 0..8) where n = 5",
			"take(f32[3, 0], i64[2] in 0..2)",
			"take(f32[1, 3], i64[] in 0..0)",
			"take(f32[2, 5, 3], i64[2, 2] in 0..4, axis=1)",
			"take(f32[2, 5], i32[3] in 0..4, axis=-1)",
			NULL,
		},
};
