/* softmax_cpu.c: the products of a tile become scores, and the scores weights, row after row; what earlier slices have given is weighed anew.
 *
 *     x = score(product)   top' = max(top, x ..)   weight = exp(x - top')   factor = exp(top - top')   total = total * factor + sum(weight)
 *
 * A row without a key has only -inf, and nothing is taken from that: -inf less -inf would be NaN. */
#include "cpu.h"
#include <math.h>

typedef struct row {
	const hdt_expr *i, *query, *state;
	const hdt_tensor *largest, *sum; /* in lanes */
} row;

static const hdt_expr *f32(const nest *n, double value)
{
	return hdt_number(n->context, HDT_F32, value);
}

static const hdt_expr *lowest(const nest *n)
{
	return f32(n, -INFINITY);
}

static void fill_lanes(nest *n, const hdt_tensor *lanes, double value)
{
	const hdt_expr *lane = hdt_begin_for(n->function, "lane", nest_number(n, n->p->lanes), HDT_LOOP_VECTORISE);
	hdt_store(n->function, lanes, HDT_AT(lane), f32(n, value));
	hdt_end(n->function);
}

/* Scores of `count` keys from `first` on. */
static void score_lanes(nest *n, const row *r, const hdt_expr *first, const hdt_expr *count)
{
	hdt_function *f = n->function;
	const hdt_expr *lane = hdt_begin_for(f, "lane", count, HDT_LOOP_VECTORISE);
	if (lane && first) {
		const hdt_expr *at = hdt_add(first, lane), *key = hdt_add(n->first_key, at);
		const hdt_expr *seen, *product = hdt_let(f, "product", hdt_at(n->scores, r->i, at));
		const hdt_expr *score = attention_shown(&n->p->a, product, &seen);
		const hdt_expr *x = score ? hdt_let(f, "x", nest_value(n, score, r->query, key, NULL, NULL)) : NULL;
		if (seen) /* nothing is read in an arm of it: lanes would part */
			x = hdt_let(f, "shown", hdt_select(nest_value(n, seen, r->query, key, NULL, NULL), x, lowest(n)));
		hdt_store(f, n->scores, HDT_AT(r->i, at), x);
		hdt_store(f, r->largest, HDT_AT(lane), hdt_max(hdt_at(r->largest, lane), x));
	}
	hdt_end(f);
}

/* All scores of the row, and behind them -inf to the end of the vector. */
static void score_row(nest *n, const row *r)
{
	hdt_function *f = n->function;
	const hdt_expr *lanes = nest_number(n, n->p->lanes), *rest = hdt_mod(n->seen, lanes);
	fill_lanes(n, r->largest, -INFINITY);
	const hdt_expr *v = hdt_begin_for(f, "v", hdt_floordiv(n->seen, lanes), HDT_LOOP_SERIAL);
	if (v)
		score_lanes(n, r, nest_let(n, "first", hdt_mul(v, lanes)), lanes);
	hdt_end(f);
	if (hdt_proves_equal(rest, nest_number(n, 0)))
		return;
	rest = nest_let(n, "rest", rest);
	hdt_begin_if(f, hdt_less(nest_number(n, 0), rest));
	score_lanes(n, r, nest_let(n, "first", hdt_sub(n->seen, rest)), rest);
	const hdt_expr *pad = hdt_begin_for(f, "pad", hdt_sub(lanes, rest), HDT_LOOP_SERIAL);
	hdt_store(f, n->scores, HDT_AT(r->i, hdt_add(n->seen, pad)), lowest(n));
	hdt_end(f);
	hdt_end(f);
}

static const hdt_expr *join_lanes(nest *n, const char *how, const hdt_tensor *lanes)
{
	const hdt_expr *zero = nest_number(n, 0);
	return hdt_let(
		n->function, how,
		hdt_intrinsic_call(n->context, how, HDT_AT(hdt_address(lanes, &zero, 1), nest_number(n, n->p->lanes))));
}

/* Weights of whole vectors: 0 where there is no key. */
static void weigh_row(nest *n, const row *r, const hdt_expr *shift)
{
	hdt_function *f = n->function;
	const hdt_expr *lanes = nest_number(n, n->p->lanes);
	fill_lanes(n, r->sum, 0);
	const hdt_expr *v = hdt_begin_for(f, "v", hdt_ceildiv(n->seen, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *first = v ? nest_let(n, "first", hdt_mul(v, lanes)) : NULL;
	const hdt_expr *lane = hdt_begin_for(f, "lane", lanes, HDT_LOOP_VECTORISE);
	if (first && lane) {
		hdt_list at = HDT_AT(r->i, hdt_add(first, lane));
		const hdt_expr *weight =
			hdt_let(f, "weight", hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at_list(n->scores, at), shift)));
		hdt_store(f, n->scores, at, weight);
		hdt_store(f, r->sum, HDT_AT(lane), hdt_add(hdt_at(r->sum, lane), weight));
	}
	hdt_end(f);
	hdt_end(f);
}

static void emit_row(nest *n, row *r)
{
	hdt_function *f = n->function;
	const hdt_expr *none = nest_number(n, 0), *lanes = nest_number(n, n->p->lanes);
	hdt_list state = HDT_AT(r->state, none);
	r->largest = hdt_local(f, "largest", HDT_F32, HDT_AT(lanes));
	r->sum = hdt_local(f, "sum", HDT_F32, HDT_AT(lanes));
	score_row(n, r);
	const hdt_expr *before = n->whole ? NULL : hdt_let(f, "before", hdt_at_list(n->top, state));
	const hdt_expr *top = join_lanes(n, "max_lanes", r->largest);
	if (before)
		top = hdt_let(f, "highest", hdt_max(before, top));
	const hdt_tensor *shift = hdt_local(f, "shift", HDT_F32, HDT_AT(nest_number(n, 1)));
	hdt_store(f, shift, HDT_AT(none), hdt_select(hdt_equal(top, lowest(n)), f32(n, 0), top));
	hdt_store(f, n->top, state, top);
	weigh_row(n, r, hdt_at(shift, none));
	const hdt_expr *total = join_lanes(n, "sum_lanes", r->sum);
	if (before) {
		const hdt_expr *factor = hdt_let(f, "shrink", hdt_unary(HDT_OP_EXP, hdt_sub(before, hdt_at(shift, none))));
		hdt_store(f, n->factor, HDT_AT(r->i, none), factor);
		total = hdt_add(hdt_mul(hdt_at_list(n->total, state), factor), total);
	}
	hdt_store(f, n->total, state, total);
}

void softmax_rows(nest *n)
{
	row r = {.i = hdt_begin_for(n->function, "i", nest_number(n, n->b->rows), HDT_LOOP_SERIAL)};
	if (r.i) {
		r.query = nest_let(n, "query", nest_query(n, r.i));
		r.state = nest_let(n, "state", hdt_add(n->first_state, r.i));
		emit_row(n, &r);
	}
	hdt_end(n->function);
}
