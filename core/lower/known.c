/* known.c: conditions decided by those around them: see known.h.
 *
 * a < b is compared with each c < d that holds: b - a is d - c and a rest, and d - c is at least 1, so when the rest is proved to
 * be at least 0, a < b holds too. Common terms of the two differences vanish in the rest. */
#include "lower/known.h"
#include "lower/edit.h"

enum { REACH = 24 }; /* conditions that are looked at, innermost first */

void known_init(known *k, hdt_context *context)
{
	*k = (known){.context = context};
	map_init(&k->definitions, context);
}

static const hdt_expr *definition_of(const hdt_expr *e, void *closure)
{
	const known *k = closure;
	return e->op == HDT_OP_VARIABLE ? map_get(&k->definitions, e) : NULL;
}

static const hdt_expr *expanded(known *k, const hdt_expr *e)
{
	return k->definitions.count ? expr_map(e, definition_of, k) : e;
}

void known_define(known *k, const hdt_expr *variable, const hdt_expr *value)
{
	const hdt_expr *meaning = edit_is_fleeting(value) ? NULL : expanded(k, value);
	if (meaning)
		(void)map_set(&k->definitions, variable, (void *)(uintptr_t)meaning); /* a failure is a fault of the context */
}

/* c <= x // k  ->  c * k <= x    and    x // k < c  ->  x < c * k, for constants and k > 0 */
static const hdt_expr *without_division(const hdt_expr *fact)
{
	bool least = fact->op == HDT_OP_LE, most = fact->op == HDT_OP_LT;
	if (!least && !most)
		return fact;
	const hdt_expr *limit = fact->args[least ? 0 : 1], *quotient = fact->args[least ? 1 : 0];
	int64_t c, k, product;
	if (!hdt_is_const(limit, &c) || quotient->op != HDT_OP_FLOORDIV || quotient->dtype != HDT_I64 ||
	    !hdt_is_const(quotient->args[1], &k) || k <= 0 || __builtin_mul_overflow(c, k, &product))
		return fact;
	const hdt_expr *x = quotient->args[0], *moved = hdt_int(fact->context, product);
	return least ? hdt_less_equal(moved, x) : hdt_less(x, moved);
}

/* Both parts of a && that holds, or of a || that does not. */
static void assume_parts(known *k, const hdt_expr *condition, bool holds, int depth)
{
	const hdt_scalar_op joined = holds ? HDT_OP_AND : HDT_OP_OR;
	if (condition->op == HDT_OP_NOT && depth > 0) {
		assume_parts(k, condition->args[0], !holds, depth - 1);
	} else if (condition->op == joined && depth > 0) {
		assume_parts(k, condition->args[0], holds, depth - 1);
		assume_parts(k, condition->args[1], holds, depth - 1);
	} else {
		const hdt_expr *fact = holds ? condition : hdt_not(condition);
		fact = fact ? without_division(fact) : NULL;
		if (fact && fact->op != HDT_OP_CONST)
			(void)vec_push(k->context, &k->conditions, fact);
	}
}

void known_assume(known *k, const hdt_expr *condition, bool holds)
{
	const hdt_expr *meaning = edit_is_fleeting(condition) ? NULL : expanded(k, condition);
	if (meaning)
		assume_parts(k, meaning, holds, REACH);
}

/* ---- deciding ----------------------------------------------------------------------------------------------------- */

/* A comparison of integers whose difference fits i64. */
static bool is_compared(const hdt_expr *e)
{
	bool compares = e->op == HDT_OP_LT || e->op == HDT_OP_LE || e->op == HDT_OP_EQ || e->op == HDT_OP_NE;
	return compares && hdt_is_integer((hdt_dtype)e->args[0]->dtype) && e->args[0]->dtype != HDT_U64;
}

/* e - d as it is when nothing wraps; NULL when that is not certain. */
static const hdt_expr *difference(const hdt_expr *e, const hdt_expr *d)
{
	int64_t min, max;
	const hdt_expr *x = hdt_cast(e, HDT_I64), *y = hdt_cast(d, HDT_I64);
	return hdt_bounds(x, &min, &max) && hdt_bounds(y, &min, &max) ? hdt_sub(x, y) : NULL;
}

/* Is to - from at least `least`, because the fact holds? */
static bool follows(const hdt_expr *fact, const hdt_expr *from, const hdt_expr *to, int64_t least)
{
	int64_t min, max;
	if (!is_compared(fact) || fact->op == HDT_OP_EQ || fact->op == HDT_OP_NE)
		return false;
	const hdt_expr *rest = hdt_sub(difference(to, from), difference(fact->args[1], fact->args[0]));
	return rest && hdt_bounds(rest, &min, &max) && min >= least - (fact->op == HDT_OP_LT);
}

static truth decide_by(const hdt_expr *fact, const hdt_expr *condition, const hdt_expr *opposite)
{
	if (fact == condition)
		return TRUTH_HOLDS;
	if (fact == opposite)
		return TRUTH_FAILS;
	if (!is_compared(condition))
		return TRUTH_UNKNOWN;
	const hdt_expr *x = condition->args[0], *y = condition->args[1];
	switch (condition->op) {
	case HDT_OP_LT:
		return follows(fact, x, y, 1) ? TRUTH_HOLDS : follows(fact, y, x, 0) ? TRUTH_FAILS : TRUTH_UNKNOWN;
	case HDT_OP_LE:
		return follows(fact, x, y, 0) ? TRUTH_HOLDS : follows(fact, y, x, 1) ? TRUTH_FAILS : TRUTH_UNKNOWN;
	default:
		if (!follows(fact, x, y, 1) && !follows(fact, y, x, 1))
			return TRUTH_UNKNOWN;
		return condition->op == HDT_OP_NE ? TRUTH_HOLDS : TRUTH_FAILS;
	}
}

truth known_decide(known *k, const hdt_expr *condition)
{
	int64_t value;
	truth found = TRUTH_UNKNOWN;
	if (!k->conditions.count && !k->definitions.count)
		return found;
	const hdt_expr *meaning = edit_is_fleeting(condition) ? NULL : expanded(k, condition);
	if (hdt_is_const(meaning, &value))
		return value ? TRUTH_HOLDS : TRUTH_FAILS;
	const hdt_expr *opposite = meaning && k->conditions.count ? hdt_not(meaning) : NULL;
	for (int i = k->conditions.count - 1, left = REACH; opposite && i >= 0 && left > 0 && !found; i--, left--)
		found = decide_by(k->conditions.items[i], meaning, opposite);
	return found;
}
