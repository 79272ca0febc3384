/* direct_tile.c: one tile: some windows of some lines by some vectors of columns, summed in registers.
 *
 *     for taps, channels {
 *       for line unroll { for window unroll { for column vectorise { sums[line, window, column] += source * packed } } }
 *     }
 *     results = sums;  for line, window { for column vectorise { y[..] = relu(results[line, window, column] + bias[..]) } }
 *
 * `sums` has constant indices everywhere once the loops are unrolled, so that it needs no memory; `results` is read by rolled loops, so that
 * what is done to a result is there but once. */
#include "direct.h"
#include "loops.h"

#include <string.h>

/* The windows that a tile's line and window are. */
static void place_window(const direct_nest *n, const direct_tile *t, const sums_place *in, conv_place *at)
{
	const direct_plan *p = n->plan;
	const hdt_expr *window = hdt_add(t->window, in->window);
	if (p->merged) {
		const hdt_expr *across = constant(n, p->c.dims[p->x].outs);
		at->out[p->y] = hdt_floordiv(window, across);
		at->out[p->x] = hdt_mod(window, across);
		return;
	}
	at->out[p->x] = window;
	if (p->y >= 0)
		at->out[p->y] = hdt_add(t->line, in->line);
}

/* The first position under a tile along one dimension, by a name: what is added to it in the unrolled loops is constant. */
static const hdt_expr *name_start(direct_nest *n, const char *name, int dim, const hdt_expr *first)
{
	return hdt_let(n->function, name, hdt_mul(first, constant(n, n->plan->c.dims[dim].stride)));
}

/* The positions under taps of windows. */
static void place_positions(const direct_nest *n, const direct_tile *t, const sums_place *in, conv_place *at)
{
	const direct_plan *p = n->plan;
	for (int i = 0; i < p->c.dim_count; i++) {
		const conv_dim *d = &p->c.dims[i];
		const hdt_expr *stride = constant(n, d->stride), *start = hdt_mul(at->out[i], stride);
		if (!p->merged && i == p->x)
			start = hdt_add(t->column_start, hdt_mul(in->window, stride));
		else if (!p->merged && i == p->y)
			start = hdt_add(t->line_start, hdt_mul(in->line, stride));
		at->position[i] = at->tap[i] ? hdt_add(start, hdt_mul(at->tap[i], constant(n, d->dilation))) : start;
	}
}

/* A very short innermost loop would spend its time on its beginning. */
static bool is_unrolled(const direct_nest *n, int loop)
{
	enum { MOST_STEPS = 4 };
	int64_t steps = 1;
	for (int i = loop; i < n->loop_count; i++)
		steps *= n->loops[i].extent;
	return steps <= MOST_STEPS;
}

/* Weights that do not stay in a core's cache are fetched ahead, where all tiles go over a panel before the next one. */
static bool fetches_ahead(const direct_nest *n)
{
	enum { MANY_FLOATS = 1 << 17 };
	int64_t floats = panel_width(n->plan) * panel_count(n->plan) * n->plan->c.groups;
	for (int i = 0; i < n->loop_count; i++)
		floats *= n->loops[i].extent;
	return n->tile && n->loop_count && floats > MANY_FLOATS && !is_unrolled(n, n->loop_count - 1) &&
	       n->loops[n->loop_count - 1].extent % FETCH_STEPS == 0;
}

/* With each few steps some lines of the next panel. `step`: their number in all loops over taps and channels. */
static void fetch_ahead(direct_nest *n, const hdt_expr *step)
{
	const hdt_expr *at[HDT_MAX_RANK];
	int64_t steps = 1;
	int count = 0;
	at[count++] = n->at.group;
	at[count++] = hdt_add(n->panel, constant(n, 1));
	for (int i = 0; i < n->loop_count; i++) {
		at[count++] = constant(n, 0);
		steps *= n->loops[i].extent;
	}
	at[count++] = constant(n, 0);
	if (n->plan->pairs)
		at[count++] = constant(n, 0);
	const hdt_expr *line = hdt_add(hdt_mul(n->tile, constant(n, steps / FETCH_STEPS)), step);
	loop_fetch_ahead(n->function, n->packed, (hdt_list){at, count}, line,
	                 loop_fetch_lines(panel_width(n->plan), n->tiles));
}

