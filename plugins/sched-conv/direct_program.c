/* direct_program.c: the program of a convolution: the weight packed, the source made, then all tiles. See direct.h. */
#include "direct.h"
#include "loops.h"

/* ---- loops over the depth ----------------------------------------------------------------------------------------- */

static void add_loop(direct_nest *n, depth_kind kind, int dim, int64_t extent)
{
	if (extent > 1)
		n->loops[n->loop_count++] = (depth_loop){kind, dim, extent};
}

/* In the order in which the source lies in memory, the innermost loop along what lies side by side. */
static void order_depth(direct_nest *n)
{
	const direct_plan *p = n->plan;
	const conv *c = &p->c;
	int64_t steps = p->channels / step_products(p);
	if (!p->channels_last)
		add_loop(n, DEPTH_CHANNEL, 0, steps);
	for (int i = 0; i < c->dim_count; i++)
		if (i != p->x || !p->joined)
			add_loop(n, DEPTH_TAP, i, c->dims[i].taps);
	if (p->joined)
		add_loop(n, DEPTH_JOINED, p->x, steps * c->dims[p->x].taps);
	else if (p->channels_last)
		add_loop(n, DEPTH_CHANNEL, 0, steps);
}

/* ---- tiles -------------------------------------------------------------------------------------------------------- */

/* The tile at hand, its sizes being chosen from the outside to the inside: one branch of code for each size that occurs. */
typedef struct tile_at {
	const hdt_expr *line, *window; /* numbers of tiles */
	direct_tile tile;
} tile_at;

static void choose_columns(direct_nest *n, const tile_at *at)
{
	const direct_plan *p = n->plan;
	direct_tile t = at->tile;
	int64_t last_vectors = round_up_divide(last_columns(p), p->lanes);
	t.vectors = p->vectors;
	t.columns = panel_width(p);
	t.last_columns = last_columns(p);
	bool alike = last_vectors == p->vectors, several = panel_count(p) > 1;
	if (several && !alike) {
		hdt_begin_if(n->function, hdt_less(n->panel, constant(n, panel_count(p) - 1)));
		t.last_columns = t.columns;
		direct_emit_tile(n, &t);
		hdt_begin_else(n->function);
	}
	t.vectors = last_vectors;
	t.columns = several && alike ? t.columns : last_columns(p);
	t.last_columns = last_columns(p);
	direct_emit_tile(n, &t);
	if (several && !alike)
		hdt_end(n->function);
}

/* `size` and `first` of the tile along one direction, in one branch for each of its two sizes. */
static void choose_size(direct_nest *n, const cut *c, const hdt_expr *number, int64_t *size, const hdt_expr **first,
                        void (*then)(direct_nest *n, const tile_at *at), const tile_at *at)
{
	bool equal = c->longer == c->pieces;
	if (!equal)
		hdt_begin_if(n->function, hdt_less(number, constant(n, c->longer)));
	*size = c->size;
	*first = hdt_mul(number, constant(n, c->size));
	then(n, at);
	if (equal)
		return;
	hdt_begin_else(n->function);
	*size = c->size - 1;
	*first = hdt_add(hdt_mul(number, constant(n, c->size - 1)), constant(n, c->longer));
	then(n, at);
	hdt_end(n->function);
}

/* In the last tile are windows of the one before, too: what is stored twice is the same. */
static void choose_moved_windows(direct_nest *n, tile_at *at)
{
	const hdt_expr *windows = n->plan->c.dims[n->plan->x].windows, *size = constant(n, n->plan->window_tiles.size);
	hdt_begin_if(n->function, hdt_less_equal(size, windows));
	at->tile.windows = n->plan->window_tiles.size;
	at->tile.window = hdt_let(n->function, "first", hdt_min(hdt_mul(at->window, size), hdt_sub(windows, size)));
	choose_columns(n, at);
	hdt_begin_else(n->function);
	at->tile.windows = 1;
	at->tile.window = at->window;
	choose_columns(n, at);
	hdt_end(n->function);
}

static void choose_windows(direct_nest *n, const tile_at *from)
{
	tile_at at = *from;
	if (!n->plan->fixed) {
		choose_moved_windows(n, &at);
		return;
	}
	choose_size(n, &n->plan->window_tiles, at.window, &at.tile.windows, &at.tile.window, choose_columns, &at);
}

