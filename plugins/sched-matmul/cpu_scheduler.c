/* cpu_scheduler.c: matmul-cpu: sums of products on processors. See cpu.h for the way. */
#include "cpu.h"

/* The fields of a blocking, in the order in which a choice has them. */
static const char *const params[] = {"height", "width", "depth", "tiles", "panels", "by_columns", NULL};

static hdt_choice choice_of(const blocking *b)
{
	return (hdt_choice){{b->height, b->width, b->depth, b->tiles, b->panels, b->by_columns}};
}

static blocking blocking_of(const hdt_choice *c)
{
	const int64_t *v = c->values;
	return (blocking){v[0], v[1], v[2], v[3], v[4], v[5] != 0};
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	problem p;
	blocking best;
	hdt_answer answer = {.applies = false};
	if (!problem_find(task, target, &p, &answer.reason))
		return answer;
	if (!space_list(&p, 0, &best, 1))
		return (hdt_answer){.reason = "no tile fits its sizes"};
	return (hdt_answer){.applies = true, .cost_us = machine_time(&p, &best, HDT_RECKONED_WORKERS)};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	enum { MOST = 256 };
	blocking list[MOST];
	problem p;
	const char *reason;
	if (!problem_find(task, target, &p, &reason))
		return 0;
	int count = space_list(&p, level, list, most < MOST ? most : MOST);
	for (int i = 0; i < count; i++)
		out[i] = choice_of(&list[i]);
	return count;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	problem p;
	const char *reason;
	blocking b = blocking_of(choice);
	if (problem_find(task, target, &p, &reason) && space_takes(&p, &b))
		return matmul_program(&p, &b);
	hdt_fail(task->context, HDT_UNSUPPORTED, "matmul-cpu does not take this choice for '%s'", task->name);
	return NULL;
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	hdt_choice best;
	return space(task, target, 0, &best, 1) ? build_choice(task, target, &best) : NULL;
}

const hdt_scheduler hdt_scheduler_matmul_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "matmul-cpu",
	.doc = "sums of products: tiles in registers, panels of packed weights, results finished in the tile",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = query,
	.build = build,
	.params = params,
	.space = space,
	.build_choice = build_choice,
};
