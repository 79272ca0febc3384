/* arg_reduction.h: the index of an extreme along the attribute `axis`, or in the flattened tensor when it is none. */
#ifndef OPS_MATH_ARG_REDUCTION_H
#define OPS_MATH_ARG_REDUCTION_H

#include <hidet/plugin.h>

static inline void arg_reduction_define(hdt_task *t, hdt_reduce_kind kind)
{
	const hdt_tensor *x = hdt_input(t, 0);
	bool along_one = hdt_has(t, "axis"), keepdims = hdt_get_bool(t, "keepdims");
	int axis = along_one ? hdt_get_axis(t, "axis", x->rank) : 0;
	hdt_list shape = hdt_shape(x);
	const hdt_expr *one = hdt_int(t->context, 1);
	const hdt_expr *extent = along_one ? hdt_list_item(shape, axis) : hdt_product(t->context, shape);
	const hdt_expr *k = hdt_axis("k", extent);
	hdt_list outer, at;

	hdt_require(t, hdt_less_equal(one, extent), "nothing to search: the size is 0");
	if (along_one) {
		outer = hdt_axes(t, keepdims ? hdt_list_replace(t, shape, axis, one) : hdt_list_remove(t, shape, axis));
		at = keepdims ? hdt_list_replace(t, outer, axis, k) : hdt_list_insert(t, outer, axis, k);
	} else {
		hdt_list ones = HDT_SCALAR;
		for (int d = 0; keepdims && d < x->rank; d++)
			ones = hdt_list_insert(t, ones, d, one);
		outer = hdt_axes(t, ones);
		at = hdt_unflatten(t->context, shape, k);
	}
	hdt_output(t, hdt_compute(t, "y", outer, hdt_arg_reduce(kind, k, hdt_at_list(x, at))));
}

#endif
