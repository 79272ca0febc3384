/* evaluate.c: the reference result of a whole graph: every node's task evaluated in order, by the slow and obvious
 * evaluator.
 *
 * An intermediate is freed right after its last use. Inputs and constants are read in place; every output is a fresh
 * copy, so that the same value may be given twice. Nothing is kept or leaked after a fault. */
#include "graph/state.h"

#include <stdlib.h>
#include <string.h>

/* The memory of one value while the graph runs. */
typedef struct storage {
	void *data;
	bool owned;
	int last_use; /* index of the last node that reads it; node_count when it is an output */
} storage;

typedef struct evaluation {
	const hdt_graph *graph;
	const bindings *bindings;
	const void *const *inputs;
	map storages; /* value -> storage */
} evaluation;

static storage *storage_of(const evaluation *e, const hdt_value *value)
{
	return map_get(&e->storages, value);
}

static bool shape_of(const hdt_value *value, const bindings *b, int64_t shape[HDT_MAX_RANK], size_t *bytes)
{
	int64_t total = hdt_dtype_of(value->dtype)->bytes;
	bool empty = false;
	for (int d = 0; d < value->rank; d++) {
		if (!expr_evaluate(value->shape[d], b, &shape[d]) || shape[d] < 0)
			return false;
		empty = empty || shape[d] == 0;
		if (shape[d] && __builtin_mul_overflow(total, shape[d], &total))
			return false;
	}
	*bytes = empty ? 0 : (size_t)total;
	return true;
}

static hdt_status fail_shape(const evaluation *e, const hdt_value *value)
{
	return hdt_fail(e->graph->context, HDT_BAD_INPUT, "the size of %%%s cannot be computed, or is too large",
	                value->name);
}

static hdt_status allocate_value(const evaluation *e, const hdt_value *value, void **data)
{
	int64_t shape[HDT_MAX_RANK];
	size_t bytes = 0;
	if (!shape_of(value, e->bindings, shape, &bytes))
		return fail_shape(e, value);
	*data = calloc(1, bytes ? bytes : 1);
	if (!*data)
		return hdt_fail(e->graph->context, HDT_OUT_OF_MEMORY, "out of memory: %%%s needs %zu bytes", value->name,
		                bytes);
	return HDT_OK;
}

/* An empty tensor needs no memory, but a task asks for an address. */
static const void *given_data(const evaluation *e, const hdt_value *value, const void *data)
{
	static const int64_t nothing[2];
	int64_t shape[HDT_MAX_RANK];
	size_t bytes = 0;
	return !data && shape_of(value, e->bindings, shape, &bytes) && bytes == 0 ? nothing : data;
}

static bool note_use(evaluation *e, const hdt_value *value, int when)
{
	storage *s = storage_of(e, value);
	if (!s) {
		s = hdt_allocate(e->graph->context, sizeof *s);
		if (!s || !map_set(&e->storages, value, s))
			return false;
		s->data = value->constant ? (void *)given_data(e, value, value->constant->data) : NULL;
	}
	s->last_use = when > s->last_use ? when : s->last_use;
	return true;
}

static bool note_uses(evaluation *e)
{
	const hdt_graph *g = e->graph;
	for (int i = 0; i < g->input_count; i++) {
		if (!note_use(e, g->inputs[i], g->node_count))
			return false;
		storage_of(e, g->inputs[i])->data = (void *)given_data(e, g->inputs[i], e->inputs[i]);
	}
	for (int n = 0; n < g->node_count; n++) {
		for (int i = 0; i < g->nodes[n]->input_count; i++)
			if (g->nodes[n]->inputs[i] && !note_use(e, g->nodes[n]->inputs[i], n))
				return false;
		for (int i = 0; i < g->nodes[n]->output_count; i++)
			if (!note_use(e, g->nodes[n]->outputs[i], n))
				return false;
	}
	for (int i = 0; i < g->output_count; i++)
		if (!note_use(e, g->outputs[i], g->node_count))
			return false;
	return true;
}

