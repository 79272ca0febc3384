/* simplify.c: what a node about to be made is simplified to: constant folding, and the rules that hold for every dtype,
 * for bool and for floats. Rules of integers are in simplify_integer.c.
 *
 * A rule is one line of comment over its body. Floats are never reassociated, and nothing is assumed of NaN, infinities
 * and the sign of zero: a rule of floats is exact or does not exist. Functions that a C library computes with an error
 * of its own are not folded, so that the same input gives the same text on every machine. */
#include "ir/node.h"
#include <math.h>

const hdt_expr *apply_rules(rule *const *rules, int room, const hdt_expr *const *args)
{
	const hdt_expr *simpler = NULL;
	for (int i = 0; i < room && rules[i] && !simpler; i++)
		simpler = rules[i](args);
	return simpler;
}

static bool is_real_constant(const hdt_expr *e, double value)
{
	return is_constant(e) && hdt_is_float(dtype_of(e)) && e->real == value && signbit(e->real) == signbit(value);
}

static const hdt_expr *truth(const hdt_expr *like, bool value)
{
	scalar v = {.i = value};
	return expr_constant(like->context, HDT_BOOL, v);
}

/* ---- constants ---- */

static bool is_folded(hdt_scalar_op op, hdt_dtype operand)
{
	if (op <= HDT_OP_ARG_REDUCE)
		return false;
	bool function = scalar_op_of(op)->result == OP_RESULT_FLOAT && op != HDT_OP_DIV && op != HDT_OP_SQRT &&
	                op != HDT_OP_RSQRT && op != HDT_OP_FMA;
	return !function && !(op == HDT_OP_POW && hdt_is_float(operand));
}

/* An i64 that wrapped is a constant of its own, so that no size is made of it by mistake. */
static const hdt_expr *wrapped_constant(hdt_context *context, scalar value)
{
	hdt_expr node = {.op = HDT_OP_CONST, .dtype = HDT_I64, .integer = value.i, .serial = 1};
	return expr_intern(context, &node, NULL, 0);
}

/* op(constants) -> constant, unless a 16-bit float could not hold it: those are rounded only by a cast or a store. */
static const hdt_expr *fold(hdt_scalar_op op, hdt_dtype dtype, const hdt_expr *const *args, int count)
{
	scalar values[3];
	hdt_dtype operand = dtype_of(args[op == HDT_OP_SELECT ? 1 : 0]);
	bool ok = true, wrapped = false;
	if (count > 3 || !is_folded(op, operand))
		return NULL;
	for (int i = 0; i < count; i++) {
		if (!is_constant(args[i]))
			return NULL;
		values[i] = expr_value(args[i]);
		wrapped |= args[i]->serial != 0;
	}
	scalar v = scalar_apply(op, operand, dtype, values, &ok);
	if (!ok)
		return NULL;
	if (dtype == HDT_I64 && (wrapped || scalar_overflows(op, values)))
		return wrapped_constant(args[0]->context, v);
	if ((dtype == HDT_F16 || dtype == HDT_BF16) && !isnan(v.f) && scalar_cast(v, HDT_F32, dtype).f != v.f)
		return NULL;
	return expr_constant(args[0]->context, dtype, v);
}

/* ---- every dtype ---- */

/* min(x, x) -> x and the like */
RULE(same_operands)
{
	return a[0] == a[1] ? a[0] : NULL;
}

/* abs(abs(x)) -> abs(x) and the like; the caller gives the op by its operand */
static const hdt_expr *idempotent(hdt_scalar_op op, const hdt_expr *x)
{
	return scalar_op_of(op)->arity == 1 && scalar_op_has(op, 'i') && is_op(x, op) ? x : NULL;
}

/* -(-x) -> x */
RULE(negate_twice)
{
	return is_op(a[0], HDT_OP_NEG) ? a[0]->args[0] : NULL;
}

/* abs(-x) -> abs(x), of signed dtypes */
RULE(absolute_of_negated)
{
	return hdt_dtype_of(dtype_of(a[0]))->kind != HDT_KIND_UINT && is_op(a[0], HDT_OP_NEG)
	           ? hdt_unary(HDT_OP_ABS, a[0]->args[0])
	           : NULL;
}

/* select(true, x, y) -> x;  select(c, x, x) -> x */
RULE(select_known)
{
	if (is_constant(a[0]))
		return a[0]->integer ? a[1] : a[2];
	return a[1] == a[2] ? a[1] : NULL;
}

