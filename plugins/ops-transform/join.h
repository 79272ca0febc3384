/* join.h: choosing one of many inputs by a position along an axis: what concat and stack share. */
#ifndef OPS_TRANSFORM_JOIN_H
#define OPS_TRANSFORM_JOIN_H

#include <hidet/plugin.h>

typedef struct join {
	hdt_task *task;
	const hdt_expr *const *starts;   /* where each input starts along the axis */
	const hdt_expr *const *elements; /* what each gives */
	const hdt_expr *position;
} join;

/* The element of the input among first..last in which the position lies. A tree of choices, so that many inputs nest
 * but little. */
static inline const hdt_expr *join_choose(const join *j, int first, int last)
{
	int middle = first + (last - first + 1) / 2;
	if (first == last)
		return j->elements[first];
	return hdt_select(hdt_less(j->position, j->starts[middle]), join_choose(j, first, middle - 1),
	                  join_choose(j, middle, last));
}

/* The dtype that all inputs promote to. */
static inline hdt_dtype join_dtype(hdt_task *t, int count)
{
	hdt_dtype dtype = HDT_BOOL;
	for (int k = 0; k < count; k++) {
		const hdt_tensor *x = hdt_input(t, k);
		dtype = x ? hdt_promote(dtype, x->dtype) : dtype;
	}
	return dtype;
}

/* Input `k` must have the rank of input 0 and, but for `axis` (-1: no exception), its dimensions. */
static inline bool join_fits(hdt_task *t, int k, int axis)
{
	const hdt_tensor *first = hdt_input(t, 0), *x = hdt_input(t, k);
	if (!first || !x)
		return false;
	if (x->rank != first->rank)
		hdt_reject(t, "input %d has %d dimensions, the first one %d", k, x->rank, first->rank);
	for (int d = 0; d < x->rank && x->rank == first->rank; d++) {
		if (d != axis)
			hdt_require(t, hdt_equal(x->shape[d], first->shape[d]),
			            "dimension %d of input %d differs from the first one", d, k);
	}
	return x->rank == first->rank;
}

#endif
