/* c_expr.c: values in C. Parentheses are written only where C's precedence, or a reader's, needs them. What C has no operator for, or one
 * that is undefined for some operands, is a call of the prelude: hidet_<op>_<dtype>. */
#include "emit/c.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_STATEMENT (8 << 20) /* bytes of text */

/* C's precedences besides those of c.h. */
enum { C_BIT_OR = 6, C_BIT_XOR = 7, C_BIT_AND = 8, C_COMPARE_EQUAL = 9, C_COMPARE = 10, C_SHIFT = 11 };

typedef struct infix {
	const char *text; /* NULL: there is none */
	int precedence;
} infix;

/* Ops that C spells directly for every dtype that they take. */
static const infix of_any[HDT_OP_COUNT] = {
	[HDT_OP_DIV] = {" / ", C_PRODUCT},       [HDT_OP_EQ] = {" == ", C_COMPARE_EQUAL},
	[HDT_OP_NE] = {" != ", C_COMPARE_EQUAL}, [HDT_OP_LT] = {" < ", C_COMPARE},
	[HDT_OP_LE] = {" <= ", C_COMPARE},       [HDT_OP_AND] = {" & ", C_BIT_AND},
	[HDT_OP_OR] = {" | ", C_BIT_OR},         [HDT_OP_BIT_AND] = {" & ", C_BIT_AND},
	[HDT_OP_BIT_OR] = {" | ", C_BIT_OR},     [HDT_OP_BIT_XOR] = {" ^ ", C_BIT_XOR},
};

/* Arithmetic of floats and of indices, which cannot overflow. */
static const infix of_numbers[HDT_OP_COUNT] = {
	[HDT_OP_ADD] = {" + ", C_SUM},
	[HDT_OP_SUB] = {" - ", C_SUM},
	[HDT_OP_MUL] = {" * ", C_PRODUCT},
};

/* Arithmetic modulo 2 of bool. */
static const infix of_bool[HDT_OP_COUNT] = {
	[HDT_OP_ADD] = {" | ", C_BIT_OR}, [HDT_OP_SUB] = {" ^ ", C_BIT_XOR}, [HDT_OP_MUL] = {" & ", C_BIT_AND},
	[HDT_OP_MAX] = {" | ", C_BIT_OR}, [HDT_OP_MIN] = {" & ", C_BIT_AND},
};

static hdt_dtype dtype_of(const hdt_expr *e)
{
	return (hdt_dtype)e->dtype;
}

static hdt_dtype compute_dtype(hdt_dtype dtype)
{
	return hdt_dtype_of(dtype)->compute;
}

static bool open_bracket(emitter *em, int own, int wanted)
{
	if (own < wanted)
		text_add(em->out, "(");
	return own < wanted;
}

static void close_bracket(emitter *em, bool opened)
{
	if (opened)
		text_add(em->out, ")");
}

/* ---- constants ---------------------------------------------------------------------------------------------------- */

/* The shortest decimal that reads back as the same value, with a point or an exponent in it. */
static void print_float(emitter *em, double value, bool single)
{
	char digits[64];
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(digits, sizeof digits, "%.*g", precision, value);
		if (single ? strtof(digits, NULL) == (float)value : strtod(digits, NULL) == value)
			break;
	}
	for (char *c = digits; *c; c++)
		if (!isdigit((unsigned char)*c) && !strchr("+-e", *c))
			*c = '.'; /* the locale's decimal point */
	text_add(em->out, digits);
	if (!strpbrk(digits, ".e"))
		text_add(em->out, ".0");
	if (single)
		text_add(em->out, "f");
}

static void print_real(emitter *em, const hdt_expr *e, int wanted)
{
	bool single = compute_dtype(dtype_of(e)) == HDT_F32;
	double value = e->real;
	bool bracket = open_bracket(em, signbit(value) && !isnan(value) ? C_UNARY : C_PRIMARY, wanted);
	if (isnan(value))
		text_add(em->out, single ? "__builtin_nanf(\"\")" : "__builtin_nan(\"\")");
	else if (isinf(value))
		text_format(em->out, "%s__builtin_inf%s()", value < 0 ? "-" : "", single ? "f" : "");
	else
		print_float(em, value, single);
	close_bracket(em, bracket);
}

