/* edit.c: changing a finished graph: replacing uses, dropping what nobody needs, rolling back.
 *
 * graph_replace_uses changes all or nothing: the tasks of the nodes behind a changed shape are built first, then
 * everything is put in place. It may leave a node before one that it reads; graph_sweep restores the order. */
#include "graph/state.h"

#include <stdlib.h>
#include <string.h>

/* ---- replacing uses --------------------------------------------------------------------------------------------- */

static bool same_signature(const hdt_value *a, hdt_dtype dtype, hdt_list shape)
{
	if (a->dtype != dtype || a->rank != shape.count)
		return false;
	for (int d = 0; d < a->rank; d++)
		if (a->shape[d] != shape.items[d] && !hdt_proves_equal(a->shape[d], shape.items[d]))
			return false;
	return true;
}

/* A node whose computation changes with the shape of what it reads. */
typedef struct rebuilt {
	hdt_node *node;
	const hdt_task *task;
} rebuilt;

typedef struct replacement {
	hdt_graph *graph;
	hdt_value *from, *to;
	map changed; /* value -> tensor of the new task that it becomes */
	VEC(rebuilt) nodes;
} replacement;

/* What `value` looks like once the replacement is done; *differs is set when that is not what it looks like now. */
static task_input input_after(const replacement *r, const hdt_value *value, bool *differs)
{
	if (value && value == r->from) {
		*differs = *differs || !same_signature(value, r->to->dtype, hdt_value_shape(r->to));
		return graph_task_input(r->to);
	}
	const hdt_tensor *tensor = value ? map_get(&r->changed, value) : NULL;
	if (!tensor)
		return graph_task_input(value);
	*differs = true;
	return (task_input){.present = true, .dtype = tensor->dtype, .shape = hdt_shape(tensor)};
}

static hdt_status rebuild_node(replacement *r, hdt_node *node)
{
	hdt_context *context = r->graph->context;
	task_input *inputs = hdt_allocate(context, sizeof *inputs * (size_t)(node->input_count + 1));
	bool differs = false;
	for (int i = 0; inputs && i < node->input_count; i++)
		inputs[i] = input_after(r, node->inputs[i], &differs);
	if (!inputs || !differs)
		return hdt_context_status(context);
	rebuilt entry = {node, graph_build_task(context, node->op, inputs, node->input_count, node->attributes)};
	if (!entry.task)
		return hdt_context_status(context);
	if (entry.task->output_count != node->output_count)
		return hdt_fail(context, HDT_BAD_MODEL, "%s: the number of its outputs would change", node->op->name);
	for (int i = 0; i < node->output_count; i++) {
		const hdt_tensor *tensor = entry.task->outputs[i];
		bool same = same_signature(node->outputs[i], tensor->dtype, hdt_shape(tensor));
		if (!same && !map_set(&r->changed, node->outputs[i], (void *)tensor))
			return HDT_OUT_OF_MEMORY;
	}
	return vec_push(context, &r->nodes, entry) ? HDT_OK : HDT_OUT_OF_MEMORY;
}

static void commit(replacement *r)
{
	for (int i = 0; i < r->nodes.count; i++) {
		hdt_node *node = r->nodes.items[i].node;
		node->task = r->nodes.items[i].task;
		for (int o = 0; o < node->output_count; o++) {
			const hdt_tensor *tensor = node->task->outputs[o];
			node->outputs[o]->dtype = tensor->dtype;
			node->outputs[o]->rank = tensor->rank;
			node->outputs[o]->shape = tensor->shape;
		}
	}
	for (int n = 0; n < r->graph->node_count; n++) {
		hdt_value **inputs = (hdt_value **)r->graph->nodes[n]->inputs;
		for (int i = 0; i < r->graph->nodes[n]->input_count; i++)
			if (inputs[i] == r->from)
				inputs[i] = r->to;
	}
	hdt_value **outputs = (hdt_value **)r->graph->outputs;
	for (int i = 0; i < r->graph->output_count; i++)
		if (outputs[i] == r->from)
			outputs[i] = r->to;
}

hdt_status graph_replace_uses(hdt_graph *graph, hdt_value *from, hdt_value *to)
{
	if (from == to)
		return HDT_OK;
	replacement r = {.graph = graph, .from = from, .to = to};
	map_init(&r.changed, graph->context);
	if (!same_signature(from, to->dtype, hdt_value_shape(to))) {
		for (int n = 0; n < graph->node_count; n++) {
			hdt_status status = rebuild_node(&r, graph->nodes[n]);
			if (status != HDT_OK)
				return status;
		}
	}
	commit(&r);
	return HDT_OK;
}