/* select(!c, x, y) -> select(c, y, x) */
RULE(select_negated)
{
	return is_op(a[0], HDT_OP_NOT) ? hdt_select(a[0]->args[0], a[2], a[1]) : NULL;
}

/* select(c, true, false) -> c;  select(c, false, true) -> !c */
RULE(select_of_truths)
{
	if (a[1]->dtype != HDT_BOOL || !is_constant(a[1]) || !is_constant(a[2]))
		return NULL;
	return a[1]->integer ? a[0] : hdt_not(a[0]);
}

/* select(c, select(c, x, y), z) -> select(c, x, z), and so in the other arm */
RULE(select_same_condition)
{
	if (is_op(a[1], HDT_OP_SELECT) && a[1]->args[0] == a[0])
		return hdt_select(a[0], a[1]->args[1], a[2]);
	if (is_op(a[2], HDT_OP_SELECT) && a[2]->args[0] == a[0])
		return hdt_select(a[0], a[1], a[2]->args[2]);
	return NULL;
}

/* ---- bool ---- */

/* max, +, | of bools -> ||   (so that `max(k < 7` in a text always begins a reduction) */
RULE(as_or)
{
	return hdt_or(a[0], a[1]);
}

/* min, *, & of bools -> && */
RULE(as_and)
{
	return hdt_and(a[0], a[1]);
}

/* -, ^ of bools -> != */
RULE(as_differ)
{
	return hdt_binary(HDT_OP_NE, a[0], a[1]);
}

/* ~ of bool -> ! */
RULE(as_not)
{
	return hdt_not(a[0]);
}

/* -, abs, sign of bool -> the same */
RULE(as_itself)
{
	return a[0];
}

/* x && true -> x;  x && false -> false;  x && !x -> false */
RULE(and_known)
{
	for (int i = 0; i < 2; i++) {
		if (is_constant(a[i]))
			return a[i]->integer ? a[1 - i] : a[i];
		if (is_op(a[i], HDT_OP_NOT) && a[i]->args[0] == a[1 - i])
			return truth(a[0], false);
	}
	return NULL;
}

/* x || true -> true;  x || false -> x;  x || !x -> true */
RULE(or_known)
{
	for (int i = 0; i < 2; i++) {
		if (is_constant(a[i]))
			return a[i]->integer ? a[i] : a[1 - i];
		if (is_op(a[i], HDT_OP_NOT) && a[i]->args[0] == a[1 - i])
			return truth(a[0], true);
	}
	return NULL;
}

/* (x && y) && y -> x && y, and with || */
static const hdt_expr *already_there(hdt_scalar_op op, const hdt_expr *const *a)
{
	return is_op(a[0], op) && (a[0]->args[0] == a[1] || a[0]->args[1] == a[1]) ? a[0] : NULL;
}
RULE(and_again)
{
	return already_there(HDT_OP_AND, a);
}
RULE(or_again)
{
	return already_there(HDT_OP_OR, a);
}

/* !!x -> x;  !(x == y) -> x != y;  !(x != y) -> x == y;  !(x < y) -> y <= x of integers */
RULE(not_of)
{
	const hdt_expr *x = a[0];
	bool integers = x->count == 2 && !hdt_is_float(dtype_of(x->args[0]));
	switch (x->op) {
	case HDT_OP_NOT:
		return x->args[0];
	case HDT_OP_EQ:
		return hdt_binary(HDT_OP_NE, x->args[0], x->args[1]);
	case HDT_OP_NE:
		return hdt_equal(x->args[0], x->args[1]);
	case HDT_OP_LT:
		return integers ? hdt_less_equal(x->args[1], x->args[0]) : NULL;
	case HDT_OP_LE:
		return integers ? hdt_less(x->args[1], x->args[0]) : NULL;
	default:
		return NULL;
	}
}

/* x == true -> x;  x == false -> !x;  x == x -> true */
RULE(bool_equal)
{
	if (is_constant(a[1]))
		return a[1]->integer ? a[0] : hdt_not(a[0]);
	return a[0] == a[1] ? truth(a[0], true) : NULL;
}

/* x != false -> x;  x != true -> !x;  x != x -> false */
RULE(bool_differ)
{
	if (is_constant(a[1]))
		return a[1]->integer ? hdt_not(a[0]) : a[0];
	return a[0] == a[1] ? truth(a[0], false) : NULL;
}

/* ---- floats ---- */

