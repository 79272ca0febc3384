/* conv_cpu.c: the scheduler of convolutions whose output channels share their windows, by sums in registers. See direct.h. */
#include "direct.h"

static bool find(const hdt_task *task, const hdt_target_info *target, direct_plan *p, const char **reason)
{
	hdt_choice first;
	return direct_find(task, target, p, reason) && direct_space(p, 0, &first, 1) == 1 && direct_choose(p, &first);
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	direct_plan p;
	const char *reason = "no tile fits the registers";
	if (!find(task, target, &p, &reason))
		return (hdt_answer){.reason = reason};
	return (hdt_answer){.applies = true, .cost_us = direct_time(&p, WORKERS)};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	direct_plan p;
	const char *reason;
	return direct_find(task, target, &p, &reason) ? direct_space(&p, level, out, most) : 0;
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	direct_plan p;
	const char *reason;
	return find(task, target, &p, &reason) ? direct_program(task, &p) : NULL;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	direct_plan p;
	const char *reason;
	if (!direct_find(task, target, &p, &reason) || !direct_choose(&p, choice))
		return NULL;
	return direct_program(task, &p);
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	direct_plan p;
	const char *reason;
	return direct_find(task, target, &p, &reason) && conv_order(&p.c, tensor, dims);
}

const hdt_scheduler hdt_scheduler_conv_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "conv-cpu",
	.doc = "convolutions: tiles of windows by channels in registers, the weight packed, borders copied",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = query,
	.build = build,
	.params = direct_params,
	.space = space,
	.build_choice = build_choice,
	.order = order,
};