static void print_integer(emitter *em, const hdt_expr *e, int wanted)
{
	long long value = e->integer;
	hdt_dtype dtype = dtype_of(e);
	if (dtype == HDT_U64 || dtype == HDT_U32) {
		text_format(em->out, dtype == HDT_U64 ? "%lluull" : "%lluu", (unsigned long long)value);
		return;
	}
	bool bracket = open_bracket(em, value < 0 ? C_UNARY : C_PRIMARY, wanted);
	if (value == INT64_MIN)
		text_add(em->out, "(-9223372036854775807ll - 1)");
	else
		text_format(em->out, value > INT32_MAX || value <= INT32_MIN ? "%lldll" : "%lld", value);
	close_bracket(em, bracket);
}

/* ---- index arithmetic --------------------------------------------------------------------------------------------- */

static void look_for_data(const hdt_expr *e, void *closure)
{
	bool *found = closure;
	*found |= e->op == HDT_OP_LOAD || (e->dtype != HDT_I64 && e->dtype != HDT_BOOL);
}

bool c_is_index(const emitter *em, const hdt_expr *e)
{
	if (e->dtype != HDT_I64)
		return false;
	int64_t min, max;
	if (e->op == HDT_OP_VARIABLE) {
		const hdt_expr *definition = map_get(&em->definitions, e);
		return !definition || c_is_index(em, definition);
	}
	if (hdt_bounds(e, &min, &max) && min > INT64_MIN && max < INT64_MAX)
		return true;
	bool data = false;
	expr_walk(e, look_for_data, &data);
	if (data)
		return false;
	for (int i = 0; i < e->count; i++)
		if (e->op != HDT_OP_AXIS && e->args[i]->op != HDT_OP_CONST && !c_is_index(em, e->args[i]))
			return false;
	return true;
}

bool c_divides_plainly(const emitter *em, const hdt_expr *x, const hdt_expr *y)
{
	int64_t min, max;
	if (x->dtype != HDT_I64)
		return false;
	for (int i = em->lets.count; i-- > 0;) /* a let may use those before it */
		x = hdt_substitute(x, &em->lets.items[i], &em->let_values.items[i], 1);
	return x && hdt_bounds(x, &min, &max) && min >= 0 && hdt_bounds(y, &min, &max) && min > 0;
}

/* ---- operations --------------------------------------------------------------------------------------------------- */

/* In a kernel: are the operands ints, and is the result none? Then the first operand is to be made wide. */
static bool must_widen(const emitter *em, const hdt_expr *e)
{
	if (e->dtype != HDT_I64 || c_is_narrow(em, e))
		return false;
	for (int i = 0; i < e->count; i++)
		if (!c_is_narrow(em, e->args[i]))
			return false;
	return true;
}

static void print_infix(emitter *em, int scope, const hdt_expr *e, infix op, int wanted)
{
	int left = op.precedence, right = op.precedence + 1;
	if (op.precedence <= C_COMPARE) { /* a reader wants brackets where C needs none: (a < b) & c */
		bool chain = e->args[0]->op == e->op && op.precedence <= C_BIT_AND;
		left = chain ? op.precedence : C_SUM;
		right = C_SUM;
	}
	const hdt_expr *second = e->args[1];
	bool bracket = open_bracket(em, op.precedence, wanted);
	if (must_widen(em, e)) {
		text_add(em->out, "(int64_t)");
		left = C_UNARY;
	}
	c_value(em, scope, e->args[0], left);
	if (e->op == HDT_OP_ADD && second->op == HDT_OP_CONST && second->dtype == HDT_I64 && second->integer < 0) {
		text_format(em->out, " - %llu", 0 - (unsigned long long)second->integer); /* i - 1, not i + -1 */
	} else {
		text_add(em->out, op.text);
		c_value(em, scope, second, right);
	}
	close_bracket(em, bracket);
}

