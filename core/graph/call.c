/* call.c: one call of a framework's operator: binds its arguments to a mapping's signature, hands them to the mapping
 * by name in the kind that it asks for, and collects the results.
 *
 * A fault anywhere names the framework's operator and where in the model the call stands. */
#include "graph/expression.h"
#include "graph/state.h"

#include "registry/registry.h"
#include <string.h>

/* One name of the signature with what it is bound to. */
typedef struct parameter {
	const char *name;
	bool given, has_fallback;
	hdt_argument argument; /* given, or the default */
} parameter;

struct hdt_call {
	hdt_graph *graph;
	hdt_context *context;
	const hdt_mapping *mapping;
	VEC(parameter) parameters;
	int positional; /* the first so many may be given by position */
	VEC(hdt_argument) results;
};

/* ---- binding ---------------------------------------------------------------------------------------------------- */

/* "self, mat1, *, beta=1": names, defaults, and a star before those that must be named. */
static bool read_signature(hdt_call *call, const char *signature)
{
	parser p;
	parser_init(&p, call->context, call->mapping->name, signature ? signature : "");
	call->positional = -1;
	while (!p.failed && p.now.kind != TOKEN_END) {
		parameter one = {.name = p.now.text};
		if (call->positional < 0 && parser_accept(&p, "*")) {
			call->positional = call->parameters.count;
		} else if (p.now.kind != TOKEN_NAME) {
			return parser_fail(&p, "expected the name of an argument"), false;
		} else {
			parser_next(&p);
			one.has_fallback = parser_accept(&p, "=");
			if (one.has_fallback && !expression_literal(&p, &one.argument))
				return false;
			if (!vec_push(call->context, &call->parameters, one))
				return false;
		}
		if (p.now.kind != TOKEN_END && !parser_expect(&p, ",", "between arguments"))
			return false;
	}
	if (call->positional < 0)
		call->positional = call->parameters.count;
	return !p.failed;
}

static parameter *find_parameter(hdt_call *call, const char *name)
{
	for (int i = 0; i < call->parameters.count; i++)
		if (!strcmp(call->parameters.items[i].name, name))
			return &call->parameters.items[i];
	return NULL;
}

static hdt_status bind_arguments(hdt_call *call, const hdt_argument *arguments, int count)
{
	int position = 0;
	for (int i = 0; i < count; i++) {
		const hdt_argument *a = &arguments[i];
		if (!a->name && position >= call->positional)
			return hdt_fail(call->context, HDT_UNSUPPORTED,
			                "the mapping takes %d positional arguments (%s); more were given", call->positional,
			                call->mapping->arguments ? call->mapping->arguments : "");
		parameter *p = a->name ? find_parameter(call, a->name) : &call->parameters.items[position++];
		if (!p)
			return hdt_fail(call->context, HDT_UNSUPPORTED, "the mapping has no argument '%s' (it has: %s)", a->name,
			                call->mapping->arguments ? call->mapping->arguments : "none");
		if (p->given)
			return hdt_fail(call->context, HDT_BAD_MODEL, "argument '%s' is given twice", p->name);
		p->given = true;
		p->argument = *a;
	}
	return HDT_OK;
}

/* ---- arguments -------------------------------------------------------------------------------------------------- */

hdt_graph *hdt_call_graph(hdt_call *call)
{
	return call ? call->graph : NULL;
}
hdt_context *hdt_call_context(hdt_call *call)
{
	return call ? call->context : NULL;
}
const char *hdt_call_name(hdt_call *call)
{
	return call ? call->mapping->name : "";
}

bool hdt_call_has(hdt_call *call, const char *name)
{
	const parameter *p = call ? find_parameter(call, name) : NULL;
	return p && (p->given || p->has_fallback) && p->argument.kind != HDT_ARGUMENT_NONE;
}

/* The argument `name`; never NULL: a fault and `none` when it is not there. */
static const hdt_argument *get(hdt_call *call, const char *name)
{
	static const hdt_argument none = {.kind = HDT_ARGUMENT_NONE};
	if (!call)
		return &none;
	const parameter *p = find_parameter(call, name);
	if (p && (p->given || p->has_fallback))
		return &p->argument;
	hdt_fail(call->context, p ? HDT_BAD_MODEL : HDT_INTERNAL,
	         p ? "argument '%s' is missing" : "the mapping has no argument '%s'", name);
	return &none;
}

