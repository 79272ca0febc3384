/* simplify_division.c: rules of // and % of integers: how index arithmetic of reshapes comes apart.
 *
 * They rest on x = d*q + r with floor division; the sums taken apart must not wrap (facts.exact). The main rule splits
 * the terms of x into multiples of the divisor and the rest:
 *     (i*64 + j) // 64 -> i        (i*64 + j) % 64 -> j           where 0 <= j < 64
 *     (i*4 + j) // 8   -> i // 2   (i*4 + j) % 8   -> i%2*4 + j   where 0 <= j < 4
 *     (i*m + j) // m   -> i        for a symbol m, when j is an axis over m or m is at least 1 */
#include "ir/node.h"

enum { MAX_TERMS = 16, MAX_FACTOR_DEPTH = 8 };

/* e / d without remainder for every value, or NULL. */
static const hdt_expr *divide_exactly(const hdt_expr *e, const hdt_expr *d, int depth)
{
	const hdt_expr *q;
	if (e == d)
		return integer_like(e, 1);
	if (is_constant(e)) {
		bool divides = is_constant(d) && d->integer > 0 && e->integer % d->integer == 0;
		return divides ? integer_like(e, e->integer / d->integer) : is_integer_constant(e, 0) ? e : NULL;
	}
	if (depth == 0)
		return NULL;
	if (is_op(d, HDT_OP_MUL) && facts_of(d)->exact && (q = divide_exactly(e, d->args[0], depth - 1)))
		return divide_exactly(q, d->args[1], depth - 1);
	if (is_op(e, HDT_OP_NEG) && facts_of(e)->exact)
		return (q = divide_exactly(e->args[0], d, depth - 1)) ? hdt_neg(q) : NULL;
	if (!is_op(e, HDT_OP_MUL) || !facts_of(e)->exact)
		return NULL;
	if ((q = divide_exactly(e->args[1], d, depth - 1)))
		return hdt_mul(e->args[0], q);
	return (q = divide_exactly(e->args[0], d, depth - 1)) ? hdt_mul(q, e->args[1]) : NULL;
}

/* The terms of a sum, with signs, in order. */
typedef struct addends {
	int count;
	const hdt_expr *terms[MAX_TERMS];
	bool minus[MAX_TERMS];
} addends;

static bool collect(const hdt_expr *sum, addends *out)
{
	out->count = 0;
	for (; is_op(sum, HDT_OP_ADD) || is_op(sum, HDT_OP_SUB); sum = sum->args[0]) {
		if (!facts_of(sum)->exact || out->count == MAX_TERMS - 1)
			return false;
		out->minus[out->count] = is_op(sum, HDT_OP_SUB);
		out->terms[out->count++] = sum->args[1];
	}
	out->minus[out->count] = false;
	out->terms[out->count++] = sum;
	for (int i = 0, j = out->count - 1; i < j; i++, j--) {
		const hdt_expr *term = out->terms[i];
		bool minus = out->minus[i];
		out->terms[i] = out->terms[j], out->minus[i] = out->minus[j];
		out->terms[j] = term, out->minus[j] = minus;
	}
	return true;
}

/* x = d * quotient + rest; false when no term is a multiple of d. */
typedef struct split {
	const hdt_expr *quotient, *rest;
} split;

static const hdt_expr *accumulate(const hdt_expr *sum, const hdt_expr *term, bool minus)
{
	return minus ? hdt_sub(sum, term) : hdt_add(sum, term);
}

static bool is_exact_sum(const hdt_expr *e)
{
	return !(is_op(e, HDT_OP_ADD) || is_op(e, HDT_OP_SUB)) || facts_of(e)->exact;
}

