/* verify.c: is the graph well formed? Run after every pass in tests; a fault is a bug of hidet or of a plugin, never of
 * the user.
 *
 * Checks: order, ownership, producers and indices, unique names, tasks that fit inputs and outputs, constants whose
 * bytes fit, symbols that come from an input. */
#include "graph/state.h"

#include <string.h>

typedef struct verifier {
	const hdt_graph *graph;
	map defined; /* values that exist at this point, and the symbols of the inputs */
	map names;
} verifier;

static hdt_status fault(const verifier *v, const char *where, const char *what)
{
	return hdt_fail(v->graph->context, HDT_INTERNAL, "graph '%s': %s: %s", v->graph->name, where, what);
}

static hdt_status define(verifier *v, const hdt_value *value)
{
	if (value->graph != v->graph)
		return fault(v, value->name, "belongs to another graph");
	if (map_get(&v->names, value->name))
		return fault(v, value->name, "two values have this name");
	if ((unsigned)value->dtype >= HDT_DTYPE_COUNT || value->rank < 0 || value->rank > HDT_MAX_RANK)
		return fault(v, value->name, "has no valid dtype or rank");
	if (!map_set(&v->defined, value, (void *)value) || !map_set(&v->names, value->name, (void *)value))
		return HDT_OUT_OF_MEMORY;
	return HDT_OK;
}

static hdt_status check_constant(verifier *v, const hdt_value *value)
{
	int64_t bytes = value_bytes(value);
	if (value->producer || bytes < 0)
		return fault(v, value->name, "is a constant with a producer or without a static shape");
	if (value->constant->data && value->constant->bytes != (uint64_t)bytes)
		return fault(v, value->name, "is a constant whose bytes do not fit its shape");
	return define(v, value);
}

static bool same_shape(const hdt_value *value, const hdt_tensor *tensor)
{
	if (value->dtype != tensor->dtype || value->rank != tensor->rank)
		return false;
	for (int d = 0; d < value->rank; d++)
		if (value->shape[d] != tensor->shape[d] && !hdt_proves_equal(value->shape[d], tensor->shape[d]))
			return false;
	return true;
}

static void find_stray_symbol(const hdt_expr *e, void *closure)
{
	verifier *v = closure;
	if (e->op == HDT_OP_SYMBOL && !map_get(&v->defined, e))
		hdt_fail(v->graph->context, HDT_INTERNAL, "graph '%s': the size '%s' comes from no input", v->graph->name,
		         e->name);
}

static hdt_status check_use(verifier *v, const hdt_value *value, const char *where)
{
	if (value->constant && !map_get(&v->defined, value))
		return check_constant(v, value);
	return map_get(&v->defined, value) ? HDT_OK : fault(v, where, "reads a value before it is made");
}

static hdt_status check_node(verifier *v, const hdt_node *node)
{
	const char *where = node->output_count ? node->outputs[0]->name : node->op->name;
	if (!node->task || node->task->output_count != node->output_count)
		return fault(v, where, "its task does not give its outputs");
	for (int i = 0; i < node->input_count; i++) {
		hdt_status status = node->inputs[i] ? check_use(v, node->inputs[i], where) : HDT_OK;
		if (status != HDT_OK)
			return status;
		const hdt_tensor *tensor = node->inputs[i] && i < node->task->input_count ? node->task->inputs[i] : NULL;
		if (tensor && !same_shape(node->inputs[i], tensor))
			return fault(v, where, "its task was built for another input");
	}
	for (int i = 0; i < node->output_count; i++) {
		const hdt_value *output = node->outputs[i];
		if (output->producer != node || output->index != i || output->constant)
			return fault(v, output->name, "is not linked to its node");
		if (!same_shape(output, node->task->outputs[i]))
			return fault(v, output->name, "has not the shape that its task gives");
		for (int d = 0; d < output->rank; d++)
			expr_walk(output->shape[d], find_stray_symbol, v);
		hdt_status status = define(v, output);
		if (status != HDT_OK)
			return status;
	}
	return hdt_context_status(v->graph->context);
}

hdt_status graph_verify(const hdt_graph *graph)
{
	verifier v = {.graph = graph};
	map_init(&v.defined, graph->context);
	map_init(&v.names, graph->context);
	hdt_status status = hdt_context_status(graph->context);
	for (int i = 0; i < graph->symbol_count && status == HDT_OK; i++)
		if (!map_set(&v.defined, graph->symbols[i], (void *)graph->symbols[i]))
			status = HDT_OUT_OF_MEMORY;
	for (int i = 0; i < graph->input_count && status == HDT_OK; i++) {
		status = define(&v, graph->inputs[i]);
		if (status == HDT_OK && (graph->inputs[i]->producer || graph->inputs[i]->index != i))
			status = fault(&v, graph->inputs[i]->name, "is not linked as an input");
	}
	for (int i = 0; i < graph->node_count && status == HDT_OK; i++)
		status = check_node(&v, graph->nodes[i]);
	for (int i = 0; i < graph->output_count && status == HDT_OK; i++)
		status = check_use(&v, graph->outputs[i], graph->output_names[i]);
	for (int i = 0; i < graph->assertion_count && status == HDT_OK; i++)
		expr_walk(graph->assertions[i].condition, find_stray_symbol, &v);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}
