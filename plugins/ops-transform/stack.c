/* stack: inputs of one shape side by side along a new axis, in the dtype that all promote to. */
#include "join.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *first = hdt_input(t, 0);
	int count = hdt_input_count(t), axis = hdt_get_axis(t, "axis", first->rank + 1);
	hdt_dtype dtype = join_dtype(t, count);
	const hdt_expr **starts = hdt_allocate(t->context, (size_t)count * sizeof *starts);
	const hdt_expr **elements = hdt_allocate(t->context, (size_t)count * sizeof *elements);

	if (!starts || !elements)
		return;
	hdt_list i = hdt_axes(t, hdt_list_insert(t, hdt_shape(first), axis, hdt_int(t->context, count)));
	join parts = {.starts = starts, .elements = elements, .position = hdt_list_item(i, axis)};
	for (int k = 0; k < count; k++) {
		if (!join_fits(t, k, -1))
			return;
		starts[k] = hdt_int(t->context, k);
		elements[k] = hdt_cast(hdt_at_list(hdt_input(t, k), hdt_list_remove(t, i, axis)), dtype);
	}
	hdt_output(t, hdt_compute(t, "y", i, join_choose(&parts, 0, count - 1)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "0", "position of the new axis in the result"},
	{0},
};

const hdt_operator hdt_op_stack = {
	.size = sizeof(hdt_operator),
	.name = "stack",
	.doc = "inputs side by side along a new axis",
	.inputs = "xs...",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"stack(T[2, 3], T[2, 3], T[2, 3], axis=1)",
			"stack(f32[n, 3], f32[n, 3], axis=-1) where n = 5",
			"stack(f32[0, 3], f32[0, 3])",
			"stack(f32[1])",
			"stack(f32[], i64[])",
			NULL,
		},
};
