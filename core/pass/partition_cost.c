/* partition_cost.c: the time that schedulers reckon with for what would be computed together, and for its parts.
 *
 *     %0 = narrow(%x)   %1 = averaged(%0)      together 900 us by a scheduler that takes anything, apart 6 + 5 us by those for each
 *
 * Their estimates are rough, so what is right by all other rules is kept apart only where it would be much slower. */
#include "pass/partition_state.h"

#include <math.h>
#include <stddef.h>

static const double MUCH = 1.25; /* times as long, */
static const double SOME = 1;    /* and so many microseconds more */

bool partition_asks(const partitioner *p)
{
	return p->options->scheduler_count > 0;
}

static double answer_of(const partitioner *p, const hdt_scheduler *s, const hdt_task *task)
{
	hdt_answer answer = s->query(task, p->options->target);
	return answer.applies && answer.cost_us >= 0 ? answer.cost_us : INFINITY;
}

static const hdt_tensor *tensor_at(const hdt_task *task, int index)
{
	return index < task->input_count ? task->inputs[index] : task->outputs[index - task->input_count];
}

/* The time with its tensors in the orders that the scheduler asks for: they may get them (layout.c). */
static double cost_as_wished(const partitioner *p, const hdt_scheduler *s, const hdt_task *task)
{
	int count = 0, all = task->input_count + task->output_count;
	tensor_order *orders = hdt_allocate(p->context, sizeof *orders * (size_t)(all + 1));
	int(*dims)[HDT_MAX_RANK] = hdt_allocate(p->context, sizeof *dims * (size_t)(all + 1));
	for (int i = 0; orders && dims && i < all; i++) {
		const hdt_tensor *t = tensor_at(task, i);
		bool shares = i >= task->input_count && task->aliases && task->aliases[i - task->input_count] >= 0;
		if (t && t->rank > 1 && !shares && s->order(task, p->options->target, t, dims[i]))
			orders[count++] = (tensor_order){t, dims[i]};
	}
	const hdt_task *wished = count ? task_permute(task, orders, count) : NULL;
	return wished ? answer_of(p, s, wished) : INFINITY;
}

static double ask_all(const partitioner *p, const hdt_task *task)
{
	double best = INFINITY;
	for (int i = 0; i < p->options->scheduler_count; i++) {
		const hdt_scheduler *s = p->options->schedulers[i];
		best = fmin(best, answer_of(p, s, task));
		if (s->size > offsetof(hdt_scheduler, order) && s->order)
			best = fmin(best, cost_as_wished(p, s, task));
	}
	return best;
}

/* Models repeat themselves: equal tasks are asked about once. */
static double best_cost(partitioner *p, const hdt_task *task)
{
	text t = {0};
	task_print(&t, task);
	const char *key = t.data && !t.failed ? hdt_intern(p->context, t.data) : NULL;
	double *known = key ? map_get(&p->costs, key) : NULL;
	text_free(&t);
	if (known)
		return *known;
	double cost = ask_all(p, task);
	if (key && (known = hdt_allocate(p->context, sizeof *known)) && map_set(&p->costs, key, known))
		*known = cost;
	return cost;
}

/* Constants, and what is computed of constants alone. */
static void mark_constants(const partitioner *p, const hdt_task *task, const void *const *inputs)
{
	for (int i = 0; i < task->input_count; i++) {
		const hdt_value *root = value_root(inputs[i]);
		int from = part_of(p, root);
		((hdt_tensor *)(uintptr_t)task->inputs[i])->constant = from < 0 ? root->constant != NULL : p->parts[from].setup;
	}
}

double partition_cost(partitioner *p, int u, const composition *c)
{
	value_list needed = {0};
	const void *const *inputs;
	if (!unit_needed(p, u, &needed))
		return INFINITY;
	const hdt_task *task = compose_finish(c, "together", needed.items, needed.count, &inputs);
	if (!task)
		return INFINITY;
	mark_constants(p, task, inputs);
	return best_cost(p, task);
}

double unit_cost(partitioner *p, int u)
{
	unit *at = &p->units[u];
	unit_draft draft;
	composition c;
	const char *reason;
	if (!at->cost_known) {
		at->cost = unit_compose_draft(p, u, NULL, &draft, &c, &reason) ? partition_cost(p, u, &c) : INFINITY;
		at->cost_known = true;
	}
	return at->cost;
}

const char *cost_reason(partitioner *p, double together, double apart)
{
	if (!(together > MUCH * apart + SOME))
		return NULL;
	return hdt_format(p->context, "the schedulers reckon with %.0f us together and %.0f us apart", together, apart);
}
