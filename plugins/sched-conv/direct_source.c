/* direct_source.c: what the windows slide over: the input where it lies, or a copy of it with its padding, into which goes what was fused in
 * front of the convolution:
 *
 *     source[n, p, q, c] = select(1 <= p && p < 57 && 1 <= q && q < 57, x[n, p - 1, q - 1, c] * scale[n, c], 0.0)
 *
 * Dimensions lie as in the input; those of the last positions and the channels are one where both are walked by one loop. */
#include "direct.h"

/* Dimensions of the source before any are joined. */
typedef enum part_kind { PART_GROUP, PART_POSITION, PART_CHANNEL } part_kind;
typedef struct source_part {
	part_kind kind;
	int dim; /* of a position */
	const hdt_expr *extent;
} source_part;

typedef struct source_shape {
	source_part parts[HDT_MAX_RANK + 1];
	int count;
} source_shape;

static void add_part(source_shape *s, part_kind kind, int dim, const hdt_expr *extent)
{
	s->parts[s->count++] = (source_part){kind, dim, extent};
}

static source_shape shape_of(const direct_nest *n)
{
	const conv *c = &n->plan->c;
	source_shape s = {.count = 0};
	bool channel = c->channel != NULL;
	if (c->group)
		add_part(&s, PART_GROUP, 0, constant(n, c->groups));
	/* Positions come in the order of the input's dimensions, the channel where it is among them. */
	for (int i = 0; i < c->dim_count; i++) {
		if (channel && !n->plan->channels_last && c->dims[i].place > c->channel_dim) {
			add_part(&s, PART_CHANNEL, 0, constant(n, n->plan->channels));
			channel = false;
		}
		add_part(&s, PART_POSITION, i, c->dims[i].position->args[0]);
	}
	if (channel)
		add_part(&s, PART_CHANNEL, 0, constant(n, n->plan->channels));
	return s;
}

static bool joins(const direct_nest *n, const source_shape *s)
{
	return n->plan->joined && s->parts[s->count - 1].kind == PART_CHANNEL;
}

static const hdt_expr *index_of(const source_part *p, const conv_place *at)
{
	return p->kind == PART_GROUP ? at->group : p->kind == PART_CHANNEL ? at->channel : at->position[p->dim];
}

/* The indices of an element. `joined`: in the place of the channel, counting on into the next positions. */
static hdt_list indices_of(const direct_nest *n, const source_shape *s, const conv_place *at, const hdt_expr *joined,
                           const hdt_expr **items)
{
	int count = 0;
	for (int i = 0; i < s->count; i++)
		items[count++] = index_of(&s->parts[i], at);
	if (joins(n, s)) {
		const hdt_expr *last = hdt_mul(items[count - 2], constant(n, n->plan->channels));
		items[count - 2] = hdt_add(last, joined ? joined : items[count - 1]);
		count--;
	}
	return (hdt_list){items, count};
}

const hdt_expr *direct_read(const direct_nest *n, const conv_place *at, const hdt_expr *joined)
{
	const hdt_expr *items[HDT_MAX_RANK + 1];
	if (!n->source)
		return conv_element(&n->plan->c, at);
	source_shape s = shape_of(n);
	return hdt_at_list(n->source, indices_of(n, &s, at, joined, items));
}

static void make_source(direct_nest *n, const source_shape *s)
{
	const hdt_expr *items[HDT_MAX_RANK + 1];
	int count = 0;
	for (int i = 0; i < s->count; i++)
		items[count++] = s->parts[i].extent;
	if (joins(n, s)) {
		items[count - 2] = hdt_mul(items[count - 2], items[count - 1]);
		count--;
	}
	n->source = hdt_program_workspace(n->program, direct_name(n, "source"), n->plan->dtype, (hdt_list){items, count});
}

static void put_index(conv_place *at, const source_part *p, const hdt_expr *index)
{
	if (p->kind == PART_GROUP)
		at->group = index;
	else if (p->kind == PART_CHANNEL)
		at->channel = index;
	else
		at->position[p->dim] = index;
}

/* Dimensions that the inner loops run along: that of the last positions, and the channels behind them. */
static int count_outer(const source_shape *s)
{
	int inner = s->parts[s->count - 1].kind == PART_CHANNEL ? 2 : 1;
	return s->count > inner ? s->count - inner : 0;
}

