/* conv_winograd_cpu.c: the scheduler of convolutions of 3 x 3 by fewer multiplications. See winograd.h. */
#include "samples.h"
#include "winograd.h"

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	winograd_plan p;
	hdt_choice first;
	const char *reason;
	if (!winograd_find(task, target, &p, &reason))
		return (hdt_answer){.reason = reason};
	if (winograd_space(&p, 0, &first, 1) != 1 || !winograd_choose(&p, &first))
		return (hdt_answer){.reason = "its transformed weights would be too large"};
	return (hdt_answer){.applies = true, .cost_us = winograd_time(&p, WORKERS)};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	winograd_plan p;
	const char *reason;
	return winograd_find(task, target, &p, &reason) ? winograd_space(&p, level, out, most) : 0;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	winograd_plan p;
	const char *reason;
	if (!winograd_find(task, target, &p, &reason) || !winograd_choose(&p, choice))
		return NULL;
	return winograd_program(task, &p);
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	conv c;
	const char *reason;
	(void)target;
	return conv_match(task, 0, &c, &reason) && conv_order(&c, tensor, dims);
}

const hdt_scheduler hdt_scheduler_conv_winograd_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "conv-winograd-cpu",
	.doc = "convolutions of 3 x 3 by fewer multiplications, with one digit less at most; HIDET_WINOGRAD=0 forbids it",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = query,
	.params = winograd_params,
	.space = space,
	.build_choice = build_choice,
	.order = order,
	.samples =
		(const char *const[]){
			"aligned: " LAST("conv2d", "f32[1, 16, 16, 32]", "const f32[32, 32, 3, 3], padding=1"),
			"unaligned: " LAST("relu(conv2d", "f32[1, 15, 13, 16]",
                               "const f32[48, 16, 3, 3], const f32[48], padding=1)"),
			"unaligned refused: " LAST("conv2d", "f32[1, 15, 13, 21]", "const f32[19, 21, 3, 3], padding=1"),
			"tiny: " LAST("conv2d", "f32[1, 3, 3, 16]", "const f32[16, 16, 3, 3], padding=1"),
			"symbolic refused: " LAST("conv2d", "f32[n, 14, 14, 16]", "const f32[16, 16, 3, 3]") " where n = 2",
			"batched: " LAST("conv2d", "f32[3, 10, 12, 16]", "const f32[16, 16, 3, 3]"),
			NULL,
		},
};
