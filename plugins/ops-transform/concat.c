/* concat: inputs one after the other along an axis, in the dtype that all promote to. */
#include "join.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *first = hdt_input(t, 0);
	int count = hdt_input_count(t), axis = hdt_get_axis(t, "axis", first->rank);
	hdt_dtype dtype = join_dtype(t, count);
	const hdt_expr **starts = hdt_allocate(t->context, (size_t)count * sizeof *starts);
	const hdt_expr **elements = hdt_allocate(t->context, (size_t)count * sizeof *elements);
	const hdt_expr *size = hdt_int(t->context, 0);

	if (!starts || !elements)
		return;
	for (int k = 0; k < count; k++) {
		if (!join_fits(t, k, axis))
			return;
		starts[k] = size;
		size = hdt_add(size, hdt_list_item(hdt_shape(hdt_input(t, k)), axis));
	}
	hdt_list i = hdt_axes(t, hdt_list_replace(t, hdt_shape(first), axis, size));
	join parts = {.starts = starts, .elements = elements, .position = hdt_list_item(i, axis)};
	for (int k = 0; k < count; k++) {
		hdt_list at = hdt_list_replace(t, i, axis, hdt_sub(parts.position, starts[k]));
		elements[k] = hdt_cast(hdt_at_list(hdt_input(t, k), at), dtype);
	}
	hdt_output(t, hdt_compute(t, "y", i, join_choose(&parts, 0, count - 1)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "0", "axis to join along"},
	{0},
};

const hdt_operator hdt_op_concat = {
	.size = sizeof(hdt_operator),
	.name = "concat",
	.doc = "inputs one after the other along an axis",
	.inputs = "xs...",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"concat(T[2, 3], T[2, 1], T[2, 4], axis=1)",
			"concat(f32[n, 3], f32[2, 3], axis=0) where n = 5",
			"concat(f32[n, 3], f32[m, 3], f32[n, 3]) where n = 2, m = 3",
			"concat(f32[0, 3], f32[2, 3])",
			"concat(f32[1])",
			"concat(f32[2, 2], i64[2, 1], axis=-1)",
			"concat(f32[1], f32[2], f32[0], f32[3], f32[1])",
			NULL,
		},
};
