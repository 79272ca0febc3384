/* tile_cpu.c: products in registers: scores of a tile, a panel of keys after the other, and the sums of v weighed by them.
 *
 *     for k in 0..64 { for i in 0..14 unroll { for j in 0..32 vectorise { acc[i, j] = fma(rows[i, k], panels[.., j], acc[i, j]); } } }
 *
 * The loops around the accumulators are unrolled, so that compilers keep each of their vectors in a register. */
#include "cpu.h"

/* Both factors at a step of the sum; `k` is it. */
typedef struct factors {
	const hdt_expr *(*left)(const nest *n, const hdt_expr *i, const hdt_expr *k);
	const hdt_expr *(*right)(const nest *n, const hdt_expr *first, const hdt_expr *k, const hdt_expr *lane);
	const hdt_expr *steps, *first;
	int64_t width;
} factors;

static const hdt_tensor *begin_sums(nest *n, int64_t width)
{
	hdt_function *f = n->function;
	const hdt_expr *rows = nest_number(n, n->b->rows), *columns = nest_number(n, width);
	const hdt_tensor *acc = hdt_local(f, "acc", HDT_F32, HDT_AT(rows, columns));
	const hdt_expr *i = hdt_begin_for(f, "i", rows, HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(f, "j", columns, HDT_LOOP_VECTORISE);
	hdt_store(f, acc, HDT_AT(i, j), hdt_number(n->context, HDT_F32, 0));
	hdt_end(f);
	hdt_end(f);
	return acc;
}

static void add_products(nest *n, const hdt_tensor *acc, const factors *with)
{
	hdt_function *f = n->function;
	const hdt_expr *k = hdt_begin_for(f, "k", with->steps, HDT_LOOP_SERIAL);
	const hdt_expr *i = hdt_begin_for(f, "i", nest_number(n, n->b->rows), HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(f, "j", nest_number(n, with->width), HDT_LOOP_VECTORISE);
	if (i && j && k && acc) {
		const hdt_expr *a = with->left(n, i, k), *b = with->right(n, with->first, k, j), *sum = hdt_at(acc, i, j);
		hdt_store(f, acc, HDT_AT(i, j), n->p->fused ? hdt_fma(a, b, sum) : hdt_add(sum, hdt_mul(a, b)));
	}
	hdt_end(f);
	hdt_end(f);
	hdt_end(f);
}

/* to[i, first + j] = acc[i, j] */
static void put_sums(nest *n, const hdt_tensor *acc, const hdt_tensor *to, const hdt_expr *first, int64_t width)
{
	hdt_function *f = n->function;
	const hdt_expr *i = hdt_begin_for(f, "i", nest_number(n, n->b->rows), HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(f, "j", nest_number(n, width), HDT_LOOP_VECTORISE);
	if (i && j && acc)
		hdt_store(f, to, HDT_AT(i, hdt_add(first, j)), hdt_at(acc, i, j));
	hdt_end(f);
	hdt_end(f);
}

/* ---- scores ------------------------------------------------------------------------------------------------------- */

static const hdt_expr *query_at(const nest *n, const hdt_expr *i, const hdt_expr *k)
{
	return hdt_at(n->rows, i, k);
}

static const hdt_expr *key_at(const nest *n, const hdt_expr *first, const hdt_expr *k, const hdt_expr *lane)
{
	const hdt_expr *at[3];
	int count = panel_row(n, hdt_add(first, k), at);
	at[count++] = lane;
	return hdt_load(n->panels, at, count);
}

static void score_panel(nest *n, const hdt_expr *panel, int64_t width)
{
	const hdt_expr *first = nest_let(n, "first", hdt_mul(panel, nest_number(n, n->p->padded_depth)));
	const factors with = {query_at, key_at, nest_number(n, n->p->depth), first, width};
	const hdt_tensor *acc = begin_sums(n, width);
	add_products(n, acc, &with);
	put_sums(n, acc, n->scores, hdt_mul(panel, nest_number(n, n->b->panel)), width);
}

/* Where the number of keys is known, the last panel is no wider than it must be. */
void tile_scores(nest *n)
{
	hdt_function *f = n->function;
	int64_t keys, width = n->b->panel, rest = 0, lanes = n->p->lanes;
	const hdt_expr *count = hdt_ceildiv(n->seen, nest_number(n, width));
	if (hdt_is_const(n->seen, &keys) && keys % width && keys % width <= width - lanes) {
		rest = (keys % width + lanes - 1) / lanes * lanes;
		count = nest_number(n, keys / width);
	}
	const hdt_expr *panel = hdt_begin_for(f, "panel", count, HDT_LOOP_SERIAL);
	if (panel)
		score_panel(n, panel, width);
	hdt_end(f);
	if (!rest)
		return;
	hdt_begin_if(f, hdt_number(n->context, HDT_BOOL, 1)); /* a body for its own locals */
	score_panel(n, count, rest);
	hdt_end(f);
}

/* ---- weighed sums ------------------------------------------------------------------------------------------------- */

static const hdt_expr *weight_at(const nest *n, const hdt_expr *i, const hdt_expr *k)
{
	return hdt_at(n->scores, i, k);
}

static const hdt_expr *value_at(const nest *n, const hdt_expr *first, const hdt_expr *k, const hdt_expr *lane)
{
	const hdt_expr *e = hdt_add(first, lane);
	return n->values ? hdt_at(n->values, k, e) : nest_value(n, n->p->a.v, NULL, hdt_add(n->first_key, k), NULL, e);
}

/* What was summed before shrinks as the largest score grows. */
static void add_to_means(nest *n, const hdt_tensor *acc, const hdt_expr *first, int64_t width)
{
	hdt_function *f = n->function;
	const hdt_expr *i = hdt_begin_for(f, "i", nest_number(n, n->b->rows), HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(f, "j", nest_number(n, width), HDT_LOOP_VECTORISE);
	if (i && j && acc) {
		hdt_list at = HDT_AT(hdt_add(n->first_state, i), hdt_add(first, j));
		const hdt_expr *before = hdt_mul(hdt_at_list(n->means, at), hdt_at(n->factor, i, nest_number(n, 0)));
		hdt_store(f, n->means, at, hdt_add(before, hdt_at(acc, i, j)));
	}
	hdt_end(f);
	hdt_end(f);
}

/* The sums are the results. */
static void store_sums(nest *n, const hdt_expr *first, int64_t width)
{
	const hdt_expr *queries = n->p->a.query->args[0], *rows = nest_number(n, n->b->rows), *zero = nest_number(n, 0);
	bool even = hdt_proves_equal(hdt_mod(queries, rows), zero);
	const hdt_expr *here = even ? rows : hdt_min(rows, hdt_sub(queries, n->first_row));
	const hdt_expr *left = hdt_sub(nest_number(n, n->p->width), first), *columns = nest_number(n, width);
	bool inside = n->p->width == n->p->padded_width;
	const hdt_expr *i = hdt_begin_for(n->function, "i", here, HDT_LOOP_SERIAL);
	if (i)
		store_row(n, n->sums, i, zero, i, first, inside ? columns : hdt_min(columns, left));
	hdt_end(n->function);
}

static void sum_columns(nest *n, const hdt_expr *first, int64_t width)
{
	const factors with = {weight_at, value_at, n->seen, first, width};
	const hdt_tensor *acc = begin_sums(n, width);
	add_products(n, acc, &with);
	if (n->means) {
		add_to_means(n, acc, first, width);
		return;
	}
	put_sums(n, acc, n->sums, nest_number(n, 0), width);
	store_sums(n, first, width);
}

void tile_means(nest *n)
{
	int64_t width = n->b->panel, whole = n->p->padded_width / width, rest = n->p->padded_width % width;
	if (whole) {
		const hdt_expr *c = hdt_begin_for(n->function, "columns", nest_number(n, whole), HDT_LOOP_SERIAL);
		const hdt_expr *first = c ? nest_let(n, "first", hdt_mul(c, nest_number(n, width))) : NULL;
		if (first)
			sum_columns(n, first, width);
		hdt_end(n->function);
	}
	if (rest) {
		hdt_begin_if(n->function, hdt_number(n->context, HDT_BOOL, 1)); /* a body for its own locals */
		sum_columns(n, nest_number(n, whole * width), rest);
		hdt_end(n->function);
	}
}
