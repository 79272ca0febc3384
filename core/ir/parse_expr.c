/* parse_expr.c: expressions and attributes from text; the inverse of print.c, which describes the form. */
#include "base/vec.h"
#include "ir/lex.h"
#include "ir/node.h"
#include "ir/syntax.h"
#include <string.h>

enum { MAX_ITEMS = 65536 }; /* of a list in an attribute */

static const hdt_expr *parse_level(parser *p, precedence least);

/* A builder's NULL comes with a fault that does not know the text: it is told again with its place. */
static const hdt_expr *checked(parser *p, const token *where, const hdt_expr *e)
{
	const char *reason = p->context->message;
	if (e || p->failed)
		return p->failed ? NULL : e;
	if (p->had_fault || p->context->status == HDT_OUT_OF_MEMORY || p->context->status == HDT_OK)
		reason = "this expression is not valid";
	else
		context_clear_fault(p->context);
	parser_fail_at(p, where, "%s", reason);
	return NULL;
}

/* ---- reductions ---- */

typedef struct reduction {
	bool arg;
	hdt_reduce_kind kind;
	hdt_dtype accumulate; /* NONE: the default */
	const hdt_expr *axes[2 * HDT_MAX_RANK];
	int count;
} reduction;

static bool reduction_named(const char *name, reduction *out)
{
	*out = (reduction){.arg = !strncmp(name, "arg", 3), .accumulate = HDT_DTYPE_NONE};
	for (int k = 0; k < HDT_REDUCE_COUNT; k++) {
		out->kind = (hdt_reduce_kind)k;
		if (!strcmp(name + (out->arg ? 3 : 0), reduce_text(out->kind)))
			return true;
	}
	return false;
}

/* name < extent */
static bool parse_axis(parser *p, reduction *r)
{
	token name = p->now;
	if (name.kind != TOKEN_NAME) {
		parser_fail(p, "expected the name of an axis to reduce over, as in sum(k < 7)");
		return false;
	}
	if (r->count == (int)(sizeof r->axes / sizeof *r->axes)) {
		parser_fail(p, "a reduction over more than %d axes", r->count);
		return false;
	}
	parser_next(p);
	if (!parser_expect(p, "<", "after the name of the axis"))
		return false;
	const hdt_expr *extent = parse_level(p, BINDS_SHIFT);
	const hdt_expr *axis = checked(p, &name, hdt_axis(name.text, extent));
	if (!axis)
		return false;
	if (!p->open_axis || !p->resolve || !p->open_axis(p, name.text, axis, p->closure)) {
		parser_fail_at(p, &name, "no reduction over '%s' is possible here", name.text);
		return false;
	}
	r->axes[r->count++] = p->resolve(p, name.text, p->closure);
	return true;
}

/* ( axes ) body, behind the opening parenthesis */
static const hdt_expr *parse_reduction(parser *p, const token *start, reduction *r)
{
	const hdt_expr *e = NULL;
	bool ok = parse_axis(p, r);
	while (ok && parser_accept(p, ","))
		ok = parse_axis(p, r);
	if (ok && parser_expect(p, ")", "after the axes of a reduction")) {
		const hdt_expr *value = parse_level(p, BINDS_PRODUCT);
		if (r->arg)
			e = r->count == 1 ? hdt_arg_reduce(r->kind, r->axes[0], value) : NULL;
		else if (r->accumulate != HDT_DTYPE_NONE)
			e = hdt_reduce_in(r->kind, r->accumulate, r->axes, r->count, value);
		else
			e = hdt_reduce(r->kind, r->axes, r->count, value);
		if (r->arg && r->count != 1)
			parser_fail_at(p, start, "%s takes one axis", start->text);
	}
	if (p->close_axes)
		p->close_axes(p, r->count, p->closure);
	return checked(p, start, e);
}

/* <dtype>( behind the name of a reduction; the parser stays where it was when it is something else. */
static bool accept_accumulate(parser *p, reduction *r)
{
	parser saved = *p;
	if (parser_accept(p, "<") && p->now.kind == TOKEN_NAME) {
		r->accumulate = hdt_dtype_named(p->now.text);
		parser_next(p);
		if (r->accumulate != HDT_DTYPE_NONE && parser_accept(p, ">") && parser_accept(p, "("))
			return true;
	}
	*p = saved;
	r->accumulate = HDT_DTYPE_NONE;
	return false;
}

/* max and min are functions too: max(k < begins a reduction, behind the opening parenthesis. */
static bool begins_reduction(parser *p, const reduction *r)
{
	if (r->arg || (r->kind != HDT_REDUCE_MAX && r->kind != HDT_REDUCE_MIN))
		return true;
	parser saved = *p;
	bool begins = p->now.kind == TOKEN_NAME;
	parser_next(p);
	begins = begins && parser_is(p, "<");
	*p = saved;
	return begins;
}

