/* simplify_integer.c: rules for integer operands.
 *
 * Integers wrap, so the rules of sums and products hold for every width. Rules of order rest on ranges (bounds.c). The
 * canonical form: constants to the right and gathered, sums and products leaning left, x - c of signed written x + -c,
 * like terms joined. */
#include "ir/node.h"

enum { REACH = 8 }; /* terms of a sum that a rule looks at */

const hdt_expr *integer_like(const hdt_expr *e, int64_t value)
{
	scalar v = {.i = value};
	return expr_constant(e->context, dtype_of(e), v);
}

static int64_t wrapping_multiply(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t wrapping_negate(int64_t a)
{
	return (int64_t)(0 - (uint64_t)a);
}

static bool is_signed(const hdt_expr *e)
{
	return hdt_dtype_of(dtype_of(e))->kind == HDT_KIND_INT;
}

static const hdt_expr *truth(const hdt_expr *like, bool value)
{
	scalar v = {.i = value};
	return expr_constant(like->context, HDT_BOOL, v);
}

/* ---- sums ---- */

const hdt_expr *split_coefficient(const hdt_expr *e, int64_t *coefficient)
{
	*coefficient = 1;
	if (is_op(e, HDT_OP_MUL) && is_constant(e->args[1])) {
		*coefficient = e->args[1]->integer;
		return e->args[0];
	}
	if (is_op(e, HDT_OP_NEG)) {
		*coefficient = -1;
		return e->args[0];
	}
	return e;
}

static const hdt_expr *scaled(const hdt_expr *base, int64_t coefficient)
{
	return hdt_mul(base, integer_like(base, coefficient));
}

static bool is_sum(const hdt_expr *e)
{
	return is_op(e, HDT_OP_ADD) || is_op(e, HDT_OP_SUB);
}

/* Is `e` a sum of so many terms that it is left as it is? */
static bool is_long_sum(const hdt_expr *e)
{
	int terms = 1;
	for (; is_sum(e) && terms <= REACH; e = e->args[0])
		terms++;
	return terms > REACH;
}

/* `sum` + base * coefficient, if one of its last terms has this base; else NULL. */
static const hdt_expr *merge_term(const hdt_expr *sum, const hdt_expr *base, int64_t coefficient, int reach)
{
	int64_t there;
	bool last = !is_sum(sum);
	const hdt_expr *term = last ? sum : sum->args[1];
	if (split_coefficient(term, &there) == base) {
		there = is_op(sum, HDT_OP_SUB) ? wrapping_negate(there) : there;
		const hdt_expr *total = scaled(base, (int64_t)((uint64_t)there + (uint64_t)coefficient));
		return last ? total : hdt_add(sum->args[0], total);
	}
	const hdt_expr *rest = last || reach == 0 ? NULL : merge_term(sum->args[0], base, coefficient, reach - 1);
	return rest ? hdt_binary((hdt_scalar_op)sum->op, rest, term) : NULL;
}

/* x + 0 -> x, x - 0 -> x, and with <<, >>, | and ^ */
RULE(right_zero)
{
	return is_integer_constant(a[1], 0) ? a[0] : NULL;
}

/* (x + c) + d -> x + (c + d) */
RULE(add_constants)
{
	if (!is_constant(a[1]) || !is_op(a[0], HDT_OP_ADD) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_add(a[0]->args[0], hdt_add(a[0]->args[1], a[1]));
}

/* (c - x) + d -> (c + d) - x */
RULE(add_to_constant_minus)
{
	if (!is_constant(a[1]) || !is_op(a[0], HDT_OP_SUB) || !is_constant(a[0]->args[0]))
		return NULL;
	return hdt_sub(hdt_add(a[0]->args[0], a[1]), a[0]->args[1]);
}

/* (x + c) + y -> (x + y) + c */
RULE(add_constant_last)
{
	if (is_constant(a[1]) || !is_op(a[0], HDT_OP_ADD) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_add(hdt_add(a[0]->args[0], a[1]), a[0]->args[1]);
}

/* (c - x) + y -> (y - x) + c */
RULE(add_after_constant_minus)
{
	if (!is_op(a[0], HDT_OP_SUB) || !is_constant(a[0]->args[0]) || is_constant(a[1]))
		return NULL;
	return hdt_add(hdt_sub(a[1], a[0]->args[1]), a[0]->args[0]);
}

/* x + (y + z) -> (x + y) + z;  x + (y - z) -> (x + y) - z */
RULE(add_lean_left)
{
	if (!is_sum(a[1]) || is_long_sum(a[1]))
		return NULL;
	return hdt_binary((hdt_scalar_op)a[1]->op, hdt_add(a[0], a[1]->args[0]), a[1]->args[1]);
}

/* x + -y -> x - y;  x + y * -c -> x - y * c */
RULE(add_negative)
{
	int64_t c;
	const hdt_expr *base = split_coefficient(a[1], &c);
	return base != a[1] && is_signed(base) && c < 0 && c != INT64_MIN ? hdt_sub(a[0], scaled(base, -c)) : NULL;
}

/* -x + y -> y - x */
RULE(add_to_negative)
{
	return is_op(a[0], HDT_OP_NEG) && !is_constant(a[1]) ? hdt_sub(a[1], a[0]->args[0]) : NULL;
}

/* x*c + y + x*d -> x*(c + d) + y */
RULE(add_like_terms)
{
	int64_t c;
	const hdt_expr *base = split_coefficient(a[1], &c);
	return is_constant(a[1]) ? NULL : merge_term(a[0], base, c, REACH);
}

/* Is `quotient` x // b for the digit x % b? Also when x is itself p // d: then it is p // (d*b). */
static bool is_quotient_of(const hdt_expr *quotient, const hdt_expr *digit)
{
	const hdt_expr *x = digit->args[0], *b = digit->args[1];
	if (!is_op(quotient, HDT_OP_FLOORDIV))
		return false;
	if (quotient->args[0] == x)
		return hdt_proves_equal(quotient->args[1], b);
	return is_op(x, HDT_OP_FLOORDIV) && quotient->args[0] == x->args[0] && proves_at_least(x->args[1], 1) &&
	       hdt_proves_equal(quotient->args[1], hdt_mul(x->args[1], b));
}

/* Is `high` q * b * scale, q being the quotient of the digit x % b? */
static bool is_higher_digit(const hdt_expr *high, const hdt_expr *digit, int64_t scale)
{
	int64_t coefficient;
	const hdt_expr *b = digit->args[1], *base = split_coefficient(high, &coefficient);
	if (is_constant(b))
		return coefficient == wrapping_multiply(b->integer, scale) && is_quotient_of(base, digit);
	return coefficient == scale && is_op(base, HDT_OP_MUL) &&
	       ((base->args[1] == b && is_quotient_of(base->args[0], digit)) ||
	        (base->args[0] == b && is_quotient_of(base->args[1], digit)));
}

/* (x // b) * b * s + (x % b) * s -> x * s, in either order, for b at least 1 */
RULE(add_digits)
{
	int64_t scale;
	for (int low = 0; low < 2; low++) {
		const hdt_expr *digit = split_coefficient(a[low], &scale), *sum = a[1 - low];
		if (!is_op(digit, HDT_OP_MOD) || !proves_at_least(digit->args[1], 1))
			continue;
		if (is_higher_digit(sum, digit, scale))
			return scaled(digit->args[0], scale);
		if (is_op(sum, HDT_OP_ADD) && is_higher_digit(sum->args[1], digit, scale))
			return hdt_add(sum->args[0], scaled(digit->args[0], scale));
	}
	return NULL;
}

/* x - c -> x + -c; unsigned keep it, for the sake of their range */
RULE(sub_constant)
{
	return is_constant(a[1]) && is_signed(a[1]) ? hdt_add(a[0], integer_like(a[1], wrapping_negate(a[1]->integer)))
	                                            : NULL;
}

/* 0 - x -> -x */
RULE(sub_from_zero)
{
	return is_integer_constant(a[0], 0) ? hdt_neg(a[1]) : NULL;
}

/* x - -y -> x + y;  x - y * -c -> x + y * c */
RULE(sub_negative)
{
	int64_t c;
	const hdt_expr *base = split_coefficient(a[1], &c);
	return base != a[1] && is_signed(base) && c < 0 && c != INT64_MIN ? hdt_add(a[0], scaled(base, -c)) : NULL;
}

/* (x + c) - y -> (x - y) + c */
RULE(sub_constant_last)
{
	if (!is_op(a[0], HDT_OP_ADD) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_add(hdt_sub(a[0]->args[0], a[1]), a[0]->args[1]);
}

/* x - (y + z) -> (x - y) - z;  x - (y - z) -> (x - y) + z */
RULE(sub_lean_left)
{
	if (!is_sum(a[1]) || is_long_sum(a[1]))
		return NULL;
	return hdt_binary(is_op(a[1], HDT_OP_ADD) ? HDT_OP_SUB : HDT_OP_ADD, hdt_sub(a[0], a[1]->args[0]), a[1]->args[1]);
}

/* x*c + y - x*d -> x*(c - d) + y */
RULE(sub_like_terms)
{
	int64_t c;
	const hdt_expr *base = split_coefficient(a[1], &c);
	return is_constant(a[1]) ? NULL : merge_term(a[0], base, wrapping_negate(c), REACH);
}

/* x - (x // c) * c -> x % c, c not 0 */
RULE(sub_multiple)
{
	int64_t c;
	const hdt_expr *quotient = split_coefficient(a[1], &c);
	if (!is_op(quotient, HDT_OP_FLOORDIV) || quotient->args[0] != a[0] || c == 0 ||
	    !is_integer_constant(quotient->args[1], c))
		return NULL;
	return hdt_mod(a[0], quotient->args[1]);
}

/* -(x * c) -> x * -c;  -(x - y) -> y - x;  -(x + c) -> -c - x */
RULE(neg_inside)
{
	const hdt_expr *x = a[0];
	if (is_op(x, HDT_OP_MUL) && is_constant(x->args[1]))
		return scaled(x->args[0], wrapping_negate(x->args[1]->integer));
	if (is_op(x, HDT_OP_SUB))
		return hdt_sub(x->args[1], x->args[0]);
	if (is_op(x, HDT_OP_ADD) && is_constant(x->args[1]))
		return hdt_sub(integer_like(x, wrapping_negate(x->args[1]->integer)), x->args[0]);
	return NULL;
}

/* ---- products ---- */

/* x * 0 -> 0, x & 0 -> 0 */
RULE(times_zero)
{
	return is_integer_constant(a[1], 0) ? a[1] : NULL;
}

/* x * 1 -> x, x truncdiv 1 -> x, pow(x, 1) -> x */
RULE(right_one)
{
	return is_integer_constant(a[1], 1) ? a[0] : NULL;
}

/* x * -1 -> -x */
RULE(mul_minus_one)
{
	return is_integer_constant(a[1], -1) ? hdt_neg(a[0]) : NULL;
}

/* (x * c) * d -> x * (c * d) */
RULE(mul_constants)
{
	if (!is_constant(a[1]) || !is_op(a[0], HDT_OP_MUL) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_mul(a[0]->args[0], hdt_mul(a[0]->args[1], a[1]));
}

/* (x + c) * d -> x * d + c * d;  -x * d -> x * -d */
RULE(mul_over_constant)
{
	if (!is_constant(a[1]))
		return NULL;
	if (is_op(a[0], HDT_OP_ADD) && is_constant(a[0]->args[1]))
		return hdt_add(hdt_mul(a[0]->args[0], a[1]), hdt_mul(a[0]->args[1], a[1]));
	if (is_op(a[0], HDT_OP_NEG) && is_signed(a[0]))
		return hdt_mul(a[0]->args[0], integer_like(a[1], wrapping_negate(a[1]->integer)));
	return NULL;
}

/* (x * c) * y -> (x * y) * c */
RULE(mul_constant_last)
{
	if (is_constant(a[1]) || !is_op(a[0], HDT_OP_MUL) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_mul(hdt_mul(a[0]->args[0], a[1]), a[0]->args[1]);
}

/* x * (y * z) -> (x * y) * z */
RULE(mul_lean_left)
{
	int factors = 0;
	for (const hdt_expr *e = a[1]; is_op(e, HDT_OP_MUL) && factors <= REACH; e = e->args[0])
		factors++;
	if (factors == 0 || factors > REACH)
		return NULL;
	return hdt_mul(hdt_mul(a[0], a[1]->args[0]), a[1]->args[1]);
}

/* truncdiv(x, y) -> x // y and fmod(x, y) -> x % y where neither is negative */
static bool same_as_floor(const hdt_expr *const *a)
{
	return proves_at_least(a[0], 0) && proves_at_least(a[1], 0);
}
RULE(truncdiv_as_floordiv)
{
	return same_as_floor(a) ? hdt_floordiv(a[0], a[1]) : NULL;
}
RULE(fmod_as_mod)
{
	return same_as_floor(a) ? hdt_mod(a[0], a[1]) : NULL;
}

/* ---- order ---- */

typedef enum order { UNKNOWN, BELOW, NOT_ABOVE, SAME, NOT_BELOW, ABOVE, DIFFERENT } order;

static order order_by_range(int64_t xmin, int64_t xmax, int64_t ymin, int64_t ymax)
{
	if (xmax < ymin)
		return BELOW;
	if (xmin > ymax)
		return ABOVE;
	if (xmin == xmax && ymin == ymax && xmin == ymin)
		return SAME;
	return xmax <= ymin ? NOT_ABOVE : xmin >= ymax ? NOT_BELOW : UNKNOWN;
}

/* What is proved of x beside y: by their ranges, by their forms, and for sizes by the range of x - y, where common
 * terms vanish. */
static order order_of(const hdt_expr *x, const hdt_expr *y)
{
	const expr_facts *fx = facts_of(x), *fy = facts_of(y);
	if (x == y)
		return SAME;
	if (!fx->known || !fy->known)
		return UNKNOWN;
	order found = order_by_range(fx->min, fx->max, fy->min, fy->max);
	if (found != UNKNOWN || is_constant(x) || is_constant(y) || !fx->size || !fy->size)
		return found;
	if (proves_below(x, y))
		return BELOW;
	if (proves_below(y, x))
		return ABOVE;
	const hdt_expr *difference = hdt_sub(x, y);
	if (!difference || !facts_of(difference)->known)
		return UNKNOWN;
	return order_by_range(facts_of(difference)->min, facts_of(difference)->max, 0, 0);
}

/* x < y, x <= y known by order */
RULE(less_known)
{
	switch (order_of(a[0], a[1])) {
	case BELOW:
		return truth(a[0], true);
	case SAME:
	case NOT_BELOW:
	case ABOVE:
		return truth(a[0], false);
	default:
		return NULL;
	}
}
/* x + 1 <= y and x <= y - 1 where x < y */
static bool proves_step_below(const hdt_expr *x, const hdt_expr *y)
{
	if (is_op(x, HDT_OP_ADD) && is_integer_constant(x->args[1], 1) && facts_of(x)->exact)
		return proves_below(x->args[0], y);
	return is_op(y, HDT_OP_ADD) && is_integer_constant(y->args[1], -1) && facts_of(y)->exact &&
	       proves_below(x, y->args[0]);
}
RULE(less_equal_known)
{
	if (proves_step_below(a[0], a[1]))
		return truth(a[0], true);
	switch (order_of(a[0], a[1])) {
	case BELOW:
	case NOT_ABOVE:
	case SAME:
		return truth(a[0], true);
	case ABOVE:
		return truth(a[0], false);
	default:
		return NULL;
	}
}

/* x == y, x != y known by order */
static const hdt_expr *equality(const hdt_expr *const *a, bool equal)
{
	order found = order_of(a[0], a[1]);
	if (found == SAME || hdt_proves_equal(a[0], a[1]))
		return truth(a[0], equal);
	return found == BELOW || found == ABOVE ? truth(a[0], !equal) : NULL;
}
RULE(equal_known)
{
	return equality(a, true);
}
RULE(differ_known)
{
	return equality(a, false);
}

/* x + c == d -> x == d - c, and with != */
static const hdt_expr *move_constant(hdt_scalar_op op, const hdt_expr *const *a)
{
	if (!is_constant(a[1]) || !is_op(a[0], HDT_OP_ADD) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_binary(op, a[0]->args[0], hdt_sub(a[1], a[0]->args[1]));
}
RULE(equal_move_constant)
{
	return move_constant(HDT_OP_EQ, a);
}
RULE(differ_move_constant)
{
	return move_constant(HDT_OP_NE, a);
}

/* x + c < d -> x < d - c, c < x + d -> c - d < x where nothing wraps, and with <= */
static const hdt_expr *move_constant_across(hdt_scalar_op op, const hdt_expr *const *a)
{
	for (int side = 0; side < 2; side++) {
		const hdt_expr *sum = a[side], *limit = a[1 - side];
		int64_t moved;
		if (!is_constant(limit) || !is_op(sum, HDT_OP_ADD) || !is_constant(sum->args[1]) || !is_signed(sum) ||
		    !facts_of(sum)->exact || __builtin_sub_overflow(limit->integer, sum->args[1]->integer, &moved))
			continue;
		const hdt_expr *constant = integer_like(limit, moved);
		if (constant && constant->integer == moved)
			return side == 0 ? hdt_binary(op, sum->args[0], constant) : hdt_binary(op, constant, sum->args[0]);
	}
	return NULL;
}
RULE(less_move_constant)
{
	return move_constant_across(HDT_OP_LT, a);
}
RULE(less_equal_move_constant)
{
	return move_constant_across(HDT_OP_LE, a);
}

/* min(x, y) -> the smaller one, when known; max likewise */
RULE(min_known)
{
	order found = order_of(a[0], a[1]);
	return found == BELOW || found == NOT_ABOVE                    ? a[0]
	       : found == ABOVE || found == NOT_BELOW || found == SAME ? a[1]
	                                                               : NULL;
}
RULE(max_known)
{
	order found = order_of(a[0], a[1]);
	return found == BELOW || found == NOT_ABOVE                    ? a[1]
	       : found == ABOVE || found == NOT_BELOW || found == SAME ? a[0]
	                                                               : NULL;
}

/* min(min(x, c), d) -> min(x, min(c, d)), and with max */
static const hdt_expr *join_extremes(hdt_scalar_op op, const hdt_expr *const *a)
{
	if (!is_constant(a[1]) || !is_op(a[0], op) || !is_constant(a[0]->args[1]))
		return NULL;
	return hdt_binary(op, a[0]->args[0], hdt_binary(op, a[0]->args[1], a[1]));
}
RULE(min_constants)
{
	return join_extremes(HDT_OP_MIN, a);
}
RULE(max_constants)
{
	return join_extremes(HDT_OP_MAX, a);
}

/* abs(x) -> x where x >= 0 */
RULE(abs_known)
{
	return proves_at_least(a[0], 0) ? a[0] : NULL;
}

/* sign(x) -> 1 where x >= 1 */
RULE(sign_known)
{
	return proves_at_least(a[0], 1) ? integer_like(a[0], 1) : NULL;
}

/* bounded(i, n) -> i where 0 <= i < n is proved;  bounded(bounded(i, n), n) -> bounded(i, n) */
RULE(bounded_known)
{
	if (is_op(a[0], HDT_OP_BOUNDED) && a[0]->args[1] == a[1])
		return a[0];
	return proves_below(a[0], a[1]) ? a[0] : NULL;
}

/* ---- bits ---- */

/* x & -1 -> x */
RULE(and_all_bits)
{
	const hdt_expr *all = integer_like(a[0], -1);
	return all == a[1] ? a[0] : NULL;
}

/* x ^ x -> 0 */
RULE(xor_itself)
{
	return a[0] == a[1] ? integer_like(a[0], 0) : NULL;
}

/* ~~x -> x */
RULE(complement_twice)
{
	return is_op(a[0], HDT_OP_BIT_NOT) ? a[0]->args[0] : NULL;
}

enum { ROOM = 10 };

static rule *const rules[HDT_OP_COUNT][ROOM] = {
	[HDT_OP_ADD] = {right_zero, add_constants, add_to_constant_minus, add_constant_last, add_lean_left, add_like_terms,
                    add_after_constant_minus, add_digits, add_negative, add_to_negative},
	[HDT_OP_SUB] = {right_zero, sub_constant, sub_from_zero, sub_multiple, sub_lean_left, sub_like_terms,
                    sub_constant_last, sub_negative},
	[HDT_OP_NEG] = {neg_inside},
	[HDT_OP_MUL] = {times_zero, right_one, mul_minus_one, mul_constants, mul_over_constant, mul_constant_last,
                    mul_lean_left},
	[HDT_OP_FLOORDIV] = {simplify_floordiv},
	[HDT_OP_MOD] = {simplify_mod},
	[HDT_OP_TRUNCDIV] = {right_one, truncdiv_as_floordiv},
	[HDT_OP_FMOD] = {fmod_as_mod},
	[HDT_OP_POW] = {right_one},
	[HDT_OP_MIN] = {min_known, min_constants},
	[HDT_OP_MAX] = {max_known, max_constants},
	[HDT_OP_LT] = {less_known, less_move_constant},
	[HDT_OP_LE] = {less_equal_known, less_equal_move_constant},
	[HDT_OP_EQ] = {equal_known, equal_move_constant},
	[HDT_OP_NE] = {differ_known, differ_move_constant},
	[HDT_OP_ABS] = {abs_known},
	[HDT_OP_SIGN] = {sign_known},
	[HDT_OP_BOUNDED] = {bounded_known},
	[HDT_OP_BIT_AND] = {times_zero, and_all_bits},
	[HDT_OP_BIT_OR] = {right_zero},
	[HDT_OP_BIT_XOR] = {right_zero, xor_itself},
	[HDT_OP_BIT_NOT] = {complement_twice},
	[HDT_OP_SHL] = {right_zero},
	[HDT_OP_SHR] = {right_zero},
};

const hdt_expr *simplify_integer(hdt_scalar_op op, const hdt_expr *const *args)
{
	return apply_rules(rules[op], ROOM, args);
}