/* One parallel loop over the outer dimensions. */
static void begin_parts(direct_nest *n, const source_shape *s, conv_place *at)
{
	int outer = count_outer(s);
	const hdt_expr *all = constant(n, 1), *rest;
	for (int i = 0; i < outer; i++)
		all = hdt_mul(all, s->parts[i].extent);
	rest = hdt_begin_for(n->function, "part", all, HDT_LOOP_PARALLEL);
	for (int i = outer - 1; i >= 0; i--) {
		put_index(at, &s->parts[i], i ? hdt_let(n->function, "place", hdt_mod(rest, s->parts[i].extent)) : rest);
		rest = hdt_floordiv(rest, s->parts[i].extent);
	}
}

/* What is true where the positions of the first `count` dimensions are within the border; NULL: everywhere. */
static const hdt_expr *is_inside(const direct_nest *n, const source_shape *s, const conv_place *at,
                                 const conv_limits *l, int count)
{
	const hdt_expr *all = NULL;
	for (int i = 0; i < count; i++) {
		int dim = s->parts[i].dim;
		const hdt_expr *position = at->position[dim];
		if (s->parts[i].kind != PART_POSITION)
			continue;
		if (l->begin[dim] > 0) {
			const hdt_expr *e = hdt_less_equal(constant(n, l->begin[dim]), position);
			all = all ? hdt_and(all, e) : e;
		}
		const hdt_expr *end = conv_border_end(&n->plan->c, l, dim);
		if (end) {
			const hdt_expr *e = hdt_less(position, end);
			all = all ? hdt_and(all, e) : e;
		}
	}
	return all;
}

enum { FEW = 8 }; /* they fill no vectors */

/* The elements first..end - 1 of the last dimension: those within the border, or zeros. */
static void fill_run(direct_nest *n, const source_shape *s, conv_place at, const conv_limits *l, const hdt_expr *first,
                     const hdt_expr *end)
{
	const source_part *last = &s->parts[s->count - 1];
	const hdt_expr *items[HDT_MAX_RANK + 1], *value = hdt_number(n->context, n->plan->dtype, 0);
	const hdt_expr *count = hdt_sub(end, first);
	int64_t fixed;
	bool few = hdt_is_const(count, &fixed) && fixed < FEW;
	if (few && fixed <= 0)
		return;
	const hdt_expr *index = hdt_begin_for(n->function, "index", count, few ? HDT_LOOP_UNROLL : HDT_LOOP_VECTORISE);
	put_index(&at, last, hdt_add(index, first));
	if (l) {
		conv inside = n->plan->c;
		inside.element = l->inside;
		value = hdt_cast(conv_element(&inside, &at), n->plan->dtype);
	}
	hdt_store(n->function, n->source, indices_of(n, s, &at, NULL, items), value);
	hdt_end(n->function);
}

/* The last dimension, at the place of all others. */
static void fill_last(direct_nest *n, const source_shape *s, const conv_place *at, const conv_limits *l)
{
	const source_part *last = &s->parts[s->count - 1];
	const hdt_expr *zero = constant(n, 0), *extent = last->extent, *begin = zero;
	const hdt_expr *end = constant(n, n->plan->c.channels), *inside = is_inside(n, s, at, l, s->count - 1);
	if (last->kind == PART_POSITION) {
		begin = constant(n, l->begin[last->dim]);
		end = conv_border_end(&n->plan->c, l, last->dim);
		end = end ? hdt_min(end, extent) : extent;
		begin = hdt_min(begin, end);
	}
	if (inside)
		hdt_begin_if(n->function, inside);
	fill_run(n, s, *at, NULL, zero, begin);
	fill_run(n, s, *at, l, begin, end);
	fill_run(n, s, *at, NULL, end, extent);
	if (!inside)
		return;
	hdt_begin_else(n->function);
	fill_run(n, s, *at, NULL, zero, extent);
	hdt_end(n->function);
}

void direct_fill_source(direct_nest *n, const hdt_task *task)
{
	source_shape s = shape_of(n);
	conv_place at = {.channel = NULL};
	conv_limits l = conv_border(&n->plan->c);
	int outer = count_outer(&s);
	make_source(n, &s);
	n->function = hdt_function_new(n->program, direct_name(n, "source"), HDT_FUNCTION_CPU);
	use_inputs(n->function, task, n->plan->c.element);
	hdt_use(n->function, n->source);
	begin_parts(n, &s, &at);
	for (int i = outer; i < s.count - 1; i++)
		put_index(&at, &s.parts[i], hdt_begin_for(n->function, "position", s.parts[i].extent, HDT_LOOP_SERIAL));
	fill_last(n, &s, &at, &l);
	for (int i = outer; i < s.count; i++)
		hdt_end(n->function);
}