/* ---- primaries ---- */

/* Expressions up to the closing bracket, behind the opening one. Returns their number or -1. */
static int parse_list(parser *p, const char *closing, const hdt_expr **items, int most)
{
	int count = 0;
	if (parser_accept(p, closing))
		return 0;
	do {
		if (count == most) {
			parser_fail(p, "expected '%s': at most %d can stand here", closing, most);
			return -1;
		}
		if (!(items[count++] = parse_level(p, BINDS_OR)))
			return -1;
	} while (parser_accept(p, ","));
	return parser_expect(p, closing, "at the end of the list") ? count : -1;
}

/* dtype(x). A float literal in it is read in that dtype, not in f32 first. */
static const hdt_expr *parse_cast(parser *p, const token *name, hdt_dtype dtype)
{
	parser saved = *p;
	bool minus = parser_accept(p, "-");
	token literal = p->now;
	if (literal.kind == TOKEN_FLOAT) {
		parser_next(p);
		if (parser_accept(p, ")"))
			return checked(p, name, hdt_number(p->context, dtype, minus ? -literal.real : literal.real));
	}
	if (!p->failed)
		*p = saved;
	const hdt_expr *x = parse_level(p, BINDS_OR);
	return x && parser_expect(p, ")", "after the operand of a cast") ? checked(p, name, hdt_cast(x, dtype)) : NULL;
}

static hdt_scalar_op function_named(const char *name)
{
	for (int op = HDT_OP_ADD; op < HDT_OP_COUNT; op++) {
		hdt_scalar_op o = (hdt_scalar_op)op;
		if (o != HDT_OP_CAST && !scalar_op_has(o, 'n') && !scalar_op_has(o, 'p') &&
		    !strcmp(scalar_op_of(o)->text, name))
			return o;
	}
	return HDT_OP_COUNT;
}

/* name( behind the parenthesis */
static const hdt_expr *parse_call(parser *p, const token *name)
{
	const hdt_expr *args[3];
	reduction r;
	hdt_dtype dtype = hdt_dtype_named(name->text);
	if (dtype != HDT_DTYPE_NONE)
		return parse_cast(p, name, dtype);
	if (reduction_named(name->text, &r) && begins_reduction(p, &r))
		return parse_reduction(p, name, &r);
	hdt_scalar_op op = function_named(name->text);
	if (op == HDT_OP_COUNT) {
		parser_fail_at(p, name, "there is no function '%s'", name->text);
		return NULL;
	}
	int count = parse_list(p, ")", args, 3), arity = scalar_op_of(op)->arity;
	if (count < 0)
		return NULL;
	if (count != arity) {
		parser_fail_at(p, name, "%s takes %d operand%s, not %d", name->text, arity, arity == 1 ? "" : "s", count);
		return NULL;
	}
	return checked(p, name, hdt_operation(op, args, count));
}

static const hdt_expr *parse_load(parser *p, const token *name)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	int count = parse_list(p, "]", indices, HDT_MAX_RANK);
	if (count < 0)
		return NULL;
	const hdt_expr *e = p->resolve_load ? p->resolve_load(p, name->text, indices, count, p->closure) : NULL;
	if (!e && !p->failed && (p->had_fault || !hdt_context_status(p->context)))
		parser_fail_at(p, name, "there is no tensor '%s' here", name->text);
	return checked(p, name, e);
}

static const hdt_expr *parse_bare_name(parser *p, const token *name)
{
	static const struct {
		const char *name;
		hdt_dtype dtype;
		double value;
	} constants[] = {
		{"true", HDT_BOOL, 1},
		{"false", HDT_BOOL, 0},
		{"nan", HDT_F32, (double)__builtin_nanf("")},
		{"inf", HDT_F32, (double)__builtin_inff()},
	};
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (!strcmp(name->text, constants[i].name))
			return hdt_number(p->context, constants[i].dtype, constants[i].value);
	const hdt_expr *e = p->resolve ? p->resolve(p, name->text, p->closure) : NULL;
	if (!e && !p->failed)
		parser_fail_at(p, name, "unknown name '%s'", name->text);
	return p->failed ? NULL : e;
}

static const hdt_expr *parse_named(parser *p)
{
	token name = p->now;
	reduction r;
	parser_next(p);
	if (parser_accept(p, "("))
		return parse_call(p, &name);
	if (parser_accept(p, "["))
		return parse_load(p, &name);
	if (parser_is(p, "<") && reduction_named(name.text, &r) && accept_accumulate(p, &r))
		return parse_reduction(p, &name, &r);
	return parse_bare_name(p, &name);
}

