/* softmax_rows: a scheduler for softmax over short rows of f32, which keeps a row's exponentials on the stack:
 *
 *     for i in 0..rows parallel {
 *       largest = max of x[i, ..];  e[j] = exp(x[i, j] - largest);  sum = sum of e;  y[i, j] = e[j] / sum
 *     }
 * The rule-based schedule computes each exponential twice: once for the sum, once for the result. */
#include <hidet/plugin.h>
#include <string.h>

enum { LONGEST = 32 };

/* ---- query: is this task mine, and how long will a launch take? ------------------------------------------------------ */

/* A task has no attributes: its first tensor, the largest element of a row, tells which axis the rows lie along. */
static bool is_along_rows(const hdt_task *task)
{
	const hdt_expr *reduce = task->tensors[0]->value;
	const hdt_expr *load = reduce->op == HDT_OP_REDUCE ? reduce->args[0] : reduce;
	return load->op == HDT_OP_LOAD && load->args[1] == reduce->args[1];
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	int64_t columns;
	(void)target; /* a cost reckons with HDT_RECKONED_WORKERS, not with this machine's */
	if (strcmp(task->name, "softmax") != 0)
		return (hdt_answer){.reason = "it is no softmax"};
	const hdt_tensor *x = task->inputs[0];
	if (x->dtype != HDT_F32 || x->rank != 2 || !is_along_rows(task))
		return (hdt_answer){.reason = "it does not run along the rows of an f32 matrix"};
	if (!hdt_is_const(x->shape[1], &columns) || columns < 1 || columns > LONGEST)
		return (hdt_answer){.reason = hdt_format(task->context, "rows of %s elements are not short", hdt_expr_text(x->shape[1]))};
	double nanoseconds = (double)hdt_size_estimate(x->shape[0]) * (double)columns * 6 / HDT_RECKONED_WORKERS;
	return (hdt_answer){.applies = true, .cost_us = 1 + nanoseconds / 1e3};
}

/* ---- build ----------------------------------------------------------------------------------------------------------- */

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	hdt_program *p = hdt_program_new(task->context, task->name);
	hdt_program_bind(p, task);
	hdt_function *f = hdt_function_new(p, "rows", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	const hdt_expr *rows = task->inputs[0]->shape[0], *columns = task->inputs[0]->shape[1], *j;

	const hdt_expr *i = hdt_begin_for(f, "i", rows, HDT_LOOP_PARALLEL);
	const hdt_tensor *largest = hdt_local(f, "largest", HDT_F32, HDT_SCALAR);
	const hdt_tensor *sum = hdt_local(f, "sum", HDT_F32, HDT_SCALAR);
	const hdt_tensor *e = hdt_local(f, "e", HDT_F32, HDT_AT(columns));
	hdt_store(f, largest, HDT_SCALAR, hdt_at(x, i, hdt_int(task->context, 0)));
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_SERIAL);
	hdt_store(f, largest, HDT_SCALAR, hdt_max(hdt_at_list(largest, HDT_SCALAR), hdt_at(x, i, j)));
	hdt_end(f);
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_VECTORISE);
	hdt_store(f, e, HDT_AT(j), hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at(x, i, j), hdt_at_list(largest, HDT_SCALAR))));
	hdt_end(f);
	hdt_store(f, sum, HDT_SCALAR, hdt_number(task->context, HDT_F32, 0));
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_SERIAL);
	hdt_store(f, sum, HDT_SCALAR, hdt_add(hdt_at_list(sum, HDT_SCALAR), hdt_at(e, j)));
	hdt_end(f);
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_VECTORISE);
	hdt_store(f, y, HDT_AT(i, j), hdt_div(hdt_at(e, j), hdt_at_list(sum, HDT_SCALAR)));
	hdt_end(f);
	hdt_end(f);
	return p;
}

const hdt_scheduler hdt_scheduler_softmax_rows = {
	.size = sizeof(hdt_scheduler),
	.name = "acme.softmax-rows",
	.doc = "softmax over short rows of f32, each exponential computed once",
	.target = "cpu",
	.rank = 10,
	.query = query,
	.build = build,
};