static void fail_kind(hdt_call *call, const char *name, const char *want, const hdt_argument *got)
{
	if (call)
		hdt_fail(call->context, HDT_UNSUPPORTED, "argument '%s' must be %s, not %s", name, want,
		         argument_kind_text(got->kind));
}

hdt_value *hdt_call_value(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	if (a->kind != HDT_ARGUMENT_VALUE && a->kind != HDT_ARGUMENT_NONE)
		fail_kind(call, name, "a tensor", a);
	return a->kind == HDT_ARGUMENT_VALUE ? a->value : NULL;
}

hdt_value *hdt_call_operand(hdt_call *call, const char *name, const hdt_value *beside)
{
	const hdt_argument *a = get(call, name);
	if (!call || a->kind == HDT_ARGUMENT_NONE)
		return NULL;
	return weak_scalar(call->graph, a, beside);
}

const hdt_expr *hdt_call_dim(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	if (a->kind == HDT_ARGUMENT_DIM)
		return a->dim;
	if (a->kind == HDT_ARGUMENT_BOOL)
		return hdt_int(call->context, a->real != 0);
	fail_kind(call, name, "an integer", a);
	return NULL;
}

int64_t hdt_call_int(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	int64_t value = 0;
	if (a->kind == HDT_ARGUMENT_BOOL)
		return a->real != 0;
	if (a->kind != HDT_ARGUMENT_DIM)
		fail_kind(call, name, "an integer", a);
	else if (!hdt_is_const(a->dim, &value))
		hdt_fail(call->context, HDT_UNSUPPORTED, "argument '%s' must be known when compiling, but it is the size %s",
		         name, hdt_expr_text(a->dim));
	return value;
}

double hdt_call_float(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	return a->kind == HDT_ARGUMENT_FLOAT || a->kind == HDT_ARGUMENT_BOOL ? a->real : (double)hdt_call_int(call, name);
}

bool hdt_call_is_float(hdt_call *call, const char *name)
{
	return get(call, name)->kind == HDT_ARGUMENT_FLOAT;
}

bool hdt_call_bool(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	int64_t value = 0;
	if (a->kind == HDT_ARGUMENT_BOOL)
		return a->real != 0;
	if (a->kind == HDT_ARGUMENT_DIM && hdt_is_const(a->dim, &value))
		return value != 0;
	fail_kind(call, name, "a bool", a);
	return false;
}

const char *hdt_call_string(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	if (a->kind != HDT_ARGUMENT_STRING && a->kind != HDT_ARGUMENT_NONE)
		fail_kind(call, name, "a string", a);
	return a->kind == HDT_ARGUMENT_STRING ? a->string : NULL;
}

hdt_dtype hdt_call_dtype(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	if (a->kind != HDT_ARGUMENT_DTYPE && a->kind != HDT_ARGUMENT_NONE)
		fail_kind(call, name, "a dtype", a);
	return a->kind == HDT_ARGUMENT_DTYPE ? a->dtype : HDT_DTYPE_NONE;
}

hdt_list hdt_call_dims(hdt_call *call, const char *name)
{
	const hdt_argument *a = get(call, name);
	if (a->kind == HDT_ARGUMENT_DIMS)
		return a->dims;
	if (a->kind == HDT_ARGUMENT_DIM) {
		hdt_list one = {&a->dim, 1};
		return one;
	}
	bool empty = (a->kind == HDT_ARGUMENT_VALUES || a->kind == HDT_ARGUMENT_FLOATS) && a->count == 0;
	if (a->kind != HDT_ARGUMENT_NONE && !empty)
		fail_kind(call, name, "a list of integers", a);
	return HDT_SCALAR;
}

int hdt_call_values(hdt_call *call, const char *name, hdt_value *const **values)
{
	const hdt_argument *a = get(call, name);
	*values = NULL;
	if (a->kind == HDT_ARGUMENT_VALUES) {
		*values = a->values;
		return a->count;
	}
	if (a->kind == HDT_ARGUMENT_VALUE) {
		*values = &a->value;
		return 1;
	}
	bool empty = a->kind == HDT_ARGUMENT_DIMS && a->dims.count == 0;
	if (a->kind != HDT_ARGUMENT_NONE && !empty)
		fail_kind(call, name, "a list of tensors", a);
	return 0;
}

