/* parse_attribute.c: the values of attributes from text; the inverse of attribute_print. */
#include "base/vec.h"
#include "ir/lex.h"
#include "ir/node.h"
#include <string.h>

enum { MAX_ITEMS = 65536 }; /* of a list */

static bool parse_list_attribute(parser *p, hdt_attribute_value *out)
{
	VEC(const hdt_expr *) dims = {0};
	out->kind = HDT_ATTRIBUTE_DIMS;
	parser_next(p);
	if (!parser_accept(p, "]")) {
		do {
			const hdt_expr *e = dims.count < MAX_ITEMS ? parse_dim(p) : NULL;
			if (!e || !vec_push(p->context, &dims, e)) {
				parser_fail(p, "a list of more than %d items", MAX_ITEMS);
				return false;
			}
		} while (parser_accept(p, ","));
		if (!parser_expect(p, "]", "at the end of the list"))
			return false;
	}
	out->dims = dims.items;
	out->count = dims.count;
	return true;
}

/* none, true, false, a dtype, inf, nan: alone, not the beginning of an expression. */
static bool parse_word(parser *p, hdt_attribute_value *out)
{
	parser saved = *p;
	const char *word = p->now.kind == TOKEN_NAME ? p->now.text : "";
	bool is_bool = !strcmp(word, "true") || !strcmp(word, "false");
	hdt_dtype dtype = hdt_dtype_named(word);
	if (p->now.kind != TOKEN_NAME)
		return false;
	parser_next(p);
	if (!strcmp(word, "none"))
		out->kind = HDT_ATTRIBUTE_NONE;
	else if (is_bool)
		out->kind = HDT_ATTRIBUTE_BOOL, out->integer = word[0] == 't';
	else if (!strcmp(word, "inf") || !strcmp(word, "nan"))
		out->kind = HDT_ATTRIBUTE_FLOAT,
		out->real = word[0] == 'i' ? (double)__builtin_inff() : (double)__builtin_nanf("");
	else if (dtype != HDT_DTYPE_NONE && !parser_is(p, "("))
		out->kind = HDT_ATTRIBUTE_DTYPE, out->integer = dtype;
	else {
		*p = saved;
		return false;
	}
	return true;
}

/* A float literal with its sign, in double precision. */
static bool parse_real(parser *p, hdt_attribute_value *out)
{
	parser saved = *p;
	bool minus = parser_accept(p, "-");
	bool infinite = minus && parser_is(p, "inf");
	if (p->now.kind != TOKEN_FLOAT && !infinite) {
		if (!p->failed)
			*p = saved;
		return false;
	}
	out->kind = HDT_ATTRIBUTE_FLOAT;
	out->real = infinite ? (double)__builtin_inff() : p->now.real;
	out->real = minus ? -out->real : out->real;
	parser_next(p);
	return true;
}

static bool parse_expression_attribute(parser *p, hdt_attribute_value *out)
{
	const hdt_expr *e = parse_dim(p);
	const hdt_expr **dims = e ? hdt_allocate(p->context, sizeof *dims) : NULL;
	if (!dims)
		return false;
	if (is_constant(e)) {
		out->kind = HDT_ATTRIBUTE_INT;
		out->integer = e->integer;
		return true;
	}
	dims[0] = e;
	out->kind = HDT_ATTRIBUTE_DIMS;
	out->dims = dims;
	out->count = 1;
	return true;
}

bool parse_attribute(parser *p, hdt_attribute_value *out)
{
	*out = (hdt_attribute_value){.name = out->name};
	if (p->now.kind == TOKEN_STRING) {
		out->kind = HDT_ATTRIBUTE_STRING;
		out->string = p->now.text;
		parser_next(p);
		return !p->failed;
	}
	if (parser_is(p, "["))
		return parse_list_attribute(p, out);
	if (p->now.kind == TOKEN_END) {
		parser_fail(p, "expected the value of an attribute");
		return false;
	}
	return (parse_word(p, out) || parse_real(p, out) || parse_expression_attribute(p, out)) && !p->failed;
}
