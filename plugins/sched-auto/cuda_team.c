/* cuda_team.c: reductions by several threads: each takes every so many-th element, and then they join what they have, pair by pair:
 *
 *     sum(k < n) x[k]     ->     acc = 0; for s in 0..(n - worker + 31) // 32 { acc = acc + x[s * 32 + worker]; }
 *                                let other = shfl_xor(acc, 16); acc = acc + other; let other = shfl_xor(acc, 8); acc = acc + other; ...
 *
 * A sum made this way is a tree of short chains, so its error grows more slowly than that of one chain. */
#include "cuda.h"
#include "cuda_vector.h"

bool team_begin_row(nest *n, team *t, hdt_list shape, const hdt_expr **row)
{
	const hdt_expr *thread = kernel_thread(n), *teams = hdt_int(n->context, t->count),
				   *workers = hdt_int(n->context, t->workers);
	t->slot = kernel_index(n, "slot", t->side_by_side ? hdt_mod(thread, teams) : hdt_floordiv(thread, workers));
	t->worker = kernel_index(n, "worker", t->side_by_side ? hdt_floordiv(thread, teams) : hdt_mod(thread, workers));
	const hdt_expr *index = kernel_index(n, "row", hdt_add(hdt_mul(kernel_block(n), teams), t->slot));
	if (t->count > 1)
		t->active = hdt_less(index, hdt_product(n->context, shape));
	n->team = t;
	return index && kernel_unflatten(n, shape, index, row);
}

void team_sync(nest *n)
{
	hdt_do(n->function, "syncthreads", HDT_SCALAR);
}

const hdt_expr *team_begin(nest *n, const hdt_expr *count)
{
	const team *t = n->team;
	const hdt_expr *workers = hdt_int(n->context, t->workers), *steps;
	if (hdt_proves_equal(hdt_mod(count, workers), hdt_int(n->context, 0)))
		steps = hdt_floordiv(count, workers);
	else
		steps = hdt_ceildiv(hdt_sub(count, t->worker), workers);
	const hdt_expr *step = hdt_axis("step", steps);
	if (!step)
		return NULL;
	open_loop(n, step, HDT_LOOP_SERIAL);
	return kernel_index(n, "position", hdt_add(hdt_mul(step, workers), t->worker));
}

void team_end(nest *n)
{
	close_loop(n);
}

/* ---- joining ------------------------------------------------------------------------------------------------------ */

/* What a thread has so far: a value, and of an arg-reduction its index. */
typedef struct partial {
	const hdt_expr *reduce;
	const hdt_tensor *acc, *at; /* at: NULL without an index */
} partial;

static const hdt_expr *value_of(const hdt_tensor *scalar)
{
	return hdt_load(scalar, NULL, 0);
}

/* Take in what another thread has. Of equally extreme values the one with the smaller index wins. */
static void take_in(nest *n, const partial *p, const hdt_expr *other, const hdt_expr *there)
{
	hdt_function *f = n->function;
	if (!p->at) {
		hdt_store(f, p->acc, HDT_SCALAR, reduce_step(p->reduce, value_of(p->acc), other));
		return;
	}
	const hdt_expr *mine = hdt_let(f, "mine", value_of(p->acc)), *here = hdt_let(f, "here", value_of(p->at));
	const hdt_expr *earlier = hdt_and(hdt_not(reduce_is_better(p->reduce, mine, other)), hdt_less(there, here));
	hdt_begin_if(f, hdt_or(reduce_is_better(p->reduce, other, mine), earlier));
	hdt_store(f, p->acc, HDT_SCALAR, other);
	hdt_store(f, p->at, HDT_SCALAR, there);
	hdt_end(f);
}

/* The scalar of the lane whose number differs in the bit `mask`. Shuffles move 4 and 8 bytes: smaller values travel as i32. */
static const hdt_expr *of_lane(nest *n, const hdt_tensor *scalar, int64_t mask)
{
	bool direct = hdt_dtype_of(scalar->dtype)->bytes >= 4;
	const hdt_expr *value = direct ? value_of(scalar) : hdt_cast(value_of(scalar), HDT_I32);
	const hdt_expr *moved = hdt_intrinsic_call(n->context, "shfl_xor", HDT_AT(value, hdt_int(n->context, mask)));
	return hdt_cast(hdt_let(n->function, "other", moved), scalar->dtype);
}

/* Each of `lanes` neighbouring lanes gets what all of them have together. */
static void join_lanes(nest *n, const partial *p, int64_t lanes)
{
	for (int64_t mask = lanes / 2; mask; mask /= 2) {
		const hdt_expr *other = of_lane(n, p->acc, mask), *there = p->at ? of_lane(n, p->at, mask) : NULL;
		take_in(n, p, other, there);
	}
}

