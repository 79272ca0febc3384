/* cpu_machine.c: how long a blocking takes: a small model of a core, whose numbers were measured with such tiles.
 *
 * A tile is bound by its multiply-adds, its loads, or the latency of one accumulator; a panel by what its elements take from the second-level cache
 * or from beyond; a task waits for the last worker. Machines of one vector width are taken for equal: equal tasks give equal programs. */
#include "cpu.h"

static const struct {
	double cycles_per_us;
	double latency;      /* of a multiply-add, cycles */
	double fused, loads; /* of vectors, per cycle */
	double near, far;    /* bytes per cycle from the second-level cache, and from beyond */
	double near_bytes;   /* of the second-level cache, for one factor */
	double task_us;      /* of handing out a task, and its beginnings */
	double launch_us;    /* of a parallel loop */
	double step_cycles;  /* of going on to the next element of the sum */
	double tile_cycles;  /* of beginning a tile */
	double tile_step;    /* cycles of a step in a tile of the processor's own */
} core = {3600, 4, 2, 2, 28, 8, 1 << 20, 0.2, 1.0, 0.5, 30, 1};

enum { L1_BYTES = 24 << 10 };

static double larger(double a, double b)
{
	return a > b ? a : b;
}

extents blocking_extents(const problem *p, const blocking *b)
{
	extents e;
	e.depth = (double)p->steps.size;
	e.slices = hdt_pieces((double)hdt_size_estimate(p->steps.extents[0]), (double)b->depth);
	e.row_tiles = hdt_pieces((double)p->rows.size, (double)b->height);
	e.row_blocks = hdt_pieces(e.row_tiles, (double)b->tiles);
	e.panels = hdt_pieces((double)p->columns.size, (double)b->width);
	e.panel_groups = hdt_pieces(e.panels, (double)b->panels);
	e.around = (double)p->batch.size * (double)p->outer_rows.size * (double)p->outer_columns.size;
	return e;
}

/* Cycles of a tile for the whole sum. */
static double tile_cycles(const problem *p, const blocking *b, const extents *e)
{
	double vectors = (double)b->width / p->lanes, products = (double)b->height * vectors;
	double cycles = larger(products * p->step_work / core.fused, ((double)b->height + vectors) / core.loads);
	if (p->tiles)
		cycles = hdt_pieces((double)b->height, 16) * hdt_pieces((double)b->width, 16) * core.tile_step;
	cycles = larger(cycles, core.latency);
	double slice_bytes = e->depth / e->slices * (double)b->width * 4;
	if (slice_bytes > L1_BYTES)
		cycles = larger(cycles, (double)b->width * 4 / core.near);
	return (cycles + core.step_cycles) * e->depth + e->slices * (core.tile_cycles + products) + products * 2;
}

/* Cycles of what the panel costs once for a block of rows: its way into the cache, or its layout. */
static double panel_cycles(const problem *p, const blocking *b, const extents *e)
{
	double elements = e->depth * (double)b->width, all = elements * e->panels;
	static const double laying[] = {
		[READS_ALONG] = 0.125, [READS_SQUARES] = 0.4, [READS_ACROSS] = 1.5, [READS_ANYHOW] = 8};
	if (p->right == RIGHT_LAID_OUT)
		return elements * laying[p->right_reads];
	return p->right == RIGHT_PACKED && all * 4 > core.near_bytes ? elements * 4 / core.far + e->depth * 2 : 0;
}

double machine_time(const problem *p, const blocking *b, int workers)
{
	extents e = blocking_extents(p, b);
	double tasks = e.around * e.row_blocks * e.panel_groups;
	double tiles = e.row_tiles < (double)b->tiles ? e.row_tiles : (double)b->tiles;
	double panels = e.panels < (double)b->panels ? e.panels : (double)b->panels;
	double sums = tiles * tile_cycles(p, b, &e), panel = panel_cycles(p, b, &e);
	/* What comes from far comes while tiles are computed, but for what is left over; laying out is work of its own. */
	double each = p->right == RIGHT_LAID_OUT ? sums + panel : larger(sums, panel) + 0.02 * panel;
	double rows_bytes = tiles * (double)b->height * e.depth / e.slices * 4;
	if (rows_bytes > core.near_bytes)
		each = larger(each, tiles * (double)b->height * e.depth * 4 / core.far);
	double us = hdt_pieces(tasks, workers) * (core.task_us + panels * each / core.cycles_per_us) + core.launch_us;
	if (p->left == LEFT_STAGED)
		us += core.launch_us + (double)p->batch.size * (double)p->rows.size * e.depth * p->group / workers * 0.5e-3;
	return us;
}
