/* stages.c: makes more stages, where one would repeat work or leave most of the device idle. On a GPU, a reduction that several elements share:
 *
 *     y[i, j] = x[i, j] - sum(k < n) x[i, k]  ->  y_shared_0[i] = sum(k < n) x[i, k]; y[i, j] = x[i, j] - y_shared_0[i]
 *
 * and a very long one to few elements, on which the whole device then works (on a CPU the part is the first index):
 *
 *     y[i] = sum(k < n) x[i, k]  ->  y_parts[i, p < 528] = sum(q < max(0, min(s, n - p * s))) x[i, p * s + q]    with s = ceildiv(n, 528)
 *                                    y[i] = sum(p < 528) y_parts[i, p] */
#include "auto.h"

/* The stages that become the plan's. */
typedef struct stage_list {
	plan *plan;
	stage *items;
	int count, capacity;
} stage_list;

static bool add_stage(stage_list *l, stage s)
{
	if (l->count == l->capacity) {
		int capacity = 2 * l->capacity + 16;
		stage *items = hdt_allocate(l->plan->context, (size_t)capacity * sizeof *items);
		if (!items)
			return false;
		for (int i = 0; i < l->count; i++)
			items[i] = l->items[i];
		l->items = items;
		l->capacity = capacity;
	}
	l->items[l->count++] = s;
	return true;
}

const hdt_tensor *stages_tensor(plan *p, const char *name, hdt_list axes, const hdt_expr *value)
{
	hdt_tensor *t = hdt_allocate(p->context, sizeof *t);
	const hdt_expr **items = hdt_allocate(p->context, 2 * (size_t)axes.count * sizeof *items);
	if (!t || !items || !name || !value)
		return NULL;
	for (int d = 0; d < axes.count; d++) {
		if (!axes.items[d])
			return NULL;
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

const hdt_expr *replace_node(const hdt_expr *e, const hdt_expr *from, const hdt_expr *to)
{
	expr_map results = {0};
	if (!e || !to)
		return NULL;
	expr_map_set(&results, from, to);
	e = replace_nodes(e, &results);
	expr_map_free(&results);
	return e;
}

static bool is_one(const hdt_expr *extent)
{
	int64_t value;
	return hdt_is_const(extent, &value) && value == 1;
}

/* ---- shared reductions -------------------------------------------------------------------------------------------- */

/* The axes of the stage that the reduction depends on, when these are not all and it depends on no others. */
static bool is_shared(const stage *s, const hdt_expr *reduce, const hdt_expr **axes, int *count)
{
	expr_list needs = {0};
	int found = 0, left = 0;
	*count = 0;
	free_axes(reduce, &needs);
	for (int d = 0; d < s->tensor->rank; d++) {
		const hdt_expr *axis = s->tensor->axes[d];
		bool needed = expr_list_has(&needs, axis);
		found += needed;
		left += !needed && !is_one(s->tensor->shape[d]);
		if (needed)
			axes[(*count)++] = axis;
	}
	return left > 0 && found == needs.count;
}

/* Such a reduction, an inner one before those around it; NULL: there is none. */
static const hdt_expr *find_shared(const stage *s, const hdt_expr **axes, int *count)
{
	expr_list nodes = {0};
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]) && is_shared(s, nodes.items[i], axes, count))
			return nodes.items[i];
	return NULL;
}

static bool take_shared(stage_list *l, stage *s)
{
	const hdt_expr *reduce, *axes[HDT_MAX_RANK], *own[HDT_MAX_RANK];
	int count;
	while ((reduce = find_shared(s, axes, &count)) != NULL) {
		for (int d = 0; d < count; d++)
			own[d] = hdt_axis(axes[d]->name, axes[d]->args[0]);
		const char *name = hdt_format(l->plan->context, "%s_shared_%d", s->tensor->name, l->count);
		const hdt_expr *value = hdt_substitute(reduce, axes, own, count);
		const hdt_tensor *t = stages_tensor(l->plan, name, (hdt_list){own, count}, value);
		s->value = t ? replace_node(s->value, reduce, hdt_load(t, axes, count)) : NULL;
		if (!s->value || !add_stage(l, (stage){.tensor = t, .value = t->value}))
			return false;
	}
	return true;
}

/* ---- long reductions ---------------------------------------------------------------------------------------------- */

static const hdt_expr *only_reduction(const hdt_expr *value)
{
	const hdt_expr *found = NULL;
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		if (!is_reduce(nodes.items[i]))
			continue;
		if (found || nodes.items[i]->op != HDT_OP_REDUCE || reduce_is_ragged(nodes.items[i]))
			return NULL;
		found = nodes.items[i];
	}
	return found;
}

