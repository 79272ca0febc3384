/* index: NumPy indexing by integer tensors: see advanced_index.h. Negative indices count from the end. */
#include "advanced_index.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	advanced_index a;
	if (!advanced_index_begin(t, 1, &a))
		return;
	hdt_list i = hdt_axes(t, advanced_index_shape(t, &a));
	hdt_list position = hdt_list_part(i, a.place, a.positions.count), at = HDT_SCALAR;
	hdt_list rest =
		hdt_list_join(t, hdt_list_part(i, 0, a.place), hdt_list_part(i, a.place + a.positions.count, i.count));

	for (int d = 0, other = 0; d < a.x->rank; d++) {
		int n = advanced_index_of(&a, d);
		at = hdt_list_insert(t, at, d, n >= 0 ? advanced_index_at(&a, n, position) : hdt_list_item(rest, other++));
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(a.x, at)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "the axis of x that each index tensor chooses along, ascending"},
	{0},
};

const hdt_operator hdt_op_index = {
	.size = sizeof(hdt_operator),
	.name = "index",
	.doc = "NumPy indexing by integer tensors",
	.inputs = "x, indices...",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"index(T[5, 3], i64[4] in -5..4, axes=[0])",
			"index(f32[n, 4, 3], i64[2, 1] in -4..3, i32[3] in 0..2, axes=[1, 2]) where n = 5",
			"index(f32[3, 4, 5], i64[2] in 0..2, i64[2] in 0..4, axes=[0, 2])",
			"index(f32[3, 4], i64[0] in 0..2, axes=[1])",
			"index(f32[1, 3], i64[] in 0..0, axes=[0])",
			"index(f32[2, 3, 4, 5], i64[2, 2] in 0..2, i64[2] in 0..3, axes=[1, 2])",
			"index(f32[4, n], i64[6] in -4..3, axes=[0]) where n = 3",
			NULL,
		},
};
