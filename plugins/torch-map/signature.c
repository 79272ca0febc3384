/* signature.c: from the export's graph signature to the inputs, constants and outputs of the graph. */
#include "signature.h"
#include "schema.h"
#include <string.h>

/* ---- which placeholders are used ------------------------------------------------------------------------------- */

/* Collect every {"name": ...} below `json` as keys of `names`. The depth of JSON is bounded by its parser. */
static bool collect_names(const json_t *json, json_t *names)
{
	const char *key;
	json_t *item;
	size_t i;
	bool good = true;
	if (json_is_array(json))
		json_array_foreach ((json_t *)json, i, item)
			good = good && collect_names(item, names);
	if (json_is_object(json))
		json_object_foreach ((json_t *)json, key, item) {
			if (strcmp(key, "metadata") == 0)
				continue;
			if (strcmp(key, "name") == 0 && json_is_string(item))
				good = good && json_object_set_new(names, json_string_value(item), json_true()) == 0;
			else
				good = good && collect_names(item, names);
		}
	return good;
}

/* Names that occur in the arguments of nodes and in the outputs: a set, as a JSON object (json_decref); NULL when
 * memory is out. */
static json_t *find_used_names(const program *p)
{
	json_t *names = json_object();
	bool good = names && collect_names(json_object_get(p->signature, "output_specs"), names);
	const json_t *node;
	size_t i;
	json_array_foreach ((json_t *)p->nodes, i, node)
		good = good && collect_names(json_object_get(node, "inputs"), names);
	if (!good) {
		json_decref(names);
		hdt_fail(p->context, HDT_OUT_OF_MEMORY, "%s: out of memory", p->path);
		return NULL;
	}
	return names;
}

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

static hdt_status read_meta(const program *p, const char *name, tensor_meta *meta)
{
	return schema_tensor_meta(&p->symbols, json_object_get(json_object_get(p->graph, "tensor_values"), name), name,
	                          meta);
}

static hdt_status bind_user_input(const program *p, const json_t *spec, hdt_graph *graph, environment *env)
{
	const json_t *value;
	const char *key;
	tensor_meta meta;
	schema_kind kind = schema_union(json_object_get(spec, "arg"), &value, &key);
	if (kind == SCHEMA_NONE || kind == SCHEMA_INT || kind == SCHEMA_FLOAT || kind == SCHEMA_BOOL ||
	    kind == SCHEMA_STRING)
		return HDT_OK; /* fixed when it was exported */
	if (kind == SCHEMA_SYM_INT || kind == SCHEMA_SYM_FLOAT || kind == SCHEMA_SYM_BOOL)
		return hdt_fail(
			p->context, HDT_UNSUPPORTED,
			"%s: an input is a number that changes from run to run; export it as a tensor, or as a constant", p->path);
	const char *name = kind == SCHEMA_TENSOR ? schema_string(value, "name") : NULL;
	if (!name)
		return hdt_fail(p->context, HDT_UNSUPPORTED, "%s: an input is given as %s; only tensors are supported", p->path,
		                key);
	hdt_status status = read_meta(p, name, &meta);
	if (status != HDT_OK)
		return status;
	hdt_value *input = hdt_graph_input(graph, name, meta.dtype, schema_shape(&meta));
	return environment_bind(env, name, input, hdt_format(p->context, "the input %s", name));
}

static hdt_status bind_weight(const program *p, weights *w, const json_t *spec, const char *what, const char *key_name,
                              const json_t *used, hdt_graph *graph, environment *env)
{
	tensor_meta meta;
	const char *name = schema_string(json_object_get(spec, "arg"), "name"), *key = schema_string(spec, key_name);
	if (!name || !key)
		return hdt_fail(p->context, HDT_BAD_MODEL, "%s: the signature has a %s without a name", p->path, what);
	if (!json_object_get(used, name))
		return HDT_OK;
	hdt_status status = read_meta(p, name, &meta);
	if (status != HDT_OK)
		return status;
	return environment_bind(env, name, weights_constant(w, graph, name, key, &meta),
	                        hdt_format(p->context, "the %s %s", what, key));
}

/* A Python number among the inputs. */
static hdt_status bind_constant_input(const program *p, const json_t *spec, environment *env)
{
	const json_t *value;
	const char *name = schema_string(spec, "name");
	schema_kind kind = schema_union(json_object_get(spec, "value"), &value, NULL);
	if (!name || kind == SCHEMA_NONE || kind == SCHEMA_STRING)
		return HDT_OK;
	double real = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
	const hdt_expr *e = kind == SCHEMA_INT ? hdt_int(p->context, (int64_t)json_integer_value(value))
	                                       : hdt_number(p->context, kind == SCHEMA_BOOL ? HDT_BOOL : HDT_F64, real);
	return environment_bind_scalar(env, name, e);
}

