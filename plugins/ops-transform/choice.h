/* choice.h: positions along an axis read from an index tensor, counted from 0 and checked when they are read. */
#ifndef OPS_TRANSFORM_CHOICE_H
#define OPS_TRANSFORM_CHOICE_H

#include <hidet/plugin.h>

/* The position that element `at` of `index` chooses along an axis of `extent` elements. */
static inline const hdt_expr *choice_at(hdt_task *t, const hdt_tensor *index, hdt_list at, const hdt_expr *extent)
{
	const hdt_expr *zero = hdt_int(t->context, 0), *none = hdt_equal(hdt_product(t->context, hdt_shape(index)), zero);

	if (!hdt_is_integer(index->dtype))
		hdt_reject(t, "the index is %s, not an integer", hdt_dtype_of(index->dtype)->name);
	hdt_require(t, hdt_or(none, hdt_less(zero, extent)), "there is nothing to choose from: the axis has size 0");
	return hdt_bounded(hdt_cast(hdt_at_list(index, at), HDT_I64), extent);
}

#endif
