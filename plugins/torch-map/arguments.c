/* arguments.c: decodes the arguments of a node; names are looked up in the environment, so that each one is what it is
 * at this point. */
#include "arguments.h"
#include "schema.h"
#include <string.h>

enum { MAX_LIST = 1 << 20 };

static hdt_status malformed(hdt_context *context, const char *what)
{
	return hdt_fail(context, HDT_BAD_MODEL, "%s is malformed", what);
}

static hdt_status read_tensor(environment *env, const json_t *json, hdt_argument *out)
{
	out->kind = HDT_ARGUMENT_VALUE;
	out->value = environment_tensor(env, schema_string(json, "name"));
	return out->value ? HDT_OK : HDT_BAD_MODEL;
}

/* {"as_tensor": {...}} or {"as_none": true}. */
static hdt_status read_optional_tensor(hdt_context *context, environment *env, const json_t *json, hdt_argument *out)
{
	const json_t *value;
	switch (schema_union(json, &value, NULL)) {
	case SCHEMA_NONE:
		out->kind = HDT_ARGUMENT_NONE;
		return HDT_OK;
	case SCHEMA_TENSOR:
		return read_tensor(env, value, out);
	default:
		return malformed(context, "an optional tensor");
	}
}

static hdt_status read_tensors(hdt_context *context, environment *env, const json_t *list, bool optional,
                               hdt_argument *out)
{
	size_t count = json_array_size(list);
	hdt_value **values = hdt_allocate(context, (count + 1) * sizeof(*values));
	if (!values)
		return HDT_OUT_OF_MEMORY;
	for (size_t i = 0; i < count; i++) {
		hdt_argument one = {0};
		const json_t *item = json_array_get(list, i);
		hdt_status status = optional ? read_optional_tensor(context, env, item, &one) : read_tensor(env, item, &one);
		if (status != HDT_OK)
			return status;
		values[i] = one.value;
	}
	out->kind = HDT_ARGUMENT_VALUES;
	out->values = values;
	out->count = (int)count;
	return HDT_OK;
}

/* A number of a list or a lone one: JSON integer, float or bool, or a union of a name or a number. */
static const hdt_expr *read_number(hdt_context *context, environment *env, const json_t *json)
{
	double real;
	if (json_is_integer(json))
		return hdt_int(context, (int64_t)json_integer_value(json));
	if (json_is_boolean(json))
		return hdt_number(context, HDT_BOOL, json_is_true(json));
	if (schema_float(json, &real))
		return hdt_number(context, HDT_F64, real);
	const json_t *value;
	switch (schema_union(json, &value, NULL)) {
	case SCHEMA_NAME:
		return environment_scalar(env, json_string_value(value));
	case SCHEMA_INT:
	case SCHEMA_FLOAT:
	case SCHEMA_BOOL:
		return json_is_object(value) ? NULL : read_number(context, env, value);
	default:
		return NULL;
	}
}

static hdt_status read_list(hdt_context *context, environment *env, const json_t *list, hdt_argument *out)
{
	size_t count = json_array_size(list);
	const hdt_expr **items = hdt_allocate(context, (count + 1) * sizeof(*items));
	if (!items)
		return HDT_OUT_OF_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (!(items[i] = read_number(context, env, json_array_get(list, i))))
			return malformed(context, "a list of numbers");
	out->kind = HDT_ARGUMENT_DIMS;
	out->dims = (hdt_list){items, (int)count};
	return HDT_OK;
}

double arguments_float(const hdt_expr *e)
{
	if (!e || e->op != HDT_OP_CONST)
		return 0;
	return hdt_is_float((hdt_dtype)e->dtype) ? e->real : (double)e->integer;
}

