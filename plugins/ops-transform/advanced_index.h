/* advanced_index.h: NumPy's indexing by integer tensors: what index and index_put share.
 *
 * Index tensors, broadcast together to a shape B, choose positions along the axes `axes` of a tensor x. The result has
 * the other dimensions of x, with B in the place of the axes when they are neighbours, else in front. */
#ifndef OPS_TRANSFORM_ADVANCED_INDEX_H
#define OPS_TRANSFORM_ADVANCED_INDEX_H

#include <hidet/plugin.h>

typedef struct advanced_index {
	const hdt_tensor *x;
	int count;                               /* of index tensors */
	const hdt_tensor *tensors[HDT_MAX_RANK]; /* as the axes, ascending */
	int axes[HDT_MAX_RANK];
	hdt_list positions; /* the shape B */
	int place;          /* of B in the result */
	hdt_list rest;      /* the other dimensions of x */
} advanced_index;

/* Index tensors are the inputs from `first_index` on. False after a fault. */
bool advanced_index_begin(hdt_task *t, int first_index, advanced_index *out);
/* The shape of the result. */
hdt_list advanced_index_shape(hdt_task *t, const advanced_index *a);
/* Index tensor `n` at `position` in B: wrapped when negative, and checked. */
const hdt_expr *advanced_index_at(const advanced_index *a, int n, hdt_list position);
/* Is dimension `d` of x chosen by an index tensor? Gives its number, or -1. */
int advanced_index_of(const advanced_index *a, int d);

#endif
