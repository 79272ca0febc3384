/* bounds.c: ranges of integer and bool expressions by interval arithmetic, and the two proofs built on them.
 *
 * Facts are computed once, when a node is made, from those of its operands: nothing here descends an expression without
 * a limit. A range is never too narrow. How overflow is judged is told at expr_facts. */
#include "ir/node.h"

#define SIZE_CONSTANT_LIMIT (INT64_C(1) << 32) /* a larger factor is data (a hash, a mask), not a size */

typedef struct range {
	int64_t min, max;
} range;

/* Smallest and largest value of a dtype; false when they do not both fit int64_t or it is a float. */
static bool range_of_dtype(hdt_dtype dtype, int64_t *min, int64_t *max)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	int bits = info->bytes * 8;
	switch (info->kind) {
	case HDT_KIND_BOOL:
		*min = 0, *max = 1;
		return true;
	case HDT_KIND_UINT:
		*min = 0, *max = bits < 64 ? (INT64_C(1) << bits) - 1 : INT64_MAX;
		return bits < 64;
	case HDT_KIND_INT:
		*max = bits < 64 ? (INT64_C(1) << (bits - 1)) - 1 : INT64_MAX;
		*min = -*max - 1;
		return true;
	default:
		return false;
	}
}

/* Saturating arithmetic; `over` is set where the true result does not fit. */
static int64_t add(int64_t a, int64_t b, bool *over)
{
	int64_t r;
	if (!__builtin_add_overflow(a, b, &r))
		return r;
	*over = true;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t subtract(int64_t a, int64_t b, bool *over)
{
	int64_t r;
	if (!__builtin_sub_overflow(a, b, &r))
		return r;
	*over = true;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t multiply(int64_t a, int64_t b, bool *over)
{
	int64_t r;
	if (!__builtin_mul_overflow(a, b, &r))
		return r;
	*over = true;
	return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	if (b == -1)
		return a == INT64_MIN ? INT64_MAX : -a;
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static void widen(range *r, int64_t v)
{
	r->min = v < r->min ? v : r->min;
	r->max = v > r->max ? v : r->max;
}

static range corners(range a, range b, int64_t (*apply)(int64_t, int64_t, bool *), bool *over)
{
	range r = {INT64_MAX, INT64_MIN};
	widen(&r, apply(a.min, b.min, over));
	widen(&r, apply(a.min, b.max, over));
	widen(&r, apply(a.max, b.min, over));
	widen(&r, apply(a.max, b.max, over));
	return r;
}

static range negated(range a, bool *over)
{
	range r = {subtract(0, a.max, over), subtract(0, a.min, over)};
	return r;
}

static range absolute(range a, bool *over)
{
	range n = negated(a, over);
	range r = {a.min > 0 ? a.min : a.max < 0 ? n.min : 0, n.max > a.max ? n.max : a.max};
	return r;
}

/* x // y: y's positive and negative values one after the other; y = 0 gives 0. */
static range divided(range x, range y, bool *over)
{
	range r = {INT64_MAX, INT64_MIN};
	range halves[2] = {{y.min > 1 ? y.min : 1, y.max}, {y.min, y.max < -1 ? y.max : -1}};
	*over |= x.min == INT64_MIN && y.min <= -1 && y.max >= -1;
	for (int h = 0; h < 2; h++) {
		if (halves[h].min > halves[h].max)
			continue;
		widen(&r, floor_divide(x.min, halves[h].min));
		widen(&r, floor_divide(x.min, halves[h].max));
		widen(&r, floor_divide(x.max, halves[h].min));
		widen(&r, floor_divide(x.max, halves[h].max));
	}
	if (y.min <= 0 && y.max >= 0)
		widen(&r, 0);
	return r;
}

/* x % y has the sign of y and is nearer to 0; y = 0 gives 0. x may be anything. */
static range remainder_of(const range *x, range y)
{
	range r = {y.min < 0 ? y.min + 1 : 0, y.max > 0 ? y.max - 1 : 0};
	if (x && x->min >= 0 && y.min >= 0 && x->max < r.max)
		r.max = x->max;
	return r;
}

/* fmod(x, y) has the sign of x and is nearer to 0 than both. */
static range truncated_remainder(range x, range y)
{
	bool over = false;
	int64_t limit = absolute(y, &over).max;
	limit = limit > 0 && !over ? limit - 1 : limit;
	range r = {x.min < -limit ? -limit : x.min, x.max > limit ? limit : x.max};
	widen(&r, 0);
	return r;
}

static range truncated_quotient(range x, range y, bool *over)
{
	*over |= x.min == INT64_MIN && y.min <= -1 && y.max >= -1;
	int64_t limit = absolute(x, over).max;
	range r = {x.min >= 0 && y.min >= 0 ? 0 : -limit, limit};
	return r;
}

/* The least 2^k - 1 that is not below. */
static int64_t all_bits(int64_t value)
{
	for (int step = 1; step < 64; step *= 2)
		value |= value >> step;
	return value;
}

/* x & y is not above those of the two that are not negative. */
static bool common_bits(range x, range y, range *out)
{
	if (x.min < 0 && y.min < 0)
		return false;
	out->min = 0;
	out->max = x.min < 0 ? y.max : y.min < 0 ? x.max : x.max < y.max ? x.max : y.max;
	return true;
}

static int64_t shift_left(int64_t a, int64_t by, bool *over)
{
	return multiply(a, INT64_C(1) << by, over);
}

static int64_t shift_right(int64_t a, int64_t by, bool *over)
{
	(void)over;
	return floor_divide(a, INT64_C(1) << by);
}

/* The range of a leaf, or of a node whose operands do not matter. */
static bool leaf_range(const hdt_expr *e, range *out)
{
	int64_t extent = INT64_MAX;
	switch (e->op) {
	case HDT_OP_CONST:
		out->min = out->max = e->integer;
		return hdt_is_integer(dtype_of(e)) || dtype_of(e) == HDT_BOOL;
	case HDT_OP_SYMBOL:
		out->min = e->args[0]->integer;
		out->max = e->args[1]->integer;
		return true;
	case HDT_OP_VARIABLE:
		if (e->count == 2)
			out->min = e->args[0]->integer, out->max = e->args[1]->integer;
		return e->count == 2;
	case HDT_OP_AXIS:
	case HDT_OP_ARG_REDUCE:
	case HDT_OP_BOUNDED: {
		const hdt_expr *limit = e->args[e->op == HDT_OP_AXIS ? 0 : 1];
		limit = e->op == HDT_OP_ARG_REDUCE ? limit->args[0] : limit;
		if (facts_of(limit)->known)
			extent = facts_of(limit)->max;
		out->min = 0;
		out->max = extent > 1 ? extent - 1 : 0;
		return true;
	}
	case HDT_OP_SIGN:
		out->min = hdt_dtype_of(dtype_of(e))->kind == HDT_KIND_INT ? -1 : 0;
		out->max = 1;
		return hdt_is_integer(dtype_of(e)) || dtype_of(e) == HDT_BOOL;
	default:
		return false;
	}
}

/* The range of e's own operation on operands of these ranges; false when it has no rule. */
static bool operation_range(const hdt_expr *e, const range *a, range *out, bool *over)
{
	switch (e->op) {
	case HDT_OP_ADD:
		out->min = add(a[0].min, a[1].min, over);
		out->max = add(a[0].max, a[1].max, over);
		return true;
	case HDT_OP_SUB:
		out->min = subtract(a[0].min, a[1].max, over);
		out->max = subtract(a[0].max, a[1].min, over);
		return true;
	case HDT_OP_MUL:
		*out = corners(a[0], a[1], multiply, over);
		return true;
	case HDT_OP_NEG:
		*out = negated(a[0], over);
		return true;
	case HDT_OP_ABS:
		*out = absolute(a[0], over);
		return true;
	case HDT_OP_FLOORDIV:
		*out = divided(a[0], a[1], over);
		return true;
	case HDT_OP_MOD:
		*out = remainder_of(&a[0], a[1]);
		return true;
	case HDT_OP_TRUNCDIV:
		*out = truncated_quotient(a[0], a[1], over);
		return true;
	case HDT_OP_FMOD:
		*out = truncated_remainder(a[0], a[1]);
		return true;
	case HDT_OP_MIN:
		out->min = a[0].min < a[1].min ? a[0].min : a[1].min;
		out->max = a[0].max < a[1].max ? a[0].max : a[1].max;
		return true;
	case HDT_OP_MAX:
		out->min = a[0].min > a[1].min ? a[0].min : a[1].min;
		out->max = a[0].max > a[1].max ? a[0].max : a[1].max;
		return true;
	case HDT_OP_SELECT:
		*out = a[1];
		widen(out, a[2].min);
		widen(out, a[2].max);
		return true;
	case HDT_OP_BIT_AND:
		return common_bits(a[0], a[1], out);
	case HDT_OP_BIT_OR:
	case HDT_OP_BIT_XOR:
		if (a[0].min < 0 || a[1].min < 0)
			return false;
		out->min = e->op == HDT_OP_BIT_OR ? (a[0].min > a[1].min ? a[0].min : a[1].min) : 0;
		out->max = all_bits(a[0].max | a[1].max);
		return true;
	case HDT_OP_SHL:
	case HDT_OP_SHR:
		if (a[1].min < 0 || a[1].max >= hdt_dtype_of(dtype_of(e))->bytes * 8 || a[1].max > 62)
			return false;
		*out = corners(a[0], a[1], e->op == HDT_OP_SHL ? shift_left : shift_right, over);
		return true;
	case HDT_OP_CAST:
		*out = a[0];
		return true;
	default:
		return false;
	}
}

static bool is_size_operation(const hdt_expr *e)
{
	switch (e->op) {
	case HDT_OP_CONST:
		return e->integer <= SIZE_CONSTANT_LIMIT && e->integer >= -SIZE_CONSTANT_LIMIT;
	case HDT_OP_SYMBOL:
	case HDT_OP_AXIS:
	case HDT_OP_BOUNDED:
		return true;
	case HDT_OP_ADD:
	case HDT_OP_SUB:
	case HDT_OP_MUL:
	case HDT_OP_NEG:
	case HDT_OP_FLOORDIV:
	case HDT_OP_MOD:
	case HDT_OP_MIN:
	case HDT_OP_MAX:
		for (int i = 0; i < e->count; i++)
			if (!facts_of(e->args[i])->size)
				return false;
		return true;
	case HDT_OP_SELECT:
		return facts_of(e->args[1])->size && facts_of(e->args[2])->size;
	default:
		return false;
	}
}

/* Ranges of the operands; false when one of them is not known. */
static bool operand_ranges(const hdt_expr *e, range out[3])
{
	if (e->count > 3)
		return false;
	for (int i = 0; i < e->count; i++) {
		const expr_facts *f = facts_of(e->args[i]);
		if (!f->known)
			return false;
		out[i].min = f->min;
		out[i].max = f->max;
	}
	return true;
}

/* x % y and x & y where only one operand is known. */
static bool half_known_range(const hdt_expr *e, range *out)
{
	for (int i = 0; (e->op == HDT_OP_MOD || e->op == HDT_OP_BIT_AND) && i < 2; i++) {
		range known = {facts_of(e->args[i])->min, facts_of(e->args[i])->max}, any = {INT64_MIN, INT64_MAX};
		if (!facts_of(e->args[i])->known || (e->op == HDT_OP_MOD && i == 0))
			continue;
		if (e->op == HDT_OP_MOD)
			*out = remainder_of(NULL, known);
		return e->op == HDT_OP_MOD || common_bits(any, known, out);
	}
	return false;
}

void facts_compute(const hdt_expr *e, expr_facts *facts)
{
	hdt_dtype dtype = dtype_of(e);
	range r = {0, 0}, limits = {0, 0}, operands[3];
	*facts = (expr_facts){0};
	if (hdt_is_float(dtype) || dtype == HDT_DTYPE_NONE)
		return;
	facts->size = dtype == HDT_I64 && is_size_operation(e);
	bool bounded = range_of_dtype(dtype, &limits.min, &limits.max);
	bool over = false;
	facts->known = leaf_range(e, &r) || (operand_ranges(e, operands) && operation_range(e, operands, &r, &over));
	if (!facts->known && dtype != HDT_U64)
		facts->known = half_known_range(e, &r);
	over |= facts->known && (r.min < limits.min || r.max > limits.max);
	facts->exact = facts->known && !over;
	if (over && facts->size)
		facts->exact = true;
	else if (!facts->exact) {
		facts->known = bounded && dtype != HDT_I64;
		r = limits;
	}
	/* Nothing known of an i64 is the same as its full range, unless the range says that it cannot wrap. */
	facts->min = r.min;
	facts->max = r.max;
}

bool hdt_bounds(const hdt_expr *e, int64_t *min, int64_t *max)
{
	if (!e || !facts_of(e)->known)
		return false;
	*min = facts_of(e)->min;
	*max = facts_of(e)->max;
	return true;
}

bool proves_at_least(const hdt_expr *x, int64_t least)
{
	return facts_of(x)->known && facts_of(x)->min >= least;
}

/* Is x < limit because of what x is? */
static bool below_by_form(const hdt_expr *x, const hdt_expr *limit)
{
	switch (x->op) {
	case HDT_OP_AXIS:
		return hdt_proves_equal(x->args[0], limit);
	case HDT_OP_BOUNDED:
		return hdt_proves_equal(x->args[1], limit);
	case HDT_OP_MOD:
		return proves_at_least(limit, 1) && hdt_proves_equal(x->args[1], limit);
	default:
		return false;
	}
}

enum { MAX_DIGITS = HDT_MAX_RANK };

static bool below(const hdt_expr *x, const hdt_expr *limit, int digits);

/* (a*k + b) < e*k where a < e and b < k, all of them non-negative. */
static bool below_by_digits(const hdt_expr *x, const hdt_expr *limit, int digits)
{
	if (digits == 0 || !is_op(x, HDT_OP_ADD) || !is_op(limit, HDT_OP_MUL) || !is_op(x->args[0], HDT_OP_MUL))
		return false;
	const hdt_expr *high = x->args[0], *low = x->args[1];
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			if (hdt_proves_equal(high->args[i], limit->args[j]))
				return below(low, high->args[i], digits - 1) &&
				       below(high->args[1 - i], limit->args[1 - j], digits - 1);
	return false;
}

static bool below(const hdt_expr *x, const hdt_expr *limit, int digits)
{
	const expr_facts *fx = facts_of(x), *fl = facts_of(limit);
	if (x->dtype != limit->dtype || !fx->known || fx->min < 0)
		return false;
	return (fl->known && fx->max < fl->min) || below_by_form(x, limit) || below_by_digits(x, limit, digits);
}

bool proves_below(const hdt_expr *x, const hdt_expr *limit)
{
	return below(x, limit, MAX_DIGITS);
}

int64_t hdt_size_estimate(const hdt_expr *size)
{
	int64_t value, min, max;
	if (hdt_is_const(size, &value))
		return value;
	if (!hdt_bounds(size, &min, &max))
		return 64;
	return max < 64 ? max : min > 64 ? min : 64;
}
