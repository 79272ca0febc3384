/* equal.c: hdt_proves_equal: integer expressions as polynomials.
 *
 * An expression becomes a sum of coefficient * product of atoms, an atom being whatever is not a sum, difference,
 * product or constant. Integers wrap, so this is exact: the coefficients are kept modulo 2^64 and compared modulo the
 * width of the dtype. Two expressions are equal when their difference has no term left. The work is capped; beyond the
 * cap nothing is proved. */
#include "ir/node.h"
#include <string.h>

enum {
	MAX_TERMS = 48,
	MAX_FACTORS = 8,
	MAX_ATOMS = 32,
	MAX_DEPTH = 48,  /* of sums and products taken apart */
	MAX_NESTING = 3, /* of atoms compared by what is inside them */
};

typedef struct term {
	uint64_t coefficient;
	int count;
	uint8_t factors[MAX_FACTORS]; /* indices of atoms, ascending */
} term;

typedef struct polynomial {
	int count;
	term terms[MAX_TERMS];
} polynomial;

typedef struct proof {
	const hdt_expr *atoms[MAX_ATOMS];
	int atom_count;
	int nesting;
	int steps; /* left */
} proof;

static bool equal_within(const hdt_expr *a, const hdt_expr *b, int nesting, int *steps);

/* The same operation on operands that are proved equal? */
static bool same_atom(const proof *p, const hdt_expr *a, const hdt_expr *b, int *steps)
{
	if (a == b)
		return true;
	if (a->op != b->op || a->dtype != b->dtype || a->count != b->count || p->nesting >= MAX_NESTING)
		return false;
	if (a->op < HDT_OP_ADD || a->count == 0) /* leaves, reads and reductions are equal only as one node */
		return false;
	for (int i = 0; i < a->count; i++)
		if (a->args[i] != b->args[i] && !equal_within(a->args[i], b->args[i], p->nesting + 1, steps))
			return false;
	return true;
}

static int atom_index(proof *p, const hdt_expr *e)
{
	for (int i = 0; i < p->atom_count; i++)
		if (same_atom(p, p->atoms[i], e, &p->steps))
			return i;
	if (p->atom_count == MAX_ATOMS)
		return -1;
	p->atoms[p->atom_count] = e;
	return p->atom_count++;
}

static bool add_term(polynomial *sum, const term *t)
{
	for (int i = 0; i < sum->count; i++) {
		term *s = &sum->terms[i];
		if (s->count != t->count || memcmp(s->factors, t->factors, (size_t)t->count))
			continue;
		s->coefficient += t->coefficient;
		if (s->coefficient == 0)
			*s = sum->terms[--sum->count];
		return true;
	}
	if (t->coefficient == 0)
		return true;
	if (sum->count == MAX_TERMS)
		return false;
	sum->terms[sum->count++] = *t;
	return true;
}

static bool multiply_terms(const term *a, const term *b, term *out)
{
	if (a->count + b->count > MAX_FACTORS)
		return false;
	int i = 0, j = 0;
	*out = (term){.coefficient = a->coefficient * b->coefficient, .count = a->count + b->count};
	for (int k = 0; k < out->count; k++)
		out->factors[k] =
			j == b->count || (i < a->count && a->factors[i] <= b->factors[j]) ? a->factors[i++] : b->factors[j++];
	return true;
}

/* Add scale * e to `sum`. */
static bool expand(proof *p, const hdt_expr *e, const term *scale, polynomial *sum, int depth)
{
	term t = *scale;
	if (--p->steps < 0)
		return false;
	if (depth < MAX_DEPTH) {
		switch (e->op) {
		case HDT_OP_ADD:
			return expand(p, e->args[0], scale, sum, depth + 1) && expand(p, e->args[1], scale, sum, depth + 1);
		case HDT_OP_SUB:
			t.coefficient = 0 - scale->coefficient;
			return expand(p, e->args[0], scale, sum, depth + 1) && expand(p, e->args[1], &t, sum, depth + 1);
		case HDT_OP_NEG:
			t.coefficient = 0 - scale->coefficient;
			return expand(p, e->args[0], &t, sum, depth + 1);
		case HDT_OP_CONST:
			t.coefficient = scale->coefficient * (uint64_t)e->integer;
			return add_term(sum, &t);
		default:
			break;
		}
	}
	if (e->op == HDT_OP_MUL && depth < MAX_DEPTH / 8) { /* a polynomial on the stack each: shallow */
		polynomial left = {.count = 0};
		if (!expand(p, e->args[0], scale, &left, depth + 1))
			return false;
		for (int i = 0; i < left.count; i++) {
			if (e->args[1]->op == HDT_OP_CONST) {
				left.terms[i].coefficient *= (uint64_t)e->args[1]->integer;
				if (!add_term(sum, &left.terms[i]))
					return false;
			} else if (!expand(p, e->args[1], &left.terms[i], sum, depth + 1)) {
				return false;
			}
		}
		return true;
	}
	int index = atom_index(p, e);
	term atom = {.coefficient = 1, .count = 1, .factors = {(uint8_t)index}};
	return index >= 0 && multiply_terms(scale, &atom, &t) && add_term(sum, &t);
}

static bool equal_within(const hdt_expr *a, const hdt_expr *b, int nesting, int *steps)
{
	if (a == b)
		return true;
	if (a->dtype != b->dtype || !hdt_is_integer(dtype_of(a)) || *steps <= 0)
		return false;
	const expr_facts *fa = facts_of(a), *fb = facts_of(b);
	if (fa->known && fb->known && (fa->max < fb->min || fb->max < fa->min))
		return false;
	proof p = {.nesting = nesting, .steps = *steps};
	polynomial difference = {.count = 0};
	term plus = {.coefficient = 1}, minus = {.coefficient = UINT64_MAX};
	bool expanded = expand(&p, a, &plus, &difference, 0) && expand(&p, b, &minus, &difference, 0);
	*steps = p.steps;
	int bits = hdt_dtype_of(dtype_of(a))->bytes * 8;
	for (int i = 0; expanded && i < difference.count; i++)
		expanded = difference.terms[i].coefficient << (64 - bits) == 0;
	return expanded;
}

bool hdt_proves_equal(const hdt_expr *a, const hdt_expr *b)
{
	int steps = 2000;
	if (!a || !b)
		return false;
	const expr_facts *fa = facts_of(a), *fb = facts_of(b);
	if (fa->known && fb->known && fa->min == fa->max && fb->min == fb->max && fa->min == fb->min &&
	    a->dtype == b->dtype)
		return true;
	return equal_within(a, b, 0, &steps);
}
