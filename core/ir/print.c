/* print.c: canonical text of expressions and attributes, with the fewest parentheses. parse_expr reads it back to the
 * same node (an i64 constant that wrapped as the plain one).
 *
 * Constants have one form each:
 *     7  -7               i64; the smallest i64 is (-9223372036854775807 - 1)
 *     0.5  1e-05  -0.0    f32; a float has a point or an exponent
 *     nan  inf  -inf      f32
 *     true  false         bool
 *     i32(7)  f64(0.5)    any other dtype: a cast of a literal is that constant; u64 shows its bits as i64: u64(-1)
 *
 * An i64 sum with a negative constant is written as a difference: x - 1.
 *
 * A reduction is written  sum(k < 7) body,  or  sum<f64>(k < 7) body  when it was given an accumulate dtype. Its body
 * is a primary, a product or another reduction; anything else stands in parentheses, and so does a reduction within a
 * product. Of functions: x.read(i, j), the address &x[i, j], and calls of intrinsics. */
#include "base/vec.h"
#include "ir/node.h"
#include "ir/number.h"
#include "ir/syntax.h"
#include <hidet/task.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 2000, MAX_BYTES = 1 << 26 };

typedef struct printer {
	text *out;
	size_t limit; /* length at which it gives up: shared parts are written out each time and may grow without bound */
	int depth;
} printer;

static void print(printer *p, const hdt_expr *e, precedence around);

static void print_constant(text *out, const hdt_expr *e)
{
	hdt_dtype dtype = dtype_of(e);
	char digits[NUMBER_BYTES];
	if (dtype == HDT_BOOL) {
		text_add(out, e->integer ? "true" : "false");
	} else if (dtype == HDT_I64 && e->integer == INT64_MIN) {
		text_add(out, "(-9223372036854775807 - 1)");
	} else if (dtype == HDT_I64) {
		text_format(out, "%lld", (long long)e->integer);
	} else if (!hdt_is_float(dtype)) {
		text_format(out, e->integer == INT64_MIN ? "%s((-9223372036854775807 - 1))" : "%s(%lld)",
		            hdt_dtype_of(dtype)->name, (long long)e->integer);
	} else {
		number_format(digits, e->real, dtype);
		text_format(out, dtype == HDT_F32 ? "%.0s%s" : "%s(%s)", hdt_dtype_of(dtype)->name, digits);
	}
}

static void print_list(printer *p, const hdt_expr *const *items, int count)
{
	for (int i = 0; i < count; i++) {
		text_add(p->out, i ? ", " : "");
		print(p, items[i], BINDS_ANY);
	}
}

static void print_call(printer *p, const char *name, const char *brackets, const hdt_expr *e)
{
	text_add(p->out, name);
	text_add_bytes(p->out, brackets, 1);
	print_list(p, e->args, e->count);
	text_add(p->out, brackets + 1);
}

/* x[i, j], and an element without indices: x[] in memory that others see too, x for one's own. */
static void print_element(printer *p, const hdt_expr *e)
{
	text_add(p->out, e->op == HDT_OP_ADDRESS ? "&" : "");
	if (e->count == 0 && e->tensor->scope != HDT_SCOPE_GLOBAL)
		text_add(p->out, e->tensor->name);
	else
		print_call(p, e->tensor->name, "[]", e);
}

/* The operation and its right operand, behind the left one. */
static void print_right(printer *p, const hdt_expr *e)
{
	const hdt_expr *right = e->args[1];
	if (e->op == HDT_OP_ADD && e->dtype == HDT_I64 && is_constant(right) && right->integer < 0 &&
	    right->integer > INT64_MIN) {
		text_format(p->out, " - %lld", -(long long)right->integer);
		return;
	}
	text_format(p->out, " %s ", scalar_op_of((hdt_scalar_op)e->op)->text);
	print(p, right, (precedence)(infix_precedence((hdt_scalar_op)e->op) + 1));
}

/* Operators lean left: a long sum is one line of operands, however deep its tree is. */
static void print_infix(printer *p, const hdt_expr *e)
{
	VEC(const hdt_expr *) line = {0};
	precedence binds;
	do {
		binds = infix_precedence((hdt_scalar_op)e->op);
		if (!heap_push(&line, e)) {
			p->out->failed = true;
			break;
		}
		e = e->args[0];
	} while (scalar_op_has((hdt_scalar_op)e->op, 'n') && infix_precedence((hdt_scalar_op)e->op) >= binds);
	print(p, e, binds);
	while (line.count > 0 && p->limit)
		print_right(p, line.items[--line.count]);
	heap_free(&line);
}

static void print_reduction(printer *p, const hdt_expr *e)
{
	const hdt_expr *value = e->args[0];
	bool is_default = e->dtype == value->dtype && e->accumulate == hdt_dtype_of(dtype_of(value))->accumulate;
	bool logic = e->reduce == HDT_REDUCE_ALL || e->reduce == HDT_REDUCE_ANY, arg = e->op == HDT_OP_ARG_REDUCE;
	text_format(p->out, "%s%s", arg ? "arg" : "", reduce_text((hdt_reduce_kind)e->reduce));
	if (!arg && !logic && !is_default)
		text_format(p->out, "<%s>", hdt_dtype_of((hdt_dtype)e->accumulate)->name);
	for (int i = 1; i < e->count; i++) {
		text_format(p->out, "%s%s < ", i == 1 ? "(" : ", ", e->args[i]->name);
		print(p, e->args[i]->args[0], BINDS_SHIFT);
	}
	text_add(p->out, ") ");
	bool prefix = value->op == HDT_OP_NEG || value->op == HDT_OP_NOT || value->op == HDT_OP_BIT_NOT;
	print(p, value, prefix ? BINDS_PRIMARY : BINDS_REDUCTION);
}

