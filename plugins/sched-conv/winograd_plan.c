/* winograd_plan.c: which convolutions can be computed so, and which of the ways is best.
 *
 * The transformed weights are (m + 2)^2 / 9 times as large and are read once for each block of tiles, or once in all: m = 4 is for those that
 * stay in the caches, m = 2 for larger ones, and beyond that there is nothing to be gained. */
#include "winograd.h"

#include <stdlib.h>

enum { PARAM_RESULTS, PARAM_VECTORS, PARAM_BLOCK };
const char *const winograd_params[] = {"results", "vectors", "block", NULL};

enum { FLOAT_BYTES = 4, WIDE_VECTOR = 64, MOST_VECTORS = 4, LOCAL_BYTES = 256 * 1024, CACHE_BYTES = 768 * 1024 };
enum { LEAST_CHANNELS = 16 };
static const double most_weight_bytes[] = {[2] = 5e6, [4] = 2.4e6};

/* What HIDET_WINOGRAD allows: results of a tile along one direction. It is part of what is emitted, and by that of every cache key. */
static int64_t most_results(void)
{
	const char *word = getenv("HIDET_WINOGRAD");
	return word && *word ? (word[0] == '0' ? 0 : word[0] == '2' ? 2 : 4) : 4;
}

static bool is_three_wide(const conv_dim *d)
{
	int64_t windows;
	return d->out && d->taps == 3 && d->stride == 1 && d->dilation == 1 && hdt_is_const(d->windows, &windows);
}

static const char *check(const winograd_plan *p)
{
	const conv *c = &p->c;
	int64_t fixed;
	if (c->phases > 1 || p->y < 0 || !c->column || !c->channel || c->group || !is_three_wide(&c->dims[p->x]) ||
	    !is_three_wide(&c->dims[p->y]))
		return "its windows are not 3 x 3 side by side";
	for (int i = 0; i < p->y; i++)
		if (c->dims[i].taps != 1 || !hdt_is_const(c->dims[i].windows, &fixed))
			return "it has other dimensions than windows of 3 x 3";
	if (c->channel_dim != c->main->tensor->rank - 1)
		return "its channels do not lie side by side";
	if (c->channels < LEAST_CHANNELS || c->channels % p->lanes || c->columns % p->lanes)
		return "its channels fill no vectors";
	if (!c->found.b_constant)
		return "its weights are not constant";
	return most_results() < 2 ? "HIDET_WINOGRAD forbids it" : NULL;
}

bool winograd_find(const hdt_task *task, const hdt_target_info *target, winograd_plan *out, const char **reason)
{
	*out = (winograd_plan){.lanes = target->vector_bytes / FLOAT_BYTES};
	out->fused = target->fused_multiply_add;
	out->registers = target->vector_bytes >= WIDE_VECTOR ? 32 : 16;
	if (out->lanes < 1 || !conv_match(task, 0, &out->c, reason)) {
		*reason = out->lanes < 1 ? "the target has no vectors" : *reason;
		return false;
	}
	out->x = out->c.dim_count - 1;
	out->y = out->c.dim_count - 2;
	*reason = check(out);
	if (!*reason)
		out->border = conv_border(&out->c);
	return !*reason;
}

/* ---- choosing ----------------------------------------------------------------------------------------------------- */

static double outer_places(const winograd_plan *p)
{
	double places = 1;
	for (int i = 0; i < p->y; i++)
		places *= (double)p->c.dims[i].outs;
	return places;
}

static double weight_bytes(const winograd_plan *p)
{
	int64_t a = tile_inputs(p);
	return (double)(a * a * p->c.channels * p->c.columns) * FLOAT_BYTES;
}

/* The model: see direct_space.c; transforming a vector of a tile takes about as many cycles as it has loads, operations and stores. */

/* One step of the sums of all rows by a panel. */
static double step_cycles(const winograd_plan *p, int64_t rows)
{
	cut c = cut_evenly(rows, (p->registers - 1 - p->vectors) / p->vectors);
	double cycles = 0;
	for (int part = 0; part < 2; part++) {
		double size = (double)(c.size - part), count = (double)(part ? c.pieces - c.longer : c.longer);
		double sums = size * (double)p->vectors / 2, loads = (size + (double)p->vectors) / 1.6;
		double step = loads > sums ? loads : sums;
		cycles += count * ((step > 4 ? step : 4) + 20.0 / (double)p->c.channels);
	}
	return cycles + (double)rows * 0.02; /* the rows come from the second level */
}

double winograd_time(const winograd_plan *p, int workers)
{
	double a = (double)tile_inputs(p), transform = p->results == 4 ? 150 : 50;
	double lines = (double)tiles_along(p, p->y), tiles = outer_places(p) * lines * (double)tiles_along(p, p->x);
	double channels = (double)p->c.channels / p->lanes, columns = (double)p->c.columns / p->lanes;
	double blocks = p->block ? outer_places(p) * (double)round_up_divide((int64_t)lines, p->block) : 1;
	int64_t rows = p->block ? p->block * tiles_along(p, p->x) : (int64_t)tiles;
	double products = a * a * (double)p->c.channels * columns / (double)p->vectors * step_cycles(p, rows) * blocks;
	double weights = weight_bytes(p) * (weight_bytes(p) > CACHE_BYTES ? blocks : 1) / 8;
	double cycles = (products > weights ? products : weights) + tiles * (channels + columns) * transform;
	if (!p->block) /* what goes from one function to the next */
		cycles += tiles * a * a * (double)(p->c.channels + p->c.columns) * FLOAT_BYTES / 12;
	double tasks = p->block ? blocks : a * a;
	double rounds = (double)(int64_t)((tasks + workers - 1) / workers);
	return (p->block ? 1 : 3) + cycles / 3300 / tasks * rounds;
}

static bool fits(const winograd_plan *p)
{
	int64_t a = tile_inputs(p), most = p->c.channels > p->c.columns ? p->c.channels : p->c.columns;
	if (p->results > most_results() || weight_bytes(p) > most_weight_bytes[p->results])
		return false;
	return p->block <= tiles_along(p, p->y) &&
	       a * a * p->block * tiles_along(p, p->x) * most * FLOAT_BYTES <= LOCAL_BYTES;
}

bool winograd_choose(winograd_plan *p, const hdt_choice *choice)
{
	p->results = choice->values[PARAM_RESULTS];
	p->vectors = choice->values[PARAM_VECTORS];
	p->block = choice->values[PARAM_BLOCK];
	return (p->results == 2 || p->results == 4) && p->vectors >= 1 && p->vectors <= MOST_VECTORS &&
	       (p->c.columns / p->lanes) % p->vectors == 0 && p->block >= 0 && fits(p);
}

int winograd_space(const winograd_plan *plan, int level, hdt_choice *out, int most)
{
	enum { MOST = 64, SHORT_LIST = 6 };
	hdt_ranking best;
	hdt_ranking_begin(&best, level, SHORT_LIST, out, most < MOST ? most : MOST);
	winograd_plan p = *plan;
	for (p.results = 2; p.results <= 4; p.results += 2) {
		for (p.vectors = 1; p.vectors <= MOST_VECTORS; p.vectors++) {
			if ((p.c.columns / p.lanes) % p.vectors)
				continue;
			for (p.block = 0; p.block <= 4; p.block++)
				if (fits(&p))
					hdt_ranking_add(&best, (hdt_choice){{p.results, p.vectors, p.block}}, winograd_time(&p, WORKERS));
		}
	}
	return best.count;
}
