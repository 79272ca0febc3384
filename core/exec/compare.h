/* compare.h: how far two tensors are apart. */
#ifndef CORE_EXEC_COMPARE_H
#define CORE_EXEC_COMPARE_H

#include <hidet/hidet.h>

typedef struct tolerance {
	double relative,
		absolute; /* negative: the dtype's own, the absolute one in units of the largest |want|: a tensor of tiny
	                            * numbers is compared as closely as one of large numbers */
	double scale; /* multiplies the dtype's own; 0 means 1 */
	hdt_dtype
		computed; /* what was computed of it before it became the dtype of the result: its tolerances count, too; 0: nothing that rounds */
} tolerance;

typedef struct comparison {
	int64_t elements, mismatched;
	double max_absolute,
		max_relative; /* over elements finite in both; relative to |want|, or a thousandth of the largest one */
	int64_t worst[HDT_MAX_RANK]; /* index of the element that exceeds its tolerance by most */
	double worst_got, worst_want;
} comparison;

/* Element by element: |got - want| <= absolute + relative * |want|; NaN equals NaN, an infinity equals itself. The shapes are
 * equal; the dtypes may differ (the tolerance is that of `want`, or of `got` when it is the coarser one). */
comparison compare_arrays(const hdt_array *got, const hdt_array *want, tolerance t);
bool same_shape(const hdt_array *a, const hdt_array *b);

#endif