static precedence binding_of(const hdt_expr *e)
{
	if (expr_is_reduction(e))
		return BINDS_REDUCTION;
	if (scalar_op_has((hdt_scalar_op)e->op, 'n'))
		return infix_precedence((hdt_scalar_op)e->op);
	return scalar_op_has((hdt_scalar_op)e->op, 'p') || e->op == HDT_OP_ADDRESS ? BINDS_PREFIX : BINDS_PRIMARY;
}

static void print_bare(printer *p, const hdt_expr *e)
{
	switch (e->op) {
	case HDT_OP_CONST:
		print_constant(p->out, e);
		return;
	case HDT_OP_SYMBOL:
	case HDT_OP_AXIS:
	case HDT_OP_VARIABLE:
		text_add(p->out, e->name);
		return;
	case HDT_OP_LOAD:
	case HDT_OP_ADDRESS:
		print_element(p, e);
		return;
	case HDT_OP_READ:
		text_add(p->out, e->tensor->name);
		print_call(p, ".read", "()", e);
		return;
	case HDT_OP_CALL:
		print_call(p, e->intrinsic->name, "()", e);
		return;
	case HDT_OP_REDUCE:
	case HDT_OP_ARG_REDUCE:
		print_reduction(p, e);
		return;
	case HDT_OP_CAST:
		print_call(p, hdt_dtype_of(dtype_of(e))->name, "()", e);
		return;
	default:
		break;
	}
	const char *name = scalar_op_of((hdt_scalar_op)e->op)->text;
	if (scalar_op_has((hdt_scalar_op)e->op, 'n')) {
		print_infix(p, e);
	} else if (scalar_op_has((hdt_scalar_op)e->op, 'p')) {
		text_add(p->out, prefix_text((hdt_scalar_op)e->op));
		print(p, e->args[0], BINDS_PREFIX);
	} else {
		print_call(p, name, "()", e);
	}
}

/* Print `e` as a part of something that binds as `around`. */
static void print(printer *p, const hdt_expr *e, precedence around)
{
	bool parentheses = binding_of(e) < around;
	if (p->depth == MAX_DEPTH || p->out->length > p->limit) {
		p->limit = 0; /* from here on nothing more is written */
		return;
	}
	p->depth++;
	text_add(p->out, parentheses ? "(" : "");
	print_bare(p, e);
	text_add(p->out, parentheses ? ")" : "");
	p->depth--;
}

void expr_print(text *t, const hdt_expr *e)
{
	printer p = {t, t->length + MAX_BYTES, 0};
	if (!e) {
		text_add(t, "<fault>");
		return;
	}
	print(&p, e, BINDS_ANY);
	if (p.limit == 0)
		text_add(t, " <expression too large to print>");
}

const char *hdt_expr_text(const hdt_expr *e)
{
	text t = {0};
	if (!e)
		return "<fault>";
	expr_print(&t, e);
	const char *finished = text_finish(&t, e->context);
	return finished ? finished : "<fault>";
}

void string_print(text *t, const char *string)
{
	text_add(t, "\"");
	for (const char *c = string; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_format(t, "\\%c", *c);
		else if (*c == '\n' || *c == '\t')
			text_add(t, *c == '\n' ? "\\n" : "\\t");
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			text_format(t, "\\x%02x", (unsigned char)*c);
		else
			text_add_bytes(t, c, 1);
	}
	text_add(t, "\"");
}

static void print_dims(text *t, const hdt_attribute_value *value)
{
	text_add(t, "[");
	for (int i = 0; i < value->count; i++) {
		text_add(t, i ? ", " : "");
		expr_print(t, value->dims[i]);
	}
	text_add(t, "]");
}

void attribute_print(text *t, const hdt_attribute_value *value)
{
	char digits[NUMBER_BYTES];
	switch (value->kind) {
	case HDT_ATTRIBUTE_NONE:
		text_add(t, "none");
		break;
	case HDT_ATTRIBUTE_INT:
		if (value->integer == INT64_MIN)
			text_add(t, "(-9223372036854775807 - 1)");
		else
			text_format(t, "%lld", (long long)value->integer);
		break;
	case HDT_ATTRIBUTE_BOOL:
		text_add(t, value->integer ? "true" : "false");
		break;
	case HDT_ATTRIBUTE_FLOAT:
		number_format(digits, value->real, HDT_F64);
		text_add(t, digits);
		break;
	case HDT_ATTRIBUTE_STRING:
		string_print(t, value->string ? value->string : "");
		break;
	case HDT_ATTRIBUTE_DTYPE:
		text_add(t, hdt_dtype_of((hdt_dtype)value->integer)->name);
		break;
	case HDT_ATTRIBUTE_DIMS:
		print_dims(t, value);
		break;
	}
}
