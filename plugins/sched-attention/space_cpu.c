/* space_cpu.c: how the loops can be cut, and how long that takes by a small model of a core, whose numbers were measured. */
#include "cpu.h"

static const struct {
	double cycles_per_us;
	double latency;      /* of a multiply-add, cycles */
	double fused, loads; /* of vectors, per cycle */
	double tile_cycles;  /* of beginning a tile of products */
	double softmax;      /* for a vector of scores */
	double square;       /* for an element of k, transposed, */
	double laid;         /* and one of v or q, copied */
	double task_us, launch_us;
} core = {3600, 4, 2, 2, 30, 14, 0.3, 0.125, 0.2, 1.0};

enum {
	STACK_BYTES = 256 << 10, /* of all local buffers of a task */
	MOST_VECTORS = 4,
	MOST_ROWS = 14
};

/* The fields of a blocking, in the order in which a choice has them. */
const char *const blocking_params[] = {"rows", "panel", "keys", "tiles", "lays_out_v", "shares_k", NULL};

static hdt_choice choice_of(const blocking *b)
{
	return (hdt_choice){{b->rows, b->panel, b->keys, b->tiles, b->lays_out_v, b->shares_k}};
}

blocking blocking_of(const hdt_choice *c)
{
	const int64_t *v = c->values;
	return (blocking){v[0], v[1], v[2], v[3], v[4] != 0, v[5] != 0};
}

static int64_t ceildiv(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* Rows that fit the registers beside a row of the panel and a broadcast element. */
static int64_t most_rows(const problem *p, int64_t vectors)
{
	int64_t rows = (p->registers - vectors - 2) / vectors;
	return rows > MOST_ROWS ? MOST_ROWS : rows;
}

static double local_bytes(const problem *p, const blocking *b)
{
	int64_t k = b->shares_k ? 0 : p->padded_depth, v = b->lays_out_v ? p->padded_width : 0;
	double keys = (double)b->keys * (double)(k + v + b->rows);
	double means = problem_is_whole(p, b) ? 0 : (double)(b->rows * b->tiles) * (double)p->padded_width;
	return 4 * (keys + means + (double)(b->rows * p->depth));
}

bool space_takes(const problem *p, const blocking *b)
{
	if (b->panel < p->lanes || b->panel % p->lanes || b->panel / p->lanes > MOST_VECTORS || b->keys < b->panel ||
	    b->keys % b->panel || b->keys > 1 << 16 || b->rows < 1 || b->rows > most_rows(p, b->panel / p->lanes) ||
	    b->tiles < 1 || b->tiles > 1 << 16)
		return false;
	return local_bytes(p, b) <= STACK_BYTES && (p->v_in_place || b->lays_out_v);
}

/* Cycles of a tile of products: so many steps for a panel. */
static double product_cycles(const problem *p, const blocking *b, double steps, double panel)
{
	double vectors = panel / p->lanes, products = (double)b->rows * vectors;
	double cycles = products / core.fused, loads = ((double)b->rows + vectors) / core.loads;
	cycles = loads > cycles ? loads : cycles;
	cycles = core.latency > cycles ? core.latency : cycles;
	return (cycles + 0.3) * steps + core.tile_cycles + 2 * products;
}

/* Of the keys, those that a tile looks at. */
static double part_seen(const problem *p)
{
	return p->a.causal ? 0.5 + 0.5 / hdt_pieces(p->keys, 64) : 1;
}

double machine_time(const problem *p, const blocking *b, int workers)
{
	double tiles = hdt_pieces(p->queries, (double)b->rows), blocks = hdt_pieces(tiles, (double)b->tiles);
	double of_task = tiles < (double)b->tiles ? tiles : (double)b->tiles, seen = p->keys * part_seen(p);
	double vectors = hdt_pieces(seen, p->lanes), columns = (double)p->padded_width;
	double panel = (double)b->panel < columns ? (double)b->panel : columns;
	double tile = hdt_pieces(seen, (double)b->panel) * product_cycles(p, b, (double)p->depth, (double)b->panel) +
	              hdt_pieces(columns, panel) * product_cycles(p, b, seen, panel) +
	              (double)b->rows * (vectors * core.softmax + 40 + columns / p->lanes * 6) +
	              (double)(b->rows * p->depth) * core.laid;
	if (!problem_is_whole(p, b))
		tile += hdt_pieces(seen, (double)b->keys) * (double)b->rows * (40 + columns / p->lanes * 4);
	if (p->scans)
		tile += (double)b->rows * vectors * 3;
	double k = p->keys * (double)p->padded_depth * core.square, v = b->lays_out_v ? seen * columns * core.laid : 0;
	double each = core.task_us + (of_task * tile + (b->shares_k ? 0 : k) + v) / core.cycles_per_us;
	double ahead = b->shares_k ? core.launch_us + p->batch * k / workers / core.cycles_per_us : 0;
	return hdt_pieces(p->batch * blocks, workers) * each + ahead + core.launch_us;
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

static void add_tiles(listing *l, blocking b)
{
	int64_t tiles = (int64_t)hdt_pieces(l->p->queries, (double)b.rows), last = 0;
	for (int64_t blocks = 1; blocks <= tiles; blocks *= 2) {
		b.tiles = ceildiv(tiles, blocks);
		for (int ways = l->p->v_in_place ? 0 : 2; ways < 4 && b.tiles != last; ways++) {
			b.lays_out_v = ways & 2;
			b.shares_k = ways & 1;
			add(l, &b);
		}
		last = b.tiles;
	}
}

static void add_keys(listing *l, blocking b)
{
	static const int64_t slices[] = {128, 256, 512, 1024};
	int64_t all = ceildiv((int64_t)l->p->keys, b.panel) * b.panel, last = 0;
	for (int i = 0; i < (int)(sizeof slices / sizeof *slices); i++) {
		b.keys = ceildiv(slices[i], b.panel) * b.panel;
		if (b.keys > all)
			b.keys = all;
		if (b.keys != last)
			add_tiles(l, b);
		last = b.keys;
	}
}

static void add_rows(listing *l, int64_t vectors)
{
	int64_t most = most_rows(l->p, vectors), queries = (int64_t)l->p->queries, last = 0;
	for (int64_t tiles = ceildiv(queries, most); tiles <= ceildiv(queries, most) + 2; tiles++) {
		blocking b = {.rows = ceildiv(queries, tiles), .panel = vectors * l->p->lanes};
		if (b.rows != last)
			add_keys(l, b);
		last = b.rows;
	}
}

int space_list(const problem *p, int level, hdt_choice *out, int most)
{
	enum { ALL = 256, SOME = 12 };
	listing l = {.p = p};
	hdt_ranking_begin(&l.best, level, SOME, out, most < ALL ? most : ALL);
	for (int64_t vectors = 1; vectors <= MOST_VECTORS; vectors++)
		add_rows(&l, vectors);
	return l.best.count;
}
