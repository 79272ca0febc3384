/* direct_pack.c: lays the weight out in the order in which a tile walks it: packed[group, panel, taps.., channels, column of the panel].
 *
 * Of pairs, step k of the innermost loop is followed by its column and by which one of the two it is. A constant weight is packed before the first run, another one by a function ahead of the others. */
#include "direct.h"

/* Axes of `packed`, and where they stand in the weight. */
typedef struct packing {
	const hdt_expr *axes[HDT_MAX_RANK];
	int count;
	conv_place at;
	const hdt_expr *part;   /* which one of a pair; NULL: there are none */
	const hdt_expr *inside; /* NULL: every element of it is one of the weight */
} packing;

static const hdt_expr *add_axis(direct_nest *n, packing *p, const char *name, int64_t extent)
{
	if (p->count < HDT_MAX_RANK)
		p->axes[p->count] = hdt_axis(name, constant(n, extent));
	return p->axes[p->count++];
}

static void add_loop(direct_nest *n, packing *p, const depth_loop *l)
{
	const hdt_expr *channels = constant(n, n->plan->channels);
	const hdt_expr *axis = add_axis(n, p, l->kind == DEPTH_TAP ? "tap" : "channel", l->extent);
	if (l->kind != DEPTH_TAP && p->part)
		axis = hdt_add(hdt_mul(axis, constant(n, 2)), p->part);
	if (l->kind == DEPTH_TAP) {
		p->at.tap[l->dim] = axis;
	} else if (l->kind == DEPTH_CHANNEL) {
		p->at.channel = axis;
	} else {
		p->at.tap[n->plan->x] = hdt_floordiv(axis, channels);
		p->at.channel = hdt_mod(axis, channels);
	}
}

static bool make_packing(direct_nest *n, packing *p)
{
	const conv *c = &n->plan->c;
	int64_t width = panel_width(n->plan);
	*p = (packing){.count = 0};
	if (n->loop_count + 3 + n->plan->pairs > HDT_MAX_RANK)
		return false;
	if (n->plan->pairs)
		p->part = hdt_axis("part", constant(n, 2));
	for (int i = 0; i < c->dim_count; i++)
		p->at.tap[i] = constant(n, 0);
	p->at.channel = p->part ? p->part : constant(n, 0);
	p->at.group = add_axis(n, p, "group", c->groups);
	const hdt_expr *panel = add_axis(n, p, "panel", panel_count(n->plan));
	for (int i = 0; i < n->loop_count; i++)
		add_loop(n, p, &n->loops[i]);
	const hdt_expr *lane = add_axis(n, p, "column", width);
	p->at.column = hdt_add(hdt_mul(panel, constant(n, width)), lane);
	if (p->part)
		p->axes[p->count++] = p->part;
	if (c->columns % width)
		p->inside = hdt_less(p->at.column, constant(n, c->columns));
	if (n->plan->channels > c->channels) {
		const hdt_expr *real = hdt_less(p->at.channel, constant(n, c->channels));
		p->inside = p->inside ? hdt_and(p->inside, real) : real;
	}
	return true;
}

static void fill(direct_nest *n, const hdt_task *task, const packing *p, const hdt_expr *value)
{
	hdt_list extents = {p->axes, p->count};
	const hdt_expr *shape[HDT_MAX_RANK];
	for (int i = 0; i < p->count; i++)
		shape[i] = p->axes[i] ? p->axes[i]->args[0] : NULL;
	n->packed =
		hdt_program_workspace(n->program, direct_name(n, "packed"), n->plan->dtype, (hdt_list){shape, p->count});
	n->function = hdt_function_new(n->program, direct_name(n, "pack"), HDT_FUNCTION_CPU);
	use_inputs(n->function, task, value);
	hdt_use(n->function, n->packed);
	const hdt_expr *both = hdt_begin_for(n->function, "part", hdt_mul(shape[0], shape[1]), HDT_LOOP_PARALLEL);
	const hdt_expr *to[2] = {hdt_floordiv(both, shape[1]), hdt_mod(both, shape[1])};
	for (int i = 2; i < p->count; i++)
		hdt_begin_loop(n->function, p->axes[i], i + 1 < p->count ? HDT_LOOP_SERIAL : HDT_LOOP_VECTORISE);
	const hdt_expr *at[HDT_MAX_RANK];
	for (int i = 0; i < p->count; i++)
		at[i] = i < 2 ? to[i] : p->axes[i];
	hdt_store(n->function, n->packed, (hdt_list){at, p->count}, hdt_substitute(value, extents.items, to, 2));
	for (int i = 1; i < p->count; i++)
		hdt_end(n->function);
}

void direct_pack(direct_nest *n, const hdt_task *task)
{
	packing p;
	if (!make_packing(n, &p)) {
		hdt_fail(n->context, HDT_UNSUPPORTED, "a convolution with so many dimensions cannot be packed");
		return;
	}
	const hdt_expr *value = hdt_cast(conv_weight(&n->plan->c, &p.at), n->plan->dtype);
	if (p.inside)
		value = hdt_select(p.inside, value, hdt_number(n->context, n->plan->dtype, 0));
	if (n->plan->c.found.b_constant)
		n->packed = hdt_program_constant(n->program, direct_name(n, "packed"), (hdt_list){p.axes, p.count}, value);
	else if (value)
		fill(n, task, &p, value);
}
