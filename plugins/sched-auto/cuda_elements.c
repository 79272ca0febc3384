/* cuda_elements.c: a thread for an element, or for several neighbours along the last dimension that one access moves:
 *
 *     y[i, j] = x[i, j] + b[j]     ->     let index = blockIdx.x * 256 + threadIdx.x;
 *                                         if index < m * n / 4 { v = 4 elements of x; w = 4 elements of b; ..; 4 elements of y = v + w; }
 *
 * Reductions within an element are loops of its thread, which then goes through all its elements in each step. Where there is more to do than the
 * device has threads, each takes elements at several places, a block's width apart, so that their reads are under way at the same time. */
#include "cuda.h"
#include "cuda_vector.h"

enum { FEW_STEPS = 32 /* of a reduction, that are worth unrolling */ };

/* Places of a thread. */
static int64_t repeats(const stage *s, int64_t width)
{
	if (has_reduce(s->value))
		return 1;
	return plan_elements(s->tensor, 0, s->tensor->rank) / width >= 4 * DEVICE_THREADS ? 4 : 1;
}

static int64_t block_threads(const hdt_expr *threads_wanted)
{
	int64_t count, threads = BLOCK_THREADS;
	if (hdt_is_const(threads_wanted, &count))
		while (threads > 32 && threads / 2 >= count)
			threads /= 2;
	return threads;
}

/* ---- one element ---- */

static bool emit_element(nest *n, const stage *s, const dims *d, const hdt_expr *const *values)
{
	const hdt_expr *at[HDT_MAX_RANK];
	const hdt_expr *value = reduce_ready(n, hdt_substitute(d->value, d->axes, values, d->count));
	for (int i = 0; i < s->tensor->rank; i++)
		at[i] = hdt_substitute(d->at[i], d->axes, values, d->count);
	hdt_store(n->function, s->memory, (hdt_list){at, s->tensor->rank}, value);
	return hdt_context_status(n->context) == HDT_OK;
}

/* ---- several ---- */

/* Neighbours of a thread, and where the other dimensions are. */
typedef struct neighbours {
	nest *nest;
	vector_span span;
	const hdt_expr *const *from, *const *to;
	int count;
} neighbours;

/* Does every element take as many steps, wherever it is? */
static bool steps_are_equal(const hdt_expr *reduce)
{
	expr_list axes = {.context = reduce->context};
	for (int a = 1; a < reduce->count; a++)
		free_axes(reduce->args[a]->args[0], &axes);
	return axes.count == 0;
}

/* Can lanes take its steps together? Its body then has no reduction of its own. */
static bool runs_in_lanes(const hdt_expr *reduce)
{
	return reduce->op == HDT_OP_REDUCE && steps_are_equal(reduce) && !has_reduce(reduce->args[0]);
}

static bool lanes_take(const hdt_expr *value)
{
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]) && !runs_in_lanes(nodes.items[i]))
			return false;
	return true;
}

static void each_lane(neighbours *b, const hdt_tensor *to, const hdt_expr *value)
{
	hdt_function *f = b->nest->function;
	hdt_begin_loop(f, b->span.lane, HDT_LOOP_UNROLL);
	hdt_store(f, to, HDT_AT(b->span.lane), value);
	hdt_end(f);
}

static int64_t steps_of(const hdt_expr *reduce)
{
	int64_t product = 1;
	for (int a = 1; a < reduce->count; a++)
		if (__builtin_mul_overflow(product, hdt_size_estimate(reduce->args[a]->args[0]), &product))
			return INT64_MAX;
	return product;
}

static bool is_constant(const hdt_expr *extent)
{
	int64_t value;
	return hdt_is_const(extent, &value);
}

