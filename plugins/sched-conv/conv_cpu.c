/* conv_cpu.c: the scheduler of convolutions whose output channels share their windows, by sums in registers. See direct.h. */
#include "direct.h"
#include "samples.h"

#include <stdlib.h>

/* The plans of all phases by a choice, NULL: the best guess. The caller frees; NULL with the reason. */
static direct_plan *find_all(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice, int *count,
                             const char **reason)
{
	direct_plan first;
	hdt_choice best;
	if (!direct_find(task, target, 0, &first, reason))
		return NULL;
	*reason = "no tile fits the registers";
	if (!choice && direct_space(&first, 0, &best, 1) != 1)
		return NULL;
	if (!direct_choose(&first, choice ? choice : &best))
		return NULL;
	*count = first.c.phases;
	direct_plan *all = calloc((size_t)*count, sizeof *all);
	*reason = "memory is out";
	if (!all)
		return NULL;
	all[0] = first;
	for (int i = 1; i < *count; i++) {
		if (direct_find(task, target, i, &all[i], reason) && direct_choose_like(&all[i], &first))
			continue;
		free(all);
		return NULL;
	}
	return all;
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	int count;
	const char *reason;
	double cost = 0;
	direct_plan *all = find_all(task, target, NULL, &count, &reason);
	if (!all)
		return (hdt_answer){.reason = reason};
	for (int i = 0; i < count; i++)
		cost += direct_time(&all[i], WORKERS);
	free(all);
	return (hdt_answer){.applies = true, .cost_us = cost};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	direct_plan p;
	const char *reason;
	return direct_find(task, target, 0, &p, &reason) ? direct_space(&p, level, out, most) : 0;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	int count;
	const char *reason;
	direct_plan *all = find_all(task, target, choice, &count, &reason);
	hdt_program *program = all ? direct_program(task, all, count) : NULL;
	free(all);
	return program;
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	direct_plan p;
	const char *reason;
	return direct_find(task, target, 0, &p, &reason) && conv_order(&p.c, tensor, dims);
}

const hdt_scheduler hdt_scheduler_conv_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "conv-cpu",
	.doc = "convolutions: tiles of windows by channels in registers, the weight packed, borders copied",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = query,
	.params = direct_params,
	.space = space,
	.build_choice = build_choice,
	.order = order,
	.samples =
		(const char *const[]){
			"aligned: " LAST("conv_transpose2d", "f32[1, 6, 8, 16]", "const f32[16, 32, 4, 4], stride=2, padding=1"),
			"unaligned: " LAST("conv2d", "f32[1, 11, 13, 21]", "const f32[19, 21, 3, 3], stride=2, dilation=3"),
			"unaligned: conv_transpose1d(f32[2, 21, 7], const f32[21, 19, 3], stride=2, output_padding=1)",
			"aligned: " LAST("conv2d", "f32[1, 8, 16, 32]", "const f32[32, 32, 3, 3], padding=1"),
			"aligned: conv2d(f32[1, 16, 8, 8], const f32[32, 16, 3, 3], const f32[32])",
			"unaligned: " LAST("conv2d", "f32[1, 11, 13, 5]",
                               "const f32[19, 5, 3, 3], const f32[19], stride=2, padding=1"),
			"unaligned: " LAST("conv2d", "f32[1, 9, 7, 10]", "const f32[12, 5, 2, 3], groups=2, dilation=[2, 1]"),
			"tiny: conv2d(f32[1, 2, 3, 3], const f32[3, 2, 2, 2])",
			"symbolic: " LAST("conv2d", "f32[1, h, w, 16]",
                              "const f32[16, 16, 3, 3], padding=1") " where h = 7, w = 21",
			"symbolic: conv1d(f32[1, 5, n], const f32[19, 5, 4], const f32[19], stride=2, padding=2) where n = 1",
			"symbolic: " LAST("relu(conv2d", "f32[n, 9, 9, 8]", "const f32[16, 8, 3, 3], padding=1)") " where n = 2",
			"batched: " LAST("conv2d", "f32[3, 6, 10, 16]", "const f32[24, 16, 3, 3], stride=2"),
			NULL,
		},
};
