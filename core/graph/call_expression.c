/* call_expression.c: builds the nodes that an expression of expression.h stands for.
 *
 * The parser's nesting cap bounds the recursion; a fault carries the text and a caret. */
#include "graph/expression.h"

#include "base/vec.h"
#include "registry/registry.h"
#include <math.h>
#include <string.h>

enum { MAX_NESTING = 64 };

/* ---- literals --------------------------------------------------------------------------------------------------- */

static bool read_number(parser *p, hdt_argument *out)
{
	bool minus = parser_accept(p, "-");
	token t = p->now;
	double sign = minus ? -1 : 1;
	if (t.kind == TOKEN_INTEGER)
		*out = (hdt_argument){.kind = HDT_ARGUMENT_DIM, .dim = hdt_int(p->context, minus ? -t.integer : t.integer)};
	else if (t.kind == TOKEN_FLOAT)
		*out = (hdt_argument){.kind = HDT_ARGUMENT_FLOAT, .real = sign * t.real};
	else if (t.kind == TOKEN_NAME && !strcmp(t.text, "inf"))
		*out = (hdt_argument){.kind = HDT_ARGUMENT_FLOAT, .real = sign * (double)INFINITY};
	else if (t.kind == TOKEN_NAME && !strcmp(t.text, "nan"))
		*out = (hdt_argument){.kind = HDT_ARGUMENT_FLOAT, .real = (double)NAN};
	else
		return parser_fail(p, "expected a number"), false;
	parser_next(p);
	return !p->failed;
}

static bool read_word(parser *p, hdt_argument *out)
{
	static const struct {
		const char *text;
		hdt_argument value;
	} words[] = {
		{"none", {.kind = HDT_ARGUMENT_NONE}},
		{"true", {.kind = HDT_ARGUMENT_BOOL, .real = 1}},
		{"false", {.kind = HDT_ARGUMENT_BOOL}},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(p->now.text, words[i].text)) {
			*out = words[i].value;
			parser_next(p);
			return true;
		}
	hdt_dtype dtype = hdt_dtype_named(p->now.text);
	if (dtype == HDT_DTYPE_NONE)
		return false;
	*out = (hdt_argument){.kind = HDT_ARGUMENT_DTYPE, .dtype = dtype};
	parser_next(p);
	return true;
}

/* The elements of a list as one argument: the kind of all of them together. */
static bool join_list(parser *p, const hdt_argument *items, int count, hdt_argument *out)
{
	hdt_context *context = p->context;
	int dims = 0, numbers = 0, tensors = 0;
	for (int i = 0; i < count; i++) {
		dims += items[i].kind == HDT_ARGUMENT_DIM;
		numbers += items[i].kind == HDT_ARGUMENT_DIM || items[i].kind == HDT_ARGUMENT_FLOAT;
		tensors += items[i].kind == HDT_ARGUMENT_VALUE;
	}
	size_t slots = (size_t)count + 1;
	if (tensors && tensors == count) {
		hdt_value **values = hdt_allocate(context, sizeof *values * slots);
		for (int i = 0; values && i < count; i++)
			values[i] = items[i].value;
		*out = (hdt_argument){.kind = HDT_ARGUMENT_VALUES, .values = values, .count = count};
		return values != NULL;
	}
	if (dims == count) {
		const hdt_expr **list = hdt_allocate(context, sizeof *list * slots);
		for (int i = 0; list && i < count; i++)
			list[i] = items[i].dim;
		*out = (hdt_argument){.kind = HDT_ARGUMENT_DIMS, .dims = {list, count}};
		return list != NULL;
	}
	if (numbers == count) {
		double *reals = hdt_allocate(context, sizeof *reals * slots);
		int64_t whole = 0;
		for (int i = 0; reals && i < count; i++)
			reals[i] = items[i].kind == HDT_ARGUMENT_FLOAT  ? items[i].real
			           : hdt_is_const(items[i].dim, &whole) ? (double)whole
			                                                : 0;
		*out = (hdt_argument){.kind = HDT_ARGUMENT_FLOATS, .reals = reals, .count = count};
		return reals != NULL;
	}
	return parser_fail(p, "the elements of a list must all be tensors or all be numbers"), false;
}

