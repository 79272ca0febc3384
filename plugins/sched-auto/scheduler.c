/* scheduler.c: the rule-based scheduler: any task to a program for the CPU, without search and without knowing an operator.
 *
 * The program is the task's tensors computed group by group; see auto.h for the way. Outputs that are an input's memory unchanged need no
 * code. */
#include "auto.h"

/* Of long reductions: elements of their operand, parts that they are done in, and results side by side. */
enum { LONG_WORK = 1 << 20, LONG_PARTS = 4 * WORKERS, FEW_LANES = 8192 };

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = cost_cpu_us(task)};
}

/* ---- program ------------------------------------------------------------------------------------------------------ */

/* Rows make as many pieces for the workers as there are elements; lanes of vectors fewer. */
static bool is_long(const stage *s, const hdt_expr *reduce, int64_t elements, int64_t length)
{
	const hdt_tensor *t = s->tensor;
	int64_t work;
	bool lanes = t->rank > 0 && reads_along(reduce, t->axes[t->rank - 1]) > 0;
	bool much = __builtin_mul_overflow(elements, length, &work) || work >= LONG_WORK;
	return much && length >= 16 * LONG_PARTS && elements <= (lanes ? FEW_LANES : 2 * WORKERS);
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	static const group_rules rules = {.row_bytes = 65536 /* on the stack */,
	                                  .rows = 2 * WORKERS,
	                                  .small_work = 16384,
	                                  .is_long = is_long,
	                                  .parts = LONG_PARTS,
	                                  .part_first = true};
	plan p = {.task = task, .target = target, .rules = &rules, .context = task->context};
	p.program = hdt_program_new(task->context, task->name);
	hdt_program_bind(p.program, task);
	if (!p.program || hdt_context_status(p.context) != HDT_OK || !plan_stages(&p) || !stages_divide(&p) ||
	    !share_functions(&p) || !plan_groups(&p))
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