/* Shared memory for `size` values, free to be written. One serves all that comes after each other. */
static const hdt_tensor *open_tree(nest *n, const hdt_tensor **kept, hdt_dtype dtype, int64_t size)
{
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED};
	if (!*kept)
		*kept = hdt_buffer(n->function, "tree", dtype, HDT_AT(hdt_int(n->context, size)), &shared);
	return *kept;
}

static bool open_trees(nest *n, const partial *p, int64_t size, const hdt_tensor **values, const hdt_tensor **places)
{
	team *t = n->team;
	if (t->trees[p->acc->dtype] || (p->at && t->places))
		team_sync(n); /* all have read what is there */
	*values = open_tree(n, &t->trees[p->acc->dtype], p->acc->dtype, size);
	*places = p->at ? open_tree(n, &t->places, p->at->dtype, size) : NULL;
	return *values && (*places || !p->at);
}

static void put(nest *n, const partial *p, const hdt_tensor *values, const hdt_tensor *places, const hdt_expr *place)
{
	hdt_store(n->function, values, HDT_AT(place), value_of(p->acc));
	if (places)
		hdt_store(n->function, places, HDT_AT(place), value_of(p->at));
}

/* A team that is one or more warps: lanes join by shuffles, then one lane of each warp passes on what its warp has. */
static bool join_warps(nest *n, const partial *p)
{
	team *t = n->team;
	const hdt_tensor *values, *places;
	join_lanes(n, p, t->workers < WARP ? t->workers : WARP);
	if (t->workers <= WARP)
		return true;
	int64_t warps = t->workers / WARP;
	const hdt_expr *lanes = hdt_int(n->context, WARP), *each = hdt_int(n->context, warps);
	if (!open_trees(n, p, t->count * warps, &values, &places))
		return false;
	hdt_begin_if(n->function, hdt_equal(hdt_mod(t->worker, lanes), hdt_int(n->context, 0)));
	put(n, p, values, places, hdt_floordiv(kernel_thread(n), lanes));
	hdt_end(n->function);
	team_sync(n);
	const hdt_expr *place = hdt_add(hdt_mul(t->slot, each), hdt_mod(t->worker, each));
	hdt_store(n->function, p->acc, HDT_SCALAR, hdt_at(values, place));
	if (places)
		hdt_store(n->function, p->at, HDT_SCALAR, hdt_at(places, place));
	join_lanes(n, p, warps);
	return true;
}

/* Teams side by side: the threads of one are apart, and join in shared memory, half of them at a time. */
static bool join_apart(nest *n, const partial *p)
{
	team *t = n->team;
	const hdt_tensor *values, *places;
	const hdt_expr *teams = hdt_int(n->context, t->count), *own = kernel_thread(n);
	if (!open_trees(n, p, t->count * t->workers, &values, &places))
		return false;
	put(n, p, values, places, own);
	for (int64_t step = t->workers / 2; step; step /= 2) {
		const hdt_expr *partner = hdt_add(own, hdt_mul(hdt_int(n->context, step), teams));
		team_sync(n);
		hdt_begin_if(n->function, hdt_less(t->worker, hdt_int(n->context, step)));
		const hdt_expr *other = hdt_let(n->function, "other", hdt_at(values, partner));
		take_in(n, p, other, places ? hdt_let(n->function, "there", hdt_at(places, partner)) : NULL);
		put(n, p, values, places, own);
		hdt_end(n->function);
	}
	team_sync(n);
	hdt_store(n->function, p->acc, HDT_SCALAR, hdt_at(values, t->slot));
	if (places)
		hdt_store(n->function, p->at, HDT_SCALAR, hdt_at(places, t->slot));
	return true;
}

static bool join(nest *n, const partial *p)
{
	return n->team->side_by_side ? join_apart(n, p) : join_warps(n, p);
}

bool team_join(nest *n, const hdt_expr *reduce, const hdt_tensor *acc)
{
	const partial p = {.reduce = reduce, .acc = acc};
	return join(n, &p);
}

/* ---- reducing ----------------------------------------------------------------------------------------------------- */