static void print_prefix(emitter *em, int scope, const hdt_expr *operand, const char *op, int wanted)
{
	bool bracket = open_bracket(em, C_UNARY, wanted);
	text_add(em->out, op);
	c_value(em, scope, operand, op[0] == '-' ? C_PRIMARY : C_UNARY); /* no --x */
	close_bracket(em, bracket);
}

/* `operand` converted to `to`, whose arithmetic type the text has; from and to differ in it. `e`: the cast, if it is one. */
static void print_cast(emitter *em, int scope, const hdt_expr *operand, hdt_dtype to, const hdt_expr *e, int wanted)
{
	hdt_dtype from = compute_dtype(dtype_of(operand));
	if (to == HDT_F16 || to == HDT_BF16) {
		text_format(em->out, "hidet_cast_%s_f32(%s", hdt_dtype_of(to)->name, from == HDT_F32 ? "" : "(float)");
		c_value(em, scope, operand, from == HDT_F32 ? C_LOWEST : C_UNARY);
		text_add(em->out, ")");
	} else if (from == to || (to == HDT_I64 && e && c_is_narrow(em, e))) {
		c_value(em, scope, operand, wanted);
	} else if (to == HDT_BOOL) {
		bool bracket = open_bracket(em, C_COMPARE_EQUAL, wanted);
		c_value(em, scope, operand, C_COMPARE_EQUAL);
		text_add(em->out, " != 0");
		close_bracket(em, bracket);
	} else if (hdt_is_float(from) && !hdt_is_float(to)) {
		text_format(em->out, "hidet_cast_%s_%s(", hdt_dtype_of(to)->name, hdt_dtype_of(from)->name);
		c_value(em, scope, operand, C_LOWEST);
		text_add(em->out, ")");
	} else {
		bool bracket = open_bracket(em, C_UNARY, wanted);
		text_format(em->out, "(%s)", c_value_type(to));
		c_value(em, scope, operand, C_UNARY);
		close_bracket(em, bracket);
	}
}

/* hidet_max_f32(a, b); operands of another dtype than the function's are converted. */
static void print_call(emitter *em, int scope, const hdt_expr *e, hdt_dtype dtype)
{
	char name[32];
	size_t length = 0;
	for (const char *c = scalar_op_of((hdt_scalar_op)e->op)->name; *c && length + 1 < sizeof name; c++)
		name[length++] = (char)tolower((unsigned char)*c);
	name[length] = '\0';
	bool vector = c_is_vector(em, e);
	text_format(em->out, vector ? "hidet_v_%s_%s(" : "hidet_%s_%s(", name, hdt_dtype_of(dtype)->name);
	for (int i = 0; i < e->count; i++) {
		text_add(em->out, i ? ", " : "");
		if (vector)
			c_vector_operand(em, scope, e->args[i], C_LOWEST + 1);
		else
			print_cast(em, scope, e->args[i], dtype, NULL, C_LOWEST + 1);
	}
	text_add(em->out, ")");
}

/* `of` the select, in whose form the arm is to be. */
static void print_arm_value(emitter *em, int scope, const hdt_expr *e, const hdt_expr *of, int wanted)
{
	if (c_is_vector(em, of))
		c_vector_operand(em, scope, e, wanted);
	else
		c_value(em, scope, e, wanted);
}

static void print_arm(emitter *em, int scope, const hdt_expr *e, const hdt_expr *of, int wanted)
{
	size_t start = em->out->length;
	if (c_declare(em, scope, "; ") == 0) {
		print_arm_value(em, scope, e, of, wanted);
		return;
	}
	/* The locals were written where the statement expression must open: make room. */
	const char *locals = arena_string(&em->context->arena, em->out->data + start, em->out->length - start);
	if (!locals) {
		em->out->failed = true;
		return;
	}
	em->out->length = start;
	if (em->kernel) /* C++ has no statement expressions */
		text_format(em->out, "[&]() -> %s { %sreturn ", c_type_of(em, e), locals);
	else
		text_format(em->out, "({ %s", locals);
	print_arm_value(em, scope, e, of, C_LOWEST);
	text_add(em->out, em->kernel ? "; }()" : "; })");
}

