/* chains.c: a long reduction on the CPU, in several accumulators side by side: the lanes of a few vectors, joined at the end.
 *
 *     y = sum(k < n) x[k]     ->     for b in 0..n / 64 { for chain in 0..64 vectorise { acc[chain] = acc[chain] + x[b * 64 + chain]; } }
 *                                    for chain in 0..16 vectorise { acc[chain] = acc[chain] + acc[chain + 16] + ...; }
 *                                    let all = sum_lanes(&acc[0], 16);
 *
 * The innermost loop is over the axis along which most is read side by side, joined with its neighbours where they are one run in memory. Chains
 * of f32 are short: after MOST_STEPS elements in all they are joined and added to a sum in f64, so that the error does not grow with n. */
#include "auto.h"

enum {
	MOST_STEPS = 16384, /* elements in one set of chains of f32, */
	FEW_STEPS = 512,    /* and those for which joining them costs little */
	VECTORS = 4         /* that hide the latency of an addition */
};

typedef struct chains {
	nest *nest;
	const hdt_expr *reduce, *value;     /* the value over the axes: */
	const hdt_expr *axes[HDT_MAX_RANK]; /* the last one is cut into chains */
	int count, along;                   /* how many reads walk side by side along that one */
	int64_t lanes, width;               /* of a vector; of all chains: a multiple of it */
	const hdt_tensor *acc;
	const hdt_tensor *tail;  /* what is left over by vectors; NULL: nothing */
	const hdt_tensor *total; /* in f64; NULL: one set of chains is enough */
	int inner;               /* loops over axes[inner] and later ones are within a set of chains */
	bool split;              /* the last one is cut into several sets */
} chains;

/* ---- what to do --------------------------------------------------------------------------------------------------- */

static bool is_sum(const hdt_expr *reduce)
{
	return reduce->reduce == HDT_REDUCE_SUM || reduce->reduce == HDT_REDUCE_AVG;
}

static const hdt_expr *extent_of(const chains *c, int axis)
{
	return c->axes[axis]->args[0];
}

static const hdt_expr *last_extent(const chains *c)
{
	return extent_of(c, c->count - 1);
}

/* Put the axis that most is read along last, and join it with those before it. */
static bool arrange_axes(chains *c)
{
	int best = c->count - 1, most = reads_along(c->reduce, c->axes[best]);
	for (int a = c->count - 2; a >= 0; a--) {
		int along = reads_along(c->reduce, c->axes[a]);
		if (along > most)
			best = a, most = along;
	}
	const hdt_expr *last = c->axes[best];
	for (int a = best; a + 1 < c->count; a++)
		c->axes[a] = c->axes[a + 1];
	c->axes[c->count - 1] = last;
	c->along = most;
	c->value = merge_last(c->axes, &c->count, c->value);
	return c->value != NULL;
}

int64_t chains_lanes(const plan *p)
{
	int64_t lanes = p->target->vector_bytes / 4;
	return lanes < 4 ? 4 : lanes;
}

int64_t chains_width(const hdt_expr *extent, int64_t lanes)
{
	int64_t value, best = VECTORS * lanes;
	if (!hdt_is_const(extent, &value) || value >= 16 * best)
		return best;
	if (value < best)
		return value / lanes * lanes;
	for (int64_t width = best; width > best / 2; width -= lanes)
		if (value % width == 0)
			return width;
	return best;
}

/* At most this many elements; INT64_MAX: any number. */
static int64_t most_steps(const chains *c, int first)
{
	int64_t product = 1, least, most;
	for (int a = first; a < c->count; a++)
		if (!hdt_bounds(extent_of(c, a), &least, &most) || __builtin_mul_overflow(product, most, &product))
			return INT64_MAX;
	return product;
}

/* Where sets of chains begin and end. */
static void choose_sets(chains *c)
{
	c->inner = 0;
	if (!is_sum(c->reduce) || reduce_dtype(c->reduce) != HDT_F32 || most_steps(c, 0) <= MOST_STEPS)
		return;
	c->split = most_steps(c, c->count - 1) > MOST_STEPS;
	for (c->inner = c->count - 1; c->inner > 0 && most_steps(c, c->inner) < FEW_STEPS; c->inner--)
		continue;
	c->total = reduce_scalar(c->nest, "total", hdt_number(c->nest->context, HDT_F64, 0));
}

/* ---- loops -------------------------------------------------------------------------------------------------------- */

static const hdt_expr *number(const chains *c, int64_t value)
{
	return hdt_int(c->nest->context, value);
}

