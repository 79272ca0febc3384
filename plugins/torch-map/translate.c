/* translate.c: walks the nodes of an exported program in order and lets their mappings build the graph.
 *
 * Guarantees: nothing is built unless every operator has a mapping; each result has the shape and dtype that the
 * program says it has (a mapping that disagrees with PyTorch is a fault at its node, not a wrong answer); writes in
 * place are seen by all that shares the memory, or refused (environment.h). */
#include "translate.h"
#include "arguments.h"
#include "schema.h"
#include "signature.h"
#include "targets.h"
#include <string.h>

enum { MAX_GRAPH_DEPTH = 8 };

/* One graph of the program being translated: the top one, or one that is applied by a node of another. */
typedef struct translation {
	const program *program;
	hdt_graph *graph;
	environment *env;
	const json_t *values; /* tensor_values: name -> description */
	bool writes;          /* does anything in the program write in place? */
	int depth;
} translation;

static hdt_status translate_nodes(translation *t, const json_t *nodes);

/* ---- survey: what is missing, what writes ------------------------------------------------------------------------ */

/* The graph that a node applies, if it does. */
static const json_t *inlined_graph(const json_t *node, size_t *position)
{
	const json_t *value, *inputs = json_object_get(node, "inputs");
	for (size_t i = 0; i < json_array_size(inputs); i++)
		if (schema_union(json_object_get(json_array_get(inputs, i), "arg"), &value, NULL) == SCHEMA_GRAPH) {
			*position = i;
			return json_object_get(value, "graph");
		}
	return NULL;
}

