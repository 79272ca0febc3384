/* conv_depthwise_cpu.c: the schedulers of windows that each see one channel: depthwise convolutions, and poolings. See window.h. */
#include "window.h"

typedef bool match_function(const hdt_task *task, conv *out, const char **reason);

static bool find(match_function *match, const hdt_task *task, const hdt_target_info *target, window_plan *p,
                 const char **reason)
{
	conv c;
	return match(task, &c, reason) && window_find(&c, target, p, reason);
}

static bool find_best(match_function *match, const hdt_task *task, const hdt_target_info *target, window_plan *p,
                      const char **reason)
{
	hdt_choice first;
	if (!find(match, task, target, p, reason))
		return false;
	*reason = "a tile would be too long";
	return window_space(p, 0, &first, 1) == 1 && window_choose(p, &first);
}

static hdt_answer answer(match_function *match, const hdt_task *task, const hdt_target_info *target)
{
	window_plan p;
	const char *reason = NULL;
	if (!find_best(match, task, target, &p, &reason))
		return (hdt_answer){.reason = reason};
	return (hdt_answer){.applies = true, .cost_us = window_time(&p, WORKERS)};
}

static hdt_program *build(match_function *match, const hdt_task *task, const hdt_target_info *target,
                          const hdt_choice *choice)
{
	window_plan p;
	const char *reason;
	if (!(choice ? find(match, task, target, &p, &reason) && window_choose(&p, choice)
	             : find_best(match, task, target, &p, &reason)))
		return NULL;
	return window_program(task, &p);
}

static int space(match_function *match, const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out,
                 int most)
{
	window_plan p;
	const char *reason;
	return find(match, task, target, &p, &reason) ? window_space(&p, level, out, most) : 0;
}

/* Asked before the channels lie where they should. */
static bool order(match_function *match, const hdt_task *task, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	conv c;
	const char *reason;
	return match(task, &c, &reason) && c.group && !c.column && !c.channel && conv_order(&c, tensor, dims);
}

/* A scheduler's functions for one way to match. */
#define FUNCTIONS(name, match)                                                                                         \
	static hdt_answer name##_query(const hdt_task *task, const hdt_target_info *target)                                \
	{                                                                                                                  \
		return answer(match, task, target);                                                                            \
	}                                                                                                                  \
	static hdt_program *name##_build(const hdt_task *task, const hdt_target_info *target)                              \
	{                                                                                                                  \
		return build(match, task, target, NULL);                                                                       \
	}                                                                                                                  \
	static hdt_program *name##_build_choice(const hdt_task *task, const hdt_target_info *target,                       \
	                                        const hdt_choice *choice)                                                  \
	{                                                                                                                  \
		return build(match, task, target, choice);                                                                     \
	}                                                                                                                  \
	static int name##_space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most) \
	{                                                                                                                  \
		return space(match, task, target, level, out, most);                                                           \
	}                                                                                                                  \
	static bool name##_order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor,            \
	                         int dims[HDT_MAX_RANK])                                                                   \
	{                                                                                                                  \
		(void)target;                                                                                                  \
		return order(match, task, tensor, dims);                                                                       \
	}
FUNCTIONS(depthwise, conv_match)
FUNCTIONS(pool, conv_match_pooling)

const hdt_scheduler hdt_scheduler_conv_depthwise_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "conv-depthwise-cpu",
	.doc = "depthwise convolutions: vectors of channels, tiles of windows in registers, no borders copied",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = depthwise_query,
	.build = depthwise_build,
	.params = window_params,
	.space = depthwise_space,
	.build_choice = depthwise_build_choice,
	.order = depthwise_order,
};

const hdt_scheduler hdt_scheduler_pool_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "pool-cpu",
	.doc = "sums, averages and extremes of windows: vectors of channels, tiles of windows in registers",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = pool_query,
	.build = pool_build,
	.params = window_params,
	.space = pool_space,
	.build_choice = pool_build_choice,
	.order = pool_order,
};
