/* reduction.h: what the reductions over the attribute `axes` share: their attributes, and which axes of input 0 stay. */
#ifndef OPS_MATH_REDUCTION_H
#define OPS_MATH_REDUCTION_H

#include <hidet/plugin.h>

/* clang-format off */
#define REDUCTION_ATTRIBUTES                                                      \
	{"axes", HDT_ATTRIBUTE_DIMS, "none", "axes to reduce; none: all"},            \
	{"keepdims", HDT_ATTRIBUTE_BOOL, "false", "keep reduced axes with size 1"}
/* clang-format on */

typedef struct reduction {
	const hdt_tensor *x;
	bool reduced[HDT_MAX_RANK];
	bool keepdims;
	hdt_list outer;        /* axes of the result */
	hdt_list inner;        /* axes of the reduction being written, at least one */
	const hdt_expr *count; /* elements in each result */
} reduction;

static inline reduction reduction_begin(hdt_task *t)
{
	reduction r = {.x = hdt_input(t, 0), .keepdims = hdt_get_bool(t, "keepdims")};
	int axes[HDT_MAX_RANK];
	int count = hdt_get_axes(t, "axes", r.x->rank, axes);
	hdt_list shape = HDT_SCALAR;

	for (int i = 0; i < count; i++)
		r.reduced[axes[i]] = true;
	r.count = hdt_int(t->context, 1);
	for (int d = 0; d < r.x->rank; d++) {
		if (r.reduced[d])
			r.count = hdt_mul(r.count, r.x->shape[d]);
		if (!r.reduced[d] || r.keepdims)
			shape = hdt_list_insert(t, shape, shape.count, r.reduced[d] ? hdt_int(t->context, 1) : r.x->shape[d]);
	}
	r.outer = hdt_axes(t, shape);
	return r;
}

/* The element of input 0 at `outer` and at new axes `inner`, to be reduced over them. */
static inline const hdt_expr *reduction_element(hdt_task *t, reduction *r)
{
	hdt_list at = HDT_SCALAR;
	int kept = 0;

	r->inner = HDT_SCALAR;
	for (int d = 0; d < r->x->rank; d++) {
		const hdt_expr *i =
			r->reduced[d] ? hdt_axis("k", r->x->shape[d]) : hdt_list_item(r->outer, r->keepdims ? d : kept);
		if (r->reduced[d])
			r->inner = hdt_list_insert(t, r->inner, r->inner.count, i);
		else
			kept++;
		at = hdt_list_insert(t, at, at.count, i);
	}
	if (r->inner.count == 0) {
		const hdt_expr *once = hdt_axis("k", hdt_int(t->context, 1));
		r->inner = hdt_list_insert(t, r->inner, 0, once);
	}
	return hdt_at_list(r->x, at);
}

/* The reduction of `value`, made of the last reduction_element, in the accumulate dtype of its dtype or in
 * `accumulate`. */
static inline const hdt_expr *reduction_of(const reduction *r, hdt_reduce_kind kind, const hdt_expr *value)
{
	return hdt_reduce(kind, r->inner.items, r->inner.count, value);
}
static inline const hdt_expr *reduction_in(const reduction *r, hdt_reduce_kind kind, hdt_dtype accumulate,
                                           const hdt_expr *value)
{
	return hdt_reduce_in(kind, accumulate, r->inner.items, r->inner.count, value);
}

/* The whole operator for a reduction without initial value: an empty one is a fault. */
static inline void reduction_of_some(hdt_task *t, hdt_reduce_kind kind)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = reduction_element(t, &r);
	hdt_require(t, hdt_less_equal(hdt_int(t->context, 1), r.count), "nothing to reduce: an axis has size 0");
	hdt_output(t, hdt_compute(t, "y", r.outer, reduction_of(&r, kind, x)));
}

#endif
