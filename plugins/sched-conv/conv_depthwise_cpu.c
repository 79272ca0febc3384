/* conv_depthwise_cpu.c: the schedulers of windows that each see one channel: depthwise convolutions, and poolings. See window.h. */
#include "samples.h"
#include "window.h"

#include <stdlib.h>

typedef bool match_function(const hdt_task *task, int phase, conv *out, const char **reason);

static bool match_pooling(const hdt_task *task, int phase, conv *out, const char **reason)
{
	(void)phase;
	return conv_match_pooling(task, out, reason);
}

static bool find(match_function *match, const hdt_task *task, const hdt_target_info *target, int phase, window_plan *p,
                 const char **reason)
{
	conv c;
	return match(task, phase, &c, reason) && window_find(&c, target, p, reason);
}

/* The plans of all phases by a choice, NULL: the best guess. The caller frees; NULL with the reason. */
static window_plan *find_all(match_function *match, const hdt_task *task, const hdt_target_info *target,
                             const hdt_choice *choice, int *count, const char **reason)
{
	window_plan first;
	hdt_choice best;
	if (!find(match, task, target, 0, &first, reason))
		return NULL;
	*reason = "a tile would be too long";
	if (!choice && window_space(&first, 0, &best, 1) != 1)
		return NULL;
	if (!window_choose(&first, choice ? choice : &best))
		return NULL;
	*count = first.c.phases;
	window_plan *all = calloc((size_t)*count, sizeof *all);
	*reason = "memory is out";
	if (!all)
		return NULL;
	all[0] = first;
	for (int i = 1; i < *count; i++) {
		if (find(match, task, target, i, &all[i], reason) && window_choose_like(&all[i], &first))
			continue;
		free(all);
		return NULL;
	}
	return all;
}

static hdt_answer answer(match_function *match, const hdt_task *task, const hdt_target_info *target)
{
	int count;
	const char *reason = NULL;
	double cost = 0;
	window_plan *all = find_all(match, task, target, NULL, &count, &reason);
	if (!all)
		return (hdt_answer){.reason = reason};
	for (int i = 0; i < count; i++)
		cost += window_time(&all[i], WORKERS);
	free(all);
	return (hdt_answer){.applies = true, .cost_us = cost};
}

static hdt_program *build(match_function *match, const hdt_task *task, const hdt_target_info *target,
                          const hdt_choice *choice)
{
	int count;
	const char *reason;
	window_plan *all = find_all(match, task, target, choice, &count, &reason);
	hdt_program *program = all ? window_program(task, all, count) : NULL;
	free(all);
	return program;
}

static int space(match_function *match, const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out,
                 int most)
{
	window_plan p;
	const char *reason;
	return find(match, task, target, 0, &p, &reason) ? window_space(&p, level, out, most) : 0;
}

/* Asked before the channels lie where they should. */
static bool order(match_function *match, const hdt_task *task, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	conv c;
	const char *reason;
	return match(task, 0, &c, &reason) && c.group && !c.column && !c.channel && conv_order(&c, tensor, dims);
}

/* A scheduler's functions for one way to match. */
#define FUNCTIONS(name, match)                                                                                         \
	static hdt_answer name##_query(const hdt_task *task, const hdt_target_info *target)                                \
	{                                                                                                                  \
		return answer(match, task, target);                                                                            \
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
FUNCTIONS(pool, match_pooling)

const hdt_scheduler hdt_scheduler_conv_depthwise_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "conv-depthwise-cpu",
	.doc = "depthwise convolutions: vectors of channels, tiles of windows in registers, no borders copied",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = depthwise_query,
	.params = window_params,
	.space = depthwise_space,
	.build_choice = depthwise_build_choice,
	.order = depthwise_order,
	.samples =
		(const char *const[]){
			"aligned: " LAST("conv2d", "f32[1, 8, 16, 32]", "const f32[32, 1, 3, 3], padding=1, groups=32"),
			"unaligned: " LAST("conv2d", "f32[1, 11, 13, 21]",
                               "const f32[21, 1, 5, 3], const f32[21], stride=2, padding=[2, 1], groups=21"),
			"tiny: " LAST("conv2d", "f32[1, 2, 2, 16]", "const f32[16, 1, 2, 2], groups=16"),
			"tiny refused: " LAST("conv2d", "f32[1, 3, 3, 3]", "const f32[3, 1, 2, 2], groups=3"),
			"symbolic: " LAST("conv2d", "f32[1, h, w, 21]",
                              "const f32[21, 1, 3, 3], padding=1, groups=21") " where h = 5, w = 33",
			"symbolic: " LAST("conv2d", "f32[1, h, w, 16]",
                              "const f32[16, 1, 5, 5], stride=2, padding=2, groups=16") " where h = 1, w = 2",
			"aligned: " LAST("conv_transpose2d", "f32[1, 6, 6, 32]",
                             "const f32[32, 1, 4, 4], stride=2, padding=1, groups=32"),
			"symbolic: " LAST("relu(conv2d", "f32[n, 9, 9, 16]",
                              "const f32[16, 1, 3, 3], padding=1, groups=16)") " where n = 2",
			"batched: " LAST("conv2d", "f32[3, 6, 10, 16]", "const f32[16, 1, 3, 3], stride=2, groups=16"),
			NULL,
		},
};

const hdt_scheduler hdt_scheduler_pool_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "pool-cpu",
	.doc = "sums, averages and extremes of windows: vectors of channels, tiles of windows in registers",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = pool_query,
	.params = window_params,
	.space = pool_space,
	.build_choice = pool_build_choice,
	.order = pool_order,
	.samples =
		(const char *const[]){
			"aligned: " LAST("max_pool2d", "f32[1, 8, 16, 32]", "kernel=2"),
			"unaligned: " LAST("max_pool2d", "f32[1, 11, 13, 21]", "kernel=3, stride=2, padding=1"),
			"unaligned: " LAST("avg_pool2d", "f32[1, 9, 7, 19]", "kernel=3, stride=2, padding=1"),
			"tiny: " LAST("avg_pool2d", "f32[1, 2, 2, 16]", "kernel=2"),
			"symbolic: " LAST("max_pool2d", "f32[n, 9, 9, 16]", "kernel=3, stride=2") " where n = 2",
			"batched: " LAST("avg_pool2d", "f32[3, 6, 10, 16]", "kernel=2"),
			NULL,
		},
};
