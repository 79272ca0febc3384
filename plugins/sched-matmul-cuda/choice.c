/* choice.c: see choice.h. */
#include "choice.h"

enum { LEAST_ELEMENTS = 256 /* of a result for tiles to be worth it */ };

bool ranking_init(ranking *r, hdt_context *context, int capacity)
{
	*r = (ranking){.capacity = capacity};
	r->choices = hdt_allocate(context, sizeof *r->choices * (size_t)capacity);
	r->costs = hdt_allocate(context, sizeof *r->costs * (size_t)capacity);
	return r->choices && r->costs;
}

void ranking_add(ranking *r, const hdt_choice *choice, double cost)
{
	int at = r->count;
	if (r->count == r->capacity)
		return;
	for (; at > 0 && r->costs[at - 1] > cost; at--) {
		r->costs[at] = r->costs[at - 1];
		r->choices[at] = r->choices[at - 1];
	}
	r->costs[at] = cost;
	r->choices[at] = *choice;
	r->count++;
}

int ranking_give(const ranking *r, int level, hdt_choice *out, int most)
{
	int count = level == 0 ? 1 : level == 1 ? 12 : r->count;
	count = count < r->count ? count : r->count;
	count = count < most ? count : most;
	for (int i = 0; i < count; i++)
		out[i] = r->choices[i];
	return count;
}

double parts_of(double a, double b)
{
	int64_t n = (int64_t)(a / b);
	return (double)n * b < a ? (double)(n + 1) : (double)n;
}

/* ---- the frame ---- */

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
	ranking all;
	hdt_answer answer = {0};
	if (!frame_find(f, task, target, &p, &answer.reason) || !f->rank(&p, target, 0, &all))
		return answer;
	answer.applies = all.count > 0;
	if (answer.applies)
		answer.cost_us = all.costs[0];
	else
		answer.reason = "no tile fits the device";
	return answer;
}

int frame_space(const frame *f, const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out,
                int most)
{
	product p;
	ranking all;
	const char *reason;
	if (!frame_find(f, task, target, &p, &reason) || !f->rank(&p, target, level, &all))
		return 0;
	return ranking_give(&all, level, out, most);
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