static void print_select(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	bool by_lane = c_is_vector(em, e->args[0]), bracket = !by_lane && open_bracket(em, C_CONDITIONAL, wanted);
	if (by_lane)
		text_format(em->out, "hidet_v_select_%s(", hdt_is_float(dtype_of(e)) ? "f32" : "i32");
	c_value(em, scope, e->args[0], by_lane ? C_LOWEST + 1 : C_CONDITIONAL + 1);
	text_add(em->out, by_lane ? ", " : " ? ");
	print_arm(em, c_arm(em, scope, e, 0), e->args[1], e, C_CONDITIONAL + 1);
	text_add(em->out, by_lane ? ", " : " : ");
	print_arm(em, c_arm(em, scope, e, 1), e->args[2], e, C_CONDITIONAL);
	text_add(em->out, by_lane ? ")" : "");
	close_bracket(em, bracket);
}

static void print_load(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	hdt_dtype dtype = dtype_of(e);
	bool converted = dtype == HDT_F16 || dtype == HDT_BF16;
	bool bracket = open_bracket(em, dtype == HDT_BOOL ? C_COMPARE_EQUAL : C_PRIMARY, wanted);
	if (converted)
		text_format(em->out, "hidet_load_%s(", hdt_dtype_of(dtype)->name);
	c_element(em, scope, e->tensor, e->args);
	text_add(em->out, converted ? ")" : dtype == HDT_BOOL ? " != 0" : "");
	close_bracket(em, bracket);
}

/* hidet_<name>(operands) */
static void print_intrinsic(emitter *em, int scope, const hdt_expr *e)
{
	text_format(em->out, "hidet_%s(", e->intrinsic->name);
	for (int i = 0; i < e->count; i++) {
		int64_t elements;
		text_add(em->out, i ? ", " : "");
		if (intrinsic_use(e, i, &elements) == OPERAND_MAP)
			text_add(em->out, "&");
		else if (e->args[i]->dtype == HDT_I64 && c_is_narrow(em, e->args[i]) && e->args[i]->op != HDT_OP_CONST)
			text_add(em->out, "(int64_t)"); /* overloads go by type */
		c_value(em, scope, e->args[i], C_UNARY);
	}
	text_add(em->out, ")");
}

static void print_bounded(emitter *em, int scope, const hdt_expr *e)
{
	text_add(em->out, "hidet_bounded(rt, ");
	c_value(em, scope, e->args[0], C_LOWEST + 1);
	text_add(em->out, ", ");
	c_value(em, scope, e->args[1], C_LOWEST + 1);
	text_add(em->out, ")");
}

/* FLOORDIV and MOD of sizes and positions. */
static bool print_plain_division(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	if ((e->op != HDT_OP_FLOORDIV && e->op != HDT_OP_MOD) || !c_divides_plainly(em, e->args[0], e->args[1]))
		return false;
	print_infix(em, scope, e, (infix){e->op == HDT_OP_MOD ? " % " : " / ", C_PRODUCT}, wanted);
	return true;
}

/* Ops whose meaning for some dtypes is their operand, a constant or a prefix operator. */
static bool print_special(emitter *em, int scope, const hdt_expr *e, hdt_dtype dtype, int wanted)
{
	bool real = hdt_is_float(dtype);
	switch (e->op) {
	case HDT_OP_NOT:
		print_prefix(em, scope, e->args[0], "!", wanted);
		return true;
	case HDT_OP_NEG:
		if (!real && dtype != HDT_BOOL && !c_is_index(em, e))
			return false;
		if (dtype == HDT_BOOL)
			c_value(em, scope, e->args[0], wanted);
		else
			print_prefix(em, scope, e->args[0], must_widen(em, e) ? "-(int64_t)" : "-", wanted);
		return true;
	case HDT_OP_BIT_NOT:
		if (hdt_dtype_of(dtype)->bytes < 4 && dtype != HDT_BOOL) {
			text_format(em->out, "(%s)", c_value_type(dtype));
			wanted = C_LOWEST;
		}
		print_prefix(em, scope, e->args[0], dtype == HDT_BOOL ? "!" : "~", wanted);
		return true;
	case HDT_OP_FLOOR:
	case HDT_OP_CEIL:
	case HDT_OP_ROUND:
	case HDT_OP_TRUNC:
		if (!real)
			c_value(em, scope, e->args[0], wanted);
		return !real;
	case HDT_OP_ISNAN:
	case HDT_OP_ISINF:
	case HDT_OP_ISFINITE:
		if (!real)
			text_add(em->out, e->op == HDT_OP_ISFINITE ? "1" : "0");
		return !real;
	default:
		return false;
	}
}

