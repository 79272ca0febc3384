/* parse_expr.c: expressions, dtypes and dimensions from text; the inverse of print.c, which describes the form. */
#include "ir/lex.h"
#include "ir/node.h"
#include "ir/syntax.h"
#include <hidet/task.h>
#include <string.h>

enum { MAX_OPERANDS = 40 }; /* of a call */

static const hdt_expr *parse_level(parser *p, precedence least);

static const hdt_expr *checked(parser *p, const token *where, const hdt_expr *e)
{
	if (!e)
		parser_refuse(p, where, "this expression is not valid");
	return p->failed ? NULL : e;
}

/* ---- literals ---- */

/* An integer that is no more than its digits: a literal, or some that were folded. i64(7) says its dtype. */
static bool is_literal(const hdt_expr *e, const token *start)
{
	bool told = start && start->kind == TOKEN_NAME && hdt_dtype_named(start->text) == HDT_I64;
	return e->op == HDT_OP_CONST && e->dtype == HDT_I64 && !told;
}

/* The literal in the dtype of the operand beside it, if that is one to take and the number fits; else as it is. */
static const hdt_expr *literal_beside(parser *p, const hdt_expr *literal, const token *start, const hdt_expr *operand)
{
	hdt_dtype dtype = dtype_of(operand);
	int64_t before, after;
	if (!p->gives_dtype || !is_literal(literal, start) || !hdt_is_integer(dtype) || dtype == HDT_I64 ||
	    !p->gives_dtype(p, operand, p->closure))
		return literal;
	const hdt_expr *e = hdt_cast(literal, dtype);
	bool fits = hdt_is_const(literal, &before) && hdt_is_const(e, &after) && before == after;
	return fits ? e : literal;
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

/* A dtype or the name of one. */
static hdt_dtype dtype_named(parser *p, const char *name)
{
	named_constant known = {.dtype = hdt_dtype_named(name)};
	if (known.dtype == HDT_DTYPE_NONE && p->resolve_constant)
		(void)p->resolve_constant(p, name, &known, p->closure);
	return known.dtype;
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

static const hdt_expr *ceildiv(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_ceildiv(x, y);
}

static const hdt_expr *round_up(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_mul(hdt_ceildiv(x, y), y);
}

/* Functions that are written out: of two integers. */
static const struct abbreviation {
	const char *name;
	const hdt_expr *(*write_out)(const hdt_expr *x, const hdt_expr *y);
} abbreviations[] = {{"ceildiv", ceildiv}, {"round_up", round_up}};

static const struct abbreviation *abbreviation_named(const char *name)
{
	for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++)
		if (!strcmp(abbreviations[i].name, name))
			return &abbreviations[i];
	return NULL;
}

static bool has_arity(parser *p, const token *name, int arity, int count)
{
	if (count != arity)
		parser_fail_at(p, name, "%s takes %d operand%s, not %d", name->text, arity, arity == 1 ? "" : "s", count);
	return count == arity;
}

static const hdt_expr *apply(parser *p, const token *name, const hdt_expr *const *args, int count)
{
	hdt_scalar_op op = function_named(name->text);
	const struct abbreviation *short_for = abbreviation_named(name->text);
	if (op != HDT_OP_COUNT && !has_arity(p, name, scalar_op_of(op)->arity, count))
		return NULL;
	if (op != HDT_OP_COUNT && count >= 2) { /* those that meet in one dtype come last */
		const hdt_expr *beside[3] = {args[0], args[count - 2], args[count - 1]};
		beside[count - 2] = literal_beside(p, args[count - 2], NULL, args[count - 1]);
		beside[count - 1] = literal_beside(p, args[count - 1], NULL, args[count - 2]);
		return checked(p, name, hdt_operation(op, beside, count));
	}
	if (op != HDT_OP_COUNT)
		return checked(p, name, hdt_operation(op, args, count));
	if (!short_for)
		return p->call(p, name, args, count, p->closure);
	if (!has_arity(p, name, 2, count))
		return NULL;
	if (!hdt_is_integer(dtype_of(args[0])) || !hdt_is_integer(dtype_of(args[1]))) {
		parser_fail_at(p, name, "%s takes integers", name->text);
		return NULL;
	}
	return checked(p, name, short_for->write_out(args[0], args[1]));
}

/* Of x.read: the tensor x; NULL when the name is no such thing. */
static const hdt_tensor *tensor_read(parser *p, const token *name)
{
	const char *point = strrchr(name->text, '.');
	if (!point || strcmp(point, ".read") != 0 || !p->resolve_tensor)
		return NULL;
	const char *base = hdt_format(p->context, "%.*s", (int)(point - name->text), name->text);
	base = base ? hdt_intern(p->context, base) : NULL;
	p->asked = *name;
	return base ? p->resolve_tensor(p, base, p->closure) : NULL;
}

static bool has_rank(parser *p, const token *name, const hdt_tensor *t, int count)
{
	if (t->rank != count)
		parser_fail_at(p, name, "'%s' has rank %d, but %d ind%s given", t->name, t->rank, count,
		               count == 1 ? "ex is" : "ices are");
	return t->rank == count;
}

/* name( behind the parenthesis */
static const hdt_expr *parse_call(parser *p, const token *name)
{
	const hdt_expr *args[MAX_OPERANDS];
	reduction r;
	hdt_dtype dtype = dtype_named(p, name->text);
	if (dtype != HDT_DTYPE_NONE)
		return parse_cast(p, name, dtype);
	if (reduction_named(name->text, &r) && p->open_axis && begins_reduction(p, &r))
		return parse_reduction(p, name, &r);
	const hdt_tensor *t = tensor_read(p, name);
	if (!t && function_named(name->text) == HDT_OP_COUNT && !abbreviation_named(name->text)) {
		if (reduction_named(name->text, &r))
			parser_fail_at(p, name, "a reduction stands in tasks: in a function it is a loop");
		else if (!p->call)
			parser_fail_at(p, name, "there is no function '%s'", name->text);
		if (p->failed)
			return NULL;
	}
	int count = parse_list(p, ")", args, t ? HDT_MAX_RANK : MAX_OPERANDS);
	if (count < 0)
		return NULL;
	if (!t)
		return apply(p, name, args, count);
	return has_rank(p, name, t, count) ? checked(p, name, hdt_read(t, args, count)) : NULL;
}

/* &x[i, j], and &x of the first element; behind the & */
static const hdt_expr *parse_address(parser *p)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	token name = p->asked = p->now;
	bool named = name.kind == TOKEN_NAME && p->resolve_tensor;
	const hdt_tensor *t = named ? p->resolve_tensor(p, name.text, p->closure) : NULL;
	if (!t) {
		parser_fail(p, "expected an element of a tensor, as in &x[i]");
		return NULL;
	}
	parser_next(p);
	int count = t->rank;
	for (int d = 0; d < count; d++)
		indices[d] = hdt_int(p->context, 0);
	if (parser_accept(p, "["))
		count = parse_list(p, "]", indices, HDT_MAX_RANK);
	return count >= 0 && has_rank(p, &name, t, count) ? checked(p, &name, hdt_address(t, indices, count)) : NULL;
}

