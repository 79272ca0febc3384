/* direct_space.c: how the loops of a convolution are best cut, by a small model of the machine, and what is worth a try beside that.
 *
 * The model: each cycle two multiply-adds of vectors and 1.6 loads; a sum is ready for the next step after four cycles; the second level
 * of the cache gives half a line a cycle and holds a megabyte, the third is shared and gives eight bytes a cycle. */
#include "direct.h"

enum { PARAM_VECTORS, PARAM_WINDOWS, PARAM_LINES, PARAM_PANELS_OUTSIDE, PARAM_BANDS, PARAM_PANEL_GROUPS, PARAM_COUNT };
const char *const direct_params[] = {"vectors", "windows", "lines", "panels_outside", "bands", "panel_groups", NULL};

enum { MOST_VECTORS = 4, FLOAT_BYTES = 4, CACHE_BYTES = 512 * 1024, GOOD_TASKS = 2 * WORKERS };
static const double cycles_per_us = 3300, latency = 4, l2_bytes = 32, l3_bytes = 8, copy_bytes = 16, pack_bytes = 2,
					tile_cycles = 30, launch_cycles = 3300;

/* ---- the model ---------------------------------------------------------------------------------------------------- */

static double largest(double a, double b)
{
	return a > b ? a : b;
}

/* One step of the sums of a tile. */
static double step_cycles(const direct_plan *p, double rows, double vectors)
{
	double loads = (rows + vectors) / 1.6, panel = vectors * p->lanes * FLOAT_BYTES / l2_bytes;
	return largest(largest(rows * vectors / 2 * p->step_work, loads), largest(latency, panel));
}

static double depth_of(const direct_plan *p)
{
	double depth = (double)p->channels;
	for (int i = 0; i < p->c.dim_count; i++)
		depth *= (double)p->c.dims[i].taps;
	return depth;
}

/* Of all tiles of a panel, in one group and at one place of the outer windows. */
static double panel_cycles(const direct_plan *p, double vectors)
{
	double sum = 0, depth = depth_of(p) / (double)step_products(p);
	for (int l = 0; l < 2; l++) {
		for (int w = 0; w < 2; w++) {
			double lines = (double)(l ? p->line_tiles.longer : p->line_tiles.pieces - p->line_tiles.longer);
			double windows = (double)(w ? p->window_tiles.longer : p->window_tiles.pieces - p->window_tiles.longer);
			double rows = (double)(p->line_tiles.size - !l) * (double)(p->window_tiles.size - !w);
			if (lines > 0 && windows > 0)
				sum += lines * windows * (depth * step_cycles(p, rows, vectors) + tile_cycles + rows * vectors * 2);
		}
	}
	return sum;
}

static double compute_cycles(const direct_plan *p)
{
	double whole = (double)(panel_count(p) - 1), last = (double)round_up_divide(last_columns(p), p->lanes);
	return whole * panel_cycles(p, (double)p->vectors) + panel_cycles(p, last);
}

static double outer_places(const direct_plan *p)
{
	double places = (double)p->c.groups;
	for (int i = 0; i < p->c.dim_count && i < (p->y < 0 ? p->x : p->y); i++)
		places *= (double)p->c.dims[i].outs;
	return places;
}

static double weight_bytes(const direct_plan *p)
{
	return depth_of(p) * (double)p->c.columns * FLOAT_BYTES / (double)step_products(p);
}

/* Of the part of the source that one group and one place of the outer windows regard. */
static double source_bytes(const direct_plan *p)
{
	double bytes = (double)p->channels * FLOAT_BYTES / (double)step_products(p);
	for (int i = p->y < 0 ? p->x : p->y; i < p->c.dim_count; i++)
		bytes *= (double)p->c.dims[i].extent;
	return bytes;
}

static double tasks_of(const direct_plan *p)
{
	return outer_places(p) * (double)p->bands * (double)p->panel_groups;
}

/* What the inner loops read again and again from beyond the second level. */
static double again_bytes(const direct_plan *p)
{
	double tiles = (double)p->line_tiles.pieces * (double)p->window_tiles.pieces;
	double inner = p->panels_outside ? source_bytes(p) / (double)p->bands : weight_bytes(p) / (double)p->panel_groups;
	double times = p->panels_outside ? (double)panel_count(p) * (double)p->bands : tiles * (double)p->panel_groups;
	return inner <= CACHE_BYTES ? inner * (p->panels_outside ? (double)p->panel_groups * (double)p->bands : tasks_of(p))
	                            : inner * times;
}

double direct_time(const direct_plan *p, int workers)
{
	double places = outer_places(p), tasks = tasks_of(p);
	double rounds = (double)(int64_t)((tasks + workers - 1) / workers);
	double compute = compute_cycles(p) * places / tasks * rounds;
	double moved = again_bytes(p) * places / l3_bytes / workers;
	double copied = p->in_place ? 0 : launch_cycles + source_bytes(p) * places / copy_bytes / workers;
	if (!p->c.found.b_constant)
		copied += launch_cycles + weight_bytes(p) * (double)p->c.groups / pack_bytes / workers;
	return (launch_cycles + largest(compute, moved) + copied) / cycles_per_us;
}

/* ---- choosing ----------------------------------------------------------------------------------------------------- */

/* Tiles of as many rows as the registers hold beside a row of the panel and one more. */
static void cut_tiles(direct_plan *p, int64_t most_rows)
{
	p->window_tiles = cut_evenly(p->windows, most_rows);
	if (!p->fixed) {
		p->line_tiles = cut_evenly(p->lines, 1);
		return;
	}
	int64_t beside = most_rows / p->windows; /* whole lines in a tile */
	p->line_tiles = cut_evenly(p->lines, beside > 1 ? beside : 1);
}