static bool split_multiples(const addends *x, const hdt_expr *d, split *out)
{
	int multiples = 0;
	out->quotient = out->rest = integer_like(d, 0);
	for (int i = 0; i < x->count; i++) {
		const hdt_expr *q = divide_exactly(x->terms[i], d, MAX_FACTOR_DEPTH);
		if (q)
			out->quotient = accumulate(out->quotient, q, x->minus[i]);
		else
			out->rest = accumulate(out->rest, x->terms[i], x->minus[i]);
		multiples += q != NULL;
		if (!out->quotient || !out->rest || !is_exact_sum(out->quotient) || !is_exact_sum(out->rest))
			return false;
	}
	return multiples > 0;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a < 0 ? -a : a;
}

/* Is d >= 1 wherever `x` is evaluated? Also when a term of x is an axis over d: then it runs. */
static bool is_positive(const hdt_expr *d, const addends *x)
{
	if (proves_at_least(d, 1))
		return true;
	for (int i = 0; i < x->count; i++)
		if (is_op(x->terms[i], HDT_OP_AXIS) && hdt_proves_equal(x->terms[i]->args[0], d))
			return true;
	return false;
}

/* Find g dividing d = g * k such that x = g * quotient + rest with 0 <= rest < g. */
static bool split_by_factor(const addends *x, const hdt_expr *d, split *out, const hdt_expr **g, const hdt_expr **k)
{
	for (int i = 0; i < x->count && is_constant(d); i++) {
		int64_t coefficient;
		split_coefficient(x->terms[i], &coefficient);
		int64_t factor = coefficient > INT64_MIN ? common_divisor(d->integer, coefficient) : 1;
		if (factor <= 1 || factor == d->integer)
			continue;
		*g = integer_like(d, factor);
		*k = integer_like(d, d->integer / factor);
		if (*g && *k && split_multiples(x, *g, out) && proves_below(out->rest, *g))
			return true;
	}
	for (int i = 0; i < 2 && is_op(d, HDT_OP_MUL) && facts_of(d)->exact; i++) {
		*g = d->args[i];
		*k = d->args[1 - i];
		if (proves_at_least(*g, 0) && split_multiples(x, *g, out) && proves_below(out->rest, *g))
			return true;
	}
	return false;
}

/* x // 1 -> x;  x // 0 -> 0;  0 // y -> 0;  x // -1 -> -x */
RULE(divide_by_unit)
{
	if (is_integer_constant(a[1], 1))
		return a[0];
	if (is_integer_constant(a[1], 0) || is_integer_constant(a[0], 0))
		return integer_like(a[0], 0);
	return is_integer_constant(a[1], -1) && hdt_dtype_of(dtype_of(a[1]))->kind == HDT_KIND_INT ? hdt_neg(a[0]) : NULL;
}

/* x // c -> q where the range of x lies between two multiples of c */
static bool constant_quotient(const hdt_expr *x, const hdt_expr *y, int64_t *quotient)
{
	const expr_facts *f = facts_of(x);
	if (!f->known || !is_constant(y) || y->integer <= 0)
		return false;
	int64_t c = y->integer, low = f->min / c - (f->min % c < 0), high = f->max / c - (f->max % c < 0);
	*quotient = low;
	return low == high;
}
RULE(divide_small)
{
	int64_t quotient;
	if (constant_quotient(a[0], a[1], &quotient))
		return integer_like(a[0], quotient);
	/* x // y -> 0 where 0 <= x < y;  x // x -> 1 where x >= 1 */
	if (a[0] == a[1] && proves_at_least(a[0], 1))
		return integer_like(a[0], 1);
	return proves_below(a[0], a[1]) ? integer_like(a[0], 0) : NULL;
}

/* (x // b) // c -> x // (b * c) for positive constants */
RULE(divide_twice)
{
	int64_t product;
	if (!is_op(a[0], HDT_OP_FLOORDIV) || !is_constant(a[1]) || !is_constant(a[0]->args[1]))
		return NULL;
	int64_t b = a[0]->args[1]->integer, c = a[1]->integer;
	if (b <= 0 || c <= 0 || __builtin_mul_overflow(b, c, &product))
		return NULL;
	const hdt_expr *divisor = integer_like(a[1], product);
	return divisor && divisor->integer == product ? hdt_floordiv(a[0]->args[0], divisor) : NULL;
}

