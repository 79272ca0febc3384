/* batch_matmul_mma.c: a template: products of batches of f16 matrices with the kernel of batch_matmul.hds. How large a block's tile is, and how
 * its warps share it, are params of the text that can be tuned: `space` lists the choices, `build_choice` builds one. */
#include <hidet/plugin.h>

#include "batch_matmul_text.h" /* batch_matmul_text: batch_matmul.hds as a string, made by CMakeLists.txt */

enum { MOST = 128, MOST_DEPTH = 64, MOST_BATCH = 65535 /* blocks along z */ };

/* ---- which tasks ---- */

/* Is `e` the element [p, i, j] of an f16 matrix of a batch? */
static bool is_element(const hdt_expr *e, const hdt_expr *p, const hdt_expr *i, const hdt_expr *j)
{
	return e->op == HDT_OP_LOAD && e->tensor->rank == 3 && e->tensor->dtype == HDT_F16 && e->args[0] == p &&
	       e->args[1] == i && e->args[2] == j;
}

static bool is_small(const hdt_expr *extent, int64_t most)
{
	int64_t low, high;
	return hdt_bounds(extent, &low, &high) && low >= 1 && high <= most;
}

/* NULL: the task is one for the kernel, and *c is its sum of products. */
static const char *find(const hdt_task *task, hdt_contraction *c)
{
	const char *reason;
	if (!hdt_contraction_find(task, c, &reason))
		return reason;
	if (c->batch_count != 1 || c->row_count != 1 || c->column_count != 1 || c->depth_count != 1)
		return "it is no product of two batches of matrices";
	const hdt_tensor *y = c->tensor;
	if (y->value != c->reduce || y->dtype != HDT_F16 || y->axes[0] != c->batch[0] || y->axes[1] != c->rows[0])
		return "something is done to the product";
	if (!is_element(c->a, c->batch[0], c->rows[0], c->depth[0]) ||
	    !is_element(c->b, c->batch[0], c->depth[0], c->columns[0]))
		return "its factors do not lie as the kernel reads them";
	if (!is_small(y->shape[1], MOST) || !is_small(y->shape[2], MOST) || !is_small(c->depth[0]->args[0], MOST_DEPTH))
		return "its matrices are not small";
	return is_small(y->shape[0], MOST_BATCH) ? NULL : "its batch may be too large for one launch";
}

static double elements(const hdt_tensor *t)
{
	double product = 1;
	for (int d = 0; d < t->rank; d++)
		product *= (double)hdt_size_estimate(t->shape[d]);
	return product;
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	hdt_contraction c;
	hdt_answer answer = {.reason = find(task, &c)};
	if (answer.reason)
		return answer;
	if (target->architecture < 75)
		return (hdt_answer){.reason = "the device has no mma.m16n8k8"};
	double bytes = 2 * (elements(task->inputs[0]) + elements(task->inputs[1]) + elements(task->outputs[0]));
	return (hdt_answer){.applies = true, .cost_us = 1.5 + bytes / 2e6};
}

/* ---- what can be chosen ---- */

static const char *const params[] = {"down", "across", "warps_down", "warps_across", NULL};

/* Instructions of a warp, warps of a block. */
static const hdt_choice choices[] = {
	{{4, 8, 2, 2}}, {{2, 8, 2, 2}}, {{2, 4, 2, 2}}, {{1, 4, 2, 2}}, {{1, 2, 2, 2}}, /* the short list */
	{{4, 8, 1, 1}}, {{4, 4, 2, 2}}, {{2, 8, 4, 1}}, {{2, 4, 4, 1}}, {{2, 4, 1, 4}}, {{1, 8, 4, 1}}, {{1, 4, 1, 1}},
};
enum { SHORT_LIST = 5, ALL = sizeof choices / sizeof *choices };

/* What blocks compute, beyond the matrix too, in proportion to the matrix. */
static double waste_of(const hdt_choice *how, const hdt_task *task)
{
	const int64_t *v = how->values, rows = v[0] * v[2] * 16, columns = v[1] * v[3] * 8;
	int64_t m = hdt_size_estimate(task->outputs[0]->shape[1]), n = hdt_size_estimate(task->outputs[0]->shape[2]);
	double computed = (double)((m + rows - 1) / rows * rows) * (double)((n + columns - 1) / columns * columns);
	return computed / ((double)m * (double)n);
}

/* The guess: the largest tile of those that compute least beyond the matrix. */
static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	int best = 0, count = level == 0 ? 1 : level == 1 ? SHORT_LIST : ALL;
	(void)target;
	for (int i = 1; i < SHORT_LIST; i++)
		if (waste_of(&choices[i], task) < waste_of(&choices[best], task))
			best = i;
	count = count < most ? count : most;
	for (int i = 0; i < count; i++)
		out[i] = choices[i == 0 ? best : i <= best ? i - 1 : i];
	return count;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	hdt_contraction c;
	const int64_t *v = choice->values;
	const hdt_tensor *y = task->outputs[0];
	(void)target;
	if (find(task, &c))
		return NULL;
	const hdt_param values[] = {
		{.name = "batch", .expr = y->shape[0]}, {.name = "m", .expr = y->shape[1]},
		{.name = "n", .expr = y->shape[2]},     {.name = "k", .expr = c.depth[0]->args[0]},
		{.name = params[0], .integer = v[0]},   {.name = params[1], .integer = v[1]},
		{.name = params[2], .integer = v[2]},   {.name = params[3], .integer = v[3]},
	};
	return hdt_program_parse(task->context, "batch_matmul.hds", batch_matmul_text, values,
	                         sizeof values / sizeof *values);
}

const hdt_scheduler hdt_scheduler_batch_matmul_mma = {
	.size = sizeof(hdt_scheduler),
	.name = "acme.batch-matmul-mma",
	.doc = "products of batches of small f16 matrices by matrix instructions",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 20,
	.query = query,
	.params = params,
	.space = space,
	.build_choice = build_choice,
	.samples =
		(const char *const[]){
			"aligned batched: matmul(f16[2, 32, 16], f16[2, 16, 32])",
			"unaligned batched: matmul(f16[3, 50, 20], f16[3, 20, 41])",
			"tiny: matmul(f16[2, 3, 4], f16[2, 4, 5])",
			"symbolic: matmul(f16[n, 50, 20], f16[n, 20, 40]) where n = 3 in 1..64",
			"symbolic refused: matmul(f16[n, 50, 20], f16[n, 20, 40]) where n = 3",
			NULL,
		},
};