bool expression_literal(parser *p, hdt_argument *out)
{
	*out = (hdt_argument){0};
	if (p->now.kind == TOKEN_STRING) {
		*out = (hdt_argument){.kind = HDT_ARGUMENT_STRING, .string = p->now.text};
		parser_next(p);
		return !p->failed;
	}
	if (p->now.kind == TOKEN_NAME && read_word(p, out))
		return !p->failed;
	if (!parser_accept(p, "["))
		return read_number(p, out);
	VEC(hdt_argument) items = {0};
	while (!p->failed && !parser_is(p, "]")) {
		hdt_argument item = {0};
		if (!read_number(p, &item) || !vec_push(p->context, &items, item))
			return false;
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, "]", "after the list") && join_list(p, items.items, items.count, out);
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

typedef struct pending_call {
	const char *op;
	VEC(hdt_argument) operands;
	VEC(hdt_attribute_value) attributes;
} pending_call;

static bool build_operand(expression *e, int depth, hdt_argument *out, hdt_node **node);

/* Is the parser at `name =`? (`name == ...` is no attribute.) */
static bool at_attribute(parser *p)
{
	if (p->now.kind != TOKEN_NAME)
		return false;
	parser ahead = *p;
	parser_next(&ahead);
	return !ahead.failed && parser_is(&ahead, "=");
}

static bool read_attribute(expression *e, int depth, pending_call *call)
{
	parser *p = e->parser;
	const char *name = p->now.text;
	parser_next(p);
	parser_next(p); /* = */
	hdt_argument argument = {0};
	hdt_attribute_value value = {0};
	hdt_node *node = NULL;
	return build_operand(e, depth, &argument, &node) && argument_attribute(p->context, name, &argument, &value) &&
	       vec_push(p->context, &call->attributes, value);
}

static bool read_arguments(expression *e, int depth, pending_call *call)
{
	parser *p = e->parser;
	while (!p->failed && !parser_is(p, ")")) {
		hdt_argument operand = {0};
		hdt_node *node = NULL;
		if (at_attribute(p)) {
			if (!read_attribute(e, depth, call))
				return false;
		} else if (!build_operand(e, depth, &operand, &node) || !vec_push(p->context, &call->operands, operand)) {
			return false;
		}
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, ")", "after the operands");
}

static const hdt_value *first_tensor(const pending_call *call)
{
	for (int i = 0; i < call->operands.count; i++) {
		const hdt_argument *a = &call->operands.items[i];
		if (a->kind == HDT_ARGUMENT_VALUE && a->value)
			return a->value;
		if (a->kind == HDT_ARGUMENT_VALUES && a->count && a->values[0])
			return a->values[0];
	}
	return NULL;
}

static hdt_node *apply(expression *e, const pending_call *call)
{
	hdt_context *context = e->graph->context;
	const hdt_value *beside = first_tensor(call);
	VEC(hdt_value *) inputs = {0};
	for (int i = 0; i < call->operands.count; i++) {
		const hdt_argument *a = &call->operands.items[i];
		bool pushed = true;
		if (a->kind == HDT_ARGUMENT_VALUES)
			for (int n = 0; n < a->count && pushed; n++)
				pushed = vec_push(context, &inputs, a->values[n]);
		else if (a->kind == HDT_ARGUMENT_DIMS && a->dims.count == 0)
			continue; /* an empty list of tensors */
		else if (a->kind == HDT_ARGUMENT_NONE || a->kind == HDT_ARGUMENT_VALUE)
			pushed = vec_push(context, &inputs, a->value);
		else
			pushed = vec_push(context, &inputs, weak_scalar(e->graph, a, beside));
		if (!pushed)
			return NULL;
	}
	const hdt_attribute_value end = {0};
	if (hdt_context_status(context) != HDT_OK)
		return NULL;
	pending_call complete = *call;
	if (!vec_push(context, &complete.attributes, end))
		return NULL;
	return hdt_apply_node(e->graph, call->op, inputs.items, inputs.count, complete.attributes.items);
}

static bool build_call(expression *e, int depth, hdt_argument *out, hdt_node **node)
{
	pending_call call = {.op = e->parser->now.text};
	parser_next(e->parser);
	parser_next(e->parser); /* ( */
	if (!read_arguments(e, depth + 1, &call))
		return false;
	*node = apply(e, &call);
	if (!*node)
		return false;
	*out = (hdt_argument){.kind = HDT_ARGUMENT_VALUE, .value = (*node)->outputs[0]};
	return true;
}

static bool build_list(expression *e, int depth, hdt_argument *out)
{
	parser *p = e->parser;
	VEC(hdt_argument) items = {0};
	parser_next(p); /* [ */
	while (!p->failed && !parser_is(p, "]")) {
		hdt_argument item = {0};
		hdt_node *node = NULL;
		if (!build_operand(e, depth + 1, &item, &node) || !vec_push(p->context, &items, item))
			return false;
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, "]", "after the list") && join_list(p, items.items, items.count, out);
}

static bool at_call(parser *p)
{
	parser ahead = *p;
	parser_next(&ahead);
	return !ahead.failed && parser_is(&ahead, "(");
}

static bool build_operand(expression *e, int depth, hdt_argument *out, hdt_node **node)
{
	parser *p = e->parser;
	*out = (hdt_argument){0};
	*node = NULL;
	if (p->failed || depth > MAX_NESTING)
		return parser_fail(p, "calls are nested too deeply"), false;
	if (parser_is(p, "["))
		return build_list(e, depth, out);
	if (p->now.kind == TOKEN_NAME && at_call(p))
		return build_call(e, depth, out, node);
	if ((p->now.kind == TOKEN_NAME || p->now.kind == TOKEN_VALUE) &&
	    e->find(e->closure, p->now.kind, p->now.text, out)) {
		parser_next(p);
		return !p->failed && hdt_context_status(p->context) == HDT_OK;
	}
	if (p->now.kind == TOKEN_VALUE)
		return parser_fail(p, "nothing is called %%%s here", p->now.text), false;
	if (p->now.kind != TOKEN_NAME || !strcmp(p->now.text, "inf") || !strcmp(p->now.text, "nan"))
		return expression_literal(p, out);
	return read_word(p, out) || (parser_fail(p, "no argument is called '%s'", p->now.text), false);
}

bool expression_build(expression *e, hdt_argument *out, hdt_node **node)
{
	return e->graph && hdt_context_status(e->graph->context) == HDT_OK && build_operand(e, 0, out, node);
}
