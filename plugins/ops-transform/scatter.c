/* scatter: x with elements along an axis replaced by a source, the last writer winning, or reduced with it.
 *
 * For axis 0: y[index[i, j], j] = source[i, j]. Every element of the result looks for its writers, so the cost is
 * (elements of x) * (size of the index along the axis); in return no two elements are ever written by the same step, on
 * any target. */
#include "choice.h"

#include <hidet/plugin.h>
#include <string.h>

/* Does index element `k` along the axis, in line with element `i` of x, choose it? The index may be smaller than x. */
static const hdt_expr *hits(hdt_task *t, const hdt_tensor *x, const hdt_tensor *index, int axis, hdt_list i,
                            const hdt_expr *k)
{
	const hdt_expr *covered = hdt_number(t->context, HDT_BOOL, 1);
	for (int d = 0; d < x->rank; d++) {
		if (d != axis && !hdt_proves_equal(x->shape[d], index->shape[d]))
			covered = hdt_and(covered, hdt_less(hdt_list_item(i, d), index->shape[d]));
	}
	hdt_list at = hdt_list_replace(t, i, axis, k);
	const hdt_expr *chosen = choice_at(t, index, at, hdt_list_item(hdt_shape(x), axis));
	const hdt_expr *hit = hdt_equal(chosen, hdt_list_item(i, axis));
	return hdt_select(covered, hit, hdt_like(hit, 0));
}

/* In the dtype in which sums and products are kept. */
static const hdt_expr *exact(const hdt_expr *e)
{
	return hdt_is_float(hdt_expr_dtype(e)) ? hdt_widen(e) : hdt_cast(e, HDT_I64);
}

/* `old` reduced with every `value` that hits. */
static const hdt_expr *combine(hdt_task *t, const char *reduce, const hdt_expr *k, const hdt_expr *hit,
                               const hdt_expr *old, const hdt_expr *value)
{
	if (strcmp(reduce, "add") == 0)
		return hdt_add(old, hdt_sum(k, hdt_select(hit, value, hdt_like(value, 0))));
	if (strcmp(reduce, "multiply") == 0)
		return hdt_mul(old, hdt_reduce(HDT_REDUCE_PROD, &k, 1, hdt_select(hit, value, hdt_like(value, 1))));
	if (strcmp(reduce, "amax") == 0)
		return hdt_max(old, hdt_reduce(HDT_REDUCE_MAX, &k, 1, hdt_select(hit, value, old)));
	if (strcmp(reduce, "amin") == 0)
		return hdt_min(old, hdt_reduce(HDT_REDUCE_MIN, &k, 1, hdt_select(hit, value, old)));
	hdt_reject(t, "reduce is \"%s\", not none, add, multiply, amax or amin", reduce);
	return old;
}

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *index = hdt_input(t, 1), *source = hdt_input(t, 2);
	int axis = hdt_get_axis(t, "axis", x->rank);
	const char *reduce = hdt_get_string(t, "reduce");

	if (index->rank != x->rank || source->rank != x->rank) {
		hdt_reject(t, "index and source must have %d dimensions, as x", x->rank);
		return;
	}
	for (int d = 0; d < x->rank; d++) {
		hdt_require(t, hdt_less_equal(index->shape[d], source->shape[d]),
		            "the index is larger than the source in dimension %d", d);
		if (d != axis)
			hdt_require(t, hdt_less_equal(index->shape[d], x->shape[d]), "the index is larger than x in dimension %d",
			            d);
	}
	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *k = hdt_axis("k", hdt_list_item(hdt_shape(index), axis)), *old = hdt_at_list(x, i);
	const hdt_expr *hit = hits(t, x, index, axis, i, k);

	if (strcmp(reduce, "none") == 0) {
		const hdt_expr *last = hdt_reduce(HDT_REDUCE_MAX, &k, 1, hdt_select(hit, k, hdt_int(t->context, -1)));
		const hdt_tensor *writer = hdt_compute(t, "writer", i, last);
		const hdt_expr *w = hdt_at_list(writer, i), *known = hdt_bounded(w, hdt_list_item(hdt_shape(index), axis));
		const hdt_expr *value = hdt_at_list(source, hdt_list_replace(t, i, axis, known));
		hdt_output(t, hdt_compute(t, "y", i, hdt_select(hdt_less(w, hdt_like(w, 0)), old, hdt_cast(value, x->dtype))));
		return;
	}
	const hdt_expr *value = hdt_cast(hdt_at_list(source, hdt_list_replace(t, i, axis, k)), x->dtype);
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(combine(t, reduce, k, hit, exact(old), exact(value)), x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis along which the index chooses"},
	{"reduce", HDT_ATTRIBUTE_STRING, "\"none\"", "none (replace), add, multiply, amax or amin"},
	{0},
};

const hdt_operator hdt_op_scatter = {
	.size = sizeof(hdt_operator),
	.name = "scatter",
	.doc = "x with elements along an axis replaced by, or reduced with, a source",
	.inputs = "x, index, source",
	.attributes = attributes,
	.dtypes = "u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"scatter(T[5, 3], i64[4, 3] in 0..4, T[4, 3], axis=0)",
			"scatter(f32[n, 4], i32[n, 2] in 0..3, f32[n, 2], axis=1) where n = 5",
			"scatter(f32[3, 4], i64[2, 3] in 0..2, f32[2, 4], axis=0, reduce=\"add\")",
			"scatter(f32[3, 4], i64[3, 6] in 0..3, f32[3, 6], axis=-1, reduce=\"multiply\")",
			"scatter(f32[3, 4], i64[3, 6] in 0..3, f32[3, 6], axis=1, reduce=\"amax\")",
			"scatter(i32[3, 4], i64[3, 6] in 0..3, i32[3, 6], axis=1, reduce=\"amin\")",
			"scatter(f32[3, 4], i64[0, 4], f32[0, 4], axis=0, reduce=\"add\")",
			"scatter(f32[1], i64[1] in 0..0, f32[1], axis=0)",
			"scatter(f16[3, 4], i64[3, 6] in 0..3, f16[3, 6], axis=1, reduce=\"add\")",
			NULL,
		},
};