/* x * 1 -> x;  x * -1 -> -x */
RULE(float_mul_one)
{
	return is_real_constant(a[1], 1) ? a[0] : is_real_constant(a[1], -1) ? hdt_neg(a[0]) : NULL;
}

/* x / 1 -> x */
RULE(float_div_one)
{
	return is_real_constant(a[1], 1) ? a[0] : NULL;
}

/* x - 0 -> x;  and x + -0 -> x: exact, x + 0 is not for x = -0 */
RULE(float_sub_zero)
{
	return is_real_constant(a[1], 0) ? a[0] : NULL;
}
RULE(float_add_minus_zero)
{
	return is_real_constant(a[1], -0.0) ? a[0] : NULL;
}

/* pow(x, 1) -> x */
RULE(float_pow_one)
{
	return is_real_constant(a[1], 1) ? a[0] : NULL;
}

static rule *const every_rules[HDT_OP_COUNT][4] = {
	[HDT_OP_MIN] = {same_operands},
	[HDT_OP_MAX] = {same_operands},
	[HDT_OP_AND] = {same_operands},
	[HDT_OP_OR] = {same_operands},
	[HDT_OP_BIT_AND] = {same_operands},
	[HDT_OP_BIT_OR] = {same_operands},
	[HDT_OP_NEG] = {negate_twice},
	[HDT_OP_ABS] = {absolute_of_negated},
	[HDT_OP_SELECT] = {select_known, select_negated, select_of_truths, select_same_condition},
};

static rule *const bool_rules[HDT_OP_COUNT][3] = {
	[HDT_OP_ADD] = {as_or},
	[HDT_OP_MAX] = {as_or},
	[HDT_OP_BIT_OR] = {as_or},
	[HDT_OP_MUL] = {as_and},
	[HDT_OP_MIN] = {as_and},
	[HDT_OP_BIT_AND] = {as_and},
	[HDT_OP_SUB] = {as_differ},
	[HDT_OP_BIT_XOR] = {as_differ},
	[HDT_OP_BIT_NOT] = {as_not},
	[HDT_OP_NEG] = {as_itself},
	[HDT_OP_ABS] = {as_itself},
	[HDT_OP_SIGN] = {as_itself},
	[HDT_OP_AND] = {and_known, and_again},
	[HDT_OP_OR] = {or_known, or_again},
	[HDT_OP_NOT] = {not_of},
	[HDT_OP_EQ] = {bool_equal},
	[HDT_OP_NE] = {bool_differ},
};

static rule *const float_rules[HDT_OP_COUNT][2] = {
	[HDT_OP_ADD] = {float_add_minus_zero}, [HDT_OP_SUB] = {float_sub_zero}, [HDT_OP_MUL] = {float_mul_one},
	[HDT_OP_DIV] = {float_div_one},        [HDT_OP_POW] = {float_pow_one},
};

/* Floats and integers of unary tests: isnan and its like are known of integers, rounding them changes nothing. */
static const hdt_expr *integer_as_float(hdt_scalar_op op, const hdt_expr *x)
{
	switch (op) {
	case HDT_OP_FLOOR:
	case HDT_OP_CEIL:
	case HDT_OP_ROUND:
	case HDT_OP_TRUNC:
		return x;
	case HDT_OP_ISNAN:
	case HDT_OP_ISINF:
		return truth(x, false);
	case HDT_OP_ISFINITE:
		return truth(x, true);
	default:
		return NULL;
	}
}

/* A lone constant goes to the right: 3 + x -> x + 3. Not under min and max of floats, where -0 and 0 tell the order. */
static bool is_swapped(hdt_scalar_op op, const hdt_expr *const *args)
{
	bool extreme = op == HDT_OP_MIN || op == HDT_OP_MAX;
	return scalar_op_has(op, 'c') && is_constant(args[0]) && !is_constant(args[1]) &&
	       !(extreme && hdt_is_float(dtype_of(args[0])));
}

const hdt_expr *simplify_operation(hdt_scalar_op op, hdt_dtype dtype, const hdt_expr *const *args, int count)
{
	const hdt_expr *x = args[op == HDT_OP_SELECT ? 1 : 0];
	const hdt_expr *simpler = fold(op, dtype, args, count);
	if (!simpler && count == 2 && is_swapped(op, args))
		return hdt_binary(op, args[1], args[0]);
	if (!simpler && count == 1)
		simpler = idempotent(op, x);
	if (!simpler)
		simpler = apply_rules(every_rules[op], 4, args);
	if (simpler)
		return simpler;
	if (hdt_is_float(dtype_of(x)))
		return apply_rules(float_rules[op], 2, args);
	if (count == 1 && (simpler = integer_as_float(op, x)))
		return simpler;
	return x->dtype == HDT_BOOL ? apply_rules(bool_rules[op], 3, args) : simplify_integer(op, args);
}