/* Compilers need some registers more where the innermost loops are short ones over taps. */
static int64_t most_rows(const direct_plan *p)
{
	if (!p->channels_last)
		return p->registers * 3 / 4 / p->vectors;
	return (p->registers - 1 - p->vectors) / p->vectors;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What makes up a task. All tiles of a band go over a panel before the next one, so that it stays near: a band's part of the source is to stay
 * in the second level. Where that is not the weights' place, too, tasks have panels of their own. */
static void choose_tasks(direct_plan *p)
{
	enum { BAND_BYTES = 256 * 1024 };
	double places = outer_places(p);
	int64_t wanted = places >= GOOD_TASKS ? 1 : round_up_divide(GOOD_TASKS, (int64_t)places);
	int64_t bands = (int64_t)(source_bytes(p) / BAND_BYTES) + 1, tiles = banded(p)->pieces, panels = panel_count(p);
	p->panels_outside = true;
	if (weight_bytes(p) > CACHE_BYTES) {
		p->panel_groups = least(wanted, panels);
		int64_t rest = p->panel_groups * 2 > wanted ? 1 : round_up_divide(wanted, p->panel_groups);
		p->bands = least(source_bytes(p) > CACHE_BYTES && bands > rest ? bands : rest, tiles);
	} else {
		p->bands = least(bands > wanted ? bands : wanted, tiles);
		p->panel_groups = p->bands * 2 > wanted ? 1 : least(round_up_divide(wanted, p->bands), panels);
	}
}

static hdt_choice choice_of(const direct_plan *p)
{
	hdt_choice choice = {{0}};
	choice.values[PARAM_VECTORS] = p->vectors;
	choice.values[PARAM_WINDOWS] = p->window_tiles.size;
	choice.values[PARAM_LINES] = p->line_tiles.size;
	choice.values[PARAM_PANELS_OUTSIDE] = p->panels_outside;
	choice.values[PARAM_BANDS] = p->bands;
	choice.values[PARAM_PANEL_GROUPS] = p->panel_groups;
	return choice;
}

static bool within(int64_t value, int64_t least, int64_t most)
{
	return value >= least && value <= most;
}

bool direct_choose(direct_plan *p, const hdt_choice *choice)
{
	const int64_t *v = choice->values;
	if (!within(v[PARAM_VECTORS], 1, MOST_VECTORS) || !within(v[PARAM_WINDOWS], 1, p->windows) ||
	    !within(v[PARAM_LINES], 1, p->lines) || v[PARAM_WINDOWS] > p->registers || v[PARAM_LINES] > p->registers)
		return false;
	p->vectors = v[PARAM_VECTORS];
	p->window_tiles = cut_evenly(p->windows, v[PARAM_WINDOWS]);
	p->line_tiles = cut_evenly(p->lines, p->fixed ? v[PARAM_LINES] : 1);
	p->panels_outside = v[PARAM_PANELS_OUTSIDE];
	p->bands = v[PARAM_BANDS];
	p->panel_groups = v[PARAM_PANEL_GROUPS];
	return p->window_tiles.size * p->line_tiles.size * p->vectors <= p->registers &&
	       within(p->bands, 1, banded(p)->pieces) && within(p->panel_groups, 1, panel_count(p));
}

bool direct_choose_like(direct_plan *p, const direct_plan *first)
{
	hdt_choice choice = choice_of(first);
	choice.values[PARAM_WINDOWS] = least(choice.values[PARAM_WINDOWS], p->windows);
	choice.values[PARAM_LINES] = least(choice.values[PARAM_LINES], p->lines);
	choice.values[PARAM_BANDS] = 1;
	if (!direct_choose(p, &choice))
		return false;
	p->bands = least(first->bands, banded(p)->pieces);
	return true;
}

static void add(hdt_ranking *best, const direct_plan *p)
{
	hdt_ranking_add(best, choice_of(p), direct_time(p, WORKERS));
}

/* A plan's own tasks, the other order of loops, and half as many rows. */
static void add_variants(direct_plan p, int level, hdt_ranking *best)
{
	choose_tasks(&p);
	add(best, &p);
	if (level < 1)
		return;
	direct_plan other = p;
	other.panels_outside = !p.panels_outside;
	add(best, &other);
	for (int64_t bands = 1; level > 1 && bands <= banded(&p)->pieces && bands <= 4 * GOOD_TASKS; bands *= 2) {
		for (int64_t groups = 1; groups <= panel_count(&p) && groups <= 4 * GOOD_TASKS; groups *= 2) {
			direct_plan split = p;
			split.bands = bands;
			split.panel_groups = groups;
			add(best, &split);
		}
	}
}

int direct_space(const direct_plan *plan, int level, hdt_choice *out, int most)
{
	enum { MOST = 64, SHORT_LIST = 8 };
	hdt_ranking best;
	hdt_ranking_begin(&best, level, SHORT_LIST, out, most < MOST ? most : MOST);
	for (int64_t vectors = 1; vectors <= MOST_VECTORS; vectors++) {
		direct_plan p = *plan;
		p.vectors = vectors;
		if (vectors > 1 && (vectors - 1) * p.lanes >= p.c.columns)
			break;
		int64_t rows = most_rows(&p);
		for (int64_t part = 1; part <= (level > 1 ? 2 : 1); part++) {
			cut_tiles(&p, rows / part > 0 ? rows / part : 1);
			add_variants(p, level, &best);
		}
	}
	return best.count;
}
