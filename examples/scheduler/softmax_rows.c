/* softmax_rows: schedulers for softmax over short rows of f32, which keep a row's exponentials on the stack or in registers:
 *
 *     for i in 0..rows parallel {
 *       largest = max of x[i, ..];  e[j] = exp(x[i, j] - largest);  sum = sum of e;  y[i, j] = e[j] / sum
 *     }
 * The rule-based schedule computes each exponential twice: once for the sum, once for the result. The work of a row is the same for both kinds of
 * functions; what differs is who does it: an iteration of a parallel loop on the CPU, a thread of a kernel. */
#include <hidet/plugin.h>
#include <string.h>

enum { LONGEST = 32, BLOCK_THREADS = 128 };

/* ---- query: is this task mine, and how long will a launch take? ------------------------------------------------------ */

/* A task has no attributes: its first tensor, the largest element of a row, tells which axis the rows lie along. */
static bool is_along_rows(const hdt_task *task)
{
	const hdt_expr *reduce = task->tensors[0]->value;
	const hdt_expr *load = reduce->op == HDT_OP_REDUCE ? reduce->args[0] : reduce;
	return load->op == HDT_OP_LOAD && load->args[1] == reduce->args[1];
}

/* The answer for either kind; what differs is how fast it goes. */
static hdt_answer answer(const hdt_task *task, double elements_per_nanosecond)
{
	int64_t columns;
	if (strcmp(task->name, "softmax") != 0)
		return (hdt_answer){.reason = "it is no softmax"};
	const hdt_tensor *x = task->inputs[0];
	if (x->dtype != HDT_F32 || x->rank != 2 || !is_along_rows(task))
		return (hdt_answer){.reason = "it does not run along the rows of an f32 matrix"};
	if (!hdt_is_const(x->shape[1], &columns) || columns < 1 || columns > LONGEST)
		return (hdt_answer){
			.reason = hdt_format(task->context, "rows of %s elements are not short", hdt_expr_text(x->shape[1]))};
	double elements = (double)hdt_size_estimate(x->shape[0]) * (double)columns;
	return (hdt_answer){.applies = true, .cost_us = 0.1 + elements / elements_per_nanosecond / 1e3};
}

/* A cost reckons with HDT_RECKONED_WORKERS, not with the threads of this machine. */
static hdt_answer query_loop(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return answer(task, HDT_RECKONED_WORKERS / 6.0);
}

static hdt_answer query_kernel(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return answer(task, 100);
}

/* ---- build ----------------------------------------------------------------------------------------------------------- */

/* Row i, at the cursor of the function. */
static void compute_row(hdt_function *f, const hdt_tensor *x, const hdt_tensor *y, const hdt_expr *i)
{
	const hdt_expr *columns = x ? x->shape[1] : NULL, *j;
	const hdt_tensor *largest = hdt_local(f, "largest", HDT_F32, HDT_SCALAR);
	const hdt_tensor *sum = hdt_local(f, "sum", HDT_F32, HDT_SCALAR);
	const hdt_tensor *e = hdt_local(f, "e", HDT_F32, HDT_AT(columns));
	hdt_store(f, largest, HDT_SCALAR, hdt_at(x, i, hdt_int(f->program->context, 0)));
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_SERIAL);
	hdt_store(f, largest, HDT_SCALAR, hdt_max(hdt_at_list(largest, HDT_SCALAR), hdt_at(x, i, j)));
	hdt_end(f);
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_VECTORISE);
	hdt_store(f, e, HDT_AT(j), hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at(x, i, j), hdt_at_list(largest, HDT_SCALAR))));
	hdt_end(f);
	hdt_store(f, sum, HDT_SCALAR, hdt_number(f->program->context, HDT_F32, 0));
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_SERIAL);
	hdt_store(f, sum, HDT_SCALAR, hdt_add(hdt_at_list(sum, HDT_SCALAR), hdt_at(e, j)));
	hdt_end(f);
	j = hdt_begin_for(f, "j", columns, HDT_LOOP_VECTORISE);
	hdt_store(f, y, HDT_AT(i, j), hdt_div(hdt_at(e, j), hdt_at_list(sum, HDT_SCALAR)));
	hdt_end(f);
}

static hdt_program *build_loop(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	hdt_program *p = hdt_program_new(task->context, task->name);
	hdt_program_bind(p, task);
	hdt_function *f = hdt_function_new(p, "rows", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	const hdt_expr *i = hdt_begin_for(f, "i", task->inputs[0]->shape[0], HDT_LOOP_PARALLEL);
	compute_row(f, x, y, i);
	hdt_end(f);
	return p;
}

static hdt_program *build_kernel(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	hdt_program *p = hdt_program_new(task->context, task->name);
	hdt_program_bind(p, task);
	hdt_function *f = hdt_function_new(p, "rows", HDT_FUNCTION_CUDA);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	const hdt_expr *rows = task->inputs[0]->shape[0], *threads = hdt_int(task->context, BLOCK_THREADS);
	hdt_function_grid(f, HDT_AT(hdt_ceildiv(rows, threads)), HDT_AT(threads));
	if (!f)
		return NULL;
	const hdt_expr *i = hdt_let(f, "i", hdt_add(hdt_mul(f->block_at[0], threads), f->thread_at[0]));
	hdt_begin_if(f, hdt_less(i, rows));
	compute_row(f, x, y, i);
	hdt_end(f);
	return p;
}

const hdt_scheduler hdt_scheduler_softmax_rows = {
	.size = sizeof(hdt_scheduler),
	.name = "acme.softmax-rows",
	.doc = "softmax over short rows of f32, each exponential computed once",
	.target = "cpu",
	.rank = 10,
	.query = query_loop,
	.build = build_loop,
};

/* For every target that runs CUDA functions. */
const hdt_scheduler hdt_scheduler_softmax_threads = {
	.size = sizeof(hdt_scheduler),
	.name = "acme.softmax-threads",
	.doc = "softmax over short rows of f32, a thread for each row",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 10,
	.query = query_kernel,
	.build = build_kernel,
};
