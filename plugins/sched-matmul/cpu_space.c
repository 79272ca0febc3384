/* cpu_space.c: the blockings that can be tried for a task, and which of them the model of the machine thinks best. */
#include "cpu.h"

enum {
	SLICE_DEPTH = 768,      /* steps of the sum in a slice */
	LONG_DEPTH = 1536,      /* from here on there are slices */
	STACK_BYTES = 96 << 10, /* of one local buffer */
	MOST_VECTORS = 4,       /* of a tile's width */
	MOST_HEIGHT = 14,
	TILED_HEIGHT = 32, /* with tiles: two of them */
	TILED_VECTORS = 2
};

/* The fields of a blocking, in the order in which a choice has them. */
const char *const blocking_params[] = {"height", "width", "depth", "tiles", "panels", "by_columns", NULL};

static hdt_choice choice_of(const blocking *b)
{
	return (hdt_choice){{b->height, b->width, b->depth, b->tiles, b->panels, b->by_columns}};
}

blocking blocking_of(const hdt_choice *c)
{
	const int64_t *v = c->values;
	return (blocking){v[0], v[1], v[2], v[3], v[4], v[5] != 0};
}

static int64_t ceildiv(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* Rows that fit the registers beside a row of the panel and a broadcast element. */
static int64_t most_height(const problem *p, int64_t vectors)
{
	/* What the panel's row is taken apart into where a step is no single instruction. */
	int64_t apart = p->step_work > 1 ? vectors + 1 : 0;
	int64_t height = (p->registers - vectors - 2 - apart) / vectors;
	if (p->tiles)
		return TILED_HEIGHT;
	return height > MOST_HEIGHT ? MOST_HEIGHT : height < 1 ? 1 : height;
}

static int64_t most_vectors(const problem *p)
{
	return p->tiles ? TILED_VECTORS : MOST_VECTORS;
}

/* Steps of all but the first loop, for each of the first. */
static int64_t depth_below(const problem *p)
{
	int64_t below = 1;
	for (int i = 1; i < p->steps.count; i++)
		if (__builtin_mul_overflow(below, hdt_size_estimate(p->steps.extents[i]), &below))
			return INT64_MAX;
	return below;
}

static bool is_tiled_first(const problem *p)
{
	return p->tiles && p->steps.count == 1;
}

/* Slices keep a part of the panel near while several tiles use it. */
static int64_t choose_depth(const problem *p, int64_t width, bool one_tile)
{
	int64_t first = hdt_size_estimate(p->steps.extents[0]), below = depth_below(p), depth = first;
	int64_t most = p->right == RIGHT_LAID_OUT ? STACK_BYTES / 4 / width : INT64_MAX;
	int64_t unit = is_tiled_first(p) ? STEPS_OF_TILE : 4;
	most = is_tiled_first(p) ? most / unit * unit : most;
	if ((first > LONG_DEPTH / below && !one_tile) || !p->steps.fixed)
		depth = SLICE_DEPTH / below;
	if (depth > most / below)
		depth = most / below;
	if (p->steps.fixed && depth > 0 && depth < first) /* slices of equal size */
		depth = ceildiv(ceildiv(first, ceildiv(first, depth)), unit) * unit;
	return depth > 0 ? depth : is_tiled_first(p) ? unit : 1;
}

bool space_takes(const problem *p, const blocking *b)
{
	int64_t vectors = b->width / p->lanes, below = depth_below(p), value;
	if (b->width < p->lanes || b->width % p->lanes || vectors > most_vectors(p) || b->height < 1 ||
	    b->height > most_height(p, vectors) || b->depth < 1 || b->tiles < 1 || b->panels < 1 || below == INT64_MAX)
		return false;
	if (p->right == RIGHT_IN_PLACE && !(hdt_is_const(p->columns.extent, &value) && value % b->width == 0))
		return false;
	bool sliced = !p->steps.fixed || hdt_size_estimate(p->steps.extents[0]) > b->depth;
	if (sliced &&
	    (b->tiles > STACK_BYTES / 4 / b->width / b->height || (is_tiled_first(p) && b->depth % STEPS_OF_TILE != 0)))
		return false;
	return p->right != RIGHT_LAID_OUT || b->depth <= STACK_BYTES / 4 / b->width / below;
}

/* ---- listing ------------------------------------------------------------------------------------------------------ */

typedef struct listing {
	const problem *p;
	hdt_ranking best;
} listing;

/* Machines have two cores, or four, or many: the best one is good on each. */
static double rank_of(const problem *p, const blocking *b)
{
	return machine_time(p, b, 2) * 2 + machine_time(p, b, 4) * 4 + machine_time(p, b, 8) * 8;
}

static void add(listing *l, const blocking *b)
{
	if (space_takes(l->p, b))
		hdt_ranking_add(&l->best, choice_of(b), rank_of(l->p, b));
}

/* How many tiles, and how many panels, a task takes. */
static void add_tasks(listing *l, blocking b)
{
	extents e = blocking_extents(l->p, &b);
	int64_t row_tiles = (int64_t)e.row_tiles, panels = (int64_t)e.panels;
	double bytes = e.depth * (double)l->p->columns.size * 4;
	b.by_columns = bytes > 1 << 20;
	for (int64_t blocks = 1; blocks <= row_tiles; blocks *= 2) {
		b.tiles = ceildiv(row_tiles, blocks);
		for (int64_t groups = 1;; groups *= 2) {
			b.panels = ceildiv(panels, groups < panels ? groups : panels);
			add(l, &b);
			if (groups >= panels)
				break;
		}
	}
}

static void add_heights(listing *l, int64_t vectors)
{
	int64_t most = most_height(l->p, vectors), rows = l->p->rows.size < 1 ? 1 : l->p->rows.size;
	int64_t last = 0;
	for (int64_t tiles = ceildiv(rows, most); tiles <= ceildiv(rows, most) + 2; tiles++) {
		blocking b = {.height = ceildiv(rows, tiles), .width = vectors * l->p->lanes, .tiles = 1, .panels = 1};
		b.depth = choose_depth(l->p, b.width, tiles == 1 && l->p->rows.fixed);
		if (b.height == last)
			continue;
		last = b.height;
		add_tasks(l, b);
	}
}

int space_list(const problem *p, int level, hdt_choice *out, int most)
{
	enum { ALL = 256, SOME = 12 };
	listing l = {.p = p};
	hdt_ranking_begin(&l.best, level, SOME, out, most < ALL ? most : ALL);
	for (int64_t vectors = 1; vectors <= most_vectors(p); vectors++)
		add_heights(&l, vectors);
	return l.best.count;
}