int graph_use_count(const hdt_graph *graph, const hdt_value *value)
{
	int uses = 0;
	for (int n = 0; n < graph->node_count; n++)
		for (int i = 0; i < graph->nodes[n]->input_count; i++)
			uses += graph->nodes[n]->inputs[i] == value;
	for (int i = 0; i < graph->output_count; i++)
		uses += graph->outputs[i] == value;
	return uses;
}

bool graph_depends(const hdt_graph *graph, const hdt_value *value, const hdt_node *node)
{
	unsigned walk = ++graph_state_of(graph)->walks;
	bool behind = false; /* nodes before `node` do not depend on it */
	for (int n = 0; n < graph->node_count; n++) {
		graph_node *at = graph_node_of(graph->nodes[n]);
		if (&at->node == node) {
			at->walk = walk;
			behind = true;
		}
		for (int i = 0; behind && i < at->node.input_count; i++) {
			const hdt_value *input = at->node.inputs[i];
			if (input && input->producer && graph_node_of(input->producer)->walk == walk)
				at->walk = walk;
		}
	}
	return value->producer && graph_node_of(value->producer)->walk == walk;
}

/* ---- sweeping --------------------------------------------------------------------------------------------------- */

/* The walk from the outputs to the inputs, with a stack of its own: a hostile chain of nodes may be deep. */
typedef struct visit {
	hdt_node *node;
	int next_input;
} visit;

typedef struct walk {
	unsigned number; /* a node that carries it has been entered */
	VEC(visit) stack;
	VEC(hdt_node *) placed; /* each after those it reads */
} walk;

static bool enter(walk *w, hdt_node *node)
{
	visit entry = {node, 0};
	graph_node_of(node)->walk = w->number;
	return heap_push(&w->stack, entry);
}

/* Place everything that `root` needs, then `root`. False when memory is out. */
static bool place(walk *w, hdt_node *root)
{
	if (graph_node_of(root)->walk == w->number)
		return true;
	if (!enter(w, root))
		return false;
	while (w->stack.count > 0) {
		visit *top = &w->stack.items[w->stack.count - 1];
		if (top->next_input == top->node->input_count) {
			if (!heap_push(&w->placed, top->node))
				return false;
			w->stack.count--;
			continue;
		}
		const hdt_value *input = top->node->inputs[top->next_input++];
		if (input && input->producer && graph_node_of(input->producer)->walk != w->number && !enter(w, input->producer))
			return false;
	}
	return true;
}

/* What the outputs need, in an order found from the outputs. */
static bool place_live(const hdt_graph *graph, walk *w)
{
	for (int i = 0; i < graph->output_count; i++)
		if (graph->outputs[i]->producer && !place(w, graph->outputs[i]->producer))
			return false;
	return true;
}

/* The same nodes in their old order, as far as the reads allow: passes leave what they do not touch where it was. */
static bool place_in_order(const graph_state *state, const walk *live, walk *w)
{
	for (int n = 0; n < state->nodes.count; n++)
		if (graph_node_of(state->nodes.items[n])->walk == live->number)
			graph_node_of(state->nodes.items[n])->live = true;
	for (int n = 0; n < state->nodes.count; n++) {
		graph_node *node = graph_node_of(state->nodes.items[n]);
		bool is_live = node->live;
		node->live = false;
		if (is_live && !place(w, &node->node))
			return false;
	}
	return true;
}

void graph_sweep(hdt_graph *graph)
{
	graph_state *state = graph_state_of(graph);
	walk live = {.number = ++state->walks}, ordered = {.number = ++state->walks};
	if (place_live(graph, &live) && place_in_order(state, &live, &ordered)) {
		if (ordered.placed.count)
			memcpy(state->nodes.items, ordered.placed.items, sizeof(hdt_node *) * (size_t)ordered.placed.count);
		state->nodes.count = ordered.placed.count;
		graph_publish(state);
	} else {
		hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory while sorting graph '%s'", graph->name);
	}
	heap_free(&live.stack);
	heap_free(&live.placed);
	heap_free(&ordered.stack);
	heap_free(&ordered.placed);
}

/* ---- rolling back ----------------------------------------------------------------------------------------------- */

graph_mark graph_get_mark(const hdt_graph *graph)
{
	const graph_state *state = graph_state_of(graph);
	return (graph_mark){state->nodes.count, state->values.count, state->assertions.count};
}

void graph_rewind(hdt_graph *graph, graph_mark mark)
{
	graph_state *state = graph_state_of(graph);
	for (int i = mark.values; i < state->values.count; i++)
		map_set(&state->names, state->values.items[i]->name, NULL);
	if (state->values.count > mark.values)
		state->values.count = mark.values;
	if (state->nodes.count > mark.nodes)
		state->nodes.count = mark.nodes;
	if (state->assertions.count > mark.assertions)
		state->assertions.count = mark.assertions;
	graph_publish(state);
}
