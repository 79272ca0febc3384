/* winograd_program.c: the programs of conv-winograd-cpu: the three steps for blocks of tiles, or one after the other. See winograd.h. */
#include "loops.h"
#include "winograd.h"

typedef struct nest {
	const winograd_plan *plan;
	hdt_context *context;
	hdt_program *program;
	hdt_function *function;
	const hdt_tensor *output;
	const hdt_tensor *packed;            /* [element, panel, channel, column] */
	const hdt_tensor *inputs, *products; /* [element, tile, channel], [element, tile, column] */
	conv_place at;                       /* outer windows */
} nest;

/* A tile: its first window, and its number in `inputs` and `products`. */
typedef struct tile {
	const hdt_expr *line, *window, *number;
} tile;

static const hdt_expr *constant(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

static const hdt_expr *begin_lanes(nest *n)
{
	return hdt_begin_for(n->function, "lane", constant(n, n->plan->lanes), HDT_LOOP_VECTORISE);
}

static int64_t element_count(const nest *n)
{
	return tile_inputs(n->plan) * tile_inputs(n->plan);
}

/* ---- weights ------------------------------------------------------------------------------------------------------ */

static void pack(nest *n)
{
	const winograd_plan *p = n->plan;
	int64_t width = p->vectors * p->lanes, inputs = tile_inputs(p);
	conv_place at = {.channel = NULL};
	const hdt_expr *element = hdt_axis("element", constant(n, inputs * inputs));
	const hdt_expr *panel = hdt_axis("panel", constant(n, p->c.columns / width));
	const hdt_expr *channel = hdt_axis("channel", constant(n, p->c.channels)),
				   *column = hdt_axis("column", constant(n, width));
	at.channel = channel;
	at.column = hdt_add(hdt_mul(panel, constant(n, width)), column);
	for (int i = 0; i < p->c.dim_count; i++)
		at.tap[i] = constant(n, 0);
	const hdt_expr *i = hdt_floordiv(element, constant(n, inputs)), *j = hdt_mod(element, constant(n, inputs));
	n->packed = hdt_program_constant(n->program, "packed", HDT_AT(element, panel, channel, column),
	                                 winograd_weight(p, &at, i, j));
}

/* ---- transforms --------------------------------------------------------------------------------------------------- */

/* One matrix times a vector of vectors: where these come from and go to. */
typedef struct pass {
	const winograd_transform *transform;
	const hdt_expr *(*read)(nest *n, const struct pass *p, int64_t k, const hdt_expr *lane);
	const hdt_tensor *from, *to;
	const hdt_expr *at[2]; /* index of the other direction, and what else `read` needs */
	const hdt_expr *base, *first;
	bool down; /* k is the first index of `to`, else the second */
	const conv_place *place;
} pass;

static void emit_step(nest *n, const hdt_tensor *t, const winograd_step *s)
{
	const hdt_expr *lane = begin_lanes(n), *x = hdt_at(t, constant(n, s->x), lane),
				   *y = hdt_at(t, constant(n, s->y), lane);
	const hdt_expr *value = s->factor == 1 ? hdt_add(x, y)
	                        : s->factor == -1
	                            ? hdt_sub(y, x)
	                            : multiply_add(n->plan->fused, x, hdt_number(n->context, HDT_F32, s->factor), y);
	hdt_store(n->function, t, HDT_AT(constant(n, s->to), lane), value);
	hdt_end(n->function);
}

static void emit_pass(nest *n, const pass *p)
{
	const winograd_transform *w = p->transform;
	const hdt_tensor *t =
		hdt_local(n->function, "t", HDT_F32, HDT_AT(constant(n, w->registers), constant(n, n->plan->lanes)));
	for (int k = 0; k < w->inputs; k++) {
		const hdt_expr *lane = begin_lanes(n);
		hdt_store(n->function, t, HDT_AT(constant(n, k), lane), p->read(n, p, k, lane));
		hdt_end(n->function);
	}
	for (int s = 0; s < w->step_count; s++)
		emit_step(n, t, &w->steps[s]);
	for (int k = 0; k < w->outputs; k++) {
		const hdt_expr *lane = begin_lanes(n), *value = hdt_at(t, constant(n, w->inputs + k), lane);
		const hdt_expr *number = constant(n, k);
		if (p->base) /* the inputs of the products */
			hdt_store(
				n->function, p->to,
				HDT_AT(hdt_add(hdt_mul(p->at[0], constant(n, w->outputs)), number), p->base, hdt_add(p->first, lane)),
				value);
		else
			hdt_store(n->function, p->to, p->down ? HDT_AT(number, p->at[0], lane) : HDT_AT(p->at[0], number, lane),
			          value);
		hdt_end(n->function);
	}
}

/* Element k of line or column at[0] of a local array [.., .., lane]. */
static const hdt_expr *read_local(nest *n, const pass *p, int64_t k, const hdt_expr *lane)
{
	return p->down ? hdt_at(p->from, constant(n, k), p->at[0], lane) : hdt_at(p->from, p->at[0], constant(n, k), lane);
}

/* ---- inputs ------------------------------------------------------------------------------------------------------- */

/* The source under a tile where nothing is beyond the border. */
static const hdt_expr *source_at(nest *n, const tile *t, const hdt_expr *i, const hdt_expr *j, const hdt_expr *channel)
{
	const winograd_plan *p = n->plan;
	conv inside = p->c;
	conv_place at = n->at;
	inside.element = p->border.inside;
	for (int d = 0; d < p->y; d++)
		at.position[d] = hdt_mul(at.out[d], constant(n, p->c.dims[d].stride));
	at.position[p->y] = hdt_add(t->line, i);
	at.position[p->x] = hdt_add(t->window, j);
	at.channel = channel;
	return hdt_cast(conv_element(&inside, &at), HDT_F32);
}

static const hdt_expr *within(const nest *n, int dim, const hdt_expr *first, int64_t reach)
{
	const conv_limits *l = &n->plan->border;
	const hdt_expr *last = hdt_add(first, constant(n, reach));
	return hdt_and(hdt_less_equal(constant(n, l->begin[dim]), first), hdt_less(last, constant(n, l->end[dim])));
}

/* Copies what a tile sees, zeros beyond the border. */
static void fill_patch(nest *n, const tile *t, const hdt_tensor *patch, const hdt_expr *channel)
{
	const winograd_plan *p = n->plan;
	int64_t inputs = tile_inputs(p);
	const hdt_expr *i = hdt_begin_for(n->function, "i", constant(n, inputs), HDT_LOOP_SERIAL);
	const hdt_expr *j = hdt_begin_for(n->function, "j", constant(n, inputs), HDT_LOOP_SERIAL);
	hdt_begin_if(n->function,
	             hdt_and(within(n, p->y, hdt_add(t->line, i), 0), within(n, p->x, hdt_add(t->window, j), 0)));
	const hdt_expr *lane = begin_lanes(n);
	hdt_store(n->function, patch, HDT_AT(i, j, lane), source_at(n, t, i, j, hdt_add(channel, lane)));
	hdt_end(n->function);
	hdt_begin_else(n->function);
	lane = begin_lanes(n);
	hdt_store(n->function, patch, HDT_AT(i, j, lane), hdt_number(n->context, HDT_F32, 0));
	hdt_end(n->function);
	for (int k = 0; k < 3; k++)
		hdt_end(n->function);
}

typedef struct source_pass {
	pass pass; /* first */
	const tile *tile;
	const hdt_expr *channel;
} source_pass;

static const hdt_expr *read_source(nest *n, const pass *p, int64_t k, const hdt_expr *lane)
{
	const source_pass *s = (const source_pass *)p;
	return source_at(n, s->tile, constant(n, k), p->at[0], hdt_add(s->channel, lane));
}

/* The columns of B' d B: each column of the source, or of its copy, times B'. */
static void emit_columns(nest *n, const tile *t, const hdt_tensor *patch, const hdt_tensor *half,
                         const hdt_expr *channel)
{
	const hdt_expr *j = hdt_begin_for(n->function, "j", constant(n, tile_inputs(n->plan)), HDT_LOOP_SERIAL);
	source_pass s = {{.transform = winograd_input(n->plan->results),
	                  .read = patch ? read_local : read_source,
	                  .from = patch,
	                  .to = half,
	                  .at = {j, NULL},
	                  .down = true},
	                 t,
	                 channel};
	emit_pass(n, &s.pass);
	hdt_end(n->function);
}

static void emit_input(nest *n, const tile *t)
{
	const winograd_plan *p = n->plan;
	int64_t inputs = tile_inputs(p);
	hdt_list shape = HDT_AT(constant(n, inputs), constant(n, inputs), constant(n, p->lanes));
	const hdt_expr *block = hdt_begin_for(n->function, "block", constant(n, p->c.channels / p->lanes), HDT_LOOP_SERIAL);
	const hdt_expr *channel = hdt_let(n->function, "channel", hdt_mul(block, constant(n, p->lanes)));
	const hdt_tensor *half = hdt_local(n->function, "half", HDT_F32, shape);
	hdt_begin_if(n->function, hdt_and(within(n, p->y, t->line, inputs - 1), within(n, p->x, t->window, inputs - 1)));
	emit_columns(n, t, NULL, half, channel);
	hdt_begin_else(n->function);
	const hdt_tensor *patch = hdt_local(n->function, "patch", HDT_F32, shape);
	fill_patch(n, t, patch, channel);
	emit_columns(n, t, patch, half, channel);
	hdt_end(n->function);
	const hdt_expr *i = hdt_begin_for(n->function, "i", constant(n, inputs), HDT_LOOP_SERIAL);
	emit_pass(n, &(pass){.transform = winograd_input(p->results),
	                     .read = read_local,
	                     .from = half,
	                     .to = n->inputs,
	                     .at = {i, NULL},
	                     .base = t->number,
	                     .first = channel});
	hdt_end(n->function);
	hdt_end(n->function);
}

/* ---- products ----------------------------------------------------------------------------------------------------- */

/* Some rows of one element and panel; `number` of `tiles` of them. */
typedef struct row_tile {
	const hdt_expr *number, *first;
	int64_t rows, tiles;
} row_tile;

/* A loop over the channels, while the next panel is fetched where weights come from far. */
static const hdt_expr *begin_channels(nest *n, const hdt_expr *element, const hdt_expr *panel, const row_tile *t,
                                      int *loops)
{
	enum { MANY_FLOATS = 1 << 17 };
	const winograd_plan *p = n->plan;
	int64_t steps = p->c.channels / FETCH_STEPS, floats = element_count(n) * p->c.channels * p->c.columns;
	bool fetches = p->c.channels % FETCH_STEPS == 0 && floats > MANY_FLOATS;
	*loops = fetches ? 2 : 1;
	if (!fetches)
		return hdt_begin_for(n->function, "channel", constant(n, p->c.channels), HDT_LOOP_SERIAL);
	const hdt_expr *step = hdt_begin_for(n->function, "channel", constant(n, steps), HDT_LOOP_SERIAL);
	const hdt_expr *line = hdt_add(hdt_mul(t->number, constant(n, steps)), step);
	hdt_list next = HDT_AT(element, hdt_add(panel, constant(n, 1)), constant(n, 0), constant(n, 0));
	loop_fetch_ahead(n->function, n->packed, next, line, loop_fetch_lines(p->vectors * p->lanes, t->tiles));
	return hdt_add(hdt_mul(step, constant(n, FETCH_STEPS)),
	               hdt_begin_for(n->function, "channel", constant(n, FETCH_STEPS), HDT_LOOP_SERIAL));
}

static void emit_product_rows(nest *n, const hdt_expr *element, const hdt_expr *panel, const row_tile *t)
{
	const winograd_plan *p = n->plan;
	int64_t width = p->vectors * p->lanes;
	sums_shape shape = {1, t->rows, width};
	int loops;
	const hdt_tensor *sums = sums_new(n->function, "sums", &shape);
	sums_clear(n->function, &shape, sums);
	const hdt_expr *channel = begin_channels(n, element, panel, t, &loops);
	sums_place at = sums_begin(n->function, &shape, HDT_LOOP_UNROLL);
	const hdt_expr *left = hdt_at(n->inputs, element, hdt_add(t->first, at.window), channel);
	const hdt_expr *right = hdt_at(n->packed, element, panel, channel, at.column);
	sums_set(n->function, sums, &at, multiply_add(p->fused, left, right, sums_at(sums, &at)));
	sums_end(n->function);
	for (int i = 0; i < loops; i++)
		hdt_end(n->function);
	at = sums_begin(n->function, &shape, HDT_LOOP_UNROLL);
	hdt_store(n->function, n->products,
	          HDT_AT(element, hdt_add(t->first, at.window), hdt_add(hdt_mul(panel, constant(n, width)), at.column)),
	          sums_at(sums, &at));
	sums_end(n->function);
}

/* All rows of one element and panel. */
static void emit_products(nest *n, const hdt_expr *element, const hdt_expr *panel, int64_t rows)
{
	const winograd_plan *p = n->plan;
	cut c = cut_evenly(rows, (p->registers - 1 - p->vectors) / p->vectors);
	for (int part = 0; part < 2; part++) {
		int64_t count = part ? c.pieces - c.longer : c.longer, before = part ? c.longer : 0;
		row_tile t = {.rows = c.size - part, .tiles = c.pieces};
		if (!count)
			continue;
		const hdt_expr *number = hdt_begin_for(n->function, "rows", constant(n, count), HDT_LOOP_SERIAL);
		t.number = hdt_add(number, constant(n, before));
		t.first = hdt_add(hdt_mul(number, constant(n, t.rows)), constant(n, before * c.size));
		emit_product_rows(n, element, panel, &t);
		hdt_end(n->function);
	}
}

/* ---- results ------------------------------------------------------------------------------------------------------ */

typedef struct product_pass {
	pass pass; /* first */
	const tile *tile;
	const hdt_expr *column;
} product_pass;

static const hdt_expr *read_product(nest *n, const pass *p, int64_t k, const hdt_expr *lane)
{
	const product_pass *s = (const product_pass *)p;
	const hdt_expr *element = hdt_add(constant(n, k * tile_inputs(n->plan)), p->at[0]);
	return hdt_at(n->products, element, s->tile->number, hdt_add(s->column, lane));
}

static void store_tile(nest *n, const tile *t, const hdt_tensor *done, const hdt_expr *column)
{
	const winograd_plan *p = n->plan;
	const conv_dim *x = &p->c.dims[p->x], *y = &p->c.dims[p->y];
	conv_place at = n->at;
	const hdt_expr *i = hdt_begin_for(n->function, "i", constant(n, p->results), HDT_LOOP_SERIAL);
	const hdt_expr *j = hdt_begin_for(n->function, "j", constant(n, p->results), HDT_LOOP_SERIAL);
	bool ragged = x->outs % p->results || y->outs % p->results;
	at.out[p->y] = hdt_add(t->line, i);
	at.out[p->x] = hdt_add(t->window, j);
	if (ragged)
		hdt_begin_if(n->function, hdt_and(hdt_less(at.out[p->y], y->windows), hdt_less(at.out[p->x], x->windows)));
	const hdt_expr *lane = begin_lanes(n);
	at.column = hdt_add(column, lane);
	hdt_store(n->function, n->output, conv_indices(&p->c, &at), conv_result(&p->c, &at, hdt_at(done, i, j, lane)));
	for (int k = 0; k < (ragged ? 4 : 3); k++)
		hdt_end(n->function);
}

static void emit_output(nest *n, const tile *t)
{
	const winograd_plan *p = n->plan;
	const hdt_expr *results = constant(n, p->results), *inputs = constant(n, tile_inputs(p)),
				   *lanes = constant(n, p->lanes);
	const hdt_expr *block = hdt_begin_for(n->function, "block", constant(n, p->c.columns / p->lanes), HDT_LOOP_SERIAL);
	const hdt_expr *column = hdt_let(n->function, "first_column", hdt_mul(block, lanes));
	const hdt_tensor *half = hdt_local(n->function, "half", HDT_F32, HDT_AT(results, inputs, lanes));
	const hdt_tensor *done = hdt_local(n->function, "done", HDT_F32, HDT_AT(results, results, lanes));
	const hdt_expr *j = hdt_begin_for(n->function, "j", inputs, HDT_LOOP_SERIAL);
	product_pass s = {
		{.transform = winograd_output(p->results), .read = read_product, .to = half, .at = {j, NULL}, .down = true},
		t,
		column};
	emit_pass(n, &s.pass);
	hdt_end(n->function);
	const hdt_expr *i = hdt_begin_for(n->function, "i", results, HDT_LOOP_SERIAL);
	emit_pass(
		n,
		&(pass){
			.transform = winograd_output(p->results), .read = read_local, .from = half, .to = done, .at = {i, NULL}});
	hdt_end(n->function);
	store_tile(n, t, done, column);
	hdt_end(n->function);
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static hdt_function *begin_function(nest *n, const char *name)
{
	n->function = hdt_function_new(n->program, name, HDT_FUNCTION_CPU);
	return n->function;
}

static const hdt_expr *outer_places(const nest *n)
{
	const hdt_expr *all = constant(n, 1);
	for (int i = 0; i < n->plan->y; i++)
		all = hdt_mul(all, n->plan->c.dims[i].windows);
	return all;
}

/* Takes the outer windows off a number that counts through them. */
static void place_outer(nest *n, const hdt_expr *rest)
{
	for (int i = n->plan->y - 1; i >= 0; i--)
		n->at.out[i] = loop_take_part(n->function, "place", &rest, n->plan->c.dims[i].windows);
}

/* Line `line` of tiles, which lie at `number` and behind. */
static void for_tiles_of_line(nest *n, const hdt_expr *line, const hdt_expr *number,
                              void (*emit)(nest *n, const tile *t))
{
	const hdt_expr *results = constant(n, n->plan->results);
	const hdt_expr *window =
		hdt_begin_for(n->function, "tile", constant(n, tiles_along(n->plan, n->plan->x)), HDT_LOOP_SERIAL);
	emit(n, &(tile){hdt_mul(line, results), hdt_mul(window, results), hdt_add(number, window)});
	hdt_end(n->function);
}

/* Each task does all for some lines of tiles. What a last block has beyond the last line is that line again, and is not stored. */
static void emit_blocks(nest *n, const hdt_task *task)
{
	const winograd_plan *p = n->plan;
	int64_t lines = tiles_along(p, p->y), across = tiles_along(p, p->x), rows = p->block * across;
	const hdt_expr *blocks = constant(n, round_up_divide(lines, p->block)), *elements = constant(n, element_count(n));
	hdt_function *f = begin_function(n, "conv");
	use_inputs(f, task, p->c.element);
	use_inputs(f, task, conv_around(&p->c));
	hdt_use(f, n->packed);
	hdt_use(f, n->output);
	const hdt_expr *rest = hdt_begin_for(f, "task", hdt_mul(blocks, outer_places(n)), HDT_LOOP_PARALLEL);
	const hdt_expr *first = hdt_mul(loop_take_part(f, "lines", &rest, blocks), constant(n, p->block));
	place_outer(n, rest);
	n->inputs = hdt_local(f, "inputs", HDT_F32, HDT_AT(elements, constant(n, rows), constant(n, p->c.channels)));
	n->products = hdt_local(f, "products", HDT_F32, HDT_AT(elements, constant(n, rows), constant(n, p->c.columns)));
	for (int step = 0; step < 2; step++) {
		const hdt_expr *line = hdt_begin_for(f, "line", constant(n, p->block), HDT_LOOP_SERIAL);
		const hdt_expr *real = hdt_add(first, line);
		bool ragged = lines % p->block != 0;
		if (ragged && !step)
			real = hdt_min(real, constant(n, lines - 1));
		if (ragged && step)
			hdt_begin_if(f, hdt_less(real, constant(n, lines)));
		for_tiles_of_line(n, real, hdt_mul(line, constant(n, across)), step ? emit_output : emit_input);
		if (ragged && step)
			hdt_end(f);
		hdt_end(f);
		if (step)
			break;
		const hdt_expr *element = hdt_begin_for(f, "element", elements, HDT_LOOP_SERIAL);
		const hdt_expr *panel =
			hdt_begin_for(f, "panel", constant(n, p->c.columns / (p->vectors * p->lanes)), HDT_LOOP_SERIAL);
		emit_products(n, element, panel, rows);
		hdt_end(f);
		hdt_end(f);
	}
	hdt_end(f);
}

/* A function for all tiles, a line of them each task. */
static void emit_lines(nest *n, const hdt_task *task, const char *name, const hdt_expr *reads,
                       const hdt_tensor *between, void (*emit)(nest *n, const tile *t))
{
	const winograd_plan *p = n->plan;
	const hdt_expr *lines = constant(n, tiles_along(p, p->y));
	hdt_function *f = begin_function(n, name);
	use_inputs(f, task, reads);
	hdt_use(f, between);
	if (emit == emit_output)
		hdt_use(f, n->output);
	const hdt_expr *all = hdt_begin_for(f, "line", hdt_mul(lines, outer_places(n)), HDT_LOOP_PARALLEL), *rest = all;
	const hdt_expr *line = loop_take_part(f, "tiles", &rest, lines);
	place_outer(n, rest);
	for_tiles_of_line(n, line, hdt_mul(all, constant(n, tiles_along(p, p->x))), emit);
	hdt_end(f);
}

static void emit_phases(nest *n, const hdt_task *task)
{
	const winograd_plan *p = n->plan;
	int64_t places = 1, panels = p->c.columns / (p->vectors * p->lanes);
	(void)hdt_is_const(outer_places(n), &places);
	int64_t tiles = places * tiles_along(p, p->y) * tiles_along(p, p->x), halves = panels > 1 ? 2 : 1;
	const hdt_expr *elements = constant(n, element_count(n)), *count = constant(n, tiles);
	n->inputs =
		hdt_program_workspace(n->program, "inputs", HDT_F32, HDT_AT(elements, count, constant(n, p->c.channels)));
	n->products =
		hdt_program_workspace(n->program, "products", HDT_F32, HDT_AT(elements, count, constant(n, p->c.columns)));
	emit_lines(n, task, "inputs", p->c.element, n->inputs, emit_input);
	hdt_function *f = begin_function(n, "products");
	hdt_use(f, n->inputs);
	hdt_use(f, n->packed);
	hdt_use(f, n->products);
	const hdt_expr *rest = hdt_begin_for(f, "task", constant(n, element_count(n) * halves), HDT_LOOP_PARALLEL);
	const hdt_expr *part = loop_take_part(f, "half", &rest, constant(n, halves));
	const hdt_expr *panel =
		loop_begin_part(f, "panel", part, constant(n, panels), constant(n, round_up_divide(panels, halves)));
	emit_products(n, rest, panel, tiles);
	hdt_end(f);
	hdt_end(f);
	emit_lines(n, task, "results", conv_around(&p->c), n->products, emit_output);
}

hdt_program *winograd_program(const hdt_task *task, const winograd_plan *p)
{
	nest n = {.plan = p, .context = task->context, .output = task->outputs[0]};
	n.program = hdt_program_new(task->context, task->name);
	hdt_program_bind(n.program, task);
	if (!n.program)
		return NULL;
	for (int i = 0; i < p->c.dim_count; i++)
		n.at.out[i] = constant(&n, 0);
	pack(&n);
	if (p->block)
		emit_blocks(&n, task);
	else
		emit_phases(&n, task);
	return hdt_context_status(n.context) == HDT_OK ? n.program : NULL;
}
