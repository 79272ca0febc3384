/* layout.c: results that only groups read lie in memory as schedulers want them.
 *
 *     group 0: %0 = product(%x)     task @product(x: f32[2, 3, 9]) -> (y)  { y[n < 2, c < 8, h < 7] = ... }
 *     group 1: %1 = largest(%0)     task @largest(y: f32[2, 8, 7]) -> (z)  { z[n < 2, c < 8, h < 3] = ... y[n, c, ...] }
 *       ->   %0 in the order [0, 2, 1], which the scheduler of group 0 wants
 *            task @product(x: f32[2, 3, 9]) -> (y)  { y[n < 2, h < 7, c < 8] = ... }
 *            task @largest(y: f32[2, 7, 8]) -> (z)  { z[n < 2, c < 8, h < 3] = ... y[n, ..., c] }
 *
 * Everything stays a plain task on row-major tensors; what turns an order round is whoever reads one and writes the other. A result that is
 * an output of the graph, or is seen in another shape, keeps its memory. */
#include "pass/layout_state.h"

#include <math.h>
#include <string.h>

/* ---- orders -------------------------------------------------------------------------------------------------------- */

bool order_is_permutation(const int *dims, int rank)
{
	unsigned seen = 0;
	for (int d = 0; d < rank; d++)
		if (dims[d] >= 0 && dims[d] < rank)
			seen |= 1u << dims[d];
	return seen == (1u << rank) - 1;
}

bool order_is_trivial(const int *dims, hdt_list shape)
{
	int64_t extent;
	int last = -1;
	for (int d = 0; d < shape.count; d++) {
		if (hdt_is_const(shape.items[dims[d]], &extent) && extent == 1)
			continue;
		if (dims[d] < last)
			return false;
		last = dims[d];
	}
	return true;
}

bool order_equal(const int *a, const int *b, int rank)
{
	return memcmp(a, b, sizeof *a * (size_t)rank) == 0;
}