/* What has no meaning of its own for bool is done on 0 and 1. */
static void print_bool_call(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	bool bracket = open_bracket(em, C_COMPARE_EQUAL, wanted);
	print_call(em, scope, e, HDT_U8);
	text_add(em->out, " != 0");
	close_bracket(em, bracket);
}

static void print_operation(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	/* The dtype that the operation works in: that of the operands, but for functions of floats given integers. */
	hdt_dtype dtype = compute_dtype(dtype_of(e->args[0]));
	if (hdt_is_float(dtype_of(e)))
		dtype = compute_dtype(dtype_of(e));
	infix op = of_any[e->op];
	if (e->op == HDT_OP_SHR && c_is_narrow(em, e))
		op = (infix){" >> ", C_SHIFT};
	if (!op.text && (hdt_is_float(dtype) || c_is_index(em, e)))
		op = of_numbers[e->op];
	if (!op.text && dtype == HDT_BOOL)
		op = of_bool[e->op];
	if (e->op == HDT_OP_DIV && !hdt_is_float(dtype_of(e->args[0]))) {
		bool bracket = open_bracket(em, C_PRODUCT, wanted);
		print_cast(em, scope, e->args[0], dtype, NULL, C_PRODUCT);
		text_add(em->out, op.text);
		print_cast(em, scope, e->args[1], dtype, NULL, C_UNARY);
		close_bracket(em, bracket);
	} else if (op.text) {
		print_infix(em, scope, e, op, wanted);
	} else if (!print_special(em, scope, e, dtype, wanted) && !print_plain_division(em, scope, e, wanted)) {
		if (dtype == HDT_BOOL)
			print_bool_call(em, scope, e, wanted);
		else
			print_call(em, scope, e, dtype);
	}
}

void c_value(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	if (hdt_context_status(em->context) != HDT_OK)
		return;
	if (em->out->length - em->statement_start > LARGEST_STATEMENT) {
		hdt_fail(em->context, HDT_UNSUPPORTED, "program @%s: a statement takes more than %d MiB of C",
		         em->program->name, LARGEST_STATEMENT >> 20);
		return;
	}
	int local = c_local(em, scope, e);
	if (local) {
		text_format(em->out, "t%d", local);
		return;
	}
	if (c_vector_value(em, scope, e, wanted))
		return;
	switch (e->op) {
	case HDT_OP_CONST:
		if (hdt_is_float(dtype_of(e)))
			print_real(em, e, wanted);
		else
			print_integer(em, e, wanted);
		break;
	case HDT_OP_SYMBOL:
	case HDT_OP_AXIS:
	case HDT_OP_VARIABLE:
		text_add(em->out, c_name(em, e->name));
		break;
	case HDT_OP_LOAD:
		print_load(em, scope, e, wanted);
		break;
	case HDT_OP_ADDRESS:
		text_add(em->out, "&");
		c_element(em, scope, e->tensor, e->args);
		break;
	case HDT_OP_CALL:
		print_intrinsic(em, scope, e);
		break;
	case HDT_OP_SELECT:
		print_select(em, scope, e, wanted);
		break;
	case HDT_OP_CAST:
		print_cast(em, scope, e->args[0], dtype_of(e), e, wanted);
		break;
	case HDT_OP_BOUNDED:
		print_bounded(em, scope, e);
		break;
	case HDT_OP_REDUCE:
	case HDT_OP_ARG_REDUCE:
	case HDT_OP_READ:
		hdt_fail(em->context, HDT_INTERNAL, "program @%s: a '%s' reached the emitter", em->program->name,
		         scalar_op_of((hdt_scalar_op)e->op)->text);
		break;
	default:
		print_operation(em, scope, e, wanted);
	}
}
