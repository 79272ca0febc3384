/* scan.h: running reductions: y[i] is the reduction of x[0..i] along the attribute `axis`.
 *
 * Written as a reduction whose extent depends on i: n * n / 2 steps in the plain schedule, right on every target. */
#ifndef OPS_MATH_SCAN_H
#define OPS_MATH_SCAN_H

#include <hidet/plugin.h>

/* `sums`: integers and bool are accumulated and given as i64. */
static inline void scan_define(hdt_task *t, hdt_reduce_kind kind, bool sums)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *k = hdt_axis("k", hdt_add(hdt_list_item(i, axis), hdt_int(t->context, 1)));
	const hdt_expr *element = hdt_at_list(x, hdt_list_replace(t, i, axis, k));

	if (sums && !hdt_is_float(x->dtype))
		element = hdt_cast(element, HDT_I64);
	hdt_output(t, hdt_compute(t, "y", i, hdt_reduce(kind, &k, 1, element)));
}

#endif