/* ---- results ---------------------------------------------------------------------------------------------------- */

static void add_result(hdt_call *call, hdt_argument result)
{
	(void)vec_push(call->context, &call->results, result);
}

void hdt_call_return(hdt_call *call, hdt_value *value)
{
	if (!call || hdt_context_status(call->context) != HDT_OK)
		return;
	if (!value)
		hdt_fail(call->context, HDT_INTERNAL, "the mapping gives no tensor as result %d", call->results.count);
	add_result(call, (hdt_argument){.kind = HDT_ARGUMENT_VALUE, .value = value});
}

void hdt_call_return_list(hdt_call *call, hdt_value *const *values, int count)
{
	if (!call || hdt_context_status(call->context) != HDT_OK)
		return;
	hdt_value **copy = hdt_allocate(call->context, sizeof *copy * (size_t)(count + 1));
	for (int i = 0; copy && i < count; i++)
		copy[i] = values[i];
	add_result(call, (hdt_argument){.kind = HDT_ARGUMENT_VALUES, .values = copy, .count = copy ? count : 0});
}

void hdt_call_return_dim(hdt_call *call, const hdt_expr *dim)
{
	if (!call || hdt_context_status(call->context) != HDT_OK)
		return;
	if (!dim)
		hdt_fail(call->context, HDT_INTERNAL, "the mapping gives no size as result %d", call->results.count);
	add_result(call, (hdt_argument){.kind = HDT_ARGUMENT_DIM, .dim = dim});
}

/* ---- mapping ---------------------------------------------------------------------------------------------------- */

static bool find_argument(void *closure, token_kind kind, const char *name, hdt_argument *out)
{
	const parameter *p = kind == TOKEN_NAME ? find_parameter(closure, name) : NULL;
	if (!p)
		return false;
	*out = *get(closure, name);
	return true;
}

/* A call of several outputs gives them all, a list one result, anything else itself. */
static hdt_status map_expression(hdt_call *call)
{
	parser p;
	parser_init(&p, call->context, call->mapping->name, call->mapping->expression);
	expression e = {.parser = &p, .graph = call->graph, .find = find_argument, .closure = call};
	hdt_argument result = {0};
	hdt_node *node = NULL;
	if (!expression_build(&e, &result, &node))
		return hdt_context_status(call->context);
	if (p.now.kind != TOKEN_END)
		return parser_fail(&p, "expected the end of the expression");
	for (int i = 0; node && i < node->output_count; i++)
		hdt_call_return(call, node->outputs[i]);
	if (!node)
		add_result(call, result);
	return hdt_context_status(call->context);
}

const hdt_mapping *hdt_find_mapping(hdt_context *context, const char *framework, const char *name)
{
	return context ? registry_mapping(context->registry, framework, name) : NULL;
}

static hdt_status run_mapping(hdt_call *call, const hdt_argument *arguments, int count)
{
	if (!read_signature(call, call->mapping->arguments))
		return hdt_context_status(call->context);
	hdt_status status = bind_arguments(call, arguments, count);
	if (status != HDT_OK)
		return status;
	status = call->mapping->map ? call->mapping->map(call) : map_expression(call);
	if (status != HDT_OK && hdt_context_status(call->context) == HDT_OK)
		return hdt_fail(call->context, status, "the mapping failed without saying why");
	if (hdt_context_status(call->context) == HDT_OK && call->results.count == 0)
		return hdt_fail(call->context, HDT_INTERNAL, "the mapping gave no result");
	return hdt_context_status(call->context);
}

hdt_status hdt_map_call(hdt_graph *graph, const hdt_mapping *mapping, const hdt_argument *arguments, int count,
                        const hdt_argument **results, int *result_count)
{
	*results = NULL;
	*result_count = 0;
	if (!graph)
		return HDT_INTERNAL;
	hdt_call call = {.graph = graph, .context = graph->context, .mapping = mapping};
	hdt_status status = hdt_context_status(graph->context);
	if (status != HDT_OK)
		return status;
	status = run_mapping(&call, arguments, count);
	if (status != HDT_OK) {
		const char *origin = graph_state_of(graph)->origin;
		context_add_note(graph->context, "mapping %s%s%s", mapping->name, origin ? " at " : "", origin ? origin : "");
		return status;
	}
	*results = call.results.items;
	*result_count = call.results.count;
	return HDT_OK;
}
