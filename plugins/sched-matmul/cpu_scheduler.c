/* cpu_scheduler.c: matmul-cpu: sums of products on processors. See cpu.h for the way. */
#include "cpu.h"

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	problem p;
	hdt_choice best;
	hdt_answer answer = {.applies = false};
	if (!problem_find(task, target, &p, &answer.reason))
		return answer;
	if (!space_list(&p, 0, &best, 1))
		return (hdt_answer){.reason = "no tile fits its sizes"};
	blocking b = blocking_of(&best);
	return (hdt_answer){.applies = true, .cost_us = machine_time(&p, &b, HDT_RECKONED_WORKERS)};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	problem p;
	const char *reason;
	return problem_find(task, target, &p, &reason) ? space_list(&p, level, out, most) : 0;
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

const hdt_scheduler hdt_scheduler_matmul_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "matmul-cpu",
	.doc = "sums of products of f32, bf16 and i8: tiles in registers, panels of packed weights, results finished in "
		   "the tile",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 10,
	.query = query,
	.params = blocking_params,
	.space = space,
	.build_choice = build_choice,
	.samples =
		(const char *const[]){
			"aligned: linear(f32[28, 64], const f32[64, 64], const f32[64])",
			"aligned: gelu(linear(bf16[28, 64], const bf16[64, 64], const bf16[64]))",
			"unaligned: linear(bf16[13, 29], const bf16[21, 29])",
			"unaligned: matmul(i8[13, 29], const i8[29, 21], in_i32=true)",
			"symbolic: matmul(bf16[n, k], bf16[k, m]) where n = 33, k = 19, m = 35",
			"batched: matmul(bf16[3, 20, 24], bf16[3, 24, 40])",
			"unaligned: relu(linear(f32[13, 29], const f32[21, 29]))",
			"unaligned: matmul(f32[37, 53], f32[53, 41])",
			"tiny: linear(f32[1, 5], const f32[3, 5], const f32[3])",
			"tiny refused: matmul(f32[2, 3], f32[3, 2])",
			"symbolic: matmul(f32[n, 64], const f32[64, 48]) where n = 13",
			"symbolic: matmul(f32[n, k], f32[k, m]) where n = 33, k = 19, m = 35",
			"batched: matmul(f32[3, 20, 24], f32[3, 24, 40])",
			"batched symbolic: matmul(f32[2, 4, n, 32], f32[2, 4, n, 32], transpose_b=true) where n = 9",
			NULL,
		},
};