/* Taps and channels of one step: their place, and where in `packed` its weights begin. */
typedef struct step_place {
	conv_place at;
	const hdt_expr *joined; /* see direct_read */
	const hdt_expr *packed[HDT_MAX_RANK];
	int count;
} step_place;

/* Opens the loops over taps and channels. */
static void begin_depth(direct_nest *n, step_place *place)
{
	const hdt_expr *step = constant(n, 0);
	for (int i = 0; i < n->loop_count; i++) {
		const depth_loop *l = &n->loops[i];
		const char *name = l->kind == DEPTH_TAP ? "tap" : "channel";
		bool fetches = i + 1 == n->loop_count && fetches_ahead(n);
		int64_t extent = fetches ? l->extent / FETCH_STEPS : l->extent;
		const hdt_expr *axis = hdt_begin_for(n->function, name, constant(n, extent),
		                                     is_unrolled(n, i) ? HDT_LOOP_UNROLL : HDT_LOOP_SERIAL);
		step = hdt_add(hdt_mul(step, constant(n, extent)), axis);
		if (fetches) {
			fetch_ahead(n, step);
			axis = hdt_add(hdt_mul(axis, constant(n, FETCH_STEPS)),
			               hdt_begin_for(n->function, name, constant(n, FETCH_STEPS), HDT_LOOP_SERIAL));
		}
		place->packed[place->count++] = axis;
		const hdt_expr *product = hdt_mul(axis, constant(n, step_products(n->plan)));
		if (l->kind == DEPTH_TAP)
			place->at.tap[l->dim] = axis;
		else if (l->kind == DEPTH_CHANNEL)
			place->at.channel = product;
		else
			place->joined = product;
	}
}

static const hdt_expr *address_of(const hdt_expr *load)
{
	return load && load->op == HDT_OP_LOAD ? hdt_address(load->tensor, load->args, load->count) : NULL;
}

/* One step of all sums of a tile, weights at packed[..count]. */
static void add_step(direct_nest *n, const direct_tile *t, const sums_shape *shape, const hdt_tensor *sums,
                     const step_place *step)
{
	conv_place at = step->at;
	const hdt_expr *packed[HDT_MAX_RANK];
	int count = step->count;
	memcpy(packed, step->packed, sizeof packed);
	sums_place in = sums_begin(n->function, shape, HDT_LOOP_UNROLL);
	packed[count++] = in.column;
	place_window(n, t, &in, &at);
	place_positions(n, t, &in, &at);
	const hdt_expr *weight = hdt_at_list(n->packed, (hdt_list){packed, count});
	sums_set(n->function, sums, &in,
	         multiply_add(n->plan->fused, direct_read(n, &at, step->joined), weight, sums_at(sums, &in)));
	sums_end(n->function);
}

/* The same of pairs, a vector of sums after the other. */
static void add_step_of_pairs(direct_nest *n, const direct_tile *t, const sums_shape *shape, const hdt_tensor *sums,
                              const step_place *step)
{
	conv_place at = step->at;
	const hdt_expr *packed[HDT_MAX_RANK], *lanes = constant(n, n->plan->lanes);
	int count = step->count;
	memcpy(packed, step->packed, sizeof packed);
	sums_place in;
	in.line = hdt_begin_for(n->function, "line", constant(n, shape->lines), HDT_LOOP_UNROLL);
	in.window = hdt_begin_for(n->function, "window", constant(n, shape->windows), HDT_LOOP_UNROLL);
	in.column = hdt_mul(hdt_begin_for(n->function, "vector", constant(n, t->vectors), HDT_LOOP_UNROLL), lanes);
	packed[count++] = in.column;
	packed[count++] = constant(n, 0);
	place_window(n, t, &in, &at);
	place_positions(n, t, &in, &at);
	const hdt_expr *source = address_of(direct_read(n, &at, step->joined));
	const hdt_expr *weights = hdt_address(n->packed, packed, count);
	hdt_do(n->function, "dot_bf16", HDT_AT(address_of(sums_at(sums, &in)), source, weights, lanes));
	sums_end(n->function);
}