static void release_value(evaluation *e, const hdt_value *value)
{
	storage *s = value ? storage_of(e, value) : NULL;
	if (!s || !s->owned)
		return;
	free(s->data);
	*s = (storage){0};
}

static hdt_status gather(const evaluation *e, const hdt_node *node, const void **inputs)
{
	for (int i = 0; i < node->input_count; i++) {
		const hdt_value *value = node->inputs[i];
		inputs[i] = value ? storage_of(e, value)->data : NULL;
		if (value && !inputs[i])
			return hdt_fail(e->graph->context, HDT_BAD_MODEL,
			                "the bytes of %%%s are not known; a graph without weights cannot be evaluated",
			                value->name);
	}
	return HDT_OK;
}

static hdt_status run_node(evaluation *e, const hdt_node *node)
{
	const void **inputs = calloc((size_t)node->input_count + 1, sizeof *inputs);
	void **outputs = calloc((size_t)node->output_count + 1, sizeof *outputs);
	hdt_status status = inputs && outputs
	                        ? gather(e, node, inputs)
	                        : hdt_fail(e->graph->context, HDT_OUT_OF_MEMORY, "out of memory in the evaluator");
	for (int i = 0; i < node->output_count && status == HDT_OK; i++) {
		storage *s = storage_of(e, node->outputs[i]);
		status = allocate_value(e, node->outputs[i], &s->data);
		s->owned = status == HDT_OK;
		outputs[i] = s->data;
	}
	if (status == HDT_OK)
		status = task_evaluate(node->task, e->bindings, inputs, outputs);
	if (status != HDT_OK)
		context_add_note(e->graph->context, "evaluating %%%s = %s", node->outputs[0]->name, node->op->name);
	free(inputs);
	free(outputs);
	return status;
}

static void release_unused(evaluation *e, const hdt_node *node, int when)
{
	for (int i = 0; i < node->input_count; i++)
		if (node->inputs[i] && storage_of(e, node->inputs[i])->last_use == when)
			release_value(e, node->inputs[i]);
	for (int i = 0; i < node->output_count; i++)
		if (storage_of(e, node->outputs[i])->last_use == when)
			release_value(e, node->outputs[i]);
}

static hdt_status copy_output(const evaluation *e, const hdt_value *value, evaluated *out)
{
	size_t bytes = 0;
	*out = (evaluated){.dtype = value->dtype, .rank = value->rank};
	const void *data = storage_of(e, value)->data;
	if (!data)
		return hdt_fail(e->graph->context, HDT_BAD_MODEL, "the bytes of %%%s are not known", value->name);
	if (!shape_of(value, e->bindings, out->shape, &bytes))
		return fail_shape(e, value);
	hdt_status status = allocate_value(e, value, &out->data);
	if (status == HDT_OK && bytes)
		memcpy(out->data, data, bytes);
	return status;
}

hdt_status graph_evaluate(const hdt_graph *graph, const bindings *b, const void *const *inputs, evaluated *outputs)
{
	evaluation e = {.graph = graph, .bindings = b, .inputs = inputs};
	map_init(&e.storages, graph->context);
	for (int i = 0; i < graph->output_count; i++)
		outputs[i] = (evaluated){0};
	if (!note_uses(&e))
		return HDT_OUT_OF_MEMORY;
	hdt_status status = HDT_OK;
	for (int n = 0; n < graph->node_count && status == HDT_OK; n++) {
		status = run_node(&e, graph->nodes[n]);
		if (status == HDT_OK)
			release_unused(&e, graph->nodes[n], n);
	}
	for (int i = 0; i < graph->output_count && status == HDT_OK; i++)
		status = copy_output(&e, graph->outputs[i], &outputs[i]);
	for (int n = 0; n < graph->node_count; n++)
		for (int i = 0; i < graph->nodes[n]->output_count; i++)
			release_value(&e, graph->nodes[n]->outputs[i]);
	for (int i = 0; i < graph->output_count && status != HDT_OK; i++) {
		free(outputs[i].data);
		outputs[i].data = NULL;
	}
	return status;
}
