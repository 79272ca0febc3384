/* layout_follow.c: groups that nobody wants in an order write what they compute in the order of the largest thing that they read.
 *
 *     y[n, c, h, w] = max(kh < 2, kw < 2) x[n, c, h * 2 + kh, w * 2 + kw]     x in the order [0, 2, 3, 1]   ->   so is y
 *
 * So no step between two that agree has to turn anything round. */
#include "pass/layout_state.h"

#include <string.h>

/* Which dimension of the output each dimension of an input goes along with. */
typedef struct correspondence {
	const hdt_tensor *input, *output;
	int to[HDT_MAX_RANK]; /* -1: none; -2: it differs */
	bool read;
} correspondence;

static int axis_of(const hdt_tensor *output, const hdt_expr *index)
{
	int found = -1;
	for (int d = 0; d < output->rank; d++)
		if (expr_contains(index, output->axes[d]))
			found = found == -1 ? d : -2;
	return found;
}

static void note_load(const hdt_expr *e, void *closure)
{
	correspondence *c = closure;
	if (e->op != HDT_OP_LOAD || e->tensor != c->input)
		return;
	for (int d = 0; d < c->input->rank; d++) {
		int to = axis_of(c->output, e->args[d]);
		c->to[d] = !c->read || c->to[d] == to || c->to[d] == -1 ? to : to == -1 ? c->to[d] : -2;
	}
	c->read = true;
}

/* The dimensions that go along with none, of both, belong to each other in their order. False: there are not as many. */
static bool complete(correspondence *c)
{
	bool taken[HDT_MAX_RANK] = {false};
	int next = 0;
	if (!c->read || c->input->rank != c->output->rank)
		return false;
	for (int d = 0; d < c->input->rank; d++) {
		int to = c->to[d];
		c->to[d] = to >= 0 && !taken[to] ? to : -1;
		if (c->to[d] >= 0)
			taken[to] = true;
	}
	for (int d = 0; d < c->input->rank; d++) {
		while (next < c->output->rank && taken[next])
			next++;
		if (c->to[d] < 0)
			c->to[d] = next++;
	}
	return true;
}

static double value_size(const hdt_value *v)
{
	double bytes = hdt_dtype_of(v->dtype)->bytes;
	for (int d = 0; d < v->rank; d++)
		bytes *= (double)hdt_size_estimate(v->shape[d]);
	return bytes;
}

/* The largest input of the output's rank that runs compute; -1: none. */
static int find_leader(const fusion_group *g, const hdt_tensor *output, correspondence *out)
{
	int leader = -1;
	for (int i = 0; i < g->input_count; i++) {
		correspondence c = {.input = g->task->inputs[i], .output = output};
		if (!g->inputs[i] || c.input->constant ||
		    (leader >= 0 && value_size(g->inputs[i]) <= value_size(g->inputs[leader])))
			continue;
		expr_walk(output->value, note_load, &c);
		if (!complete(&c))
			continue;
		*out = c;
		leader = i;
	}
	return leader;
}

/* Let an output follow; back again where the group would take longer so. */
static bool follow(layouter *l, int group, int output)
{
	const fusion_group *g = &l->groups->groups[group];
	placed *value = placed_of(l, g->outputs[output]);
	correspondence c;
	int leader = find_leader(g, g->task->outputs[output], &c);
	const placed *led = leader >= 0 ? placed_of(l, g->inputs[leader]) : NULL;
	if (!led || !led->ordered)
		return true;
	const hdt_task *stays = group_task(l, group);
	for (int d = 0; d < value->value->rank; d++)
		value->dims[d] = c.to[led->dims[d]];
	if (value->fixed && !order_is_trivial(value->dims, hdt_value_shape(value->value)))
		return stays != NULL;
	value->ordered = true;
	const hdt_task *follows = group_task(l, group);
	if (!stays || !follows)
		return false;
	double then = task_cost(l, follows), now = task_cost(l, stays);
	value->ordered = then <= now;
	if (!value->ordered && l->options->explain)
		explain_line(l->options->explain, NULL, "%%%s does not follow %%%s: '%s' would take %.2f us, not %.2f",
		             value->value->name, led->value->name, g->text, then, now);
	value->why = hdt_format(l->context, "as %%%s, by '%s'", led->value->name, g->text);
	return value->why != NULL;
}

bool layout_follow(layouter *l)
{
	for (int i = 0; i < l->groups->count; i++)
		for (int o = 0; o < l->groups->groups[i].output_count; o++) {
			const placed *value = placed_of(l, l->groups->groups[i].outputs[o]);
			if (!value->ordered && !value->votes.count && value->value->rank > 1 && !follow(l, i, o))
				return false;
		}
	return hdt_context_status(l->context) == HDT_OK;
}