/* One step at a position of the flattened axes. */
static bool take(nest *n, const partial *p, const hdt_expr *value, const hdt_expr *position)
{
	const hdt_expr *reduce = p->reduce, *const *axes = reduce->args + 1;
	const hdt_expr *extents[HDT_MAX_RANK], *here[HDT_MAX_RANK];
	hdt_list shape = {extents, reduce->count - 1};
	for (int i = 0; i < shape.count; i++)
		extents[i] = axes[i]->args[0];
	if (!position || !kernel_unflatten(n, shape, position, here))
		return false;
	team *t = n->team;
	n->team = NULL; /* what is within is each thread's own */
	const hdt_expr *element = reduce_ready(n, hdt_substitute(value, axes, here, shape.count)), *old = value_of(p->acc);
	n->team = t;
	if (!element)
		return false;
	if (!p->at) {
		hdt_store(n->function, p->acc, HDT_SCALAR, reduce_step(reduce, old, element));
		return true;
	}
	const hdt_expr *v = hdt_let(n->function, "v", hdt_cast(element, p->acc->dtype));
	hdt_begin_if(n->function, reduce_is_better(reduce, v, old));
	hdt_store(n->function, p->acc, HDT_SCALAR, v);
	hdt_store(n->function, p->at, HDT_SCALAR, here[0]);
	hdt_end(n->function);
	return true;
}

/* By pieces of `width` neighbours along the last axis, each of which has an accumulator of its own. */
static bool take_pieces(nest *n, const partial *p, const hdt_expr *value, int64_t width)
{
	const hdt_expr *reduce = p->reduce, *const *axes = reduce->args + 1, *size = hdt_int(n->context, width);
	const hdt_expr *extents[HDT_MAX_RANK], *here[HDT_MAX_RANK], *lane = hdt_axis("lane", size);
	const hdt_expr *every = hdt_axis("lane", size);
	hdt_function *f = n->function;
	hdt_list shape = {extents, reduce->count - 1};
	hdt_buffer_options start = {.scope = HDT_SCOPE_REGISTER, .start = reduce_start(reduce)};
	int last = shape.count - 1;
	for (int i = 0; i < shape.count; i++)
		extents[i] = i == last ? hdt_floordiv(axes[i]->args[0], size) : axes[i]->args[0];
	const hdt_tensor *lanes = hdt_buffer(f, "lanes", p->acc->dtype, HDT_AT(size), &start);
	kernel_guard(n, n->team->active);
	const hdt_expr *position = team_begin(n, hdt_product(n->context, shape));
	if (!lanes || !position || !kernel_unflatten(n, shape, position, here))
		return false;
	const vector_span span = {f, axes[last], kernel_index(n, "first", hdt_mul(here[last], size)), lane, width};
	value = vector_read(&span, value, axes, here, last);
	hdt_begin_loop(f, lane, HDT_LOOP_UNROLL);
	hdt_store(f, lanes, HDT_AT(lane), kernel_step(reduce, hdt_at(lanes, lane), value));
	hdt_end(f);
	team_end(n);
	kernel_unguard(n, n->team->active);
	hdt_begin_loop(f, every, HDT_LOOP_UNROLL);
	hdt_store(f, p->acc, HDT_SCALAR, reduce_step(reduce, value_of(p->acc), hdt_at(lanes, every)));
	hdt_end(f);
	return true;
}

/* How many neighbours are taken at once. */
static int64_t piece_width(const nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	expr_list nodes = {0};
	if (reduce->op != HDT_OP_REDUCE || n->team->side_by_side || !value)
		return 1;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return 1;
	return vector_widest(value, reduce->args[reduce->count - 1]);
}

static bool take_elements(nest *n, const partial *p, const hdt_expr *value)
{
	const hdt_expr *reduce = p->reduce, *count = hdt_int(n->context, 1);
	for (int i = 1; i < reduce->count; i++)
		count = hdt_mul(count, reduce->args[i]->args[0]);
	kernel_guard(n, n->team->active);
	const hdt_expr *position = team_begin(n, count);
	if (!take(n, p, value, position))
		return false;
	team_end(n);
	kernel_unguard(n, n->team->active);
	return true;
}

bool team_takes(const hdt_expr *reduce)
{
	return reduce->count - 1 <= HDT_MAX_RANK && !reduce_is_ragged(reduce);
}

const hdt_expr *team_only_reduction(const hdt_expr *value)
{
	const hdt_expr *found = NULL;
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		if (!is_reduce(nodes.items[i]))
			continue;
		if (found)
			return NULL;
		found = nodes.items[i];
	}
	return found && found->op == HDT_OP_REDUCE && team_takes(found) ? found : NULL;
}

const hdt_expr *team_reduce(nest *n, const hdt_expr *reduce, const hdt_expr *value)
{
	partial p = {.reduce = reduce, .acc = reduce_scalar(n, "acc", reduce_start(reduce))};
	int64_t width = piece_width(n, reduce, value);
	if (reduce->op == HDT_OP_ARG_REDUCE)
		p.at = reduce_scalar(n, "at", hdt_int(n->context, 0));
	if (!p.acc || !(width > 1 ? take_pieces(n, &p, value, width) : take_elements(n, &p, value)))
		return NULL;
	if (!join(n, &p))
		return NULL;
	return p.at ? value_of(p.at) : reduce_result(reduce, value_of(p.acc));
}
