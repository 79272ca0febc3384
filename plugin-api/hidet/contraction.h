/* contraction.h: the sum of products at the heart of a task: matrix products, convolutions, and whatever else multiplies and adds up.
 *
 * Of  y[i, j] = relu(sum(k) x[i, k] * w[j, k] + bias[j])  it finds the reduction, its factors a = x[i, k] and b = w[j, k], and that i is a row,
 * j a column, k the depth. What was fused in front is part of a and b, what was fused behind is the tensor's value around the reduction:
 * a template that computes the reduction into registers gets its last step by hdt_contraction_result. */
#ifndef HIDET_CONTRACTION_H
#define HIDET_CONTRACTION_H

#include <hidet/task.h>

HDT_BEGIN

/* Axes of the tensor, each of exactly one kind by which factors it is part of, and of the reduction. In the order of the tensor's dimensions;
 * rows that are in neither factor come last. */
typedef struct hdt_contraction {
	const hdt_tensor *tensor; /* the task's only computed tensor, its only output */
	const hdt_expr *reduce;   /* the only reduction in its value: a sum of a * b over `depth` */
	/* Which is which: b is the one made of constant inputs alone; when both or none are, the one that has the tensor's last dimension; else a is
	 * the one with more rows. */
	const hdt_expr *a, *b;
	const hdt_expr *rows[HDT_MAX_RANK];    /* in a alone; also axes that are in neither */
	const hdt_expr *columns[HDT_MAX_RANK]; /* in b alone */
	const hdt_expr *batch[HDT_MAX_RANK];   /* in both */
	const hdt_expr *depth[HDT_MAX_RANK];   /* axes of the reduction */
	int row_count, column_count, batch_count, depth_count;
	bool a_constant, b_constant; /* made of constant inputs alone */
} hdt_contraction;

/* Find it. False with *reason (constant text): the task is something else. */
bool hdt_contraction_find(const hdt_task *task, hdt_contraction *out, const char **reason);
/* The tensor's value with `sum` in place of the reduction. */
const hdt_expr *hdt_contraction_result(const hdt_contraction *c, const hdt_expr *sum);

/* `index` = constant + sum of factors[i] * axes[i], factors constant: false when it is not so. The rest, over other axes and symbols, goes to
 * *rest; NULL: there must be none but a constant. */
bool hdt_linear(const hdt_expr *index, const hdt_expr *const *axes, int count, int64_t *factors, const hdt_expr **rest);

HDT_END
#endif
