/* attention_cpu.c: attention-cpu: attention in one kernel on processors. See cpu.h for the way. */
#include "cpu.h"

/* The fields of a blocking, in the order in which a choice has them. */
static const char *const params[] = {"rows", "panel", "keys", "tiles", "lays_out_v", "shares_k", NULL};

static hdt_choice choice_of(const blocking *b)
{
	return (hdt_choice){{b->rows, b->panel, b->keys, b->tiles, b->lays_out_v, b->shares_k}};
}

static blocking blocking_of(const hdt_choice *c)
{
	const int64_t *v = c->values;
	return (blocking){v[0], v[1], v[2], v[3], v[4] != 0, v[5] != 0};
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
		return attention_program(&p, &b);
	hdt_fail(task->context, HDT_UNSUPPORTED, "attention-cpu does not take this choice for '%s'", task->name);
	return NULL;
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	hdt_choice best;
	return space(task, target, 0, &best, 1) ? build_choice(task, target, &best) : NULL;
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
	.build = build,
	.params = params,
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