/* ---- casts ---- */

/* Does every value of `from` come back unchanged from `to`? */
static bool is_lossless(hdt_dtype from, hdt_dtype to)
{
	static const int mantissa[HDT_DTYPE_COUNT] = {[HDT_F16] = 11, [HDT_BF16] = 8, [HDT_F32] = 24, [HDT_F64] = 53};
	const hdt_dtype_info *f = hdt_dtype_of(from), *t = hdt_dtype_of(to);
	int bits = f->kind == HDT_KIND_BOOL ? 1 : f->bytes * 8 - (f->kind == HDT_KIND_INT);
	switch (t->kind) {
	case HDT_KIND_BOOL:
		return from == HDT_BOOL;
	case HDT_KIND_UINT:
		return f->kind <= HDT_KIND_UINT && bits <= t->bytes * 8;
	case HDT_KIND_INT:
		return f->kind <= HDT_KIND_INT && bits <= t->bytes * 8 - 1;
	default:
		return f->kind == HDT_KIND_FLOAT ? from == to || to == HDT_F64 || (to == HDT_F32 && from != HDT_F64)
		                                 : bits <= mantissa[to];
	}
}

/* 16-bit floats: is the value one of the dtype already, or only to be rounded to it when stored? */
static bool is_rounded(const hdt_expr *x)
{
	return (x->dtype != HDT_F16 && x->dtype != HDT_BF16) || x->op == HDT_OP_LOAD || x->op == HDT_OP_CONST ||
	       x->op == HDT_OP_CAST;
}

const hdt_expr *simplify_cast(const hdt_expr *x, hdt_dtype dtype)
{
	/* f32(f32 x) -> x */
	if (x->dtype == dtype)
		return x;
	/* f32(constant) -> constant */
	if (is_constant(x))
		return expr_constant(x->context, dtype, scalar_cast(expr_value(x), dtype_of(x), dtype));
	/* i32(i64(x)) -> i32(x) when i64 holds every x */
	if (is_op(x, HDT_OP_CAST)) {
		const hdt_expr *inner = x->args[0];
		if (is_lossless(dtype_of(inner), dtype_of(x)) && (inner->dtype != dtype || is_rounded(inner)))
			return hdt_cast(inner, dtype);
	}
	return NULL;
}

/* ---- reductions ---- */

/* Do all axes run at least once? */
static bool runs(const hdt_expr *const *axes, int count)
{
	for (int i = 0; i < count; i++)
		if (!proves_at_least(axes[i]->args[0], 1))
			return false;
	return true;
}

/* sum of an integer constant -> constant * number of elements */
static const hdt_expr *count_elements(const hdt_expr *prototype, const hdt_expr *constant, const hdt_expr *const *axes,
                                      int count)
{
	const hdt_expr *total = hdt_cast(constant, HDT_I64);
	for (int i = 0; i < count; i++) {
		if (!proves_at_least(axes[i]->args[0], 0) || expr_contains_op(axes[i]->args[0], HDT_OP_AXIS))
			return NULL;
		total = hdt_mul(total, axes[i]->args[0]);
	}
	return hdt_cast(total, (hdt_dtype)prototype->dtype);
}

const hdt_expr *simplify_reduce(const hdt_expr *prototype, const hdt_expr *const *args, int count)
{
	const hdt_expr *value = args[0];
	if (!is_constant(value))
		return NULL;
	bool integer = hdt_is_integer(dtype_of(value)) && hdt_is_integer((hdt_dtype)prototype->dtype);
	switch (prototype->reduce) {
	case HDT_REDUCE_SUM:
		if (integer)
			return count_elements(prototype, value, args + 1, count - 1);
		return hdt_is_float(dtype_of(value)) && value->real == 0
		           ? hdt_number(value->context, (hdt_dtype)prototype->dtype, 0)
		           : NULL;
	case HDT_REDUCE_MAX:
	case HDT_REDUCE_MIN:
	case HDT_REDUCE_ALL:
	case HDT_REDUCE_ANY:
		return runs(args + 1, count - 1) ? hdt_cast(value, (hdt_dtype)prototype->dtype) : NULL;
	default:
		return NULL;
	}
}