/* The value where the last axis stands at `position`. */
static const hdt_expr *value_at(const chains *c, const hdt_expr *position)
{
	return hdt_substitute(c->value, &c->axes[c->count - 1], &position, 1);
}

static const hdt_expr *begin_lanes(const chains *c, int64_t count)
{
	return hdt_begin_for(c->nest->function, "chain", number(c, count), HDT_LOOP_VECTORISE);
}

static void start_set(chains *c)
{
	hdt_function *f = c->nest->function;
	const hdt_expr *chain = begin_lanes(c, c->width), *start = reduce_start(c->reduce);
	hdt_store(f, c->acc, HDT_AT(chain), start);
	hdt_end(f);
	if (c->tail)
		hdt_store(f, c->tail, HDT_SCALAR, start);
}

/* One step of the first `count` chains, which take in what stands at `first` and behind it. */
static void step_chains(chains *c, const hdt_expr *first, int64_t count)
{
	hdt_function *f = c->nest->function;
	const hdt_expr *chain = begin_lanes(c, count), *old = hdt_at(c->acc, chain);
	hdt_store(f, c->acc, HDT_AT(chain), reduce_step_in(c->nest, c->reduce, old, value_at(c, hdt_add(first, chain))));
	hdt_end(f);
}

static bool is_number(const hdt_expr *e, int64_t value)
{
	int64_t is;
	return hdt_is_const(e, &is) && is == value;
}

/* `count` steps of the first `each` chains, from `first` on. */
static void repeat_chains(chains *c, const char *name, const hdt_expr *first, const hdt_expr *count, int64_t each)
{
	hdt_function *f = c->nest->function;
	bool once = is_number(count, 1);
	if (is_number(count, 0))
		return;
	const hdt_expr *done = once ? number(c, 0) : hdt_begin_for(f, name, count, HDT_LOOP_SERIAL);
	step_chains(c, hdt_add(first, hdt_mul(done, number(c, each))), each);
	if (!once)
		hdt_end(f);
}