static void choose_lines(direct_nest *n, const tile_at *from)
{
	tile_at at = *from;
	if (!n->plan->fixed) {
		at.tile.lines = 1;
		at.tile.line = at.line;
		choose_windows(n, &at);
		return;
	}
	choose_size(n, &n->plan->line_tiles, at.line, &at.tile.lines, &at.tile.line, choose_windows, &at);
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

/* The number of tiles along lines or windows. */
static const hdt_expr *tile_count(const direct_nest *n, const cut *tiles)
{
	const direct_plan *p = n->plan;
	if (p->fixed)
		return constant(n, tiles->pieces);
	if (tiles == &p->line_tiles)
		return p->y >= 0 ? p->c.dims[p->y].windows : constant(n, 1);
	const hdt_expr *windows = p->c.dims[p->x].windows, *size = constant(n, p->window_tiles.size);
	return hdt_select(hdt_less_equal(size, windows), hdt_ceildiv(windows, size), windows);
}

/* Tiles of a band. */
static const hdt_expr *band_tiles(const direct_nest *n)
{
	return hdt_ceildiv(tile_count(n, banded(n->plan)), constant(n, n->plan->bands));
}

static void emit_tiles(direct_nest *n, const hdt_expr *band, const hdt_expr *panels)
{
	const direct_plan *p = n->plan;
	bool by_line = banded(p) == &p->line_tiles;
	const hdt_expr *tiles = tile_count(n, banded(p)), *each = band_tiles(n), *count = constant(n, panel_count(p));
	const hdt_expr *group = constant(n, round_up_divide(panel_count(p), p->panel_groups));
	const hdt_expr *across = by_line ? tile_count(n, &p->window_tiles) : constant(n, 1), *window = NULL;
	tile_at at = {0};
	if (p->panels_outside)
		n->panel = loop_begin_part(n->function, "panel", panels, count, group);
	const hdt_expr *outer = loop_begin_part(n->function, by_line ? "lines" : "windows", band, tiles, each);
	if (by_line)
		window = hdt_begin_for(n->function, "windows", across, HDT_LOOP_SERIAL);
	at.line = by_line ? outer : constant(n, 0);
	at.window = by_line ? window : outer;
	if (p->panels_outside) {
		const hdt_expr *number = hdt_sub(outer, hdt_mul(band, each));
		n->tile = by_line ? hdt_add(hdt_mul(number, across), window) : number;
		n->tiles = round_up_divide(banded(p)->pieces, p->bands) * (by_line ? p->window_tiles.pieces : 1);
	} else {
		n->panel = loop_begin_part(n->function, "panel", panels, count, group);
	}
	choose_lines(n, &at);
	for (int i = 0; i < (by_line ? 3 : 2); i++)
		hdt_end(n->function);
}

static void emit_function(direct_nest *n, const hdt_task *task)
{
	const direct_plan *p = n->plan;
	const conv *c = &p->c;
	int outer = p->y >= 0 ? p->y : p->x;
	const hdt_expr *bands = hdt_ceildiv(tile_count(n, banded(p)), band_tiles(n));
	const hdt_expr *groups = constant(n, parts_of(panel_count(p), p->panel_groups));
	const hdt_expr *panels = NULL, *band;
	const hdt_expr *tasks = hdt_mul(hdt_mul(bands, groups), constant(n, c->groups));
	n->function = hdt_function_new(n->program, direct_name(n, "conv"), HDT_FUNCTION_CPU);
	use_inputs(n->function, task, conv_around(c));
	if (n->source)
		hdt_use(n->function, n->source);
	else
		use_inputs(n->function, task, c->element);
	hdt_use(n->function, n->packed);
	hdt_use(n->function, n->output);
	for (int i = 0; i < outer; i++)
		tasks = hdt_mul(tasks, c->dims[i].windows);
	const hdt_expr *rest = hdt_begin_for(n->function, "task", tasks, HDT_LOOP_PARALLEL);
	if (!p->panels_outside)
		panels = loop_take_part(n->function, "panels", &rest, groups);
	band = loop_take_part(n->function, "band", &rest, bands);
	if (p->panels_outside)
		panels = loop_take_part(n->function, "panels", &rest, groups);
	n->at.group = loop_take_part(n->function, "group", &rest, constant(n, c->groups));
	for (int i = outer - 1; i >= 0; i--)
		n->at.out[i] =
			loop_take_part(n->function, c->dims[i].out ? c->dims[i].out->name : "place", &rest, c->dims[i].windows);
	emit_tiles(n, band, panels);
	hdt_end(n->function);
}

static void emit_phase(hdt_program *program, const hdt_task *task, const direct_plan *p, int phase)
{
	direct_nest n = {
		.plan = p, .context = task->context, .program = program, .phase = phase, .output = task->outputs[0]};
	for (int i = 0; i < p->c.dim_count; i++)
		n.at.out[i] = constant(&n, 0);
	order_depth(&n);
	direct_pack(&n, task);
	if (!p->in_place)
		direct_fill_source(&n, task);
	if (hdt_context_status(n.context) == HDT_OK)
		emit_function(&n, task);
}

hdt_program *direct_program(const hdt_task *task, const direct_plan *plans, int count)
{
	hdt_program *program = hdt_program_new(task->context, task->name);
	hdt_program_bind(program, task);
	for (int i = 0; program && i < count; i++)
		emit_phase(program, task, &plans[i], i);
	return hdt_context_status(task->context) == HDT_OK ? program : NULL;
}