static const char *print_order(hdt_context *context, const int *dims, int rank)
{
	text t = {0};
	for (int d = 0; d < rank; d++)
		text_format(&t, "%s%d", d ? ", " : "[", dims[d]);
	text_add(&t, "]");
	return text_finish(&t, context);
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

placed *placed_at(const layouter *l, const fusion_group *g, int index)
{
	return placed_of(l, index < g->input_count ? g->inputs[index] : g->outputs[index - g->input_count]);
}

const hdt_task *group_task(const layouter *l, int group)
{
	const fusion_group *g = &l->groups->groups[group];
	int count = 0;
	tensor_order *orders = hdt_allocate(l->context, sizeof *orders * (size_t)(tensor_count(g) + 1));
	if (!orders)
		return NULL;
	for (int i = 0; i < tensor_count(g); i++) {
		const placed *value = placed_at(l, g, i);
		if (value && value->ordered)
			orders[count++] = (tensor_order){tensor_at(g, i), value->dims};
	}
	return count ? task_permute(g->task, orders, count) : g->task;
}

static double ask_all(const layouter *l, const hdt_task *task)
{
	double best = INFINITY;
	for (int i = 0; i < l->options->scheduler_count; i++) {
		const hdt_scheduler *s = l->options->schedulers[i];
		hdt_answer answer = s->query(task, l->options->target);
		if (answer.applies && answer.cost_us >= 0 && answer.cost_us < best)
			best = answer.cost_us;
	}
	return best;
}

double task_cost(layouter *l, const hdt_task *task)
{
	text t = {0};
	task_print(&t, task);
	const char *key = t.data && !t.failed ? hdt_intern(l->context, t.data) : NULL;
	double *known = key ? map_get(&l->costs, key) : NULL;
	text_free(&t);
	if (known)
		return *known;
	double cost = ask_all(l, task);
	if (key && (known = hdt_allocate(l->context, sizeof *known)) && map_set(&l->costs, key, known))
		*known = cost;
	return cost;
}

double cost_before(layouter *l, int group)
{
	if (isnan(l->before[group]))
		l->before[group] = task_cost(l, l->groups->groups[group].task);
	return l->before[group];
}

/* ---- values -------------------------------------------------------------------------------------------------------- */

static bool add_value(layouter *l, const hdt_value *value, int group)
{
	placed p = {.value = value, .group = group, .fixed = group < 0};
	if (placed_of(l, value))
		return true;
	return vec_push(l->context, &l->values, p) && map_set(&l->places, value, (void *)(uintptr_t)l->values.count);
}

/* Its memory has to be what the value says. */
static void fix(const layouter *l, const hdt_value *value)
{
	placed *p = placed_of(l, value);
	if (p)
		p->fixed = true;
}

static bool list_values(layouter *l, const hdt_graph *graph)
{
	for (int i = 0; i < l->groups->count; i++)
		for (int o = 0; o < l->groups->groups[i].output_count; o++)
			if (!add_value(l, l->groups->groups[i].outputs[o], i))
				return false;
	for (int i = 0; i < l->groups->count; i++) {
		const fusion_group *g = &l->groups->groups[i];
		for (int k = 0; k < g->input_count; k++) {
			if (!g->inputs[k])
				continue;
			if (!add_value(l, g->inputs[k], -1))
				return false;
			if (value_root(g->inputs[k]) != g->inputs[k])
				fix(l, value_root(g->inputs[k]));
		}
		for (int o = 0; o < g->output_count; o++)
			if (g->task->aliases[o] >= 0) {
				fix(l, g->outputs[o]);
				fix(l, g->inputs[g->task->aliases[o]]);
			}
	}
	for (int o = 0; o < graph->output_count; o++)
		fix(l, value_root(graph->outputs[o]));
	return true;
}

/* ---- what it gives ------------------------------------------------------------------------------------------------- */

static bool is_turned(const placed *p)
{
	return p && p->ordered && !order_is_trivial(p->dims, hdt_value_shape(p->value));
}

static void rename_region(layouter *l, int from, int to)
{
	for (int i = 0; i < l->values.count; i++)
		if (l->values.items[i].region == from)
			l->values.items[i].region = to;
}

/* Values with an order that meet in a group are of one region: they stand and fall together. */
static void find_regions(layouter *l)
{
	int count = 0;
	for (int i = 0; i < l->groups->count; i++) {
		const fusion_group *g = &l->groups->groups[i];
		int region = 0;
		for (int k = 0; k < tensor_count(g); k++) {
			placed *p = placed_at(l, g, k);
			if (!is_turned(p))
				continue;
			if (!p->region)
				p->region = region ? region : ++count;
			if (region && p->region != region)
				rename_region(l, p->region, region);
			region = p->region;
		}
	}
}

/* The region of the orders in a group; 0: there are none. */
static int region_of(const layouter *l, const fusion_group *g)
{
	for (int k = 0; k < tensor_count(g); k++) {
		const placed *p = placed_at(l, g, k);
		if (is_turned(p))
			return p->region;
	}
	return 0;
}

/* What all groups of the region take more than without its orders, in microseconds; NAN after a fault. */
static double region_loss(layouter *l, int region, const char **worst)
{
	double loss = 0, most = 0;
	for (int i = 0; i < l->groups->count; i++) {
		if (region_of(l, &l->groups->groups[i]) != region)
			continue;
		const hdt_task *task = group_task(l, i);
		if (!task)
			return NAN;
		double more = task_cost(l, task) - cost_before(l, i);
		loss += isnan(more) ? 0 : more; /* nobody can schedule it either way */
		if (more > most) {
			most = more;
			*worst = l->groups->groups[i].text;
		}
	}
	return loss;
}

static void drop_region(layouter *l, int region, double loss, const char *worst)
{
	for (int i = 0; i < l->values.count; i++) {
		placed *p = &l->values.items[i];
		if (!p->region || p->region != region)
			continue;
		p->ordered = false;
		if (l->options->explain)
			explain_line(l->options->explain, NULL,
			             "%%%s stays as it is: %s would cost %.2f us more in all, most in '%s'", p->value->name,
			             print_order(l->context, p->dims, p->value->rank), loss, worst);
	}
}

/* No worse than before, by the schedulers' own estimates. */
static bool drop_losses(layouter *l)
{
	find_regions(l);
	for (int i = 0; i < l->values.count; i++) {
		const placed *p = &l->values.items[i];
		const char *worst = "";
		if (!is_turned(p))
			continue;
		int region = p->region;
		bool seen = false;
		for (int k = 0; k < i && !seen; k++)
			seen = l->values.items[k].region == region;
		double loss = seen ? 0 : region_loss(l, region, &worst);
		if (isnan(loss))
			return false;
		if (loss > 0)
			drop_region(l, region, loss, worst);
	}
	return true;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------- */

static bool rewrite(layouter *l)
{
	for (int i = 0; i < l->groups->count; i++) {
		const hdt_task *task = group_task(l, i);
		if (!task)
			return false;
		l->groups->groups[i].task = task;
	}
	return true;
}

static bool hand_over(const layouter *l, layout *out)
{
	value_order *orders = hdt_allocate(l->context, sizeof *orders * (size_t)(l->values.count + 1));
	*out = (layout){orders, 0};
	for (int i = 0; orders && i < l->values.count; i++) {
		const placed *p = &l->values.items[i];
		if (!p->ordered)
			continue;
		orders[out->count].value = p->value;
		memcpy(orders[out->count++].dims, p->dims, sizeof p->dims);
		if (l->options->explain && is_turned(p))
			explain_line(l->options->explain, NULL, "%%%s lies as %s, %s", p->value->name,
			             print_order(l->context, p->dims, p->value->rank), p->why);
	}
	return orders != NULL;
}

static bool anybody_cares(const layout_options *options)
{
	for (int i = 0; i < options->scheduler_count; i++)
		if (options->schedulers[i]->size > offsetof(hdt_scheduler, order) && options->schedulers[i]->order)
			return true;
	return false;
}

hdt_status pass_layout(hdt_context *context, partition *groups, const hdt_graph *graph, const layout_options *options,
                       layout *out)
{
	layouter l = {.context = context, .groups = groups, .options = options};
	*out = (layout){NULL, 0};
	if (hdt_context_status(context) != HDT_OK || !anybody_cares(options))
		return hdt_context_status(context);
	map_init(&l.places, context);
	map_init(&l.costs, context);
	map_init(&l.wishes, context);
	l.before = hdt_allocate(context, sizeof *l.before * (size_t)(groups->count + 1));
	bool ok = l.before && list_values(&l, graph);
	for (int i = 0; i < groups->count && ok; i++)
		l.before[i] = NAN;
	ok = ok && layout_wishes(&l) && layout_follow(&l) && drop_losses(&l) && rewrite(&l) && hand_over(&l, out);
	hdt_status status = hdt_context_status(context);
	return ok || status != HDT_OK ? status : hdt_fail(context, HDT_INTERNAL, "no layout could be made");
}
