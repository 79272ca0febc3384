/* conv.h: what the files of the convolution schedulers share.
 *
 * A convolution is any sum of products in which windows slide over one factor:
 *
 *     y[n, h, w, o] = relu(sum(r, s, c) x[n, h * 2 + r - 1, w * 2 + s - 1, c] * weight[o, c, r, s] + bias[o])
 *
 * match.c finds that windows of 3 positions slide along h and w by steps of 2, that c is the channel and o the column, and gives x as a
 * function of the positions: what was fused in front of the convolution, its padding too, is part of that function. */
#ifndef SCHED_CONV_CONV_H
#define SCHED_CONV_CONV_H

#include <hidet/plugin.h>

/* Of hidet/scheduler.h; short, because much is reckoned with it here. */
enum { WORKERS = HDT_RECKONED_WORKERS };

/* A dimension that windows slide over: tap t of window o looks at position o * stride + t * dilation. */
typedef struct conv_dim {
	const hdt_expr *out;      /* axis of the tensor; NULL: there is one window */
	const hdt_expr *tap;      /* axis of the reduction; NULL: windows are one position wide */
	const hdt_expr *position; /* axis over the positions */
	const hdt_expr *windows;  /* their number: over symbols */
	bool fixed;               /* it is constant */
	int64_t outs;             /* the same, or an estimate of it */
	int64_t taps, stride, dilation;
	int64_t step;   /* from one position to the next in the input: steps of 2 with 1 tap leave every other one out */
	int64_t extent; /* positions, or an estimate of them */
	int place;      /* dimension of the input that they lie along */
} conv_dim;

/* Of a transposed convolution: the tensor's axis is windows * step + first. */
typedef struct conv_spread {
	const hdt_expr *axis, *windows;
	int64_t step, first;
} conv_spread;

typedef struct conv {
	hdt_contraction found;
	conv_dim dims[HDT_MAX_RANK]; /* in the order in which they lie in memory */
	int dim_count;
	const hdt_expr *channel; /* axis of the reduction that belongs to no window; NULL: none */
	const hdt_expr *column;  /* output channels that see the same windows; NULL: none */
	const hdt_expr *group;   /* those that see windows of their own; NULL: none */
	int64_t channels, columns, groups;
	const hdt_expr *joint;   /* axis of the tensor that is group * columns + column; NULL: they are axes themselves */
	const hdt_expr *element; /* the first factor over positions, channel and group */
	const hdt_expr *
		weight; /* the other one over taps, channel, column and group; NULL: the reduction has no product (a pooling) */
	const hdt_expr *main; /* the LOAD in `element` that the windows slide over */
	/* A transposed convolution is several ordinary ones, each of which gives a phase of the results; this is one of them. */
	int phases;
	conv_spread spread[HDT_MAX_RANK];
	int spread_count;
	int channel_dim; /* dimension of its tensor that the channel (else the group) runs along; -1: none */
} conv;

/* match.c: phase 0..phases - 1 of the convolution; of an ordinary one, 0. False with the reason, constant text. */
bool conv_match(const hdt_task *task, int phase, conv *out, const char **reason);
/* pooling.c: the same of a reduction of windows without weights: `group` is the channel, if there is one, and the factor of the windows all there is. */
bool conv_match_pooling(const hdt_task *task, conv *out, const char **reason);
/* place.c: make the inputs that `e` reads parameters of the function. */
void use_inputs(hdt_function *function, const hdt_task *task, const hdt_expr *e);
/* A place in the convolution: windows, positions or taps by dimension, and the rest. What is NULL is not replaced. */
typedef struct conv_place {
	const hdt_expr *out[HDT_MAX_RANK], *position[HDT_MAX_RANK], *tap[HDT_MAX_RANK];
	const hdt_expr *channel, *column, *group;
} conv_place;
/* Element and weight at a place. */
const hdt_expr *conv_element(const conv *c, const conv_place *at);
const hdt_expr *conv_weight(const conv *c, const conv_place *at);
/* The indices of the tensor, and its value when the sum is `sum`, at a place. */
hdt_list conv_indices(const conv *c, const conv_place *at);
const hdt_expr *conv_result(const conv *c, const conv_place *at, const hdt_expr *sum);
/* What the tensor's value is made of beside the sum: for questions about it. */
const hdt_expr *conv_around(const conv *c);
/* border.c: the element is `inside` where each position lies in begin..end - 1, and adds nothing to the sum elsewhere. Without a border, or with
 * one of another form, the element itself. */
typedef struct conv_limits {
	const hdt_expr *inside;
	int64_t begin[HDT_MAX_RANK], end[HDT_MAX_RANK]; /* by dimension */
	const hdt_expr *last[HDT_MAX_RANK]; /* the end, where positions are counted only when it runs; NULL: the last one */
} conv_limits;
conv_limits conv_border(const conv *c);
/* The end of a dimension; NULL: there are no positions behind it. */
const hdt_expr *conv_border_end(const conv *c, const conv_limits *l, int dim);
/* order.c. See hdt_scheduler.order: channels last, where that matters. */
bool conv_order(const conv *c, const hdt_tensor *tensor, int dims[HDT_MAX_RANK]);

#endif
