/* partition.c: the groups of nodes that are computed together, and one task for each.
 *
 *     %0 = product(%x, %w)                 group 0: %0, %1     task @product_plus(x, w, b) -> (out)
 *     %1 = plus(%0, %b)             =>     group 1: %2         task @sorted(x) -> (y)
 *     %2 = sorted(%1)
 *
 * Everything is read off the tasks: what reduces, what is read how often, what has rows in common. See partition_state.h for the steps. */
#include "pass/partition_state.h"

#include <ctype.h>
#include <string.h>

/* ---- names ---- */

enum { MAX_NAMED = 4 }; /* operators in a name */

/* The operators that a group is named after: no views, and one that comes again in a row once. */
static int name_operators(const fusion_group *g, const char **names, int most)
{
	int count = 0, last = -1;
	for (int i = 0; i < g->node_count; i++) {
		if (g->node_count > 1 && node_is_view(g->nodes[i]))
			continue;
		if (last >= 0 && g->nodes[last]->op == g->nodes[i]->op)
			continue;
		if (count < most)
			names[count] = g->nodes[i]->op->name;
		count++;
		last = i;
	}
	return count;
}

static const char *task_name(hdt_context *context, const fusion_group *g)
{
	const char *names[MAX_NAMED];
	text t = {0};
	int count = name_operators(g, names, MAX_NAMED);
	for (int i = 0; i < count && i < MAX_NAMED; i++)
		text_format(&t, "%s%s", i ? "_" : "", names[i]);
	if (count > MAX_NAMED)
		text_format(&t, "_%d", count);
	for (size_t i = 0; i < t.length; i++)
		if (!isalnum((unsigned char)t.data[i]))
			t.data[i] = '_';
	return text_finish(&t, context);
}

/* Where it comes from: the place of its reduction, else of its last node. */
static const char *group_text(hdt_context *context, const fusion_group *g)
{
	const char *names[MAX_NAMED], *origin = g->nodes[g->node_count - 1]->origin;
	text t = {0};
	int count = name_operators(g, names, MAX_NAMED);
	for (int i = 0; i < g->node_count; i++)
		if (!task_is_injective(g->nodes[i]->task) && g->nodes[i]->origin) {
			origin = g->nodes[i]->origin;
			break;
		}
	for (int i = 0; i < count && i < MAX_NAMED; i++)
		text_format(&t, "%s%s", i ? " + " : "", names[i]);
	if (count > MAX_NAMED)
		text_format(&t, " + %d more", count - MAX_NAMED);
	if (origin)
		text_format(&t, " (%s)", origin);
	return text_finish(&t, context);
}

/* ---- from units to groups ---- */

/* One node, computed as it is. */
static bool finish_single(hdt_context *context, hdt_node *node, fusion_group *g)
{
	hdt_node **nodes = hdt_allocate(context, sizeof(hdt_node *));
	if (!nodes)
		return false;
	nodes[0] = node;
	*g = (fusion_group){nodes, 1, node->task, node->inputs, node->input_count, node->outputs, node->output_count, NULL};
	g->text = group_text(context, g);
	return g->text != NULL;
}

static bool finish_composed(partitioner *p, int u, const int_list *members, fusion_group *g)
{
	composition c;
	const char *reason;
	value_list needed = {0};
	hdt_node **nodes = hdt_allocate(p->context, ((size_t)members->count + 1) * sizeof *nodes);
	unit_draft draft;
	if (!nodes || !unit_needed(p, u, &needed) ||
	    (!unit_compose(p, u, &c, &reason) && !unit_compose_draft(p, u, NULL, &draft, &c, &reason)))
		return false;
	*g = (fusion_group){.nodes = nodes};
	for (int i = 0; i < members->count; i++)
		nodes[g->node_count++] = p->parts[members->items[i]].node;
	const char *name = task_name(p->context, g);
	const void *const *inputs;
	g->task = name ? compose_finish(&c, name, needed.items, needed.count, &inputs) : NULL;
	if (!g->task)
		return false;
	g->inputs = (hdt_value *const *)inputs;
	g->input_count = g->task->input_count;
	g->outputs = (hdt_value *const *)needed.items;
	g->output_count = needed.count;
	g->text = group_text(p->context, g);
	return g->text != NULL;
}