/* Is a number of this name an operand of tensors, rather than a size? */
static bool is_operand(const char *name)
{
	static const char *const names[] = {"other", "value", "fill_value", "exponent"};
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A symbolic size that takes part in tensor arithmetic becomes a tensor of rank 0. */
static hdt_status read_scalar(hdt_graph *graph, environment *env, const json_t *value, hdt_argument *out)
{
	out->kind = HDT_ARGUMENT_DIM;
	out->dim = read_number(graph->context, env, value);
	if (!out->dim)
		return malformed(graph->context, "a number");
	if (out->dim->op == HDT_OP_CONST && hdt_is_float((hdt_dtype)out->dim->dtype)) {
		out->kind = HDT_ARGUMENT_FLOAT;
		out->real = out->dim->real;
	} else if (out->dim->op == HDT_OP_CONST && out->dim->dtype == HDT_BOOL) {
		out->kind = HDT_ARGUMENT_BOOL;
		out->real = out->dim->integer != 0;
		out->dim = NULL;
	} else if (out->dim->op != HDT_OP_CONST && is_operand(out->name)) {
		out->kind = HDT_ARGUMENT_VALUE;
		out->value = hdt_apply_list(graph, "dim", NULL, 0, HDT_WITH(hdt_dims_value("size", &out->dim, 1)));
		return out->value ? HDT_OK : hdt_context_status(graph->context);
	}
	return HDT_OK;
}

static hdt_status read_float(hdt_context *context, const json_t *value, hdt_argument *out)
{
	out->kind = HDT_ARGUMENT_FLOAT;
	return schema_float(value, &out->real) ? HDT_OK : malformed(context, "a float");
}

hdt_status arguments_read(hdt_graph *graph, environment *env, const json_t *input, hdt_argument *out)
{
	hdt_context *context = graph->context;
	const json_t *value;
	const char *key, *name = schema_string(input, "name");
	schema_kind kind = schema_union(json_object_get(input, "arg"), &value, &key);
	*out = (hdt_argument){.name = name && *name ? hdt_intern(context, name) : NULL};
	if (json_array_size(value) > MAX_LIST)
		return malformed(context, "a list of more than a million elements");
	switch (kind) {
	case SCHEMA_NONE:
	case SCHEMA_MEMORY_FORMAT:
	case SCHEMA_LAYOUT:
	case SCHEMA_DEVICE:
		return HDT_OK;
	case SCHEMA_TENSOR:
		return read_tensor(env, value, out);
	case SCHEMA_OPTIONAL_TENSOR:
		return read_optional_tensor(context, env, value, out);
	case SCHEMA_TENSORS:
		return read_tensors(context, env, value, false, out);
	case SCHEMA_OPTIONAL_TENSORS:
		return read_tensors(context, env, value, true, out);
	case SCHEMA_INT:
	case SCHEMA_BOOL:
	case SCHEMA_SYM_INT:
	case SCHEMA_SYM_FLOAT:
	case SCHEMA_SYM_BOOL:
		return read_scalar(graph, env, value, out);
	case SCHEMA_FLOAT:
		return read_float(context, value, out);
	case SCHEMA_INTS:
	case SCHEMA_FLOATS:
	case SCHEMA_BOOLS:
	case SCHEMA_SYM_INTS:
	case SCHEMA_SYM_FLOATS:
	case SCHEMA_SYM_BOOLS:
		return read_list(context, env, value, out);
	case SCHEMA_STRING:
		out->kind = HDT_ARGUMENT_STRING;
		out->string = json_is_string(value) ? hdt_intern(context, json_string_value(value)) : NULL;
		return out->string ? HDT_OK : malformed(context, "a string");
	case SCHEMA_SCALAR_TYPE:
		out->kind = HDT_ARGUMENT_DTYPE;
		return schema_dtype(context, value, name ? name : "an argument", &out->dtype);
	default:
		return hdt_fail(context, HDT_UNSUPPORTED, "argument '%s' is given as %s, which is not supported",
		                name ? name : "", key);
	}
}

hdt_status arguments_of_node(hdt_graph *graph, environment *env, const json_t *node, hdt_argument **out, int *count)
{
	const json_t *inputs = json_object_get(node, "inputs");
	size_t size = json_array_size(inputs);
	*count = 0;
	*out = hdt_allocate(graph->context, (size + 1) * sizeof(**out));
	if (!*out)
		return HDT_OUT_OF_MEMORY;
	for (size_t i = 0; i < size; i++) {
		hdt_status status = arguments_read(graph, env, json_array_get(inputs, i), &(*out)[i]);
		if (status != HDT_OK)
			return hdt_context_status(graph->context) == HDT_OK ? status : hdt_context_status(graph->context);
	}
	*count = (int)size;
	return HDT_OK;
}

const char *arguments_receiver(const json_t *node)
{
	const json_t *value, *first = json_array_get(json_object_get(node, "inputs"), 0);
	if (schema_union(json_object_get(first, "arg"), &value, NULL) != SCHEMA_TENSOR)
		return NULL;
	return schema_string(value, "name");
}
