/* window_program.c: the program of windows of single channels. See window.h.
 *
 * Along a line, tiles near its ends are written out with what their windows see; those between are one loop. Taps of the other dimensions are
 * loops over those that lie within the border. */
#include "loops.h"
#include "window.h"

#include <math.h>

typedef struct nest {
	const window_plan *plan;
	hdt_context *context;
	hdt_program *program;
	hdt_function *function;
	int phase;
	const hdt_tensor *weights; /* [taps.., channel]; NULL: there are none */
	const hdt_tensor *output, *sums, *results;
	conv_place at;         /* windows of the dimensions outside of the line */
	const hdt_expr *first; /* channel of the block */
	int64_t channels;      /* of the block */
} nest;

/* What is there for each phase, by a name of its own. */
static const char *name_of(const nest *n, const char *name)
{
	return n->phase ? hdt_format(n->context, "%s_phase%d", name, n->phase) : name;
}

static const hdt_expr *constant(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

static const conv_dim *dim_of(const nest *n, int i)
{
	return &n->plan->c.dims[i];
}

/* ---- reductions --------------------------------------------------------------------------------------------------- */

static hdt_reduce_kind kind_of(const nest *n)
{
	return (hdt_reduce_kind)n->plan->c.found.reduce->reduce;
}

static const hdt_expr *first_value(const nest *n)
{
	hdt_reduce_kind kind = kind_of(n);
	double value = kind == HDT_REDUCE_MAX ? -INFINITY : kind == HDT_REDUCE_MIN ? INFINITY : 0;
	return hdt_number(n->context, HDT_F32, value);
}

static const hdt_expr *step(const nest *n, const hdt_expr *old, const hdt_expr *value, const hdt_expr *weight)
{
	hdt_reduce_kind kind = kind_of(n);
	if (weight)
		return multiply_add(n->plan->fused, value, weight, old);
	if (kind == HDT_REDUCE_MAX)
		return hdt_max(old, value);
	return kind == HDT_REDUCE_MIN ? hdt_min(old, value) : hdt_add(old, value);
}

static const hdt_expr *finish(const nest *n, const hdt_expr *sum)
{
	double taps = 1;
	for (int i = 0; i < n->plan->c.dim_count; i++)
		taps *= (double)dim_of(n, i)->taps;
	return kind_of(n) == HDT_REDUCE_AVG ? hdt_div(sum, hdt_number(n->context, HDT_F32, taps)) : sum;
}

/* ---- weights ------------------------------------------------------------------------------------------------------ */

/* Channels side by side, in f32. */
static void lay_out_weights(nest *n, const hdt_task *task)
{
	const conv *c = &n->plan->c;
	const hdt_expr *axes[HDT_MAX_RANK + 1], *shape[HDT_MAX_RANK + 1];
	conv_place at = {.channel = NULL};
	int count = 0;
	for (int i = 0; i < c->dim_count; i++)
		at.tap[i] = axes[count++] = hdt_axis("tap", constant(n, c->dims[i].taps));
	at.group = axes[count++] = hdt_axis("channel", constant(n, c->groups));
	const hdt_expr *value = hdt_cast(conv_weight(c, &at), HDT_F32);
	if (c->found.b_constant) {
		n->weights = hdt_program_constant(n->program, name_of(n, "weights"), (hdt_list){axes, count}, value);
		return;
	}
	for (int i = 0; i < count; i++)
		shape[i] = axes[i] ? axes[i]->args[0] : NULL;
	n->weights = hdt_program_workspace(n->program, name_of(n, "weights"), HDT_F32, (hdt_list){shape, count});
	n->function = hdt_function_new(n->program, name_of(n, "pack"), HDT_FUNCTION_CPU);
	use_inputs(n->function, task, value);
	hdt_use(n->function, n->weights);
	for (int i = 0; i < count; i++)
		hdt_begin_loop(n->function, axes[i], i + 1 < count ? HDT_LOOP_SERIAL : HDT_LOOP_VECTORISE);
	hdt_store(n->function, n->weights, (hdt_list){axes, count}, value);
	for (int i = 0; i < count; i++)
		hdt_end(n->function);
}

/* ---- a tile ------------------------------------------------------------------------------------------------------- */

/* Some windows of a line, the first of which is `first`, at *number if that is the same in all runs, else -1. */
typedef struct tile {
	const hdt_expr *first;
	int64_t number, windows;
} tile;

static void place_position(const nest *n, conv_place *at, int dim)
{
	const conv_dim *d = dim_of(n, dim);
	at->position[dim] =
		hdt_add(hdt_mul(at->out[dim], constant(n, d->stride)), hdt_mul(at->tap[dim], constant(n, d->dilation)));
}

/* One product for all channels of the block, to the sum of the tile's window `window`. */
static void add_value(nest *n, conv_place *at, int64_t window)
{
	const conv *c = &n->plan->c;
	const hdt_expr *index[HDT_MAX_RANK + 1], *weight = NULL;
	const hdt_expr *lane = hdt_begin_for(n->function, "lane", constant(n, n->channels), HDT_LOOP_VECTORISE);
	at->group = hdt_add(n->first, lane);
	for (int i = 0; i < c->dim_count; i++)
		index[i] = at->tap[i];
	index[c->dim_count] = at->group;
	if (n->weights)
		weight = hdt_at_list(n->weights, (hdt_list){index, c->dim_count + 1});
	conv inside = *c;
	inside.element = n->plan->border.inside;
	const hdt_expr *value = hdt_cast(conv_element(&inside, at), HDT_F32);
	const hdt_expr *old = hdt_at(n->sums, constant(n, window), lane);
	hdt_store(n->function, n->sums, HDT_AT(constant(n, window), lane), step(n, old, value, weight));
	hdt_end(n->function);
}

/* The products of a line's taps, position by position, so that an element that several windows see is loaded once. */
static void add_line(nest *n, conv_place *at, const tile *t)
{
	int x = n->plan->x;
	const conv_dim *d = dim_of(n, x);
	int64_t reach = (t->windows - 1) * d->stride + (d->taps - 1) * d->dilation;
	for (int64_t p = 0; p <= reach; p++) {
		for (int64_t k = 0; k < d->taps; k++) {
			int64_t from = p - k * d->dilation, position = t->number * d->stride + p;
			if (from < 0 || from % d->stride || from / d->stride >= t->windows)
				continue;
			if (t->number >= 0 && (position < n->plan->border.begin[x] || position >= n->plan->border.end[x]))
				continue;
			at->tap[x] = constant(n, k);
			at->out[x] = hdt_add(t->first, constant(n, from / d->stride));
			place_position(n, at, x);
			add_value(n, at, from / d->stride);
		}
	}
}

/* A loop over those taps of a dimension that are within the border. */
static void begin_taps(nest *n, conv_place *at, int dim)
{
	const conv_dim *d = dim_of(n, dim);
	int64_t begin = n->plan->border.begin[dim];
	const hdt_expr *end = conv_border_end(&n->plan->c, &n->plan->border, dim);
	const hdt_expr *start = hdt_mul(at->out[dim], constant(n, d->stride)), *step_by = constant(n, d->dilation);
	const hdt_expr *first = constant(n, 0), *last = constant(n, d->taps);
	if (d->taps == 1 && begin <= 0 && !end) {
		at->tap[dim] = first;
	} else {
		if (begin > 0)
			first = hdt_max(first, hdt_ceildiv(hdt_sub(constant(n, begin), start), step_by));
		if (end)
			last = hdt_min(last, hdt_ceildiv(hdt_sub(end, start), step_by));
		first = hdt_let(n->function, "first_tap", first);
		last = hdt_let(n->function, "last_tap", last);
		at->tap[dim] = hdt_add(
			first, hdt_begin_for(n->function, "tap", hdt_max(hdt_sub(last, first), constant(n, 0)), HDT_LOOP_SERIAL));
	}
	place_position(n, at, dim);
}

static void end_taps(nest *n, int dim)
{
	const conv_dim *d = dim_of(n, dim);
	if (d->taps > 1 || n->plan->border.begin[dim] > 0 || conv_border_end(&n->plan->c, &n->plan->border, dim))
		hdt_end(n->function);
}

static void for_each_sum(nest *n, int64_t windows, bool copy)
{
	const hdt_expr *w = hdt_begin_for(n->function, "window", constant(n, windows), HDT_LOOP_UNROLL);
	const hdt_expr *lane = hdt_begin_for(n->function, "lane", constant(n, n->channels), HDT_LOOP_VECTORISE);
	hdt_store(n->function, copy ? n->results : n->sums, HDT_AT(w, lane),
	          copy ? hdt_at(n->sums, w, lane) : first_value(n));
	hdt_end(n->function);
	hdt_end(n->function);
}

static void store_results(nest *n, const tile *t)
{
	const conv *c = &n->plan->c;
	conv_place at = n->at;
	const hdt_expr *w = hdt_begin_for(n->function, "window", constant(n, t->windows), HDT_LOOP_SERIAL);
	const hdt_expr *lane = hdt_begin_for(n->function, "lane", constant(n, n->channels), HDT_LOOP_VECTORISE);
	at.out[n->plan->x] = hdt_add(t->first, w);
	at.group = hdt_add(n->first, lane);
	const hdt_expr *value = conv_result(c, &at, finish(n, hdt_at(n->results, w, lane)));
	hdt_store(n->function, n->output, conv_indices(c, &at), value);
	hdt_end(n->function);
	hdt_end(n->function);
}

static void emit_tile(nest *n, const tile *t)
{
	hdt_list shape = HDT_AT(constant(n, t->windows), constant(n, n->channels));
	conv_place at = n->at;
	bool single = t->windows == 1;
	int loops = single ? n->plan->x + 1 : n->plan->x;
	n->results = hdt_local(n->function, "results", HDT_F32, shape);
	n->sums = hdt_local(n->function, "sums", HDT_F32, shape);
	for_each_sum(n, t->windows, false);
	at.out[n->plan->x] = t->first;
	for (int i = 0; i < loops; i++)
		begin_taps(n, &at, i);
	if (single)
		add_value(n, &at, 0);
	else
		add_line(n, &at, t);
	for (int i = 0; i < loops; i++)
		end_taps(n, i);
	for_each_sum(n, t->windows, true);
	store_results(n, t);
}

/* ---- a line ------------------------------------------------------------------------------------------------------- */

static bool sees_border(const nest *n, int64_t first)
{
	const conv_dim *d = dim_of(n, n->plan->x);
	int64_t begin = first * d->stride, reach = (n->plan->windows - 1) * d->stride + (d->taps - 1) * d->dilation;
	return begin < n->plan->border.begin[n->plan->x] || begin + reach >= n->plan->border.end[n->plan->x];
}

static void emit_tile_at(nest *n, int64_t first)
{
	emit_tile(n, &(tile){constant(n, first), first, n->plan->windows});
}

/* Windows one by one, whose taps are loops that mind the border. */
static void emit_singles(nest *n, const hdt_expr *first, const hdt_expr *end)
{
	const hdt_expr *number = hdt_begin_for(n->function, "single", hdt_sub(end, first), HDT_LOOP_SERIAL);
	emit_tile(n, &(tile){hdt_add(first, number), -1, 1});
	hdt_end(n->function);
}

/* A line whose length is known only when it runs: tiles where no window looks beyond the border, the others one by one. */
static void emit_unknown_line(nest *n)
{
	const window_plan *p = n->plan;
	const conv_dim *d = dim_of(n, p->x);
	const hdt_expr *size = constant(n, p->windows), *stride = constant(n, d->stride), *inner = d->windows;
	const hdt_expr *end = conv_border_end(&p->c, &p->border, p->x), *zero = constant(n, 0);
	const hdt_expr *left = constant(n, round_up_divide(p->border.begin[p->x], d->stride));
	if (end) /* those whose last tap is before it */
		inner = hdt_min(inner, hdt_ceildiv(hdt_sub(end, constant(n, (d->taps - 1) * d->dilation)), stride));
	left = hdt_let(n->function, "left", hdt_min(left, d->windows));
	const hdt_expr *tiles = hdt_let(n->function, "tiles", hdt_floordiv(hdt_max(hdt_sub(inner, left), zero), size));
	emit_singles(n, zero, left);
	const hdt_expr *number = hdt_begin_for(n->function, "tile", tiles, HDT_LOOP_SERIAL);
	emit_tile(n, &(tile){hdt_add(left, hdt_mul(number, size)), -1, p->windows});
	hdt_end(n->function);
	emit_singles(n, hdt_add(left, hdt_mul(tiles, size)), d->windows);
}

/* All tiles of a line; the last one begins where it ends with the line. */
static void emit_line(nest *n)
{
	if (!dim_of(n, n->plan->x)->fixed) {
		emit_unknown_line(n);
		return;
	}
	int64_t windows = n->plan->windows, outs = dim_of(n, n->plan->x)->outs;
	int64_t left = 0, right = outs - windows;
	bool single = windows == 1; /* its taps are loops that mind the border */
	for (; !single && left <= right && sees_border(n, left); left += windows)
		emit_tile_at(n, left);
	int64_t count = 0;
	while (left + count * windows <= right && (single || !sees_border(n, left + count * windows)))
		count++;
	if (count) {
		const hdt_expr *number = hdt_begin_for(n->function, "tile", constant(n, count), HDT_LOOP_SERIAL);
		emit_tile(n, &(tile){hdt_add(hdt_mul(number, constant(n, windows)), constant(n, left)), -1, windows});
		hdt_end(n->function);
		left += count * windows;
	}
	for (; left < outs; left += windows)
		emit_tile_at(n, left < right ? left : right);
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

/* A block of channels: the last one begins where it ends with them. */
static void emit_block(nest *n, const hdt_expr *block, const hdt_expr *band, const hdt_expr *lines,
                       const hdt_expr *each)
{
	int64_t channels = n->plan->c.groups;
	const hdt_expr *first = hdt_mul(block, constant(n, n->channels));
	if (channels % n->channels)
		first = hdt_min(first, constant(n, channels - n->channels));
	n->first = hdt_let(n->function, "first_channel", first);
	int line = line_dim(n->plan);
	if (line >= 0)
		n->at.out[line] = loop_begin_part(n->function, "line", band, lines, each);
	emit_line(n);
	if (line >= 0)
		hdt_end(n->function);
}

static void emit_function(nest *n, const hdt_task *task)
{
	const window_plan *p = n->plan;
	const conv *c = &p->c;
	int line = line_dim(p);
	const hdt_expr *lines = line >= 0 ? c->dims[line].windows : constant(n, 1);
	const hdt_expr *each = hdt_ceildiv(lines, constant(n, p->bands)), *bands = hdt_ceildiv(lines, each);
	int64_t blocks = round_up_divide(c->groups, n->channels), group = round_up_divide(blocks, p->channel_groups);
	const hdt_expr *groups = constant(n, round_up_divide(blocks, group));
	const hdt_expr *tasks = hdt_mul(bands, groups);
	n->function = hdt_function_new(n->program, name_of(n, "windows"), HDT_FUNCTION_CPU);
	use_inputs(n->function, task, c->element);
	use_inputs(n->function, task, conv_around(c));
	if (n->weights)
		hdt_use(n->function, n->weights);
	hdt_use(n->function, n->output);
	for (int i = 0; i < line; i++)
		tasks = hdt_mul(tasks, c->dims[i].windows);
	const hdt_expr *rest = hdt_begin_for(n->function, "task", tasks, HDT_LOOP_PARALLEL);
	const hdt_expr *channels = loop_take_part(n->function, "channels", &rest, groups),
				   *band = loop_take_part(n->function, "band", &rest, bands);
	for (int i = line - 1; i >= 0; i--)
		n->at.out[i] = loop_take_part(n->function, "place", &rest, c->dims[i].windows);
	emit_block(n, loop_begin_part(n->function, "block", channels, constant(n, blocks), constant(n, group)), band, lines,
	           each);
	hdt_end(n->function);
	hdt_end(n->function);
}

static void emit_phase(hdt_program *program, const hdt_task *task, const window_plan *p, int phase)
{
	nest n = {.plan = p,
	          .phase = phase,
	          .context = task->context,
	          .program = program,
	          .output = task->outputs[0],
	          .channels = block_channels(p)};
	for (int i = 0; i < p->c.dim_count; i++)
		n.at.out[i] = constant(&n, 0);
	if (p->c.weight)
		lay_out_weights(&n, task);
	if (hdt_context_status(n.context) == HDT_OK)
		emit_function(&n, task);
}

hdt_program *window_program(const hdt_task *task, const window_plan *plans, int count)
{
	hdt_program *program = hdt_program_new(task->context, task->name);
	hdt_program_bind(program, task);
	for (int i = 0; program && i < count; i++)
		emit_phase(program, task, &plans[i], i);
	return hdt_context_status(task->context) == HDT_OK ? program : NULL;
}
