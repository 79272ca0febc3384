/* attention_cpu.c: attention-cpu: attention in one kernel on processors. See cpu.h for the way. */
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
		return attention_program(&p, &b);
	hdt_fail(task->context, HDT_UNSUPPORTED, "attention-cpu does not take this choice for '%s'", task->name);
	return NULL;
}

/* Whatever it can take: what is left of it otherwise are three kernels, with all scores in memory between them. */
static bool keeps(const hdt_task *task, const hdt_target_info *target)
{
	return query(task, target).applies;
}

const hdt_scheduler hdt_scheduler_attention_cpu = {
	.size = sizeof(hdt_scheduler),
	.name = "attention-cpu",
	.doc = "attention in one kernel: the scores of a tile of queries stay in the cache",
	.target = "cpu",
	.kind = HDT_FUNCTION_CPU,
	.rank = 20,
	.query = query,
	.params = blocking_params,
	.space = space,
	.build_choice = build_choice,
	.keeps = keeps,
	.samples =
		(const char *const[]){
			"aligned batched: attention(f32[2, 2, 32, 64], f32[2, 2, 64, 64], f32[2, 2, 64, 64])",
			"unaligned: attention(f32[3, 37, 21], f32[3, 53, 21], f32[3, 53, 19], f32[37, 53])",
			"unaligned: attention(f32[1, 4, 33, 16], f32[1, 2, 33, 16], f32[1, 2, 33, 16], causal=true)",
			"tiny: attention(f32[1, 1, 6, 4], f32[1, 1, 5, 4], f32[1, 1, 5, 3])",
			"tiny refused: attention(f32[1, 1, 1, 4], f32[1, 1, 5, 4], f32[1, 1, 5, 3])",
			"symbolic: attention(f32[2, n, 16], f32[2, n, 16], f32[2, n, 16], causal=true) where n = 19",
			"symbolic batched: attention(f32[n, 2, 7, 16], f32[n, 2, m, 16], f32[n, 2, m, 16], bool[n, 1, 7, m]) where "
			"n = 2, m = 21",
			"batched: transpose(attention(transpose(f32[2, 18, 3, 16], axes=[0, 2, 1, 3]), transpose(f32[2, 18, 3, "
			"16], axes=[0, 2, 1, 3]), transpose(f32[2, 18, 3, 16], axes=[0, 2, 1, 3])), axes=[0, 2, 1, 3])",
			NULL,
		},
};
