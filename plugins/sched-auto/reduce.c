/* reduce.c: reductions as loops.
 *
 *     y[i] = sum(k < n) x[i, k]     ->     acc = 0; for k in 0..n { acc = acc + x[i, k]; } y[i] = acc
 *
 * Long ones run in several accumulators side by side where that changes nothing, and sums of f32 too, which come nearer to the true sum than one
 * chain does: on the CPU by chains.c, in a thread of a GPU here. Other sums and products of floats are kept in one chain, in the order of the
 * axes: they are never reassociated. A product that is added is fused with the addition where the processor can do so. */
#include "cuda.h"

#include <math.h>

enum { CHAINS = 4 /* additions in flight in a thread of a GPU */ };

/* ---- the parts of a reduction ------------------------------------------------------------------------------------- */

static hdt_dtype value_dtype(const hdt_expr *reduce)
{
	return (hdt_dtype)reduce->args[0]->dtype;
}

hdt_dtype reduce_dtype(const hdt_expr *reduce)
{
	bool extreme =
		reduce->op == HDT_OP_ARG_REDUCE || reduce->reduce == HDT_REDUCE_MAX || reduce->reduce == HDT_REDUCE_MIN;
	if (reduce->reduce == HDT_REDUCE_ALL || reduce->reduce == HDT_REDUCE_ANY)
		return HDT_BOOL;
	return hdt_dtype_of(extreme ? value_dtype(reduce) : (hdt_dtype)reduce->accumulate)->compute;
}

/* The smallest or largest value of the dtype. */
static const hdt_expr *extreme_value(hdt_context *c, hdt_dtype dtype, bool largest)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	int bits = info->bytes * 8;
	switch (info->kind) {
	case HDT_KIND_FLOAT:
		return hdt_number(c, info->compute, largest ? INFINITY : -INFINITY);
	case HDT_KIND_INT:
		return hdt_cast(
			hdt_int(c, largest ? (int64_t)(UINT64_MAX >> (65 - bits)) : -(int64_t)(UINT64_MAX >> (65 - bits)) - 1),
			dtype);
	case HDT_KIND_UINT:
		return hdt_cast(hdt_int(c, largest ? (int64_t)(UINT64_MAX >> (64 - bits)) : 0), dtype);
	case HDT_KIND_BOOL:
		break;
	}
	return hdt_number(c, HDT_BOOL, largest);
}

const hdt_expr *reduce_start(const hdt_expr *reduce)
{
	hdt_context *c = reduce->context;
	hdt_dtype dtype = reduce_dtype(reduce);
	switch ((hdt_reduce_kind)reduce->reduce) {
	case HDT_REDUCE_PROD:
		return hdt_number(c, dtype, 1);
	case HDT_REDUCE_MAX:
	case HDT_REDUCE_MIN:
		return extreme_value(c, value_dtype(reduce), reduce->reduce == HDT_REDUCE_MIN);
	case HDT_REDUCE_ALL:
		return hdt_number(c, HDT_BOOL, 1);
	default:
		return hdt_number(c, dtype, 0);
	}
}

static hdt_scalar_op step_op(const hdt_expr *reduce)
{
	static const hdt_scalar_op ops[HDT_REDUCE_COUNT] = {
		[HDT_REDUCE_SUM] = HDT_OP_ADD, [HDT_REDUCE_PROD] = HDT_OP_MUL, [HDT_REDUCE_MAX] = HDT_OP_MAX,
		[HDT_REDUCE_MIN] = HDT_OP_MIN, [HDT_REDUCE_AVG] = HDT_OP_ADD,  [HDT_REDUCE_ALL] = HDT_OP_AND,
		[HDT_REDUCE_ANY] = HDT_OP_OR,
	};
	return ops[reduce->reduce];
}