/* The only reduction of the stage, if it is one to be done in parts. */
static const hdt_expr *find_long(const plan *p, const stage *s)
{
	const hdt_expr *found = only_reduction(s->value);
	int64_t length = 1, elements = plan_elements(s->tensor, 0, s->tensor->rank);
	if (!found || s->tensor->rank == HDT_MAX_RANK)
		return NULL;
	for (int a = 1; a < found->count; a++)
		if (__builtin_mul_overflow(length, hdt_size_estimate(found->args[a]->args[0]), &length))
			length = INT64_MAX;
	return elements > 0 && p->rules->is_long(s, found, elements, length) ? found : NULL;
}

/* What the parts give: sums for an average. */
static const hdt_expr *reduce_as(const hdt_expr *reduce, const hdt_expr *axis, const hdt_expr *value)
{
	hdt_reduce_kind kind = reduce->reduce == HDT_REDUCE_AVG ? HDT_REDUCE_SUM : (hdt_reduce_kind)reduce->reduce;
	if (value && value->dtype == reduce_dtype(reduce))
		return hdt_reduce(kind, &axis, 1, value);
	return hdt_reduce_in(kind, reduce_dtype(reduce), &axis, 1, value);
}

/* The indices of the parts' tensor: which part, and the stage's dimensions. */
static hdt_list parts_index(const plan *p, const stage *s, const hdt_expr *part, const hdt_expr *const *own,
                            const hdt_expr **out)
{
	int rank = s->tensor->rank, first = p->rules->part_first;
	for (int d = 0; d < rank; d++)
		out[d + first] = own[d];
	out[first ? 0 : rank] = part;
	return (hdt_list){out, rank + 1};
}

static const hdt_tensor *make_parts(plan *p, const stage *s, const hdt_expr *reduce, const hdt_expr *count)
{
	hdt_context *c = p->context;
	const hdt_expr *axes[HDT_MAX_RANK], *extents[HDT_MAX_RANK], *all[HDT_MAX_RANK];
	hdt_list inner = {extents, reduce->count - 1};
	int rank = s->tensor->rank;
	for (int i = 0; i < inner.count; i++)
		extents[i] = reduce->args[i + 1]->args[0];
	for (int d = 0; d < rank; d++)
		axes[d] = hdt_axis(s->tensor->axes[d]->name, s->tensor->shape[d]);
	const hdt_expr *parts = hdt_int(c, p->rules->parts), *part = hdt_axis("part", parts);
	const hdt_expr *size = hdt_ceildiv(count, parts), *first = hdt_mul(part, size);
	const hdt_expr *left = hdt_min(size, hdt_sub(count, first)), *q = hdt_axis("q", hdt_max(hdt_int(c, 0), left));
	hdt_list at = hdt_unflatten(c, inner, hdt_add(first, q));
	if (!at.items || !q)
		return NULL;
	const hdt_expr *value = hdt_substitute(reduce->args[0], s->tensor->axes, axes, rank);
	value = hdt_substitute(value, reduce->args + 1, at.items, inner.count);
	const char *name = hdt_format(c, "%s_parts", s->tensor->name);
	return stages_tensor(p, name, parts_index(p, s, part, axes, all), reduce_as(reduce, q, value));
}

static bool take_parts(stage_list *l, stage *s)
{
	const hdt_expr *reduce = find_long(l->plan, s), *at[HDT_MAX_RANK];
	const hdt_expr *count = hdt_int(l->plan->context, 1);
	if (!reduce)
		return true;
	for (int i = 1; i < reduce->count; i++)
		count = hdt_mul(count, reduce->args[i]->args[0]);
	const hdt_tensor *t = make_parts(l->plan, s, reduce, count);
	const hdt_expr *part = hdt_axis("part", hdt_int(l->plan->context, l->plan->rules->parts));
	if (!t || !part)
		return false;
	hdt_list index = parts_index(l->plan, s, part, s->tensor->axes, at);
	const hdt_expr *joined = reduce_as(reduce, part, hdt_at_list(t, index));
	s->value = replace_node(s->value, reduce, reduce_finish(reduce, joined, count));
	s->alone = true;
	return s->value && add_stage(l, (stage){.tensor = t, .value = t->value, .alone = true});
}

/* ---- both --------------------------------------------------------------------------------------------------------- */

/* Rebuild the list of stages: `take` puts what it takes out of a stage before it. */
static bool divide(plan *p, bool (*take)(stage_list *l, stage *s))
{
	stage_list l = {.plan = p};
	for (int i = 0; i < p->stage_count; i++) {
		stage s = p->stages[i];
		if (!take(&l, &s) || !add_stage(&l, s))
			return false;
	}
	p->stages = l.items;
	p->stage_count = l.count;
	return true;
}

bool stages_divide(plan *p)
{
	return (!p->rules->share_reductions || divide(p, take_shared)) && divide(p, take_parts);
}