static bool finish_unit(partitioner *p, int u, fusion_group *g)
{
	int_list members = {0};
	if (!unit_members(p, u, &members))
		return false;
	return members.count == 1 ? finish_single(p->context, p->parts[members.items[0]].node, g)
	                          : finish_composed(p, u, &members, g);
}

/* ---- order ---- */

/* A group whose inputs are being looked at. */
typedef struct frame {
	int group, next;
} frame;

/* Groups in an order in which each comes after those it reads; as they were where that does not matter. */
static bool sort_groups(partitioner *p, const fusion_group *from, const int *group_of, int count, fusion_group *to)
{
	VEC(frame) stack = {0};
	char *state = hdt_allocate(p->context, (size_t)count + 1); /* 1: on the stack or done */
	int done = 0;
	if (!state)
		return false;
	for (int first = 0; first < count; first++) {
		frame f = {first, 0};
		if (!state[first] && !vec_push(p->context, &stack, f))
			return false;
		state[first] = 1;
		while (stack.count) {
			frame *top = &stack.items[stack.count - 1];
			const fusion_group *g = &from[top->group];
			if (top->next == g->input_count) {
				to[done++] = *g;
				stack.count--;
				continue;
			}
			const hdt_value *input = g->inputs[top->next++];
			int n = input ? part_of(p, value_root(input)) : -1;
			frame before = {n < 0 ? -1 : group_of[p->parts[n].unit], 0};
			if (n < 0 || state[before.group])
				continue;
			state[before.group] = 1;
			if (!vec_push(p->context, &stack, before))
				return false;
		}
	}
	return true;
}

static bool finish(partitioner *p, partition *out)
{
	fusion_group *groups = hdt_allocate(p->context, ((size_t)p->count + 1) * sizeof *groups);
	fusion_group *sorted = hdt_allocate(p->context, ((size_t)p->count + 1) * sizeof *sorted);
	int *group_of = hdt_allocate(p->context, ((size_t)p->count + 1) * sizeof *group_of);
	int count = 0;
	if (!groups || !sorted || !group_of)
		return false;
	for (int u = 0; u < p->count; u++) {
		if (!p->units[u].parts.count)
			continue;
		group_of[u] = count;
		if (!finish_unit(p, u, &groups[count++]))
			return false;
	}
	*out = (partition){sorted, count};
	return sort_groups(p, groups, group_of, count, sorted);
}

/* ---- without fusion ---- */

static hdt_status keep_apart(hdt_graph *graph, partition *out)
{
	*out = (partition){hdt_allocate(graph->context, ((size_t)graph->node_count + 1) * sizeof *out->groups), 0};
	for (int i = 0; out->groups && i < graph->node_count; i++)
		if (!node_is_view(graph->nodes[i]) &&
		    !finish_single(graph->context, graph->nodes[i], &out->groups[out->count++]))
			return hdt_context_status(graph->context);
	return hdt_context_status(graph->context);
}

hdt_status pass_partition(hdt_graph *graph, const partition_options *options, partition *out)
{
	partitioner p = {
		.graph = graph, .options = options, .context = graph->context, .explain = options->explain != NULL};
	if (hdt_context_status(graph->context) != HDT_OK)
		return hdt_context_status(graph->context);
	if (!options->fuse)
		return keep_apart(graph, out);
	if (!partition_facts(&p) || !partition_epilogues(&p) || !partition_rows(&p) || !partition_prologues(&p) ||
	    !finish(&p, out)) {
		hdt_status status = hdt_context_status(graph->context);
		return status != HDT_OK ? status
		                        : hdt_fail(graph->context, HDT_INTERNAL, "the graph cannot be cut into groups");
	}
	if (options->explain)
		partition_explain(&p, out, options->explain);
	return hdt_context_status(graph->context);
}
