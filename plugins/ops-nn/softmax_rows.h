/* softmax_rows.h: largest element and sum of exponentials of each row along the attribute `axis`: what the softmax
 * operators share. */
#ifndef OPS_NN_SOFTMAX_ROWS_H
#define OPS_NN_SOFTMAX_ROWS_H

#include <hidet/plugin.h>

typedef struct softmax_rows {
	hdt_list i;                 /* axes of the result */
	hdt_dtype dtype;            /* of the result */
	const hdt_expr *difference; /* the element at `i` less the largest of its row, widened */
	const hdt_expr *sum;        /* of exp(difference) over the row */
} softmax_rows;

static inline softmax_rows softmax_rows_of(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	softmax_rows s = {.i = hdt_axes(t, hdt_shape(x)), .dtype = x->dtype};
	int axis = hdt_get_axis(t, "axis", x->rank);
	const hdt_expr *extent = hdt_list_item(hdt_shape(x), axis);

	if (!hdt_is_float(x->dtype))
		hdt_reject(t, "%s has no exponential; cast to a float first", hdt_dtype_of(x->dtype)->name);
	const hdt_expr *k = hdt_axis("k", extent), *j = hdt_axis("j", extent);
	hdt_list row = hdt_list_remove(t, s.i, axis);
	const hdt_expr *value = hdt_widen(hdt_at_list(x, hdt_list_replace(t, s.i, axis, k)));
	const hdt_tensor *largest = hdt_compute(t, "largest", row, hdt_reduce(HDT_REDUCE_MAX, &k, 1, value));
	const hdt_expr *other = hdt_widen(hdt_at_list(x, hdt_list_replace(t, s.i, axis, j)));
	const hdt_expr *exponential = hdt_unary(HDT_OP_EXP, hdt_sub(other, hdt_at_list(largest, row)));
	const hdt_tensor *sum = hdt_compute(t, "sum", row, hdt_sum(j, exponential));
	s.difference = hdt_sub(hdt_widen(hdt_at_list(x, s.i)), hdt_at_list(largest, row));
	s.sum = hdt_at_list(sum, row);
	return s;
}

#endif