const hdt_expr *reduce_step(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *value)
{
	value = hdt_cast(value, reduce_dtype(reduce));
	if (value && value->op == HDT_OP_MUL && step_op(reduce) == HDT_OP_ADD && hdt_is_float(reduce_dtype(reduce)))
		return hdt_fma(value->args[0], value->args[1], accumulator);
	return hdt_binary(step_op(reduce), accumulator, value);
}

const hdt_expr *reduce_step_in(const nest *n, const hdt_expr *reduce, const hdt_expr *accumulator,
                               const hdt_expr *value)
{
	if (n->function->kind == HDT_FUNCTION_CUDA || n->plan->target->fused_multiply_add)
		return reduce_step(reduce, accumulator, value);
	return hdt_binary(step_op(reduce), accumulator, hdt_cast(value, reduce_dtype(reduce)));
}

/* Number of elements; an axis whose extent depends on another one of the same reduction is not counted this way. */
static const hdt_expr *element_count(const hdt_expr *reduce)
{
	const hdt_expr *count = hdt_int(reduce->context, 1);
	for (int a = 1; a < reduce->count; a++)
		count = hdt_mul(count, reduce->args[a]->args[0]);
	return count;
}

const hdt_expr *reduce_finish(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *count)
{
	if (reduce->reduce == HDT_REDUCE_AVG) {
		const hdt_expr *n = hdt_cast(count, reduce_dtype(reduce));
		accumulator = hdt_binary(hdt_is_float(reduce_dtype(reduce)) ? HDT_OP_DIV : HDT_OP_FLOORDIV, accumulator, n);
	}
	return hdt_cast(accumulator, (hdt_dtype)reduce->dtype);
}

const hdt_expr *reduce_result(const hdt_expr *reduce, const hdt_expr *accumulator)
{
	return reduce_finish(reduce, accumulator, element_count(reduce));
}

const hdt_expr *reduce_widened(const hdt_expr *reduce)
{
	hdt_reduce_kind kind = (hdt_reduce_kind)reduce->reduce;
	bool rounds = kind == HDT_REDUCE_SUM || kind == HDT_REDUCE_PROD || kind == HDT_REDUCE_AVG;
	if (reduce->op != HDT_OP_REDUCE || !rounds || reduce_dtype(reduce) != HDT_F32)
		return reduce;
	const hdt_expr *wide = hdt_reduce_in(kind, HDT_F64, reduce->args + 1, reduce->count - 1, reduce->args[0]);
	return wide && wide->op == HDT_OP_REDUCE ? wide : reduce;
}

/* ---- loops -------------------------------------------------------------------------------------------------------- */

void open_loop(nest *n, const hdt_expr *axis, hdt_loop_kind kind)
{
	hdt_begin_loop(n->function, axis, kind);
	(void)expr_list_add(&n->open, axis);
}

void close_loop(nest *n)
{
	hdt_end(n->function);
	n->open.count -= n->open.count > 0; /* none may have been added: memory is out */
}

static const hdt_expr *scalar_of(const hdt_tensor *local)
{
	return hdt_load(local, NULL, 0);
}

const hdt_tensor *reduce_scalar(nest *n, const char *name, const hdt_expr *value)
{
	if (!value)
		return NULL;
	const hdt_tensor *t = hdt_local(n->function, name, (hdt_dtype)value->dtype, HDT_SCALAR);
	hdt_store(n->function, t, HDT_SCALAR, value);
	return t;
}

bool reduce_is_ragged(const hdt_expr *reduce)
{
	for (int a = 1; a < reduce->count; a++)
		for (int b = 1; b < reduce->count; b++)
			if (a != b && depends_on(reduce->args[a]->args[0], reduce->args[b]))
				return true;
	return false;
}

