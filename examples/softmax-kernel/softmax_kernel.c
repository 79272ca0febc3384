/* softmax_kernel.c: schedules softmax along the rows of an f32 matrix with the kernel of softmax.hds as a template: the kernel is text, what
 * depends on the task is a param. It serves all targets that run CUDA functions: cuda, and sim, on which it is tested. */
#include <hidet/plugin.h>
#include <string.h>

#include "softmax_text.h" /* softmax_text: softmax.hds as a string, made by CMakeLists.txt */

enum { WARP = 32, MOST_THREADS = 256, MOST_EACH = 16 };

/* The first tensor of the task, the largest element of a row, tells which axis the rows lie along. */
static bool is_along_rows(const hdt_task *task)
{
	const hdt_expr *reduce = task->tensors[0]->value;
	const hdt_expr *load = reduce->op == HDT_OP_REDUCE ? reduce->args[0] : reduce;
	return load->op == HDT_OP_LOAD && load->args[1] == reduce->args[1];
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	int64_t columns;
	(void)target;
	if (strcmp(task->name, "softmax") != 0)
		return (hdt_answer){.reason = "it is no softmax"};
	const hdt_tensor *x = task->inputs[0];
	if (x->dtype != HDT_F32 || x->rank != 2 || !is_along_rows(task))
		return (hdt_answer){.reason = "it does not run along the rows of an f32 matrix"};
	if (!hdt_is_const(x->shape[1], &columns) || columns < 1 || columns > MOST_THREADS * MOST_EACH)
		return (hdt_answer){.reason = hdt_format(task->context, "rows of %s elements do not fit a block's registers",
		                                         hdt_expr_text(x->shape[1]))};
	double bytes = 8 * (double)hdt_size_estimate(x->shape[0]) * (double)columns;
	return (hdt_answer){.applies = true, .cost_us = 1 + bytes / 2e6};
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	int64_t columns = 0;
	(void)target;
	(void)hdt_is_const(task->inputs[0]->shape[1], &columns);
	int64_t warps = (columns + WARP - 1) / WARP;
	const hdt_param params[] = {
		{.name = "rows", .expr = task->inputs[0]->shape[0]},
		{.name = "columns", .integer = columns},
		{.name = "threads", .integer = warps * WARP < MOST_THREADS ? warps * WARP : MOST_THREADS},
	};
	return hdt_program_parse(task->context, "softmax.hds", softmax_text, params, sizeof params / sizeof *params);
}

const hdt_scheduler hdt_scheduler_softmax_kernel = {
	.size = sizeof(hdt_scheduler),
	.name = "acme.softmax-kernel",
	.doc = "softmax over rows that fit into the registers of a block",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 10,
	.query = query,
	.build = build,
};
