/* scheduler.c: the rule-based scheduler: any task to a program for the CPU, without search and without knowing an operator.
 *
 * The program is the task's tensors computed group by group; see auto.h for the way. Outputs that are an input's memory unchanged need no
 * code. */
#include "auto.h"

/* ---- cost --------------------------------------------------------------------------------------------------------- */

/* About one operation a nanosecond and worker, 10 GB a second. */
static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = 1 + cost_work(task) / 1e3 / WORKERS + cost_bytes(task) / 1e4};
}

/* ---- program ------------------------------------------------------------------------------------------------------ */

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	static const group_rules rules = {.row_bytes = 32768 /* on the stack */, .rows = 2 * WORKERS, .small_work = 16384};
	plan p = {.task = task, .target = target, .rules = &rules, .context = task->context};
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
	.kind = HDT_FUNCTION_CPU,
	.rank = 0,
	.query = query,
	.build = build,
};
