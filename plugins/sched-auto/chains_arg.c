/* chains_arg.c: where the first extreme of a row is, on the CPU: each lane of a few vectors keeps its own best, and these are joined at the end.
 *
 *     y = argmax(k < n) x[k]     ->     for b in 0..n / 64 { for chain in 0..64 vectorise {
 *                                           at[chain] = select(x[b * 64 + chain] > best[chain], b * 64 + chain, at[chain]); ... } }
 *
 * A lane goes on only to a better value, so it keeps the first of its own; of equal ones that are joined the lower place wins. */
#include "auto.h"

typedef struct best {
	nest *nest;
	const hdt_expr *reduce, *value;
	int64_t lanes, width;
	const hdt_tensor *value_of, *at; /* of each chain */
} best;

bool chains_arg_applies(const nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	const hdt_expr *axis = reduce->args[1];
	int64_t least, most;
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]) || (nodes.items[i]->op == HDT_OP_LOAD && depends_on(nodes.items[i], axis) &&
		                                  !read_is_along(nodes.items[i], axis)))
			return false;
	return reduce_dtype(reduce) == HDT_F32 && hdt_bounds(axis->args[0], &least, &most) && most <= INT32_MAX &&
	       hdt_size_estimate(axis->args[0]) >= 2 * chains_lanes(n->plan);
}

static const hdt_expr *value_at(const best *b, const hdt_expr *position)
{
	return hdt_cast(hdt_substitute(b->value, &b->reduce->args[1], &position, 1), HDT_F32);
}

/* Where `better` holds, the chain goes over to this value at this place. */
static void take(const best *b, const hdt_expr *chain, const hdt_expr *better, const hdt_expr *value,
                 const hdt_expr *place)
{
	hdt_function *f = b->nest->function;
	better = hdt_let(f, "better", better);
	hdt_store(f, b->at, HDT_AT(chain), hdt_select(better, hdt_cast(place, HDT_I32), hdt_at(b->at, chain)));
	hdt_store(f, b->value_of, HDT_AT(chain), hdt_select(better, value, hdt_at(b->value_of, chain)));
}

/* The first `count` chains, one element each, from `first` on. */
static void step(const best *b, const hdt_expr *first, int64_t count)
{
	hdt_function *f = b->nest->function;
	const hdt_expr *chain = hdt_begin_for(f, "chain", hdt_int(b->nest->context, count), HDT_LOOP_VECTORISE);
	const hdt_expr *place = hdt_add(first, chain), *v = hdt_let(f, "v", value_at(b, place));
	take(b, chain, reduce_is_better(b->reduce, v, hdt_at(b->value_of, chain)), v, place);
	hdt_end(f);
}

/* Is what chain `second` has to be taken over what `first` has? */
static const hdt_expr *wins(const best *b, const hdt_expr *second, const hdt_expr *first)
{
	const hdt_expr *v = hdt_at(b->value_of, second), *old = hdt_at(b->value_of, first);
	const hdt_expr *lower = hdt_less(hdt_at(b->at, second), hdt_at(b->at, first));
	return hdt_or(reduce_is_better(b->reduce, v, old), hdt_and(hdt_not(reduce_is_better(b->reduce, old, v)), lower));
}

/* All chains into chain 0. */
static void join(const best *b)
{
	hdt_function *f = b->nest->function;
	hdt_context *c = b->nest->context;
	for (int64_t distance = b->lanes; distance < b->width; distance += b->lanes) {
		const hdt_expr *chain = hdt_begin_for(f, "chain", hdt_int(c, b->lanes), HDT_LOOP_VECTORISE);
		const hdt_expr *other = hdt_add(chain, hdt_int(c, distance));
		take(b, chain, wins(b, other, chain), hdt_at(b->value_of, other), hdt_at(b->at, other));
		hdt_end(f);
	}
	const hdt_expr *zero = hdt_int(c, 0);
	const hdt_expr *other =
		hdt_add(hdt_begin_for(f, "chain", hdt_int(c, b->lanes - 1), HDT_LOOP_SERIAL), hdt_int(c, 1));
	take(b, zero, wins(b, other, zero), hdt_at(b->value_of, other), hdt_at(b->at, other));
	hdt_end(f);
}

const hdt_expr *chains_arg(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	hdt_context *c = n->context;
	hdt_function *f = n->function;
	const hdt_expr *extent = reduce->args[1]->args[0];
	best b = {.nest = n, .reduce = reduce, .value = value, .lanes = chains_lanes(n->plan)};
	b.width = chains_width(extent, b.lanes);
	const hdt_expr *width = hdt_int(c, b.width), *lanes = hdt_int(c, b.lanes), *zero = hdt_int(c, 0);
	b.value_of = hdt_local(f, "best", HDT_F32, HDT_AT(width));
	b.at = hdt_local(f, "at", HDT_I32, HDT_AT(width));
	if (!b.value_of || !b.at)
		return NULL;
	const hdt_expr *chain = hdt_begin_for(f, "chain", width, HDT_LOOP_VECTORISE);
	hdt_store(f, b.value_of, HDT_AT(chain), reduce_start(reduce));
	hdt_store(f, b.at, HDT_AT(chain), hdt_number(c, HDT_I32, 0));
	hdt_end(f);
	const hdt_expr *blocks = hdt_floordiv(extent, width), *whole = hdt_mul(blocks, width);
	step(&b, hdt_mul(hdt_begin_for(f, "block", blocks, HDT_LOOP_SERIAL), width), b.width);
	hdt_end(f);
	const hdt_expr *vectors = hdt_floordiv(hdt_sub(extent, whole), lanes);
	step(&b, hdt_add(whole, hdt_mul(hdt_begin_for(f, "vector", vectors, HDT_LOOP_SERIAL), lanes)), b.lanes);
	hdt_end(f);
	join(&b);
	const hdt_expr *done = hdt_mul(hdt_floordiv(extent, lanes), lanes);
	const hdt_expr *place = hdt_add(done, hdt_begin_for(f, "rest", hdt_mod(extent, lanes), HDT_LOOP_SERIAL));
	const hdt_expr *v = hdt_let(f, "v", value_at(&b, place));
	take(&b, zero, reduce_is_better(reduce, v, hdt_at(b.value_of, zero)), v, place);
	hdt_end(f);
	return hdt_cast(hdt_at(b.at, zero), HDT_I64);
}
