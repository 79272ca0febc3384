/* flash_cuda.c: what a tile of keys adds to the sums of a warp's rows. A lane has of each 8 columns of scores, and of sums, columns 2 * (lane % 4) and the
 * next of rows lane / 4 and 8 more; as they lie, weights are the left operand of the second product. */
#include "attention_mma.h"

#include <math.h>

static const hdt_expr *times(const hdt_expr *e, int64_t count)
{
	return e ? hdt_mul(e, hdt_int(e->context, count)) : NULL;
}

static const hdt_expr *plus(const hdt_expr *e, const hdt_expr *more)
{
	return hdt_add(e, more);
}

static const hdt_expr *modulo(const hdt_expr *e, int64_t modulus)
{
	return e ? hdt_mod(e, hdt_int(e->context, modulus)) : NULL;
}

static const hdt_expr *quotient(const hdt_expr *e, int64_t divisor)
{
	return e ? hdt_floordiv(e, hdt_int(e->context, divisor)) : NULL;
}

static const hdt_expr *single(const flash *m, double value)
{
	return hdt_number(m->context, HDT_F32, value);
}

static const hdt_expr *loop(const flash *m, const char *name, int64_t count)
{
	return hdt_begin_for(m->function, name, flash_number(m, count), HDT_LOOP_UNROLL);
}

static const hdt_tensor *registers(const flash *m, const char *name, hdt_list shape, double start)
{
	const hdt_buffer_options options = {.scope = HDT_SCOPE_REGISTER, .start = single(m, start)};
	return hdt_buffer(m->function, name, HDT_F32, shape, &options);
}

static const hdt_expr *address(const hdt_tensor *t, const hdt_expr *i, const hdt_expr *j, const hdt_expr *k)
{
	const hdt_expr *at[] = {i, j, k};
	return hdt_address(t, at, 3);
}

static const char *instruction(const flash *m)
{
	return m->h->dtype == HDT_F16 ? "mma_m16n8k16_f16" : "mma_m16n8k16_bf16";
}

/* ---- scores ---- */

/* Fragments of 16 rows of queries at 16 of the depth. */
static void read_queries(const flash *m, const hdt_expr *to, const hdt_expr *i, const hdt_expr *step)
{
	const hdt_expr *row = plus(plus(m->warp_row, times(i, MMA_ROWS)), modulo(m->lane, 16));
	const hdt_expr *at[] = {row, plus(times(step, MMA_DEPTH), times(quotient(m->lane, 16), 8))};
	hdt_do(m->function, "ldmatrix_x4", HDT_AT(to, hdt_address(m->q_tile, at, 2)));
}

/* scores[i, n, ..] += queries[i] times 16 keys, two instructions of them, at 16 of the depth. */
static void multiply_keys(const flash *m, const hdt_tensor *scores, const hdt_tensor *queries, const hdt_expr *at_step,
                          const hdt_expr *slot, const hdt_expr *step)
{
	hdt_function *f = m->function;
	const hdt_expr *lane = m->lane, *zero = flash_number(m, 0);
	const hdt_expr *pair = loop(m, "pair", m->how.keys / (2 * MMA_COLUMNS));
	const hdt_tensor *right = hdt_local(f, "right", m->h->dtype, HDT_AT(flash_number(m, 8)));
	const hdt_expr *key = plus(times(pair, 2 * MMA_COLUMNS), plus(times(quotient(lane, 16), 8), modulo(lane, 8)));
	const hdt_expr *depth = plus(times(step, MMA_DEPTH), times(modulo(quotient(lane, 8), 2), 8));
	hdt_do(f, "ldmatrix_x4", HDT_AT(hdt_address(right, &zero, 1), address(m->k_ring, slot, key, depth)));
	const hdt_expr *i = loop(m, "i", m->how.down);
	for (int64_t half = 0; half < 2; half++) {
		const hdt_expr *from = flash_number(m, 4 * half);
		hdt_do(f, instruction(m),
		       HDT_AT(address(scores, i, plus(times(pair, 2), flash_number(m, half)), zero),
		              address(queries, i, at_step, zero), hdt_address(right, &from, 1)));
	}
	hdt_end(f);
	hdt_end(f);
}

