/* build.c: making a graph: inputs, outputs, assertions and the application of operators.
 *
 * Guarantees: after a fault in the context every function gives NULL and changes nothing; names of values are unique; a
 * node exists only with a task that was built from exactly its inputs and complete attributes. */
#include "graph/state.h"

#include "registry/registry.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* No operator of a real model comes near; a text file that lists more inputs in one call is refused before it costs
 * memory. */
enum { MAX_NODE_INPUTS = 1 << 16 };

void graph_publish(graph_state *state)
{
	hdt_graph *g = &state->graph;
	g->inputs = state->inputs.items;
	g->input_count = state->inputs.count;
	g->outputs = state->outputs.items;
	g->output_names = state->output_names.items;
	g->output_count = state->outputs.count;
	g->nodes = state->nodes.items;
	g->node_count = state->nodes.count;
	g->symbols = state->symbols.items;
	g->symbol_count = state->symbols.count;
	g->assertions = state->assertions.items;
	g->assertion_count = state->assertions.count;
}

/* Is the graph there, and the context still without fault? */
static bool usable(const hdt_graph *graph)
{
	return graph && hdt_context_status(graph->context) == HDT_OK;
}

/* `name` with every character that the text form does not allow in a name replaced by _. */
static const char *clean_name(hdt_context *context, const char *prefix, const char *name)
{
	size_t length = strlen(name);
	bool digit_first = !*prefix && isdigit((unsigned char)*name);
	char *out = hdt_allocate(context, strlen(prefix) + length + 2);
	if (!out)
		return NULL;
	char *at = out + sprintf(out, "%s%s", prefix, digit_first ? "_" : "");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i], next = (unsigned char)name[i + 1];
		bool inner_dot = c == '.' && at > out && at[-1] != '.' && (isalnum(next) || next == '_');
		*at++ = (c < 128 && (isalnum(c) || c == '_')) || inner_dot ? (char)c : '_';
	}
	return hdt_intern(context, out);
}

static void release_hook(void *graph)
{
	graph_release(graph);
}