static const hdt_expr *reduce_in_order(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	const hdt_tensor *acc = reduce_scalar(n, "acc", reduce_start(reduce)), *counter = NULL;
	bool counted = reduce->reduce == HDT_REDUCE_AVG && reduce_is_ragged(reduce);
	if (counted)
		counter = reduce_scalar(n, "count", hdt_int(n->context, 0));
	for (int a = 1; a < reduce->count; a++) {
		open_loop(n, reduce->args[a], HDT_LOOP_SERIAL);
		value = reduce_ready(n, value);
	}
	if (!acc || !value)
		return NULL;
	hdt_store(n->function, acc, HDT_SCALAR, reduce_step_in(n, reduce, scalar_of(acc), value));
	if (counter)
		hdt_store(n->function, counter, HDT_SCALAR, hdt_add(scalar_of(counter), hdt_int(n->context, 1)));
	for (int a = 1; a < reduce->count; a++)
		close_loop(n);
	return counter ? reduce_finish(reduce, scalar_of(acc), scalar_of(counter)) : reduce_result(reduce, scalar_of(acc));
}

const hdt_expr *reduce_is_better(const hdt_expr *reduce, const hdt_expr *value, const hdt_expr *old)
{
	const hdt_expr *better = reduce->reduce == HDT_REDUCE_MAX ? hdt_less(old, value) : hdt_less(value, old);
	if (better && hdt_is_float((hdt_dtype)value->dtype))
		better = hdt_or(better, hdt_and(hdt_unary(HDT_OP_ISNAN, value), hdt_not(hdt_unary(HDT_OP_ISNAN, old))));
	return better;
}

/* The first of the most extreme values wins. */
static const hdt_expr *reduce_arg(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	const hdt_expr *axis = reduce->args[1];
	const hdt_tensor *best = reduce_scalar(n, "best", reduce_start(reduce)),
					 *at = reduce_scalar(n, "at", hdt_int(n->context, 0));
	open_loop(n, axis, HDT_LOOP_SERIAL);
	value = reduce_ready(n, value);
	if (!best || !at || !value)
		return NULL;
	const hdt_expr *v = hdt_let(n->function, "v", hdt_cast(value, best->dtype));
	hdt_begin_if(n->function, reduce_is_better(reduce, v, scalar_of(best)));
	hdt_store(n->function, best, HDT_SCALAR, v);
	hdt_store(n->function, at, HDT_SCALAR, axis);
	hdt_end(n->function);
	close_loop(n);
	return scalar_of(at);
}

/* ---- several chains in a thread ----------------------------------------------------------------------------------- */

/* Is the result the same in every order, or a sum of f32, and the innermost loop long and simple enough to be cut? */
static bool runs_in_chains(const hdt_expr *reduce, const hdt_expr *value)
{
	hdt_reduce_kind kind = (hdt_reduce_kind)reduce->reduce;
	bool sum = kind == HDT_REDUCE_SUM || kind == HDT_REDUCE_AVG, ordered = sum || kind == HDT_REDUCE_PROD;
	if (ordered && hdt_is_float(reduce_dtype(reduce)) && !(sum && reduce_dtype(reduce) == HDT_F32))
		return false;
	if (reduce_is_ragged(reduce))
		return false;
	if (hdt_size_estimate(reduce->args[reduce->count - 1]->args[0]) < 2 * CHAINS)
		return false;
	return !has_reduce(value);
}

static void chain_step(nest *n, const hdt_expr *reduce, const hdt_tensor *acc, const hdt_expr *chain,
                       const hdt_expr *value, const hdt_expr *position)
{
	const hdt_expr *axis = reduce->args[reduce->count - 1];
	const hdt_expr *here = hdt_substitute(value, &axis, &position, 1);
	hdt_store(n->function, acc, HDT_AT(chain), reduce_step(reduce, hdt_at(acc, chain), here));
}