static void multiply_queries(const flash *m, const hdt_tensor *scores, const hdt_expr *slot)
{
	hdt_function *f = m->function;
	const hdt_expr *zero = flash_number(m, 0);
	const hdt_expr *step = loop(m, "step", m->h->q.padded / MMA_DEPTH);
	if (m->queries) {
		multiply_keys(m, scores, m->queries, step, slot, step);
	} else {
		const hdt_tensor *left = hdt_local(
			f, "left", m->h->dtype, HDT_AT(flash_number(m, m->how.down), flash_number(m, 1), flash_number(m, 8)));
		const hdt_expr *i = loop(m, "i", m->how.down);
		read_queries(m, address(left, i, zero, zero), i, step);
		hdt_end(f);
		multiply_keys(m, scores, left, zero, slot, step);
	}
	hdt_end(f);
}

/* ---- masks ---- */

/* Query and key of element (i, n, e) of the scores. */
static const hdt_expr *query_of(const flash *m, const hdt_expr *i, const hdt_expr *e)
{
	const hdt_expr *row = plus(quotient(m->lane, 4), times(quotient(e, 2), 8));
	return plus(plus(m->first_row, m->warp_row), plus(times(i, MMA_ROWS), row));
}

static const hdt_expr *key_of(const flash *m, const hdt_expr *tile, const hdt_expr *n, const hdt_expr *e)
{
	const hdt_expr *column = plus(times(modulo(m->lane, 4), 2), modulo(e, 2));
	return plus(times(tile, m->how.keys), plus(times(n, MMA_COLUMNS), column));
}

static bool reads_memory(const hdt_expr *e)
{
	bool found = e->op == HDT_OP_LOAD;
	for (int i = 0; i < e->count && !found; i++)
		found = reads_memory(e->args[i]);
	return found;
}

/* The scores in powers of two. Of a mask in memory nothing is asked beyond the queries and keys. */
static void weigh_scores(const flash *m, const hdt_tensor *scores, const hdt_expr *tile)
{
	hdt_function *f = m->function;
	const attention *a = &m->h->a;
	const hdt_expr *i = loop(m, "i", m->how.down), *n = loop(m, "n", m->how.keys / MMA_COLUMNS), *e = loop(m, "e", 4);
	const hdt_expr *query = hdt_let(f, "query", query_of(m, i, e)), *key = hdt_let(f, "key", key_of(m, tile, n, e));
	const hdt_expr *from[] = {a->query, a->key}, *to[] = {query, key};
	const hdt_expr *value = attention_score(a, hdt_at(scores, i, n, e)), *probe = attention_score(a, single(m, 1));
	value = hdt_substitute(hdt_substitute(value, from, to, 2), a->batch, m->batch, a->batch_count);
	value = hdt_mul(value, single(m, M_LOG2E));
	if (probe && reads_memory(probe)) {
		const hdt_expr *inside = hdt_and(hdt_less(query, m->h->queries), hdt_less(key, m->h->keys));
		value = hdt_select(inside, value, single(m, -INFINITY));
	}
	hdt_store(f, scores, HDT_AT(i, n, e), value);
	for (int k = 0; k < 3; k++)
		hdt_end(f);
}

/* In a tile at the end keys that are not there are hidden. */
static void hide_edge(const flash *m, const hdt_tensor *scores, const hdt_expr *tile)
{
	hdt_function *f = m->function;
	if (hdt_proves_equal(hdt_mod(m->h->keys, flash_number(m, m->how.keys)), flash_number(m, 0)))
		return;
	hdt_begin_if(f, hdt_less(m->h->keys, times(plus(tile, flash_number(m, 1)), m->how.keys)));
	const hdt_expr *i = loop(m, "i", m->how.down), *n = loop(m, "n", m->how.keys / MMA_COLUMNS), *e = loop(m, "e", 4);
	const hdt_expr *seen = hdt_less(key_of(m, tile, n, e), m->h->keys);
	hdt_store(f, scores, HDT_AT(i, n, e), hdt_select(seen, hdt_at(scores, i, n, e), single(m, -INFINITY)));
	for (int k = 0; k < 4; k++)
		hdt_end(f);
}

/* ---- weights ---- */

/* Join what the four lanes of a row have. */
static const hdt_expr *join_lanes(const flash *m, hdt_scalar_op op, const hdt_expr *value)
{
	hdt_function *f = m->function;
	value = hdt_let(f, "mine", value);
	for (int mask = 1; mask <= 2; mask *= 2) {
		const hdt_expr *lanes = hdt_number(m->context, HDT_I32, mask);
		const hdt_expr *other = hdt_let(f, "other", hdt_intrinsic_call(m->context, "shfl_xor", HDT_AT(value, lanes)));
		value = hdt_let(f, "joined", hdt_binary(op, value, other));
	}
	return value;
}

