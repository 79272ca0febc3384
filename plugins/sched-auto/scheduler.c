/* scheduler.c: the rule-based scheduler: any task to a program for the CPU, without search and without knowing an operator.
 *
 * The program is the task's tensors computed group by group; see auto.h for the way. Outputs that are an input's memory unchanged need no
 * code. */
#include "auto.h"

/* ---- cost --------------------------------------------------------------------------------------------------------- */

static double elements(hdt_list shape)
{
	double product = 1;
	for (int d = 0; d < shape.count; d++)
		product *= (double)hdt_size_estimate(shape.items[d]);
	return product;
}

/* Scalar operations for one element. */
static double operations(const hdt_expr *value)
{
	expr_list nodes = {0};
	double count = 1, repeated = 1;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		count += nodes.items[i]->op >= HDT_OP_LOAD;
		for (int a = 1; is_reduce(nodes.items[i]) && a < nodes.items[i]->count; a++)
			repeated *= (double)hdt_size_estimate(nodes.items[i]->args[a]->args[0]);
	}
	return count * repeated;
}

/* About one operation a nanosecond and worker, 10 GB a second. */
static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	double work = 0, bytes = 0;
	(void)target;
	for (int i = 0; i < task->tensor_count; i++)
		work += elements(hdt_shape(task->tensors[i])) * operations(task->tensors[i]->value);
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			bytes += elements(hdt_shape(task->inputs[i])) * hdt_dtype_of(task->inputs[i]->dtype)->bytes;
	for (int i = 0; i < task->output_count; i++)
		bytes += elements(hdt_shape(task->outputs[i])) * hdt_dtype_of(task->outputs[i]->dtype)->bytes;
	return (hdt_answer){.applies = true, .cost_us = 1 + work / 1e3 / WORKERS + bytes / 1e4};
}

/* ---- program ------------------------------------------------------------------------------------------------------ */

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	plan p = {.task = task, .target = target, .context = task->context};
	p.program = hdt_program_new(task->context, task->name);
	hdt_program_bind(p.program, task);
	if (!p.program || hdt_context_status(p.context) != HDT_OK || !plan_stages(&p) || !plan_groups(&p))
		return NULL;
	for (int i = 0; i < p.group_count; i++)
		if (!emit_group(&p, &p.groups[i]))
			return NULL;
	return hdt_context_status(p.context) == HDT_OK ? p.program : NULL;
}

const hdt_scheduler hdt_scheduler_auto_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "auto-cpu",
	.doc = "loops from the task alone: inlined elementwise tensors, rows, vectors, register blocks",
	.target = "cpu",
	.rank = 0,
	.query = query,
	.build = build,
};