static hdt_status bind_input(const program *p, weights *w, const json_t *row, const json_t *used, hdt_graph *graph,
                             environment *env)
{
	static const struct {
		const char *kind, *what, *key;
	} stored[] = {
		{"parameter", "parameter", "parameter_name"},
		{"buffer", "buffer", "buffer_name"},
		{"tensor_constant", "constant", "tensor_constant_name"},
	};
	const json_t *spec;
	if ((spec = json_object_get(row, "user_input")))
		return bind_user_input(p, spec, graph, env);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		if ((spec = json_object_get(row, stored[i].kind)))
			return bind_weight(p, w, spec, stored[i].what, stored[i].key, used, graph, env);
	if ((spec = json_object_get(row, "constant_input")))
		return bind_constant_input(p, spec, env);
	if ((spec = json_object_get(row, "custom_obj"))) {
		const char *name = schema_string(json_object_get(spec, "arg"), "name");
		return environment_bind_unusable(env, name ? name : "?", "it is a Python object, not a tensor");
	}
	return HDT_OK; /* tokens order side effects: there are none */
}

hdt_status signature_bind_inputs(const program *p, weights *w, hdt_graph *graph, environment *env)
{
	const json_t *specs = json_object_get(p->signature, "input_specs");
	json_t *used = find_used_names(p);
	hdt_status status = used ? HDT_OK : HDT_OUT_OF_MEMORY;
	for (size_t i = 0; status == HDT_OK && i < json_array_size(specs); i++) {
		status = bind_input(p, w, json_array_get(specs, i), used, graph, env);
		if (status == HDT_OK)
			status = hdt_context_status(p->context);
	}
	json_decref(used);
	return status;
}

/* ---- outputs ----------------------------------------------------------------------------------------------------- */

static hdt_value *number_output(hdt_graph *graph, environment *env, schema_kind kind, const json_t *value)
{
	double real = 0;
	const hdt_expr *size;
	switch (kind) {
	case SCHEMA_INT:
		return hdt_graph_integer(graph, HDT_I64, (int64_t)json_integer_value(value));
	case SCHEMA_BOOL:
		return hdt_graph_integer(graph, HDT_BOOL, json_is_true(value));
	case SCHEMA_FLOAT:
		return schema_float(value, &real) ? hdt_graph_number(graph, HDT_F64, real) : NULL;
	case SCHEMA_SYM_INT:
		size = environment_scalar(env, schema_string(value, "as_name"));
		return size ? hdt_apply_list(graph, "dim", NULL, 0, HDT_WITH(hdt_dims_value("size", &size, 1))) : NULL;
	default:
		return NULL;
	}
}

static hdt_status give_output(const program *p, const json_t *spec, size_t index, hdt_graph *graph, environment *env)
{
	const json_t *value;
	const char *key, *name = NULL;
	hdt_value *output;
	schema_kind kind = schema_union(json_object_get(spec, "arg"), &value, &key);
	if (json_is_object(json_object_get(spec, "arg")) && json_object_get(json_object_get(spec, "arg"), "name")) {
		kind = SCHEMA_TENSOR; /* a loss is given as a tensor without the union */
		value = json_object_get(spec, "arg");
	}
	if (kind == SCHEMA_NONE || kind == SCHEMA_STRING)
		return HDT_OK; /* no data */
	if (kind == SCHEMA_TENSOR) {
		name = schema_string(value, "name");
		output = environment_tensor(env, name);
	} else {
		name = hdt_format(p->context, "output_%zu", index);
		output = number_output(graph, env, kind, value);
	}
	if (!output)
		return hdt_fail(p->context, HDT_UNSUPPORTED, "%s: output %zu is given as %s, which is not supported", p->path,
		                index, key);
	hdt_graph_output(graph, name, output);
	return hdt_context_status(p->context);
}

static hdt_status refuse_mutation(const program *p, const char *kind, const json_t *spec)
{
	static const char *const keys[] = {"buffer_name", "parameter_name", "user_input_name"};
	const char *name = NULL;
	for (size_t i = 0; !name && i < sizeof(keys) / sizeof(keys[0]); i++)
		name = schema_string(spec, keys[i]);
	if (strncmp(kind, "gradient", strlen("gradient")) == 0)
		return hdt_fail(p->context, HDT_UNSUPPORTED,
		                "%s: the program gives gradients (of %s); export the forward pass alone", p->path,
		                name ? name : "?");
	return hdt_fail(
		p->context, HDT_UNSUPPORTED,
		"%s: the program changes %s \"%s\" in place, which would have to last from run to run; return the new value as "
		"an output instead, and export again",
		p->path,
		strstr(kind, "input")    ? "the input"
		: strstr(kind, "buffer") ? "the buffer"
								 : "the parameter",
		name ? name : "?");
}

hdt_status signature_give_outputs(const program *p, hdt_graph *graph, environment *env)
{
	const json_t *specs = json_object_get(p->signature, "output_specs");
	hdt_status status = HDT_OK;
	for (size_t i = 0; status == HDT_OK && i < json_array_size(specs); i++) {
		const json_t *spec;
		const char *kind;
		schema_union(json_array_get(specs, i), &spec, &kind);
		if (strcmp(kind, "user_output") == 0 || strcmp(kind, "loss_output") == 0)
			status = give_output(p, spec, i, graph, env);
		else if (strcmp(kind, "token") != 0)
			status = refuse_mutation(p, kind, spec);
	}
	if (status == HDT_OK && graph->output_count == 0)
		status = hdt_fail(p->context, HDT_BAD_MODEL, "%s: the program has no output that is a tensor", p->path);
	return status;
}