static const hdt_expr *parse_load(parser *p, const token *name)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	int count = parse_list(p, "]", indices, HDT_MAX_RANK);
	if (count < 0)
		return NULL;
	p->asked = *name;
	const hdt_tensor *t = p->resolve_tensor ? p->resolve_tensor(p, name->text, p->closure) : NULL;
	if (t)
		return has_rank(p, name, t, count) ? checked(p, name, hdt_load(t, indices, count)) : NULL;
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
	p->asked = *name;
	const hdt_expr *e = p->resolve ? p->resolve(p, name->text, p->closure) : NULL;
	const hdt_tensor *t = !e && p->resolve_tensor ? p->resolve_tensor(p, name->text, p->closure) : NULL;
	if (t && t->rank)
		parser_fail_at(p, name, "'%s' has rank %d: name one of its elements", name->text, t->rank);
	else if (t)
		e = checked(p, name, hdt_load(t, NULL, 0));
	else if (!e && !p->failed)
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
		e = parser_accept(p, "&") ? parse_address(p) : parse_primary(p);
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
	token start = p->now;
	const hdt_expr *left = parse_prefix(p);
	while (left && !p->failed) {
		bool swapped;
		token where = p->now;
		hdt_scalar_op op = infix_at(p, &swapped);
		if (op == HDT_OP_COUNT || infix_precedence(op) < least)
			return left;
		parser_next(p);
		token behind = p->now;
		const hdt_expr *right = parse_level(p, (precedence)(infix_precedence(op) + 1));
		if (!right)
			return NULL;
		const hdt_expr *beside = literal_beside(p, right, &behind, left);
		left = literal_beside(p, left, &start, right);
		right = beside;
		left = checked(p, &where, swapped ? hdt_binary(op, right, left) : hdt_binary(op, left, right));
	}
	return p->failed ? NULL : left;
}

const hdt_expr *parse_expr(parser *p)
{
	return parse_level(p, BINDS_OR);
}

/* ---- dtypes and dimensions ---- */

hdt_dtype parse_dtype(parser *p)
{
	hdt_dtype dtype = p->now.kind == TOKEN_NAME ? dtype_named(p, p->now.text) : HDT_DTYPE_NONE;
	if (dtype == HDT_DTYPE_NONE)
		parser_fail(p, "expected a dtype such as f32");
	else
		parser_next(p);
	return dtype;
}

const hdt_expr *parse_dim(parser *p)
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
