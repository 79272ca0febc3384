/* cuda_elements.c: a thread for an element, neighbours along the last dimension side by side:
 *
 *     y[i, j] = x[j, i] + 1     ->     let index = blockIdx.x * 256 + threadIdx.x;
 *                                      if index < n * m { y[index // m, index % m] = x[index % m, index // m] + 1; }
 *
 * Reductions within an element are loops of its thread. Where there is more to do than the device has threads, each takes several
 * elements, a block's width apart, so that their reads are under way at the same time. */
#include "cuda.h"

/* Elements of a thread. */
static int64_t repeats(const stage *s)
{
	expr_list nodes = {0};
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return 1;
	return plan_elements(s->tensor, 0, s->tensor->rank) >= 8 * DEVICE_THREADS ? 4 : 1;
}

static int64_t block_threads(const hdt_expr *elements)
{
	int64_t count, threads = BLOCK_THREADS;
	if (hdt_is_const(elements, &count))
		while (threads > 32 && threads / 2 >= count)
			threads /= 2;
	return threads;
}

static bool emit_element(nest *n, const stage *s, const dims *d, const hdt_expr *index)
{
	const hdt_expr *values[HDT_MAX_RANK], *extents[HDT_MAX_RANK], *at[HDT_MAX_RANK];
	for (int i = 0; i < d->count; i++)
		extents[i] = d->axes[i]->args[0];
	if (!kernel_unflatten(n, (hdt_list){extents, d->count}, index, values))
		return false;
	const hdt_expr *value = reduce_ready(n, hdt_substitute(d->value, d->axes, values, d->count));
	for (int i = 0; i < s->tensor->rank; i++)
		at[i] = hdt_substitute(d->at[i], d->axes, values, d->count);
	hdt_store(n->function, s->memory, (hdt_list){at, s->tensor->rank}, value);
	return hdt_context_status(n->context) == HDT_OK;
}

bool elements_emit(plan *p, const group *g)
{
	const stage *s = &p->stages[g->first];
	const hdt_expr *elements = hdt_product(p->context, hdt_shape(s->tensor)), *value = plan_redirect(p, s->value);
	int64_t times = repeats(s), threads = elements ? block_threads(elements) : 0;
	const hdt_expr *width = hdt_int(p->context, threads), *share = hdt_int(p->context, threads * times);
	nest n;
	dims d;
	if (!value || !merge_dims(s, 0, value, &d) || !kernel_begin(&n, p, g, hdt_ceildiv(elements, share), threads))
		return false;
	const hdt_expr *index = hdt_add(hdt_mul(kernel_block(&n), share), kernel_thread(&n));
	if (times > 1)
		index = hdt_add(index,
		                hdt_mul(hdt_begin_for(n.function, "part", hdt_int(p->context, times), HDT_LOOP_UNROLL), width));
	index = kernel_index(&n, "index", index);
	const hdt_expr *inside = hdt_less(index, elements);
	kernel_guard(&n, inside);
	bool done = inside && emit_element(&n, s, &d, index);
	kernel_unguard(&n, inside);
	if (times > 1)
		hdt_end(n.function);
	return done;
}