static hdt_status survey(const program *p, const json_t *nodes, int depth, int *missing, bool *writes)
{
	size_t i, position;
	const json_t *node;
	hdt_status status = HDT_OK;
	if (depth > MAX_GRAPH_DEPTH)
		return hdt_fail(p->context, HDT_UNSUPPORTED, "%s: its graphs are nested too deeply", p->path);
	json_array_foreach ((json_t *)nodes, i, node) {
		target what;
		const char *text = schema_string(node, "target");
		if (!text)
			return hdt_fail(p->context, HDT_BAD_MODEL, "%s: node %zu has no target", p->path, i);
		if (!target_resolve(p->context, text, &what)) {
			hdt_report_missing(p->context, what.name, program_origin(p->context, node));
			++*missing;
		}
		*writes = *writes || what.effect == EFFECT_WRITE || what.effect == EFFECT_RESHAPE;
		if (what.effect == EFFECT_INLINE)
			status = survey(p, json_object_get(inlined_graph(node, &position), "nodes"), depth + 1, missing, writes);
		if (status != HDT_OK)
			return status;
	}
	return hdt_context_status(p->context);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* Does the value have the shape and dtype of the program's description? Symbolic sizes are compared when both are
 * known. */
static hdt_status check_result(translation *t, const target *what, const char *name, const hdt_value *value)
{
	hdt_context *context = t->program->context;
	const json_t *json = json_object_get(t->values, name);
	tensor_meta meta;
	if (!json)
		return HDT_OK;
	hdt_status status = schema_tensor_meta(&t->program->symbols, json, name, &meta);
	if (status != HDT_OK)
		return status;
	bool same = meta.dtype == value->dtype && meta.rank == value->rank;
	for (int d = 0; same && d < meta.rank; d++) {
		int64_t expected, got;
		same = !hdt_is_const(meta.sizes[d], &expected) || !hdt_is_const(value->shape[d], &got) || expected == got;
	}
	if (same)
		return HDT_OK;
	const char *shapes[2] = {"", ""};
	for (int d = 0; d < meta.rank; d++)
		shapes[0] = hdt_format(context, "%s%s%s", shapes[0], d ? ", " : "", hdt_expr_text(meta.sizes[d]));
	for (int d = 0; d < value->rank; d++)
		shapes[1] = hdt_format(context, "%s%s%s", shapes[1], d ? ", " : "", hdt_expr_text(value->shape[d]));
	return hdt_fail(context, HDT_BAD_MODEL, "%s: the program says that %s is %s[%s], but %s gives %s[%s]",
	                t->program->path, name, hdt_dtype_of(meta.dtype)->name, shapes[0], what->name,
	                hdt_dtype_of(value->dtype)->name, shapes[1]);
}

/* Is the tensor called `name` row-major in the program? */
static bool is_contiguous(const translation *t, const char *name)
{
	tensor_meta meta;
	const json_t *json = json_object_get(t->values, name);
	return json && schema_tensor_meta(&t->program->symbols, json, name, &meta) == HDT_OK &&
	       schema_is_contiguous(t->program->context, &meta);
}

static environment_relation relation_of(const translation *t, const target *what, const char *receiver,
                                        const hdt_value *result)
{
	if (!t->writes || !receiver)
		return RELATION_NEW;
	switch (what->alias) {
	case ALIAS_ALWAYS:
		return RELATION_VIEW;
	case ALIAS_UNCHANGED:
		return environment_tensor(t->env, receiver) == result ? RELATION_VIEW : RELATION_NEW;
	case ALIAS_CONTIGUOUS:
		return is_contiguous(t, receiver) ? RELATION_VIEW : RELATION_NEW;
	case ALIAS_IF_CONTIGUOUS:
		return is_contiguous(t, receiver) ? RELATION_VIEW : RELATION_UNSURE;
	default:
		return RELATION_NEW;
	}
}

static hdt_status bind_tensor(translation *t, const target *what, const char *receiver, const char *name,
                              hdt_value *value)
{
	hdt_status status = name ? check_result(t, what, name, value) : HDT_BAD_MODEL;
	if (status != HDT_OK)
		return name ? status
		            : hdt_fail(t->program->context, status, "%s: a result of %s has no name", t->program->path,
		                       what->name);
	environment_relation relation = relation_of(t, what, receiver, value);
	if (relation == RELATION_NEW)
		return environment_bind(t->env, name, value, NULL);
	return environment_bind_view(t->env, name, value, receiver, relation);
}

/* One output of the node; *next is the first result not handed out. A list may come as one result or as several. */
static hdt_status bind_output(translation *t, const target *what, const char *receiver, const json_t *output,
                              const hdt_argument *results, int count, int *next)
{
	const json_t *value, *item;
	size_t i;
	hdt_status status = HDT_OK;
	const hdt_argument none = {0}, *result = *next < count ? &results[*next] : &none;
	const char *unusable = hdt_format(t->program->context, "the mapping of %s does not give that result", what->name);
	switch (schema_union(output, &value, NULL)) {
	case SCHEMA_NONE:
		++*next;
		return HDT_OK;
	case SCHEMA_TENSOR:
		++*next;
		if (result->kind != HDT_ARGUMENT_VALUE)
			return environment_bind_unusable(t->env, schema_string(value, "name"), unusable);
		return bind_tensor(t, what, receiver, schema_string(value, "name"), result->value);
	case SCHEMA_TENSORS:
		if (result->kind == HDT_ARGUMENT_VALUES)
			++*next;
		json_array_foreach ((json_t *)value, i, item) {
			hdt_value *tensor = result->kind == HDT_ARGUMENT_VALUES
			                        ? ((int)i < result->count ? result->values[i] : NULL)
			                    : *next < count ? results[(*next)++].value
			                                    : NULL;
			status = tensor ? bind_tensor(t, what, receiver, schema_string(item, "name"), tensor)
			                : environment_bind_unusable(t->env, schema_string(item, "name"), unusable);
			if (status != HDT_OK)
				return status;
		}
		return HDT_OK;
	case SCHEMA_SYM_INT:
	case SCHEMA_SYM_FLOAT:
	case SCHEMA_SYM_BOOL:
		++*next;
		if (result->kind != HDT_ARGUMENT_DIM)
			return environment_bind_unusable(t->env, schema_string(value, "as_name"), unusable);
		return environment_bind_scalar(t->env, schema_string(value, "as_name"), result->dim);
	default:
		return hdt_fail(t->program->context, HDT_UNSUPPORTED, "%s: %s has an output of an unknown kind",
		                t->program->path, what->name);
	}
}

/* ---- effects on the receiver ------------------------------------------------------------------------------------- */

static hdt_value *fit(hdt_graph *graph, hdt_value *value, const hdt_value *receiver)
{
	bool same = value->rank == receiver->rank;
	if (value->dtype != receiver->dtype)
		value = hdt_apply(graph, "cast", HDT_VALUES(value), HDT_WITH(hdt_dtype_value("dtype", receiver->dtype)));
	for (int d = 0; same && d < receiver->rank; d++)
		same = hdt_proves_equal(value ? value->shape[d] : NULL, receiver->shape[d]);
	if (same || !value)
		return value;
	return hdt_apply(graph, "expand", HDT_VALUES(value),
	                 HDT_WITH(hdt_dims_value("shape", receiver->shape, receiver->rank)));
}

/* The result replaces the receiver's elements, and both names are the same tensor from here on. */
static hdt_status write_back(translation *t, const target *what, const char *receiver, const json_t *outputs,
                             const hdt_argument *result)
{
	const json_t *value;
	hdt_context *context = t->program->context;
	hdt_value *old = environment_tensor(t->env, receiver);
	if (!old || result->kind != HDT_ARGUMENT_VALUE)
		return hdt_fail(context, HDT_UNSUPPORTED, "%s: %s does not change a tensor", t->program->path, what->name);
	hdt_value *changed = fit(t->graph, result->value, old);
	if (changed && changed != old) {
		hdt_status status = environment_write(t->env, receiver, changed, what->name);
		if (status != HDT_OK)
			return status;
	}
	const char *name =
		schema_union(json_array_get(outputs, 0), &value, NULL) == SCHEMA_TENSOR ? schema_string(value, "name") : NULL;
	return name && changed ? environment_share(t->env, name, t->env, receiver) : hdt_context_status(context);
}

/* Both names become the view; other views of the memory stay what they are. */
static hdt_status reshape_receiver(translation *t, const target *what, const char *receiver, const json_t *outputs,
                                   const hdt_argument *results, int count)
{
	int next = 0;
	const json_t *value;
	hdt_status status = bind_output(t, what, receiver, json_array_get(outputs, 0), results, count, &next);
	if (status != HDT_OK || schema_union(json_array_get(outputs, 0), &value, NULL) != SCHEMA_TENSOR)
		return status;
	return environment_share(t->env, receiver, t->env, schema_string(value, "name"));
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* The names of tensors and scalars in a list of arguments, lists taken apart. */
static const char *next_name(const json_t *list, size_t *outer, size_t *inner)
{
	while (*outer < json_array_size(list)) {
		const json_t *value, *argument = json_array_get(list, *outer);
		if (json_object_get(argument, "arg"))
			argument = json_object_get(argument, "arg");
		schema_kind kind = schema_union(argument, &value, NULL);
		if (kind == SCHEMA_TENSORS && *inner < json_array_size(value))
			return schema_string(json_array_get(value, (*inner)++), "name");
		++*outer;
		*inner = 0;
		if (kind == SCHEMA_TENSOR)
			return schema_string(value, "name");
		if (kind == SCHEMA_SYM_INT || kind == SCHEMA_SYM_BOOL || kind == SCHEMA_SYM_FLOAT)
			return schema_string(value, "as_name");
	}
	return NULL;
}

/* Names of one environment become names of the other, pair by pair. */
static hdt_status share_names(translation *t, environment *to, const json_t *to_list, environment *from,
                              const json_t *from_list, size_t from_first)
{
	size_t to_outer = 0, to_inner = 0, from_outer = from_first, from_inner = 0;
	for (;;) {
		const char *target_name = next_name(to_list, &to_outer, &to_inner);
		const char *source_name = next_name(from_list, &from_outer, &from_inner);
		if (!target_name && !source_name)
			return HDT_OK;
		if (!target_name || !source_name)
			return hdt_fail(t->program->context, HDT_BAD_MODEL,
			                "%s: an inner graph has another number of inputs or outputs than its node",
			                t->program->path);
		hdt_status status = environment_share(to, target_name, from, source_name);
		if (status != HDT_OK)
			return status;
	}
}

/* Autocast changes the dtypes in which operators compute, unless it is off. */
static hdt_status check_autocast(translation *t, const target *what, const json_t *node)
{
	if (!strstr(what->name, "autocast"))
		return HDT_OK;
	const json_t *value, *enabled = json_array_get(json_object_get(node, "inputs"), 2);
	if (schema_union(json_object_get(enabled, "arg"), &value, NULL) == SCHEMA_BOOL && json_is_false(value))
		return HDT_OK;
	return hdt_fail(
		t->program->context, HDT_UNSUPPORTED,
		"%s: a part of the model runs under torch.autocast; convert it to the dtype that it shall compute in, and "
		"export without autocast",
		t->program->path);
}

static hdt_status inline_graph(translation *t, const target *what, const json_t *node)
{
	size_t position;
	const json_t *inner = inlined_graph(node, &position);
	if (!json_is_object(inner))
		return hdt_fail(t->program->context, HDT_BAD_MODEL, "%s: %s has no graph", t->program->path, what->name);
	translation nested = *t;
	nested.depth++;
	nested.values = json_object_get(inner, "tensor_values");
	nested.env = environment_new(t->program->context, t->graph);
	hdt_status status = nested.env ? check_autocast(t, what, node) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK)
		status = share_names(t, nested.env, json_object_get(inner, "inputs"), t->env, json_object_get(node, "inputs"),
		                     position + 1);
	if (status == HDT_OK)
		status = translate_nodes(&nested, json_object_get(inner, "nodes"));
	if (status == HDT_OK)
		status =
			share_names(t, t->env, json_object_get(node, "outputs"), nested.env, json_object_get(inner, "outputs"), 0);
	return status;
}

static hdt_status translate_node(translation *t, const json_t *node)
{
	target what;
	hdt_argument *arguments;
	const hdt_argument *results;
	int count, result_count, next = 0;
	size_t i;
	const json_t *output, *outputs = json_object_get(node, "outputs");
	if (!target_resolve(t->program->context, schema_string(node, "target"), &what))
		return hdt_fail(t->program->context, HDT_UNSUPPORTED, "%s: %s has no mapping", t->program->path, what.name);
	if (what.effect == EFFECT_INLINE)
		return inline_graph(t, &what, node);
	hdt_status status = arguments_of_node(t->graph, t->env, node, &arguments, &count);
	if (status == HDT_OK)
		status = hdt_map_call(t->graph, what.mapping, arguments, count, &results, &result_count);
	if (status != HDT_OK)
		return status;
	const char *receiver = arguments_receiver(node);
	if (what.effect == EFFECT_WRITE)
		return write_back(t, &what, receiver, outputs, &results[0]);
	if (what.effect == EFFECT_RESHAPE)
		return reshape_receiver(t, &what, receiver, outputs, results, result_count);
	json_array_foreach ((json_t *)outputs, i, output) {
		status = bind_output(t, &what, receiver, output, results, result_count, &next);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

static hdt_status translate_nodes(translation *t, const json_t *nodes)
{
	size_t i;
	const json_t *node;
	if (t->depth > MAX_GRAPH_DEPTH)
		return hdt_fail(t->program->context, HDT_UNSUPPORTED, "%s: its graphs are nested too deeply", t->program->path);
	json_array_foreach ((json_t *)nodes, i, node) {
		const char *origin = program_origin(t->program->context, node);
		hdt_graph_set_origin(t->graph, origin);
		hdt_status status = translate_node(t, node);
		if (hdt_context_status(t->program->context) != HDT_OK)
			status = hdt_context_status(t->program->context);
		if (status != HDT_OK)
			return status;
	}
	hdt_graph_set_origin(t->graph, NULL);
	return HDT_OK;
}

hdt_status translate_program(const program *p, weights *w, const char *name, hdt_graph **out)
{
	int missing = 0;
	bool writes = false;
	*out = NULL;
	hdt_status status = survey(p, p->nodes, 0, &missing, &writes);
	if (status != HDT_OK)
		return status;
	if (missing)
		return hdt_fail(p->context, HDT_UNSUPPORTED, "%s: %d calls are of operators that no plugin maps", p->path,
		                missing);
	hdt_graph *graph = hdt_graph_new(p->context, name);
	translation t = {
		.program = p, .graph = graph, .writes = writes, .values = json_object_get(p->graph, "tensor_values")};
	t.env = graph ? environment_new(p->context, graph) : NULL;
	if (!t.env)
		return hdt_context_status(p->context) != HDT_OK ? hdt_context_status(p->context) : HDT_OUT_OF_MEMORY;
	status = signature_bind_inputs(p, w, graph, t.env);
	if (status == HDT_OK)
		status = translate_nodes(&t, p->nodes);
	if (status == HDT_OK)
		status = signature_give_outputs(p, graph, t.env);
	if (status == HDT_OK)
		*out = graph;
	return status;
}
