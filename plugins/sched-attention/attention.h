/* attention.h: attention as a task has it, whatever was fused with it: what the templates of this plugin go by.
 *
 *     scores[b, i, j] = score(sum(d) q[b, i, d] * k[b, j, d])          scaled, masked
 *     largest[b, i]   = max(l) scores[b, i, l]
 *     sum[b, i]       = sum(s) exp(scores[b, i, s] - shift)            shift: largest, or 0 where that is -inf
 *     y[..]           = result(sum(j) exp(scores[b, i, j] - shift) * v[b, j, e] / divisor)
 *                                                                      divisor: sum, or 1 where largest is -inf
 *
 * Where inputs come through views and conversions, q, k and v are those reads; b, i and e are in the output in any order. All expressions here
 * are over the axes of `scores` and `width`; a template puts its own loops in their place with hdt_substitute. */
#ifndef ATTENTION_H
#define ATTENTION_H

#include <hidet/plugin.h>

enum { ATTENTION_CONDITIONS = 4 };

typedef struct attention {
	const hdt_task *task;
	hdt_context *context;
	const hdt_tensor *scores, *output;
	/* Axes (AXIS expressions; args[0] is the extent): the dimensions before the queries, heads among them, in the order of the scores. */
	const hdt_expr *batch[HDT_MAX_RANK];
	int batch_count;
	const hdt_expr *query, *key; /* of the scores' rows and columns */
	const hdt_expr *depth;       /* of the products' sum */
	const hdt_expr *width;       /* of the columns of v and of the result */
	/* Factors: q over batch, query and depth; k over batch, key and depth; v over batch, key and width. Mostly loads, of any float dtype, or
	 * casts of them. Heads that serve several of q: their index holds a division. */
	const hdt_expr *q, *k, *v;
	hdt_dtype real; /* in which scores and sums are: f32 or f64 */
	/* A key that does not meet one of these is hidden from the query: its score is -inf. Of bool, over batch, query and key. What else hides
	 * (a mask of numbers) is part of the score alone. */
	const hdt_expr *conditions[ATTENTION_CONDITIONS];
	int condition_count;
	bool causal; /* one of them is key <= query: no later key is seen */
	/* Where in the output the result for batch, query and width goes: output->rank indices. */
	const hdt_expr *at[HDT_MAX_RANK];
	hdt_contraction product, quotient; /* for the two functions below */
	const hdt_expr *output_axes[HDT_MAX_RANK], *own_axes[HDT_MAX_RANK];
	int axis_count;
} attention;

/* Find it. False with *reason (constant text): the task is something else. */
bool attention_find(const hdt_task *task, attention *out, const char **reason);
/* The score made of a product of q and k, of dtype a->real: scaled, masked; all conditions are applied. */
const hdt_expr *attention_score(const attention *a, const hdt_expr *product);
/* The same in two parts: the score of a key that is seen, and in *seen when it is: all conditions at once, or NULL. */
const hdt_expr *attention_shown(const attention *a, const hdt_expr *product, const hdt_expr **seen);
/* What the output holds where the weighed mean of v is `quotient`, of dtype a->real. */
const hdt_expr *attention_result(const attention *a, const hdt_expr *quotient);
/* Is it, for all sizes, a constant extent of at most `most`? */
bool attention_extent(const hdt_expr *axis, int64_t most, int64_t *extent);

#endif