static const hdt_expr *power(const flash *m, const hdt_expr *exponent)
{
	return hdt_intrinsic_call(m->context, "exp2_fast", HDT_AT(exponent));
}

/* The largest score of each row so far; sums and totals then shrink to it. shift[i, r]: what is taken off the scores. */
static void raise_tops(const flash *m, const hdt_tensor *scores, const hdt_tensor *shift)
{
	hdt_function *f = m->function;
	const hdt_expr *i = loop(m, "i", m->how.down), *r = loop(m, "r", 2);
	const hdt_tensor *most = registers(m, "most", HDT_AT(flash_number(m, 1)), -INFINITY);
	const hdt_expr *zero = flash_number(m, 0), *n = loop(m, "n", m->how.keys / MMA_COLUMNS), *e = loop(m, "e", 2);
	const hdt_expr *score = hdt_at(scores, i, n, plus(times(r, 2), e));
	hdt_store(f, most, HDT_AT(zero), hdt_max(hdt_at(most, zero), score));
	hdt_end(f);
	hdt_end(f);
	const hdt_expr *before = hdt_let(f, "before", hdt_at(m->top, i, r));
	const hdt_expr *now = hdt_let(f, "now", hdt_max(before, join_lanes(m, HDT_OP_MAX, hdt_at(most, zero))));
	/* A query without keys has only -inf, and -inf less -inf would be NaN. */
	const hdt_expr *taken = hdt_let(f, "taken", hdt_select(hdt_equal(now, single(m, -INFINITY)), single(m, 0), now));
	const hdt_expr *shrink = hdt_let(f, "shrink", power(m, hdt_sub(before, taken)));
	hdt_store(f, m->top, HDT_AT(i, r), now);
	hdt_store(f, shift, HDT_AT(i, r), taken);
	hdt_store(f, m->total, HDT_AT(i, r), hdt_mul(hdt_at(m->total, i, r), shrink));
	const hdt_expr *w = loop(m, "w", m->h->v.padded / MMA_COLUMNS), *s = loop(m, "s", 2);
	const hdt_expr *at[] = {i, w, plus(times(r, 2), s)};
	hdt_store(f, m->sums, (hdt_list){at, 3}, hdt_mul(hdt_load(m->sums, at, 3), shrink));
	for (int k = 0; k < 4; k++)
		hdt_end(f);
}

/* weights = 2^(scores - shift), as the second product's left operand; each lane adds up its own. */
static void make_weights(const flash *m, const hdt_tensor *scores, const hdt_tensor *shift, const hdt_tensor *weights)
{
	hdt_function *f = m->function;
	const char *pack = m->h->dtype == HDT_F16 ? "pack_f16x2" : "pack_bf16x2";
	const hdt_expr *i = loop(m, "i", m->how.down), *n = loop(m, "n", m->how.keys / MMA_COLUMNS), *r = loop(m, "r", 2);
	const hdt_expr *pair[2], *taken = hdt_at(shift, i, r);
	for (int e = 0; e < 2; e++) {
		const hdt_expr *score = hdt_at(scores, i, n, plus(times(r, 2), flash_number(m, e)));
		pair[e] = hdt_let(f, "weight", power(m, hdt_sub(score, taken)));
	}
	hdt_store(f, m->total, HDT_AT(i, r), hdt_add(hdt_at(m->total, i, r), hdt_add(pair[0], pair[1])));
	const hdt_expr *to = address(weights, i, quotient(n, 2), plus(times(modulo(n, 2), 4), times(r, 2)));
	hdt_do(f, pack, HDT_AT(to, pair[0], pair[1]));
	for (int k = 0; k < 3; k++)
		hdt_end(f);
}

/* sums += weights times the values of the tile. */
static void multiply_values(const flash *m, const hdt_tensor *weights, const hdt_expr *slot)
{
	hdt_function *f = m->function;
	const hdt_expr *lane = m->lane, *zero = flash_number(m, 0);
	const hdt_expr *step = loop(m, "step", m->how.keys / MMA_DEPTH);
	const hdt_expr *pair = loop(m, "pair", m->h->v.padded / (2 * MMA_COLUMNS));
	const hdt_tensor *right = hdt_local(f, "right", m->h->dtype, HDT_AT(flash_number(m, 8)));
	const hdt_expr *key = plus(times(step, MMA_DEPTH), modulo(lane, 16));
	const hdt_expr *column = plus(times(pair, 2 * MMA_COLUMNS), times(quotient(lane, 16), 8));
	hdt_do(f, "ldmatrix_x4_trans", HDT_AT(hdt_address(right, &zero, 1), address(m->v_ring, slot, key, column)));
	const hdt_expr *i = loop(m, "i", m->how.down);
	for (int64_t half = 0; half < 2; half++) {
		const hdt_expr *from = flash_number(m, 4 * half);
		hdt_do(f, instruction(m),
		       HDT_AT(address(m->sums, i, plus(times(pair, 2), flash_number(m, half)), zero),
		              address(weights, i, step, zero), hdt_address(right, &from, 1)));
	}
	for (int k = 0; k < 3; k++)
		hdt_end(f);
}

