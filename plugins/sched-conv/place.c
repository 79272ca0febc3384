/* place.c: a convolution's parts at a place, which is windows, positions, taps and channels. */
#include "match.h"

void use_inputs(hdt_function *function, const hdt_task *task, const hdt_expr *e)
{
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i] && hdt_reads(e, task->inputs[i]))
			hdt_use(function, task->inputs[i]);
}

typedef struct replacements {
	const hdt_expr *from[MOST_AXES * 2], *to[MOST_AXES * 2];
	int count;
} replacements;

static void add(replacements *r, const hdt_expr *from, const hdt_expr *to)
{
	if (!from || !to)
		return;
	r->from[r->count] = from;
	r->to[r->count++] = to;
}

const hdt_expr *conv_element(const conv *c, const conv_place *at)
{
	replacements r = {0};
	for (int i = 0; i < c->dim_count; i++)
		add(&r, c->dims[i].position, at->position[i]);
	add(&r, c->channel, at->channel);
	add(&r, c->group, at->group);
	return hdt_substitute(c->element, r.from, r.to, r.count);
}

const hdt_expr *conv_weight(const conv *c, const conv_place *at)
{
	replacements r = {0};
	for (int i = 0; i < c->dim_count; i++)
		add(&r, c->dims[i].tap, at->tap[i]);
	add(&r, c->channel, at->channel);
	add(&r, c->column, at->column);
	add(&r, c->group, at->group);
	return hdt_substitute(c->weight, r.from, r.to, r.count);
}

static const hdt_expr *index_at(const conv *c, const conv_place *at, const hdt_expr *axis)
{
	if (axis == c->joint)
		return hdt_add(hdt_mul(at->group, hdt_int(axis->context, c->columns)), at->column);
	if (axis == c->column)
		return at->column;
	if (axis == c->group)
		return at->group;
	for (int i = 0; i < c->dim_count; i++)
		if (axis == c->dims[i].out)
			return at->out[i];
	for (int i = 0; i < c->spread_count; i++) {
		const conv_spread *s = &c->spread[i];
		if (axis == s->axis)
			return hdt_add(hdt_mul(index_at(c, at, s->windows), hdt_int(axis->context, s->step)),
			               hdt_int(axis->context, s->first));
	}
	return hdt_int(axis->context, 0);
}

hdt_list conv_indices(const conv *c, const conv_place *at)
{
	const hdt_tensor *t = c->found.tensor;
	const hdt_expr **items = hdt_allocate(t->context, (size_t)(t->rank + 1) * sizeof *items);
	if (!items)
		return HDT_SCALAR;
	for (int d = 0; d < t->rank; d++)
		items[d] = index_at(c, at, t->axes[d]);
	return (hdt_list){items, t->rank};
}

const hdt_expr *conv_result(const conv *c, const conv_place *at, const hdt_expr *sum)
{
	const hdt_tensor *t = c->found.tensor;
	hdt_list indices = conv_indices(c, at);
	return hdt_substitute(hdt_contraction_result(&c->found, sum), t->axes, indices.items, indices.count);
}

const hdt_expr *conv_around(const conv *c)
{
	hdt_context *context = c->found.tensor->context;
	return hdt_contraction_result(&c->found, hdt_cast(hdt_axis("sum", hdt_int(context, 2)), HDT_F32));
}
