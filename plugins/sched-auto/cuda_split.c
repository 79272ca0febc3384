/* cuda_split.c: a very long reduction to few elements becomes two, so that the whole device works on it:
 *
 *     y[i] = sum(k < n) x[i, k]  ->  y_parts[i, p] = sum(q < max(0, min(s, n - p * s))) x[i, p * s + q]    with s = ceildiv(n, 128)
 *                                    y[i] = sum(p < 128) y_parts[i, p] */
#include "cuda.h"

enum { LONG = 65536, FEW = 64, PARTS = 4 * DEVICE_PROCESSORS };

/* The only reduction of the stage, if it is one to be split. */
static const hdt_expr *find_long(const stage *s)
{
	const hdt_expr *found = NULL;
	expr_list nodes = {0};
	int64_t length = 1, elements = plan_elements(s->tensor, 0, s->tensor->rank);
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		if (!is_reduce(nodes.items[i]))
			continue;
		if (found)
			return NULL;
		found = nodes.items[i];
	}
	if (!found || found->op != HDT_OP_REDUCE || !team_takes(found) || s->tensor->rank == HDT_MAX_RANK)
		return NULL;
	for (int a = 1; a < found->count; a++)
		if (__builtin_mul_overflow(length, hdt_size_estimate(found->args[a]->args[0]), &length))
			length = INT64_MAX;
	return elements > 0 && elements <= FEW && length / elements >= LONG ? found : NULL;
}

/* What the partial reductions give: sums for an average. */
static const hdt_expr *reduce_as(const hdt_expr *reduce, const hdt_expr *axis, const hdt_expr *value)
{
	hdt_reduce_kind kind = reduce->reduce == HDT_REDUCE_AVG ? HDT_REDUCE_SUM : (hdt_reduce_kind)reduce->reduce;
	if (value && value->dtype == reduce_dtype(reduce))
		return hdt_reduce(kind, &axis, 1, value);
	return hdt_reduce_in(kind, reduce_dtype(reduce), &axis, 1, value);
}

/* A computed tensor of this plan alone. */
static const hdt_tensor *make_tensor(plan *p, const char *name, hdt_list axes, const hdt_expr *value)
{
	hdt_tensor *t = hdt_allocate(p->context, sizeof *t);
	const hdt_expr **items = hdt_allocate(p->context, 2 * (size_t)axes.count * sizeof *items);
	if (!t || !items || !name || !value)
		return NULL;
	for (int d = 0; d < axes.count; d++) {
		items[d] = axes.items[d];
		items[axes.count + d] = axes.items[d]->args[0];
	}
	*t = (hdt_tensor){.context = p->context,
	                  .name = hdt_intern(p->context, name),
	                  .kind = HDT_TENSOR_COMPUTE,
	                  .dtype = (hdt_dtype)value->dtype,
	                  .rank = axes.count,
	                  .axes = items,
	                  .shape = items + axes.count,
	                  .value = value};
	return t->name ? t : NULL;
}

/* The stages of the parts and of what joins them. */
static bool split(plan *p, const stage *s, const hdt_expr *reduce, stage *out)
{
	hdt_context *c = p->context;
	const hdt_expr *axes[HDT_MAX_RANK], *extents[HDT_MAX_RANK], *zero = hdt_int(c, 0);
	hdt_list inner = {extents, reduce->count - 1};
	int rank = s->tensor->rank;
	for (int i = 0; i < inner.count; i++)
		extents[i] = reduce->args[i + 1]->args[0];
	for (int d = 0; d < rank; d++)
		axes[d] = hdt_axis(s->tensor->axes[d]->name, s->tensor->shape[d]);
	const hdt_expr *count = hdt_product(c, inner), *parts = hdt_int(c, PARTS), *size = hdt_ceildiv(count, parts);
	const hdt_expr *part = axes[rank] = hdt_axis("part", parts);
	const hdt_expr *first = hdt_mul(part, size);
	const hdt_expr *q = hdt_axis("q", hdt_max(zero, hdt_min(size, hdt_sub(count, first))));
	hdt_list at = hdt_unflatten(c, inner, hdt_add(first, q));
	if (!at.items || !q)
		return false;
	const hdt_expr *value = hdt_substitute(reduce->args[0], s->tensor->axes, axes, rank);
	value = hdt_substitute(value, reduce->args + 1, at.items, inner.count);
	const hdt_tensor *t = make_tensor(p, hdt_format(c, "%s_parts", s->tensor->name), (hdt_list){axes, rank + 1},
	                                  reduce_as(reduce, q, value));
	if (!t)
		return false;
	for (int d = 0; d < rank; d++)
		axes[d] = s->tensor->axes[d];
	const hdt_expr *joined = reduce_as(reduce, part, hdt_load(t, axes, rank + 1));
	expr_map results = {0};
	expr_map_set(&results, reduce, reduce_finish(reduce, joined, count));
	out[0] = (stage){.tensor = t, .value = t->value, .alone = true};
	out[1] = *s;
	out[1].value = replace_nodes(s->value, &results);
	out[1].alone = true;
	expr_map_free(&results);
	return out[1].value != NULL;
}

bool split_long(plan *p)
{
	stage *stages = hdt_allocate(p->context, (2 * (size_t)p->stage_count + 1) * sizeof *stages);
	int count = 0;
	if (!stages)
		return false;
	for (int i = 0; i < p->stage_count; i++) {
		const hdt_expr *reduce = find_long(&p->stages[i]);
		if (!reduce) {
			stages[count++] = p->stages[i];
			continue;
		}
		if (!split(p, &p->stages[i], reduce, stages + count))
			return false;
		count += 2;
	}
	p->stages = stages;
	p->stage_count = count;
	return true;
}
