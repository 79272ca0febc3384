/* index_put: x with the elements at index tensors replaced by a value, the last writer winning, or added to; see
 * advanced_index.h.
 *
 * Every element of the result looks for its writers, so the cost is (elements of x) * (positions); in return no two
 * elements are ever written by the same step, on any target. */
#include "advanced_index.h"
#include "broadcast.h"

#include <hidet/plugin.h>

/* Does `position` of the index tensors choose element `i` of x? */
static const hdt_expr *hits(hdt_task *t, const advanced_index *a, hdt_list i, hdt_list position)
{
	const hdt_expr *hit = hdt_number(t->context, HDT_BOOL, 1);
	for (int n = 0; n < a->count; n++)
		hit = hdt_and(hit, hdt_equal(advanced_index_at(a, n, position), hdt_list_item(i, a->axes[n])));
	return hit;
}

/* The value that is written to element `i` of x from `position` of the index tensors. */
static const hdt_expr *value_at(hdt_task *t, const advanced_index *a, const hdt_tensor *value, hdt_list i,
                                hdt_list position)
{
	hdt_list rest = HDT_SCALAR;
	for (int d = 0; d < a->x->rank; d++) {
		if (advanced_index_of(a, d) < 0)
			rest = hdt_list_insert(t, rest, rest.count, hdt_list_item(i, d));
	}
	hdt_list head = hdt_list_join(t, hdt_list_part(rest, 0, a->place), position);
	return hdt_broadcast_at(value, hdt_list_join(t, head, hdt_list_part(rest, a->place, rest.count)));
}

static void define(hdt_task *t)
{
	advanced_index a;
	bool accumulate = hdt_get_bool(t, "accumulate");
	if (!advanced_index_begin(t, 2, &a))
		return;
	const hdt_tensor *value = hdt_input(t, 1);
	hdt_list i = hdt_axes(t, hdt_shape(a.x));
	const hdt_expr *k = hdt_axis("k", hdt_product(t->context, a.positions)), *x = hdt_at_list(a.x, i);
	hdt_list position = hdt_unflatten(t->context, a.positions, k);
	const hdt_expr *hit = hits(t, &a, i, position);

	broadcast_require(t, hdt_shape(value), advanced_index_shape(t, &a));
	if (accumulate) {
		const hdt_expr *v = hdt_widen(value_at(t, &a, value, i, position));
		const hdt_expr *exact = hdt_is_float(a.x->dtype) ? v : hdt_cast(value_at(t, &a, value, i, position), HDT_I64);
		const hdt_expr *sum = hdt_sum(k, hdt_select(hit, exact, hdt_like(exact, 0)));
		hdt_output(t, hdt_compute(t, "y", i, hdt_cast(hdt_add(hdt_cast(x, hdt_expr_dtype(exact)), sum), a.x->dtype)));
		return;
	}
	const hdt_expr *last = hdt_reduce(HDT_REDUCE_MAX, &k, 1, hdt_select(hit, k, hdt_int(t->context, -1)));
	const hdt_tensor *writer = hdt_compute(t, "writer", i, last);
	const hdt_expr *w = hdt_at_list(writer, i), *known = hdt_bounded(w, hdt_product(t->context, a.positions));
	const hdt_expr *v = value_at(t, &a, value, i, hdt_unflatten(t->context, a.positions, known));
	hdt_output(t, hdt_compute(t, "y", i, hdt_select(hdt_less(w, hdt_like(w, 0)), x, hdt_cast(v, a.x->dtype))));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "the axis of x that each index tensor chooses along, ascending"},
	{"accumulate", HDT_ATTRIBUTE_BOOL, "false", "add to x instead of replacing"},
	{0},
};

const hdt_operator hdt_op_index_put = {
	.size = sizeof(hdt_operator),
	.name = "index_put",
	.doc = "x with elements at index tensors set or added to",
	.inputs = "x, value, indices...",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"index_put(T[5, 3], T[4, 3], i64[4] in -5..4, axes=[0])",
			"index_put(f32[n, 4], f32[], i64[3] in 0..3, axes=[1]) where n = 5",
			"index_put(f32[3, 4], f32[6], i64[6] in 0..2, i32[6] in -4..3, axes=[0, 1], accumulate=true)",
			"index_put(f32[3, 4], f32[3, 0], i64[0] in 0..3, axes=[1])",
			"index_put(f32[1, 3], f32[3], i64[] in 0..0, axes=[0])",
			"index_put(f32[3, 4, 2], f32[2, 4], i64[2] in 0..2, i64[2] in 0..1, axes=[0, 2])",
			"index_put(f16[3], f16[5], i64[5] in 0..2, axes=[0], accumulate=true)",
			"index_put(i64[3], i64[5], i64[5] in 0..2, axes=[0], accumulate=true)",
			NULL,
		},
};