/* `count` elements of the last axis from `first` on. */
static void take_in(chains *c, const hdt_expr *first, const hdt_expr *count)
{
	hdt_function *f = c->nest->function;
	const hdt_expr *width = number(c, c->width), *lanes = number(c, c->lanes);
	const hdt_expr *blocks = hdt_floordiv(count, width), *whole = hdt_mul(blocks, width);
	repeat_chains(c, "block", first, blocks, c->width);
	if (c->width > c->lanes)
		repeat_chains(c, "vector", hdt_add(first, whole), hdt_floordiv(hdt_sub(count, whole), lanes), c->lanes);
	if (!c->tail)
		return;
	const hdt_expr *done = hdt_add(first, hdt_mul(hdt_floordiv(count, lanes), lanes));
	const hdt_expr *rest = hdt_begin_for(f, "rest", hdt_mod(count, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *old = hdt_load(c->tail, NULL, 0);
	hdt_store(f, c->tail, HDT_SCALAR, reduce_step_in(c->nest, c->reduce, old, value_at(c, hdt_add(done, rest))));
	hdt_end(f);
}

/* acc[first] joined with those `distance` apart, `count` in all, by halving. */
static const hdt_expr *join(const chains *c, const hdt_expr *first, int64_t distance, int64_t count)
{
	if (count == 1)
		return hdt_at(c->acc, first);
	int64_t upper = count / 2, lower = count - upper;
	const hdt_expr *second = hdt_add(first, number(c, lower * distance));
	return reduce_step(c->reduce, join(c, first, distance, lower), join(c, second, distance, upper));
}

/* The first `lanes` of the chains in one value. */
static const hdt_expr *join_lanes(const chains *c)
{
	static const char *const intrinsics[HDT_REDUCE_COUNT] = {
		[HDT_REDUCE_SUM] = "sum_lanes",
		[HDT_REDUCE_AVG] = "sum_lanes",
		[HDT_REDUCE_MAX] = "max_lanes",
		[HDT_REDUCE_MIN] = "min_lanes",
	};
	const char *intrinsic = intrinsics[c->reduce->reduce];
	const hdt_expr *first = number(c, 0), *lanes = number(c, c->lanes);
	if (!intrinsic || c->acc->dtype != HDT_F32)
		return join(c, first, 1, c->lanes);
	const hdt_expr *operands[] = {hdt_address(c->acc, &first, 1), lanes};
	hdt_context *context = c->nest->context;
	return hdt_let(c->nest->function, "joined", hdt_intrinsic_call(context, intrinsic, (hdt_list){operands, 2}));
}

/* All chains in one value. */
static const hdt_expr *join_set(chains *c)
{
	hdt_function *f = c->nest->function;
	if (c->width > c->lanes) {
		const hdt_expr *chain = begin_lanes(c, c->lanes);
		hdt_store(f, c->acc, HDT_AT(chain), join(c, chain, c->lanes, c->width / c->lanes));
		hdt_end(f);
	}
	const hdt_expr *all = join_lanes(c);
	return c->tail ? reduce_step(c->reduce, all, hdt_load(c->tail, NULL, 0)) : all;
}

static void open_axes(chains *c, int first, int end)
{
	for (int a = first; a < end; a++)
		open_loop(c->nest, c->axes[a], HDT_LOOP_SERIAL);
}

static void close_axes(chains *c, int count)
{
	for (int a = 0; a < count; a++)
		close_loop(c->nest);
}

/* A set of chains; its result. */
static const hdt_expr *emit_set(chains *c, const hdt_expr *first, const hdt_expr *count)
{
	start_set(c);
	open_axes(c, c->inner, c->count - 1);
	take_in(c, first, count);
	close_axes(c, c->count - 1 - c->inner);
	return join_set(c);
}

/* Sets of chains, added up in f64. */
static const hdt_expr *emit_sets(chains *c)
{
	hdt_function *f = c->nest->function;
	const hdt_expr *first = number(c, 0), *count = last_extent(c);
	open_axes(c, 0, c->inner);
	if (c->split) {
		const hdt_expr *size = number(c, MOST_STEPS);
		const hdt_expr *part = hdt_begin_for(f, "part", hdt_ceildiv(count, size), HDT_LOOP_SERIAL);
		first = hdt_mul(part, size);
		count = hdt_let(f, "count", hdt_min(size, hdt_sub(count, first)));
	}
	const hdt_expr *set = emit_set(c, first, count), *total = hdt_load(c->total, NULL, 0);
	hdt_store(f, c->total, HDT_SCALAR, hdt_add(total, hdt_cast(set, HDT_F64)));
	if (c->split)
		hdt_end(f);
	close_axes(c, c->inner);
	return hdt_cast(total, HDT_F32);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

/* Can it be done in chains? Arranges its axes. */
static bool can_be_chains(const plan *p, const hdt_expr *reduce, const hdt_expr *value, chains *c)
{
	hdt_reduce_kind kind = (hdt_reduce_kind)reduce->reduce;
	bool ordered = is_sum(reduce) || kind == HDT_REDUCE_PROD;
	if (ordered && hdt_is_float(reduce_dtype(reduce)) && !(is_sum(reduce) && reduce_dtype(reduce) == HDT_F32))
		return false;
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return false;
	*c = (chains){.reduce = reduce, .value = value, .count = reduce->count - 1, .lanes = chains_lanes(p)};
	for (int a = 0; a < c->count; a++)
		c->axes[a] = reduce->args[a + 1];
	if (reduce_is_ragged(reduce) || !arrange_axes(c))
		return false;
	int64_t size = hdt_size_estimate(last_extent(c)), known;
	return size >= (hdt_is_const(last_extent(c), &known) ? c->lanes : 2 * c->lanes);
}

bool chains_apply(const plan *p, const hdt_expr *reduce, const hdt_expr *value)
{
	chains c;
	return can_be_chains(p, reduce, value, &c);
}

bool chains_suit(const plan *p, const hdt_expr *reduce)
{
	chains c;
	return reduce->op == HDT_OP_REDUCE && can_be_chains(p, reduce, reduce->args[0], &c) && c.along > 0;
}

const hdt_expr *chains_reduce(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	chains c;
	if (!can_be_chains(n->plan, reduce, value, &c))
		return NULL;
	c.nest = n;
	c.width = chains_width(last_extent(&c), c.lanes);
	choose_sets(&c);
	c.acc = hdt_local(n->function, "acc", reduce_dtype(reduce), HDT_AT(number(&c, c.width)));
	if (!is_number(hdt_mod(last_extent(&c), number(&c, c.lanes)), 0))
		c.tail = hdt_local(n->function, "tail", reduce_dtype(reduce), HDT_SCALAR);
	if (!c.acc)
		return NULL;
	const hdt_expr *all = c.total ? emit_sets(&c) : emit_set(&c, number(&c, 0), last_extent(&c));
	if (all && all->op != HDT_OP_VARIABLE)
		all = hdt_let(n->function, "all", all);
	return all ? reduce_result(reduce, all) : NULL;
}
