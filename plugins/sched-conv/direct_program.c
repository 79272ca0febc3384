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
	if (!p->channels_last)
		add_loop(n, DEPTH_CHANNEL, 0, c->channels);
	for (int i = 0; i < c->dim_count; i++)
		if (i != p->x || !p->joined)
			add_loop(n, DEPTH_TAP, i, c->dims[i].taps);
	if (p->joined)
		add_loop(n, DEPTH_JOINED, p->x, c->channels * c->dims[p->x].taps);
	else if (p->channels_last)
		add_loop(n, DEPTH_CHANNEL, 0, c->channels);
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

static void choose_windows(direct_nest *n, const tile_at *from)
{
	tile_at at = *from;
	choose_size(n, &n->plan->window_tiles, at.window, &at.tile.windows, &at.tile.window, choose_columns, &at);
}

static void choose_lines(direct_nest *n, const tile_at *from)
{
	tile_at at = *from;
	choose_size(n, &n->plan->line_tiles, at.line, &at.tile.lines, &at.tile.line, choose_windows, &at);
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

static void emit_tiles(direct_nest *n, const hdt_expr *band, const hdt_expr *panels)
{
	const direct_plan *p = n->plan;
	bool by_line = banded(p) == &p->line_tiles;
	int64_t tiles = banded(p)->pieces, each = round_up_divide(tiles, p->bands);
	int64_t group = round_up_divide(panel_count(p), p->panel_groups);
	int64_t across = by_line ? p->window_tiles.pieces : 1;
	const hdt_expr *window = NULL;
	tile_at at = {0};
	if (p->panels_outside)
		n->panel = loop_begin_part(n->function, "panel", panels, panel_count(p), group);
	const hdt_expr *outer = loop_begin_part(n->function, by_line ? "lines" : "windows", band, tiles, each);
	if (by_line)
		window = hdt_begin_for(n->function, "windows", constant(n, across), HDT_LOOP_SERIAL);
	at.line = by_line ? outer : constant(n, 0);
	at.window = by_line ? window : outer;
	if (p->panels_outside) {
		const hdt_expr *number = hdt_sub(outer, hdt_mul(band, constant(n, each)));
		n->tile = by_line ? hdt_add(hdt_mul(number, constant(n, across)), window) : number;
		n->tiles = each * across;
	} else {
		n->panel = loop_begin_part(n->function, "panel", panels, panel_count(p), group);
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
	const hdt_expr *bands = constant(n, parts_of(banded(p)->pieces, p->bands));
	const hdt_expr *groups = constant(n, parts_of(panel_count(p), p->panel_groups));
	const hdt_expr *panels = NULL, *band;
	const hdt_expr *tasks = hdt_mul(hdt_mul(bands, groups), constant(n, c->groups));
	n->function = hdt_function_new(n->program, "conv", HDT_FUNCTION_CPU);
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

hdt_program *direct_program(const hdt_task *task, const direct_plan *p)
{
	direct_nest n = {.plan = p, .context = task->context, .output = task->outputs[0]};
	n.program = hdt_program_new(task->context, task->name);
	hdt_program_bind(n.program, task);
	if (!n.program)
		return NULL;
	for (int i = 0; i < p->c.dim_count; i++)
		n.at.out[i] = constant(&n, 0);
	order_depth(&n);
	direct_pack(&n, task);
	if (!p->in_place)
		direct_fill_source(&n, task);
	if (hdt_context_status(n.context) == HDT_OK)
		emit_function(&n, task);
	return hdt_context_status(n.context) == HDT_OK ? n.program : NULL;
}
