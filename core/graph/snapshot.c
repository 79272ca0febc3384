/* snapshot.c: what a graph was at some time, so that a run of changes can be undone as a whole.
 *
 * Nodes and values are never freed, so a snapshot keeps their addresses and a copy of what editing changes in them:
 * which values a node reads, its task, and the dtypes and shapes of its outputs. */
#include "graph/state.h"

#include <string.h>

typedef struct saved_node {
	hdt_node *node;
	hdt_value **inputs;
	const hdt_task *task;
	hdt_value *outputs; /* copies of the values */
} saved_node;

struct graph_snapshot {
	saved_node *nodes;
	int node_count;
	hdt_value **outputs;
	graph_mark mark;
};

/* A copy of `count` items; never NULL but when memory is out. */
static void *copy(hdt_context *context, const void *items, size_t count, size_t item_bytes)
{
	void *result = hdt_allocate(context, (count + 1) * item_bytes);
	if (result && count)
		memcpy(result, items, count * item_bytes);
	return result;
}

static bool save_node(hdt_context *context, hdt_node *node, saved_node *out)
{
	*out = (saved_node){.node = node, .task = node->task};
	out->inputs = copy(context, node->inputs, (size_t)node->input_count, sizeof *out->inputs);
	out->outputs = hdt_allocate(context, sizeof *out->outputs * (size_t)(node->output_count + 1));
	for (int i = 0; out->outputs && i < node->output_count; i++)
		out->outputs[i] = *node->outputs[i];
	return out->inputs && out->outputs;
}

const graph_snapshot *graph_take_snapshot(hdt_graph *graph)
{
	hdt_context *context = graph->context;
	graph_snapshot *s = hdt_allocate(context, sizeof *s);
	if (!s)
		return NULL;
	*s = (graph_snapshot){.node_count = graph->node_count, .mark = graph_get_mark(graph)};
	s->nodes = hdt_allocate(context, sizeof *s->nodes * (size_t)(graph->node_count + 1));
	s->outputs = copy(context, graph->outputs, (size_t)graph->output_count, sizeof *s->outputs);
	if (!s->nodes || !s->outputs)
		return NULL;
	for (int n = 0; n < graph->node_count; n++)
		if (!save_node(context, graph->nodes[n], &s->nodes[n]))
			return NULL;
	return s;
}

static void restore_node(const saved_node *s)
{
	s->node->task = s->task;
	if (s->node->input_count)
		memcpy((void *)s->node->inputs, s->inputs, sizeof *s->inputs * (size_t)s->node->input_count);
	for (int i = 0; i < s->node->output_count; i++)
		*s->node->outputs[i] = s->outputs[i];
}

void graph_restore(hdt_graph *graph, const graph_snapshot *s)
{
	graph_state *state = graph_state_of(graph);
	for (int n = 0; n < s->node_count; n++) {
		restore_node(&s->nodes[n]);
		state->nodes.items[n] = s->nodes[n].node; /* the list never shrinks in memory */
	}
	state->nodes.count = s->node_count;
	if (graph->output_count)
		memcpy((void *)graph->outputs, s->outputs, sizeof *s->outputs * (size_t)graph->output_count);
	graph_rewind(graph, s->mark);
}