hdt_graph *hdt_graph_new(hdt_context *context, const char *name)
{
	if (!context || hdt_context_status(context) != HDT_OK)
		return NULL;
	graph_state *state = hdt_allocate(context, sizeof *state);
	if (!state)
		return NULL;
	state->graph.context = context;
	state->graph.name = name && *name ? clean_name(context, "", name) : hdt_intern(context, "main");
	if (!state->graph.name)
		return NULL;
	map_init(&state->names, context);
	return context_on_free(context, release_hook, &state->graph) ? &state->graph : NULL;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static const char *unique_name(graph_state *state, const char *prefix, const char *name)
{
	hdt_context *context = state->graph.context;
	const char *base = name && *name ? clean_name(context, prefix, name) : NULL;
	const char *unique = base;
	while (!unique || map_get(&state->names, unique)) {
		const char *next = base ? hdt_format(context, "%s_%lld", base, (long long)++state->next_suffix)
		                        : hdt_format(context, "%s%lld", prefix, (long long)state->next_number++);
		unique = next ? hdt_intern(context, next) : NULL;
		if (!unique)
			return NULL;
	}
	return unique;
}

static const hdt_expr *const *copy_shape(hdt_context *context, hdt_list shape)
{
	const hdt_expr **dims = hdt_allocate(context, sizeof(hdt_expr *) * (size_t)(shape.count + 1));
	if (dims && shape.count)
		memcpy(dims, shape.items, sizeof(hdt_expr *) * (size_t)shape.count);
	return dims;
}

hdt_value *graph_add_value(graph_state *state, const char *prefix, const char *name, hdt_dtype dtype, hdt_list shape)
{
	hdt_context *context = state->graph.context;
	hdt_value *value = hdt_allocate(context, sizeof *value);
	const char *unique = value ? unique_name(state, prefix, name) : NULL;
	const hdt_expr *const *dims = unique ? copy_shape(context, shape) : NULL;
	if (!dims)
		return NULL;
	*value = (hdt_value){.graph = &state->graph, .name = unique, .dtype = dtype, .rank = shape.count, .shape = dims};
	return vec_push(context, &state->values, value) && map_set(&state->names, unique, value) ? value : NULL;
}

typedef struct symbol_search {
	graph_state *state;
	bool failed;
} symbol_search;

static void note_symbol(const hdt_expr *e, void *closure)
{
	symbol_search *search = closure;
	if (e->op != HDT_OP_SYMBOL)
		return;
	for (int i = 0; i < search->state->symbols.count; i++)
		if (search->state->symbols.items[i] == e)
			return;
	if (!vec_push(e->context, &search->state->symbols, e))
		search->failed = true;
}

hdt_value *hdt_graph_input(hdt_graph *graph, const char *name, hdt_dtype dtype, hdt_list shape)
{
	if (!usable(graph))
		return NULL;
	graph_state *state = graph_state_of(graph);
	const char *shown = name ? name : "";
	const char *fault = shape_fault(graph->context, dtype, shape);
	if (fault) {
		hdt_fail(graph->context, HDT_BAD_MODEL, "input '%s' of graph '%s': %s", shown, graph->name, fault);
		return NULL;
	}
	symbol_search search = {state, false};
	for (int d = 0; d < shape.count; d++)
		search.failed |= !expr_walk(shape.items[d], note_symbol, &search);
	hdt_value *value = search.failed ? NULL : graph_add_value(state, name && *name ? "" : "in", name, dtype, shape);
	if (!value || !vec_push(graph->context, &state->inputs, value))
		return NULL;
	value->index = state->inputs.count - 1;
	graph_publish(state);
	return value;
}

void hdt_graph_output(hdt_graph *graph, const char *name, hdt_value *value)
{
	if (!usable(graph))
		return;
	graph_state *state = graph_state_of(graph);
	hdt_context *context = graph->context;
	if (!value || value->graph != graph) {
		hdt_fail(context, HDT_BAD_MODEL, "output %d of graph '%s' is %s", state->outputs.count, graph->name,
		         value ? "a value of another graph" : "missing");
		return;
	}
	const char *shown = name && *name ? name : hdt_format(context, "out%d", state->outputs.count);
	shown = shown ? hdt_intern(context, shown) : NULL;
	if (shown && vec_push(context, &state->output_names, shown) && vec_push(context, &state->outputs, value))
		graph_publish(state);
}

void hdt_graph_assert(hdt_graph *graph, const hdt_expr *condition, const char *message)
{
	if (!usable(graph) || !condition)
		return;
	graph_state *state = graph_state_of(graph);
	int64_t known = 0;
	const char *shown = hdt_intern(graph->context, message ? message : hdt_expr_text(condition));
	if (hdt_is_const(condition, &known)) {
		if (!known)
			hdt_fail(graph->context, HDT_BAD_MODEL, "graph '%s' asserts what is never true: %s", graph->name,
			         shown ? shown : "");
		return;
	}
	hdt_assertion assertion = {condition, shown};
	if (shown && vec_push(graph->context, &state->assertions, assertion))
		graph_publish(state);
}

void hdt_graph_set_origin(hdt_graph *graph, const char *origin)
{
	if (graph)
		graph_state_of(graph)->origin = origin ? hdt_intern(graph->context, origin) : NULL;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static void fail_unknown_operator(hdt_context *context, const char *name)
{
	int count = context->registry ? registry_count(context->registry, REGISTRY_OPERATOR) : 0;
	const char **names = hdt_allocate(context, sizeof(char *) * (size_t)(count + 1));
	if (!names)
		return;
	for (int i = 0; i < count; i++)
		names[i] = registry_at(context->registry, REGISTRY_OPERATOR, i)->name;
	const char *nearest = text_nearest(name, names);
	if (nearest)
		hdt_fail(context, HDT_UNSUPPORTED, "no plugin provides an operator '%s'; did you mean '%s'?", name, nearest);
	else
		hdt_fail(context, HDT_UNSUPPORTED, "no plugin provides an operator '%s' (%d operators are registered)", name,
		         count);
}

task_input graph_task_input(const hdt_value *value)
{
	task_input input = {0};
	if (value)
		input = (task_input){.present = true, .dtype = value->dtype, .shape = hdt_value_shape(value)};
	return input;
}

/* Every input is a value of this graph, or an optional one left out. */
static hdt_status check_inputs(hdt_graph *graph, const hdt_operator *op, hdt_value *const *inputs, int count)
{
	hdt_context *context = graph->context;
	int required = 0, most = 0;
	operator_arity(op, &required, &most);
	if (count < required || (most >= 0 && count > most) || count > MAX_NODE_INPUTS)
		return hdt_fail(context, HDT_BAD_MODEL, "%s takes %s%d input%s (%s), not %d", op->name,
		                most < 0 || count < required ? "at least " : "at most ",
		                count < required || most < 0 ? required : most,
		                (count < required || most < 0 ? required : most) == 1 ? "" : "s",
		                op->inputs && *op->inputs ? op->inputs : "none", count);
	for (int i = 0; i < count; i++) {
		if (!inputs[i] && (i < required || most < 0))
			return hdt_fail(context, HDT_BAD_MODEL, "%s: input '%s' is missing", op->name,
			                operator_input_name(context, op, i));
		if (inputs[i] && inputs[i]->graph != graph)
			return hdt_fail(context, HDT_BAD_MODEL, "%s: input '%s' is a value of another graph", op->name,
			                operator_input_name(context, op, i));
	}
	return HDT_OK;
}

const hdt_task *graph_build_task(hdt_context *context, const hdt_operator *op, const task_input *inputs, int count,
                                 const hdt_attribute_value *attributes)
{
	const hdt_task *task = task_build(context, op, inputs, count, attributes);
	if (task && hdt_context_status(context) == HDT_OK && task->output_count < 1)
		hdt_fail(context, HDT_INTERNAL, "%s: its computation gives no output", op->name);
	return hdt_context_status(context) == HDT_OK ? task : NULL;
}

static hdt_value *const *make_outputs(graph_state *state, hdt_node *node)
{
	hdt_value **outputs = hdt_allocate(state->graph.context, sizeof(hdt_value *) * (size_t)node->task->output_count);
	for (int i = 0; outputs && i < node->task->output_count; i++) {
		const hdt_tensor *tensor = node->task->outputs[i];
		outputs[i] = graph_add_value(state, "", NULL, tensor->dtype, hdt_shape(tensor));
		if (!outputs[i])
			return NULL;
		outputs[i]->producer = node;
		outputs[i]->index = i;
	}
	return outputs;
}

static hdt_node *make_node(graph_state *state, const hdt_operator *op, hdt_value *const *inputs, int count,
                           const hdt_attribute_value *attributes)
{
	hdt_context *context = state->graph.context;
	hdt_node *node = hdt_allocate(context, sizeof(graph_node));
	hdt_value **copy = hdt_allocate(context, sizeof(hdt_value *) * (size_t)(count + 1));
	task_input *signature = hdt_allocate(context, sizeof *signature * (size_t)(count + 1));
	if (!node || !copy || !signature)
		return NULL;
	for (int i = 0; i < count; i++) {
		copy[i] = inputs[i];
		signature[i] = graph_task_input(inputs[i]);
	}
	*node = (hdt_node){.graph = &state->graph,
	                   .op = op,
	                   .inputs = copy,
	                   .input_count = count,
	                   .attributes = attributes,
	                   .task = graph_build_task(context, op, signature, count, attributes),
	                   .origin = state->origin};
	if (!node->task)
		return NULL;
	node->output_count = node->task->output_count;
	node->outputs = make_outputs(state, node);
	return node->outputs ? node : NULL;
}

hdt_node *hdt_apply_node(hdt_graph *graph, const char *op_name, hdt_value *const *inputs, int count,
                         const hdt_attribute_value *attributes)
{
	if (!usable(graph))
		return NULL;
	graph_state *state = graph_state_of(graph);
	hdt_context *context = graph->context;
	const hdt_operator *op = context->registry && op_name ? registry_operator(context->registry, op_name) : NULL;
	if (!op) {
		fail_unknown_operator(context, op_name ? op_name : "");
		return NULL;
	}
	while (count > 0 && !inputs[count - 1])
		count--; /* optional inputs left out at the end */
	if (check_inputs(graph, op, inputs, count) != HDT_OK)
		return NULL;
	const hdt_attribute_value *complete = attributes_complete(context, op, attributes);
	hdt_node *node = complete ? make_node(state, op, inputs, count, complete) : NULL;
	if (!node || !vec_push(context, &state->nodes, node)) {
		if (state->origin)
			context_add_note(context, "building %s", state->origin);
		return NULL;
	}
	graph_publish(state);
	return node;
}

hdt_value *hdt_apply_list(hdt_graph *graph, const char *op, hdt_value *const *inputs, int count,
                          const hdt_attribute_value *attributes)
{
	hdt_node *node = hdt_apply_node(graph, op, inputs, count, attributes);
	return node ? node->outputs[0] : NULL;
}

const hdt_attribute_value *hdt_node_attribute(const hdt_node *node, const char *name)
{
	if (!node)
		return NULL;
	/* A value `none` has the kind NONE, so only the missing name ends the list. */
	for (const hdt_attribute_value *a = node->attributes; a && a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	hdt_fail(node->graph->context, HDT_INTERNAL, "%s has no attribute '%s'", node->op->name, name);
	return NULL;
}