/* (q*d + r) // d -> q + r // d, d > 0 */
RULE(divide_sum)
{
	addends x;
	split s;
	if (!collect(a[0], &x) || !is_positive(a[1], &x) || !split_multiples(&x, a[1], &s))
		return NULL;
	return hdt_add(s.quotient, hdt_floordiv(s.rest, a[1]));
}

/* (q*g + r) // (g*k) -> q // k where 0 <= r < g, and k >= 0 */
RULE(divide_sum_by_factor)
{
	addends x;
	split s;
	const hdt_expr *g, *k;
	if (!proves_at_least(a[1], 0) || !collect(a[0], &x) || !split_by_factor(&x, a[1], &s, &g, &k) ||
	    !proves_at_least(k, 0))
		return NULL;
	return hdt_floordiv(s.quotient, k);
}

/* x % 1 -> 0;  x % 0 -> 0;  0 % y -> 0;  x % x -> 0;  x % -1 -> 0 */
RULE(remainder_of_unit)
{
	bool zero = is_integer_constant(a[1], 1) || is_integer_constant(a[1], 0) || is_integer_constant(a[0], 0) ||
	            a[0] == a[1] || (is_integer_constant(a[1], -1) && hdt_dtype_of(dtype_of(a[1]))->kind == HDT_KIND_INT);
	return zero ? integer_like(a[0], 0) : NULL;
}

/* x % c -> x - q*c where the quotient is known;  x % y -> x where 0 <= x < y */
RULE(remainder_small)
{
	int64_t quotient, product;
	if (constant_quotient(a[0], a[1], &quotient) && !__builtin_mul_overflow(quotient, a[1]->integer, &product))
		return hdt_sub(a[0], integer_like(a[0], product));
	return proves_below(a[0], a[1]) ? a[0] : NULL;
}

/* (x % (b*c)) % c -> x % c for positive constants */
RULE(remainder_twice)
{
	if (!is_op(a[0], HDT_OP_MOD) || !is_constant(a[1]) || !is_constant(a[0]->args[1]))
		return NULL;
	int64_t c = a[1]->integer, bc = a[0]->args[1]->integer;
	return c > 0 && bc > 0 && bc % c == 0 ? hdt_mod(a[0]->args[0], a[1]) : NULL;
}

/* (q*d + r) % d -> r % d, d > 0 */
RULE(remainder_of_sum)
{
	addends x;
	split s;
	if (!collect(a[0], &x) || !is_positive(a[1], &x) || !split_multiples(&x, a[1], &s))
		return NULL;
	return hdt_mod(s.rest, a[1]);
}

/* (q*g + r) % (g*k) -> q%k * g + r where 0 <= r < g, and k > 0 */
RULE(remainder_of_sum_by_factor)
{
	addends x, q;
	split s;
	const hdt_expr *g, *k;
	if (!proves_at_least(a[1], 0) || !collect(a[0], &x) || x.count < 2 || !split_by_factor(&x, a[1], &s, &g, &k) ||
	    !collect(s.quotient, &q) || !is_positive(k, &q))
		return NULL;
	return hdt_add(hdt_mul(hdt_mod(s.quotient, k), g), s.rest);
}

enum { ROOM = 5 };

const hdt_expr *simplify_floordiv(const hdt_expr *const *args)
{
	static rule *const rules[ROOM] = {divide_by_unit, divide_small, divide_twice, divide_sum, divide_sum_by_factor};
	return apply_rules(rules, ROOM, args);
}

const hdt_expr *simplify_mod(const hdt_expr *const *args)
{
	static rule *const rules[ROOM] = {remainder_of_unit, remainder_small, remainder_twice, remainder_of_sum,
	                                  remainder_of_sum_by_factor};
	return apply_rules(rules, ROOM, args);
}