static void add_products(direct_nest *n, const direct_tile *t, const sums_shape *shape, const hdt_tensor *sums)
{
	step_place step = {.at = n->at};
	step.packed[step.count++] = n->at.group ? n->at.group : constant(n, 0);
	step.packed[step.count++] = n->panel;
	step.at.channel = constant(n, 0);
	begin_depth(n, &step);
	if (n->plan->pairs)
		add_step_of_pairs(n, t, shape, sums, &step);
	else
		add_step(n, t, shape, sums, &step);
	for (int i = 0; i < n->loop_count + fetches_ahead(n); i++)
		hdt_end(n->function);
}

/* The columns of a tile in whole vectors, of which the last one may begin within the one before it: what is stored twice is the same. */
static const hdt_expr *begin_columns(direct_nest *n, int64_t columns, int *loops)
{
	int64_t lanes = n->plan->lanes;
	*loops = 1;
	if (columns % lanes == 0 || columns < lanes)
		return hdt_begin_for(n->function, "column", constant(n, columns), HDT_LOOP_VECTORISE);
	*loops = 2;
	const hdt_expr *vector =
		hdt_begin_for(n->function, "vector", constant(n, round_up_divide(columns, lanes)), HDT_LOOP_SERIAL);
	const hdt_expr *first = hdt_min(hdt_mul(vector, constant(n, lanes)), constant(n, columns - lanes));
	first = hdt_let(n->function, "first", first);
	return hdt_add(first, hdt_begin_for(n->function, "column", constant(n, lanes), HDT_LOOP_VECTORISE));
}

static void store_columns(direct_nest *n, const direct_tile *t, const hdt_tensor *results, int64_t columns)
{
	conv_place at = n->at;
	sums_place in;
	int loops;
	in.line = hdt_begin_for(n->function, "line", constant(n, t->lines), HDT_LOOP_SERIAL);
	in.window = hdt_begin_for(n->function, "window", constant(n, t->windows), HDT_LOOP_SERIAL);
	in.column = begin_columns(n, columns, &loops);
	place_window(n, t, &in, &at);
	at.column = hdt_add(hdt_mul(n->panel, constant(n, panel_width(n->plan))), in.column);
	const hdt_expr *value = conv_result(&n->plan->c, &at, sums_at(results, &in));
	hdt_store(n->function, n->output, conv_indices(&n->plan->c, &at), value);
	for (int i = 0; i < loops + 2; i++)
		hdt_end(n->function);
}

static void store_results(direct_nest *n, const direct_tile *t, const hdt_tensor *results)
{
	if (t->columns == t->last_columns) {
		store_columns(n, t, results, t->columns);
		return;
	}
	hdt_begin_if(n->function, hdt_less(n->panel, constant(n, panel_count(n->plan) - 1)));
	store_columns(n, t, results, t->columns);
	hdt_begin_else(n->function);
	store_columns(n, t, results, t->last_columns);
	hdt_end(n->function);
}

void direct_emit_tile(direct_nest *n, const direct_tile *from)
{
	direct_tile tile = *from, *t = &tile;
	const direct_plan *p = n->plan;
	if (p->merged) {
		t->window = hdt_let(n->function, "first", t->window);
	} else {
		t->column_start = name_start(n, "from", p->x, t->window);
		if (p->y >= 0)
			t->line_start = name_start(n, "from_line", p->y, t->line);
	}
	sums_shape shape = {t->lines, t->windows, t->vectors * n->plan->lanes};
	const hdt_tensor *results = sums_new(n->function, "results", &shape);
	const hdt_tensor *sums = sums_new(n->function, "sums", &shape);
	sums_clear(n->function, &shape, sums);
	add_products(n, t, &shape, sums);
	sums_copy(n->function, &shape, results, sums);
	store_results(n, t, results);
}
