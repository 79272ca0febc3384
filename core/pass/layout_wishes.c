/* layout_wishes.c: the orders that schedulers ask for, where their own estimate says that they gain by them.
 *
 * A group's task is permuted as a scheduler asks, as far as its values can be, and asked about again. When it has become faster, each order
 * is a vote; a value takes the order that most of the groups around it vote for. */
#include "pass/layout_state.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* What one scheduler asks for one group: an order for each of its tensors; `asked` false: any will do. */
typedef struct wish {
	const hdt_scheduler *scheduler;
	double cost; /* of the group with these orders */
	struct {
		bool asked;
		int dims[HDT_MAX_RANK];
	} * tensors;
} wish;

/* Ask about one tensor; false: any order will do, or it cannot have the one that was asked for. */
static bool ask(const layouter *l, const fusion_group *g, const hdt_scheduler *s, int index, int *dims)
{
	const hdt_tensor *t = tensor_at(g, index);
	const placed *value = placed_at(l, g, index);
	if (!value || t->rank < 2 || !s->order(g->task, l->options->target, t, dims))
		return false;
	if (!order_is_permutation(dims, t->rank)) {
		hdt_log(l->context, 1, "scheduler %s asks for an order of '%s' that is none", s->name, t->name);
		return false;
	}
	return !value->fixed || order_is_trivial(dims, hdt_shape(t));
}

static bool is_identity(const int *dims, int rank)
{
	for (int d = 0; d < rank; d++)
		if (dims[d] != d)
			return false;
	return true;
}

/* The group's task as the scheduler asks for it; *task is left alone where it asks for nothing that is not so already. */
static bool apply_wish(const fusion_group *g, const wish *w, const hdt_task **task)
{
	int count = 0;
	tensor_order *orders = hdt_allocate(g->task->context, sizeof *orders * (size_t)tensor_count(g));
	for (int i = 0; orders && i < tensor_count(g); i++)
		if (w->tensors[i].asked && !is_identity(w->tensors[i].dims, tensor_at(g, i)->rank))
			orders[count++] = (tensor_order){tensor_at(g, i), w->tensors[i].dims};
	if (orders && count)
		*task = task_permute(g->task, orders, count);
	return orders && *task;
}

/* What the scheduler asks for, and the time that the group would take with it. `tensors` NULL: nothing, or a fault. */
static wish make_wish(const layouter *l, const fusion_group *g, const hdt_scheduler *s)
{
	wish w = {.scheduler = s};
	const hdt_task *task = g->task;
	bool any = false;
	w.tensors = hdt_allocate(l->context, sizeof *w.tensors * (size_t)(tensor_count(g) + 1));
	for (int i = 0; w.tensors && i < tensor_count(g); i++)
		any = (w.tensors[i].asked = ask(l, g, s, i, w.tensors[i].dims)) || any;
	if (!any || !apply_wish(g, &w, &task))
		return (wish){.scheduler = s};
	hdt_answer answer = s->query(task, l->options->target);
	w.cost = answer.applies && answer.cost_us >= 0 ? answer.cost_us : INFINITY;
	return w;
}

static bool add_vote(layouter *l, placed *value, const int *dims, const wish *w, int group)
{
	vote fresh = {.count = 1, .scheduler = w->scheduler->name, .group = group};
	for (int i = 0; i < value->votes.count; i++)
		if (order_equal(value->votes.items[i].dims, dims, value->value->rank)) {
			value->votes.items[i].count++;
			return true;
		}
	memcpy(fresh.dims, dims, sizeof fresh.dims);
	return vec_push(l->context, &value->votes, fresh);
}

/* The wish by which the group becomes fastest; `tensors` NULL: none. False after a fault. */
static bool find_best(const layouter *l, const fusion_group *g, wish *best)
{
	*best = (wish){.cost = INFINITY};
	for (int i = 0; i < l->options->scheduler_count; i++) {
		const hdt_scheduler *s = l->options->schedulers[i];
		if (s->size <= offsetof(hdt_scheduler, order) || !s->order)
			continue;
		wish w = make_wish(l, g, s);
		if (hdt_context_status(l->context) != HDT_OK)
			return false;
		if (w.tensors && w.cost < best->cost)
			*best = w;
	}
	return true;
}

/* All that a wish depends on: the task, and which of its tensors can have an order (o), or only one of the same bytes (=). NULL after a fault. */
static const char *key_of(const layouter *l, const fusion_group *g)
{
	text t = {0};
	task_print(&t, g->task);
	for (int i = 0; i < tensor_count(g); i++) {
		const placed *value = placed_at(l, g, i);
		text_add(&t, !value ? "-" : value->fixed ? "=" : "o");
	}
	const char *key = text_finish(&t, l->context);
	return key ? hdt_intern(l->context, key) : NULL;
}

static const wish *best_wish(layouter *l, const fusion_group *g)
{
	const char *key = key_of(l, g);
	wish *w = key ? map_get(&l->wishes, key) : NULL;
	if (w || !key)
		return w;
	w = hdt_allocate(l->context, sizeof *w);
	return w && find_best(l, g, w) && map_set(&l->wishes, key, w) ? w : NULL;
}

/* For what makes the group faster than it is, or is what it has already. */
static bool vote_for(layouter *l, int group)
{
	const fusion_group *g = &l->groups->groups[group];
	const wish *best = best_wish(l, g);
	if (!best)
		return false;
	if (!best->tensors || !(best->cost <= cost_before(l, group)))
		return true;
	for (int i = 0; i < tensor_count(g); i++)
		if (best->tensors[i].asked && !add_vote(l, placed_at(l, g, i), best->tensors[i].dims, best, group))
			return false;
	return true;
}

/* All votes for a value are about the same bytes: the most win, and of as many the first, which is that of who computes it. */
static void decide(layouter *l, placed *value)
{
	const vote *best = NULL;
	for (int i = 0; i < value->votes.count; i++)
		if (!best || value->votes.items[i].count > best->count)
			best = &value->votes.items[i];
	if (!best || is_identity(best->dims, value->value->rank))
		return;
	value->ordered = true;
	memcpy(value->dims, best->dims, sizeof value->dims);
	value->why =
		hdt_format(l->context, "as %s wants it for '%s'", best->scheduler, l->groups->groups[best->group].text);
}

bool layout_wishes(layouter *l)
{
	for (int i = 0; i < l->groups->count; i++)
		if (!vote_for(l, i))
			return false;
	for (int i = 0; i < l->values.count; i++)
		decide(l, &l->values.items[i]);
	return hdt_context_status(l->context) == HDT_OK;
}
