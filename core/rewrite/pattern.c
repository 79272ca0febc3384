/* pattern.c: reads the text of a rule.
 *
 *     pattern := operator | operator ( operand, ..., name=value, ... )        a bare operator takes any inputs
 *     operand := pattern | %name | %name: const | %name? | %_ | number | none
 *     rule    := pattern | pattern => replacement                             the replacement: graph/expression.h
 *
 * %name? may be left out in the call (it then stands for `none` in the replacement). An attribute `axis=1` must have
 * this value; `axis=a` binds the variable a, which the replacement may use and which must have one value throughout. In
 * a complete rule an attribute that the pattern does not mention must have its default; in a pattern for a function it
 * may have any value. */
#include "rewrite/rule.h"

#include <string.h>

enum { MAX_DEPTH = 32 };

typedef struct pattern_parser {
	parser p;
	int operators;
	int depth;
} pattern_parser;

static const pattern *read_operand(pattern_parser *r);

static pattern *new_pattern(pattern_parser *r, pattern_kind kind)
{
	pattern *result = hdt_allocate(r->p.context, sizeof *result);
	if (result)
		result->kind = kind;
	return result;
}

static bool is_literal(const parser *p)
{
	static const char *const words[] = {"true", "false", "none", "inf", "nan"};
	if (p->now.kind != TOKEN_NAME || hdt_dtype_named(p->now.text) != HDT_DTYPE_NONE)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(p->now.text, words[i]))
			return true;
	return false;
}

/* axis=1   axis=a   behind the = */
static bool read_attribute(pattern_parser *r, pattern *out, const char *name)
{
	parser *p = &r->p;
	pattern_attribute attribute = {.name = name};
	if (out->attribute_count == MAX_PATTERN_ATTRIBUTES)
		return parser_fail(p, "a pattern has at most %d attributes at one operator", MAX_PATTERN_ATTRIBUTES), false;
	if (is_literal(p)) {
		if (!expression_literal(p, &attribute.literal))
			return false;
	} else {
		attribute.variable = p->now.text;
		parser_next(p);
	}
	out->attributes[out->attribute_count++] = attribute;
	return !p->failed;
}

static bool read_inputs(pattern_parser *r, pattern *out)
{
	parser *p = &r->p;
	while (!p->failed && !parser_is(p, ")")) {
		parser ahead = *p;
		parser_next(&ahead);
		if (p->now.kind == TOKEN_NAME && parser_is(&ahead, "=")) {
			const char *name = p->now.text;
			parser_next(p);
			parser_next(p);
			if (!read_attribute(r, out, name))
				return false;
		} else {
			const pattern *input = out->input_count < MAX_PATTERN_INPUTS ? read_operand(r) : NULL;
			if (!input)
				return parser_fail(p, "a pattern has at most %d inputs at one operator", MAX_PATTERN_INPUTS), false;
			out->inputs[out->input_count++] = input;
		}
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, ")", "after the operands of the pattern");
}

static const pattern *read_operator(pattern_parser *r)
{
	parser *p = &r->p;
	pattern *result = new_pattern(r, PATTERN_OPERATOR);
	if (!result)
		return NULL;
	result->name = p->now.text;
	result->index = r->operators++;
	parser_next(p);
	if (result->index >= MAX_PATTERN_OPERATORS || ++r->depth > MAX_DEPTH)
		return parser_fail(p, "the pattern is too large: at most %d operators", MAX_PATTERN_OPERATORS), NULL;
	result->any_inputs = !parser_accept(p, "(");
	bool ok = result->any_inputs || read_inputs(r, result);
	r->depth--;
	return ok && !p->failed ? result : NULL;
}

static const pattern *read_value(pattern_parser *r)
{
	parser *p = &r->p;
	pattern *result = new_pattern(r, PATTERN_VALUE);
	if (!result)
		return NULL;
	result->name = strcmp(p->now.text, "_") ? p->now.text : NULL;
	parser_next(p);
	result->is_optional = parser_accept(p, "?");
	result->is_const = parser_accept(p, ":") && parser_expect(p, "const", "after the colon");
	return p->failed ? NULL : result;
}

static const pattern *read_number(pattern_parser *r)
{
	pattern *result = new_pattern(r, PATTERN_NUMBER);
	hdt_argument literal = {0};
	int64_t whole = 0;
	if (!result || !expression_literal(&r->p, &literal))
		return NULL;
	if (literal.kind != HDT_ARGUMENT_FLOAT && literal.kind != HDT_ARGUMENT_DIM)
		return parser_fail(&r->p, "expected an operator, a value such as %%x, a number or none"), NULL;
	result->number = literal.kind == HDT_ARGUMENT_FLOAT  ? literal.real
	                 : hdt_is_const(literal.dim, &whole) ? (double)whole
	                                                     : 0;
	return result;
}

static const pattern *read_operand(pattern_parser *r)
{
	parser *p = &r->p;
	if (p->now.kind == TOKEN_VALUE)
		return read_value(r);
	if (parser_accept(p, "none"))
		return new_pattern(r, PATTERN_NONE);
	if (p->now.kind == TOKEN_NAME && strcmp(p->now.text, "inf"))
		return read_operator(r);
	return read_number(r);
}

bool pattern_parse(hdt_context *context, const char *source, rule *out)
{
	pattern_parser r = {.operators = 0};
	parser_init(&r.p, context, out->name, source);
	if (r.p.now.kind != TOKEN_NAME)
		return parser_fail(&r.p, "a pattern begins with an operator"), false;
	out->root = read_operator(&r);
	if (!out->root || r.p.failed)
		return false;
	if (r.p.now.kind == TOKEN_END)
		return true;
	/* The replacement is read anew at each application, so only its place is kept: right behind the arrow. */
	const char *arrow = r.p.now.start;
	if (!parser_expect(&r.p, "=>", "after the pattern"))
		return false;
	out->replacement = arrow + strlen("=>");
	return true;
}