/* ---- the whole ---- */

void flash_begin(flash *m)
{
	hdt_function *f = m->function;
	const hdt_expr *down = flash_number(m, m->how.down), *two = flash_number(m, 2);
	int64_t steps = m->h->q.padded / MMA_DEPTH;
	m->sums = registers(m, "sums", HDT_AT(down, flash_number(m, m->h->v.padded / MMA_COLUMNS), flash_number(m, 4)), 0);
	m->top = registers(m, "top", HDT_AT(down, two), -INFINITY);
	m->total = registers(m, "total", HDT_AT(down, two), 0);
	m->queries = NULL;
	if (m->how.down * steps > MOST_KEPT)
		return;
	m->queries = hdt_local(f, "queries", m->h->dtype, HDT_AT(down, flash_number(m, steps), flash_number(m, 8)));
	const hdt_expr *i = loop(m, "i", m->how.down), *step = loop(m, "step", steps);
	read_queries(m, address(m->queries, i, step, flash_number(m, 0)), i, step);
	hdt_end(f);
	hdt_end(f);
}

void flash_add_tile(flash *m, const hdt_expr *tile, const hdt_expr *slot)
{
	const hdt_expr *down = flash_number(m, m->how.down), *keys = flash_number(m, m->how.keys / MMA_COLUMNS);
	const hdt_tensor *scores = registers(m, "scores", HDT_AT(down, keys, flash_number(m, 4)), 0);
	const hdt_tensor *shift = hdt_local(m->function, "shift", HDT_F32, HDT_AT(down, flash_number(m, 2)));
	const hdt_tensor *weights = hdt_local(m->function, "weights", m->h->dtype,
	                                      HDT_AT(down, flash_number(m, m->how.keys / MMA_DEPTH), flash_number(m, 8)));
	if (!scores || !shift || !weights)
		return;
	multiply_queries(m, scores, slot);
	weigh_scores(m, scores, tile);
	hide_edge(m, scores, tile);
	raise_tops(m, scores, shift);
	make_weights(m, scores, shift, weights);
	multiply_values(m, weights, slot);
}

void flash_store(flash *m)
{
	hdt_function *f = m->function;
	const attention *a = &m->h->a;
	const hdt_expr *at[HDT_MAX_RANK], *from[] = {a->query, a->width};
	const hdt_expr *i = loop(m, "i", m->how.down), *r = loop(m, "r", 2);
	const hdt_expr *total = join_lanes(m, HDT_OP_ADD, hdt_at(m->total, i, r));
	/* Without any key the result is 0. */
	const hdt_expr *divisor = hdt_let(f, "divisor", hdt_select(hdt_equal(total, single(m, 0)), single(m, 1), total));
	const hdt_expr *query = hdt_let(f, "query", query_of(m, i, times(r, 2)));
	hdt_begin_if(f, hdt_less(query, m->h->queries));
	const hdt_expr *w = loop(m, "w", m->h->v.padded / MMA_COLUMNS), *e = loop(m, "e", 2);
	const hdt_expr *column = plus(times(w, MMA_COLUMNS), plus(times(modulo(m->lane, 4), 2), e)),
				   *to[] = {query, column};
	bool whole = m->h->v.padded == m->h->v.columns;
	if (!whole)
		hdt_begin_if(f, hdt_less(column, flash_number(m, m->h->v.columns)));
	const hdt_expr *value = attention_result(a, hdt_div(hdt_at(m->sums, i, w, plus(times(r, 2), e)), divisor));
	value = hdt_substitute(hdt_substitute(value, from, to, 2), a->batch, m->batch, a->batch_count);
	for (int d = 0; d < a->output->rank; d++)
		at[d] = hdt_substitute(hdt_substitute(a->at[d], from, to, 2), a->batch, m->batch, a->batch_count);
	hdt_store(f, a->output, (hdt_list){at, a->output->rank}, value);
	for (int k = 0; k < (whole ? 5 : 6); k++)
		hdt_end(f);
}
