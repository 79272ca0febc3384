/* cuda_scheduler.c: the rule-based scheduler for CUDA functions: any task to kernels, without search and without knowing an operator.
 *
 * The program is the task's tensors computed group by group, a kernel for each; see cuda.h for the way. Outputs that are an input's memory
 * unchanged need no code. */
#include "cuda.h"

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = cost_cuda_us(task)};
}

/* ---- program ------------------------------------------------------------------------------------------------------ */

/* Stages that are no part of a row's work: those with a kernel of a form of their own, or that one thread has to do. */
static void set_apart(plan *p)
{
	matmul m;
	for (int i = 0; i < p->stage_count; i++) {
		stage *s = &p->stages[i];
		s->alone |= matmul_find(s, &m) || scan_applies(s) || rows_refuse(s);
	}
}

static bool emit_kernel(plan *p, const group *g)
{
	const stage *s = &p->stages[g->first];
	matmul m;
	if (matmul_find(s, &m))
		return matmul_emit(p, g);
	if (scan_applies(s))
		return scan_emit(p, g);
	if (registers_apply(p, g))
		return registers_emit(p, g);
	return rows_apply(p, g) ? rows_emit(p, g) : elements_emit(p, g);
}

/* Few elements leave most of the device idle. */
static bool is_long(const stage *s, const hdt_expr *reduce, int64_t elements, int64_t length)
{
	(void)s;
	(void)reduce;
	return elements <= 64 && length / elements >= 65536;
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	static const group_rules rules = {.row_bytes = 32768 /* of shared memory */,
	                                  .rows = 16,
	                                  .small_work = 16384,
	                                  .is_long = is_long,
	                                  .parts = 4 * DEVICE_PROCESSORS,
	                                  .share_reductions = true};
	plan p = {.task = task, .target = target, .rules = &rules, .context = task->context};
	p.program = hdt_program_new(task->context, task->name);
	hdt_program_bind(p.program, task);
	if (!p.program || hdt_context_status(p.context) != HDT_OK || !plan_stages(&p) || !stages_divide(&p))
		return NULL;
	set_apart(&p);
	if (!plan_groups(&p))
		return NULL;
	for (int i = 0; i < p.group_count; i++)
		if (!emit_kernel(&p, &p.groups[i]))
			return NULL;
	return hdt_context_status(p.context) == HDT_OK ? p.program : NULL;
}

const hdt_scheduler hdt_scheduler_auto_cuda = {
	.size = sizeof(hdt_scheduler),
	.name = "auto-cuda",
	.doc = "kernels from the task alone: a thread for an element, teams of threads for rows, tiles for products",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 0,
	.query = query,
	.build = build,
};