static const hdt_expr *parse_primary(parser *p)
{
	token start = p->now;
	const hdt_expr *e;
	switch (start.kind) {
	case TOKEN_INTEGER:
		parser_next(p);
		return checked(p, &start, hdt_int(p->context, start.integer));
	case TOKEN_FLOAT:
		parser_next(p);
		return checked(p, &start, hdt_number(p->context, HDT_F32, start.real));
	case TOKEN_NAME:
		return parse_named(p);
	default:
		break;
	}
	if (parser_accept(p, "(")) {
		e = parse_level(p, BINDS_OR);
		return e && parser_expect(p, ")", "after an expression in parentheses") ? e : NULL;
	}
	parser_fail(p, "expected an expression");
	return NULL;
}

/* ---- operators ---- */

static hdt_scalar_op prefix_at(const parser *p)
{
	static const hdt_scalar_op prefixes[] = {HDT_OP_NEG, HDT_OP_NOT, HDT_OP_BIT_NOT};
	for (int i = 0; i < 3; i++)
		if (parser_is(p, prefix_text(prefixes[i])))
			return prefixes[i];
	return HDT_OP_COUNT;
}

static const hdt_expr *parse_prefix(parser *p)
{
	token start = p->now;
	const hdt_expr *e = NULL;
	if (p->depth >= PARSER_MAX_DEPTH) {
		parser_fail(p, "expressions nest more than %d deep", PARSER_MAX_DEPTH);
		return NULL;
	}
	p->depth++;
	hdt_scalar_op op = prefix_at(p);
	if (op == HDT_OP_COUNT) {
		e = parse_primary(p);
	} else {
		parser_next(p);
		const hdt_expr *x = parse_prefix(p);
		e = x ? checked(p, &start, hdt_unary(op, x)) : NULL;
	}
	p->depth--;
	return e;
}

/* The infix operation at the current token; > and >= are < and <= the other way round. */
static hdt_scalar_op infix_at(const parser *p, bool *swapped)
{
	*swapped = parser_is(p, ">") || parser_is(p, ">=");
	if (*swapped)
		return parser_is(p, ">") ? HDT_OP_LT : HDT_OP_LE;
	if (p->now.kind != TOKEN_PUNCTUATION)
		return HDT_OP_COUNT;
	for (int op = HDT_OP_ADD; op < HDT_OP_COUNT; op++)
		if (scalar_op_has((hdt_scalar_op)op, 'n') && !strcmp(scalar_op_of((hdt_scalar_op)op)->text, p->now.text))
			return (hdt_scalar_op)op;
	return HDT_OP_COUNT;
}

/* Operators that bind at least as tightly as `least`, leaning left. */
static const hdt_expr *parse_level(parser *p, precedence least)
{
	const hdt_expr *left = parse_prefix(p);
	while (left && !p->failed) {
		bool swapped;
		token where = p->now;
		hdt_scalar_op op = infix_at(p, &swapped);
		if (op == HDT_OP_COUNT || infix_precedence(op) < least)
			return left;
		parser_next(p);
		const hdt_expr *right = parse_level(p, (precedence)(infix_precedence(op) + 1));
		if (!right)
			return NULL;
		left = checked(p, &where, swapped ? hdt_binary(op, right, left) : hdt_binary(op, left, right));
	}
	return p->failed ? NULL : left;
}

const hdt_expr *parse_expr(parser *p)
{
	return parse_level(p, BINDS_OR);
}

/* ---- dtypes, dimensions, attributes ---- */

hdt_dtype parse_dtype(parser *p)
{
	hdt_dtype dtype = p->now.kind == TOKEN_NAME ? hdt_dtype_named(p->now.text) : HDT_DTYPE_NONE;
	if (dtype == HDT_DTYPE_NONE)
		parser_fail(p, "expected a dtype such as f32");
	else
		parser_next(p);
	return dtype;
}

/* An i64 expression: a dimension or an element of a list. */
static const hdt_expr *parse_dim(parser *p)
{
	token start = p->now;
	const hdt_expr *e = parse_expr(p);
	if (!e || hdt_is_integer(dtype_of(e)))
		return e ? hdt_cast(e, HDT_I64) : NULL;
	parser_fail_at(p, &start, "expected an integer, not %s", hdt_dtype_of(dtype_of(e))->name);
	return NULL;
}

int parse_dims(parser *p, const hdt_expr **dims)
{
	int rank = 0;
	if (!parser_expect(p, "[", "before the dimensions"))
		return -1;
	if (parser_accept(p, "]"))
		return 0;
	do {
		if (rank == HDT_MAX_RANK) {
			parser_fail(p, "a tensor has at most %d dimensions", HDT_MAX_RANK);
			return -1;
		}
		if (!(dims[rank++] = parse_dim(p)))
			return -1;
	} while (parser_accept(p, ","));
	return parser_expect(p, "]", "after the dimensions") ? rank : -1;
}

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