static const hdt_expr *reduce_in_chains(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	hdt_function *f = n->function;
	const hdt_expr *chains = hdt_int(n->context, CHAINS), *axis = reduce->args[reduce->count - 1],
				   *extent = axis->args[0];
	const hdt_expr *chain = hdt_axis("chain", chains), *start = reduce_start(reduce);
	const hdt_tensor *acc = hdt_local(f, "acc", reduce_dtype(reduce), HDT_AT(chains));
	const hdt_expr *blocks = hdt_floordiv(extent, chains), *done = hdt_mul(blocks, chains);
	hdt_begin_loop(f, chain, HDT_LOOP_UNROLL);
	hdt_store(f, acc, HDT_AT(chain), start);
	hdt_end(f);
	for (int a = 1; a + 1 < reduce->count; a++)
		open_loop(n, reduce->args[a], HDT_LOOP_SERIAL);
	const hdt_expr *block = hdt_begin_for(f, "block", blocks, HDT_LOOP_SERIAL);
	hdt_begin_loop(f, chain, HDT_LOOP_UNROLL);
	chain_step(n, reduce, acc, chain, value, hdt_add(hdt_mul(block, chains), chain));
	hdt_end(f);
	hdt_end(f);
	const hdt_expr *rest = hdt_begin_for(f, "rest", hdt_sub(extent, done), HDT_LOOP_SERIAL);
	chain_step(n, reduce, acc, hdt_int(n->context, 0), value, hdt_add(done, rest));
	hdt_end(f);
	for (int a = 1; a + 1 < reduce->count; a++)
		close_loop(n);
	const hdt_tensor *all = reduce_scalar(n, "all", start);
	hdt_begin_loop(f, chain, HDT_LOOP_UNROLL);
	hdt_store(f, all, HDT_SCALAR, all ? reduce_step(reduce, scalar_of(all), hdt_at(acc, chain)) : NULL);
	hdt_end(f);
	return all ? reduce_result(reduce, scalar_of(all)) : NULL;
}

/* ---- which reductions to compute where ---------------------------------------------------------------------------- */

bool reduce_is_ready(const nest *n, const hdt_expr *reduce)
{
	expr_list axes = {0};
	free_axes(reduce, &axes);
	for (int i = 0; i < axes.count; i++)
		if (!expr_list_has(&n->open, axes.items[i]))
			return false;
	return true;
}

static const hdt_expr *look_up(const hdt_expr *node, void *closure)
{
	return expr_map_get(closure, node);
}

const hdt_expr *replace_nodes(const hdt_expr *e, expr_map *map)
{
	if (!map->count)
		return e;
	rebuilder r = {.before = look_up, .closure = map};
	const hdt_expr *result = rebuild(&r, e);
	rebuilder_free(&r);
	return result;
}

static const hdt_expr *reduce_one(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	bool cpu = n->function->kind == HDT_FUNCTION_CPU;
	if (n->team && team_takes(reduce))
		return team_reduce(n, reduce, value);
	if (reduce->op == HDT_OP_ARG_REDUCE)
		return cpu && chains_arg_applies(n, reduce, value) ? chains_arg(n, reduce, value)
		                                                   : reduce_arg(n, reduce, value);
	if (cpu && chains_apply(n->plan, reduce, value))
		return chains_reduce(n, reduce, value);
	return !cpu && runs_in_chains(reduce, value) ? reduce_in_chains(n, reduce, value)
	                                             : reduce_in_order(n, reduce, value);
}

const hdt_expr *reduce_ready(nest *n, const hdt_expr *value)
{
	expr_map results = {0};
	expr_list nodes = {0};
	if (!value)
		return NULL;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) { /* inner reductions come first */
		const hdt_expr *reduce = nodes.items[i], *result;
		if (!is_reduce(reduce) || !reduce_is_ready(n, reduce))
			continue;
		const hdt_expr *element = replace_nodes(reduce->args[0], &results);
		if (!element)
			break;
		result = reduce_one(n, reduce, element);
		if (!result)
			break;
		expr_map_set(&results, reduce, result);
	}
	value = hdt_context_status(n->context) == HDT_OK ? replace_nodes(value, &results) : NULL;
	expr_map_free(&results);
	return value;
}
