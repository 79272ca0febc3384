/* order.h: the elements of a tensor in order along one axis: what sort and topk share.
 *
 * By counting ranks: an element's rank is the number of elements before it; the output at p takes the element of rank
 * p. That is n * n steps an axis, without a data dependence between elements. NaN is larger than everything, equal
 * elements keep their order. */
#ifndef OPS_MATH_ORDER_H
#define OPS_MATH_ORDER_H

#include <hidet/plugin.h>

static inline const hdt_expr *order_less(const hdt_expr *a, const hdt_expr *b)
{
	const hdt_expr *less = hdt_less(a, b);
	if (!hdt_is_float(hdt_expr_dtype(a)))
		return less;
	return hdt_or(less, hdt_and(hdt_unary(HDT_OP_ISNAN, b), hdt_not(hdt_unary(HDT_OP_ISNAN, a))));
}

/* Does `a`, at position i, come before `b`, at position j? */
static inline const hdt_expr *order_before(const hdt_expr *a, const hdt_expr *i, const hdt_expr *b, const hdt_expr *j,
                                           bool descending)
{
	const hdt_expr *first = descending ? order_less(b, a) : order_less(a, b);
	const hdt_expr *second = descending ? order_less(a, b) : order_less(b, a);
	return hdt_or(first, hdt_and(hdt_not(second), hdt_less(i, j)));
}

/* Outputs: the first `count` elements in order along `axis` of x, and their indices. */
static inline void order_define(hdt_task *t, const hdt_tensor *x, int axis, const hdt_expr *count, bool descending)
{
	const hdt_expr *extent = hdt_list_item(hdt_shape(x), axis);

	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *k = hdt_axis("k", extent);
	const hdt_expr *other = hdt_at_list(x, hdt_list_replace(t, i, axis, k));
	const hdt_expr *before = order_before(other, k, hdt_at_list(x, i), hdt_list_item(i, axis), descending);
	const hdt_tensor *rank = hdt_compute(t, "rank", i, hdt_sum(k, hdt_cast(before, HDT_I64)));

	hdt_list o = hdt_axes(t, hdt_list_replace(t, hdt_shape(x), axis, count));
	const hdt_expr *j = hdt_axis("j", extent);
	const hdt_expr *here = hdt_equal(hdt_at_list(rank, hdt_list_replace(t, o, axis, j)), hdt_list_item(o, axis));
	const hdt_expr *index = hdt_sum(j, hdt_select(here, j, hdt_int(t->context, 0)));
	const hdt_tensor *indices = hdt_compute(t, "indices", o, index);

	const hdt_expr *at = hdt_bounded(hdt_at_list(indices, o), extent);
	hdt_output(t, hdt_compute(t, "values", o, hdt_at_list(x, hdt_list_replace(t, o, axis, at))));
	hdt_output(t, indices);
}

#endif