/* The accumulators of all lanes, which the steps go through side by side. */
static const hdt_tensor *reduce_lanes(neighbours *b, const hdt_expr *reduce)
{
	hdt_function *f = b->nest->function;
	hdt_context *c = b->nest->context;
	const hdt_tensor *acc = hdt_local(f, "acc", reduce_dtype(reduce), HDT_AT(hdt_int(c, b->span.width)));
	bool few = steps_of(reduce) <= FEW_STEPS;
	if (!acc)
		return NULL;
	each_lane(b, acc, reduce_start(reduce));
	for (int a = 1; a < reduce->count; a++)
		hdt_begin_loop(f, reduce->args[a],
		               few && is_constant(reduce->args[a]->args[0]) ? HDT_LOOP_UNROLL : HDT_LOOP_SERIAL);
	const hdt_expr *value = vector_read(&b->span, reduce->args[0], b->from, b->to, b->count);
	each_lane(b, acc, kernel_step(reduce, hdt_at(acc, b->span.lane), value));
	for (int a = 1; a < reduce->count; a++)
		hdt_end(f);
	return acc;
}

static bool emit_neighbours(neighbours *b, const stage *s, const dims *d)
{
	hdt_function *f = b->nest->function;
	hdt_context *c = b->nest->context;
	const hdt_expr *value = d->value;
	expr_list nodes = {0};
	expr_map results = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_tensor *acc = is_reduce(nodes.items[i]) ? reduce_lanes(b, nodes.items[i]) : NULL;
		if (acc)
			expr_map_set(&results, nodes.items[i], reduce_result(nodes.items[i], hdt_at(acc, b->span.lane)));
	}
	value = replace_nodes(value, &results);
	expr_map_free(&results);
	const hdt_tensor *elements = hdt_local(f, "elements", s->memory->dtype, HDT_AT(hdt_int(c, b->span.width)));
	value = vector_read(&b->span, value, b->from, b->to, b->count);
	if (!elements || !value)
		return false;
	each_lane(b, elements, value);
	vector_store(&b->span, s->memory, (hdt_list){d->at, s->tensor->rank}, elements, b->from, b->to, b->count);
	return hdt_context_status(c) == HDT_OK;
}

/* ---- the kernel ---- */

/* Compute what stands at place `index` of the places of `width` elements each. */
static bool emit_place(nest *n, const stage *s, const dims *d, const hdt_expr *index, int64_t width)
{
	const hdt_expr *values[HDT_MAX_RANK], *extents[HDT_MAX_RANK], *size = hdt_int(n->context, width);
	int last = d->count - 1;
	for (int i = 0; i < d->count; i++)
		extents[i] = i == last && width > 1 ? hdt_floordiv(d->axes[i]->args[0], size) : d->axes[i]->args[0];
	if (!kernel_unflatten(n, (hdt_list){extents, d->count}, index, values))
		return false;
	if (width == 1)
		return emit_element(n, s, d, values);
	const hdt_expr *first = kernel_index(n, "first", hdt_mul(values[last], size)), *lane = hdt_axis("lane", size);
	neighbours b = {n, {n->function, d->axes[last], first, lane, width}, d->axes, values, last};
	return first && lane && emit_neighbours(&b, s, d);
}

bool elements_emit(plan *p, const group *g)
{
	const stage *s = &p->stages[g->first];
	const hdt_expr *value = plan_redirect(p, s->value);
	nest n;
	dims d;
	if (!value || !merge_dims(s, 0, value, &d))
		return false;
	int64_t width = 1;
	if (d.count && lanes_take(d.value))
		width = vector_choose(s->memory, (hdt_list){d.at, s->tensor->rank}, d.value, d.axes[d.count - 1]);
	const hdt_expr *places = hdt_floordiv(hdt_product(p->context, hdt_shape(s->tensor)), hdt_int(p->context, width));
	int64_t times = repeats(s, width), threads = places ? block_threads(places) : 0;
	const hdt_expr *across = hdt_int(p->context, threads), *share = hdt_int(p->context, threads * times);
	if (!places || !kernel_begin(&n, p, g, hdt_ceildiv(places, share), threads))
		return false;
	const hdt_expr *index = hdt_add(hdt_mul(kernel_block(&n), share), kernel_thread(&n));
	if (times > 1)
		index = hdt_add(
			index, hdt_mul(hdt_begin_for(n.function, "part", hdt_int(p->context, times), HDT_LOOP_UNROLL), across));
	index = kernel_index(&n, "index", index);
	const hdt_expr *inside = hdt_less(index, places);
	kernel_guard(&n, inside);
	bool done = inside && emit_place(&n, s, &d, index, width);
	kernel_unguard(&n, inside);
	if (times > 1)
		hdt_end(n.function);
	return done;
}
