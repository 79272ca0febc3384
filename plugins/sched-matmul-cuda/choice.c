/* choice.c: see choice.h. */
#include "choice.h"

enum {
	LEAST_ELEMENTS = 256, /* of a result for tiles to be worth it */
	SHORT_LIST = 12
};

/* Surely no elements? */
static bool is_empty(const product *p)
{
	const hdt_tensor *t = p->c.tensor;
	int64_t extent;
	for (int d = 0; d < t->rank; d++)
		if (hdt_is_const(t->shape[d], &extent) && extent == 0)
			return true;
	return p->depth.size == 0;
}

bool frame_find(const frame *f, const hdt_task *task, const hdt_target_info *target, product *out, const char **reason)
{
	*reason = f->missing;
	if (target->architecture < f->architecture)
		return false;
	if (!product_find(task, target, f->takes, out, reason))
		return false;
	*reason = "it has no elements";
	if (is_empty(out))
		return false;
	*reason = "the product is too small for tiles";
	return out->rows.size * out->columns.size >= LEAST_ELEMENTS && out->depth.size >= f->least_depth;
}

hdt_answer frame_query(const frame *f, const hdt_task *task, const hdt_target_info *target)
{
	product p;
	hdt_choice best;
	hdt_ranking one;
	hdt_answer answer = {0};
	if (!frame_find(f, task, target, &p, &answer.reason))
		return answer;
	hdt_ranking_begin(&one, 0, 1, &best, 1);
	f->rank(&p, target, 0, &one);
	if (one.count == 0)
		return (hdt_answer){.reason = "no tile fits the device"};
	return (hdt_answer){.applies = true, .cost_us = one.costs[0]};
}

int frame_space(const frame *f, const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out,
                int most)
{
	product p;
	hdt_ranking best;
	const char *reason;
	if (!frame_find(f, task, target, &p, &reason))
		return 0;
	hdt_ranking_begin(&best, level, SHORT_LIST, out, most);
	f->rank(&p, target, level, &best);
	return best.count;
}

hdt_program *frame_build(const frame *f, const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	product p;
	const char *reason;
	if (!frame_find(f, task, target, &p, &reason) || !f->is_possible(&p, target, choice)) {
		hdt_fail(task->context, HDT_INTERNAL, "%s has no such choice for '%s'", f->name, task->name);
		return NULL;
	}
	hdt_program *program = f->build(&p, choice);
	return hdt_context_status(task->context) == HDT_OK ? program : NULL;
}
