/* window_plan.c: what is to be known of windows of single channels, and how their loops are best cut. */
#include "window.h"

enum { PARAM_WINDOWS, PARAM_VECTORS, PARAM_BANDS, PARAM_CHANNEL_GROUPS };
const char *const window_params[] = {"windows", "vectors", "bands", "channel_groups", NULL};

enum { FLOAT_BYTES = 4, WIDE_VECTOR = 64, GOOD_TASKS = 2 * WORKERS, MOST_STEPS = 400, ENOUGH_SUMS = 8 };

/* ---- the plan ----------------------------------------------------------------------------------------------------- */

static const char *check(const window_plan *p)
{
	const conv *c = &p->c;
	hdt_reduce_kind kind = (hdt_reduce_kind)c->found.reduce->reduce;
	if (kind != HDT_REDUCE_SUM && kind != HDT_REDUCE_MAX && kind != HDT_REDUCE_MIN && kind != HDT_REDUCE_AVG)
		return "it is no sum, average or extreme";
	if (!c->group || c->column || c->channel)
		return "its windows are of several channels";
	if (c->dim_count == 0)
		return "it has no windows";
	if (c->channel_dim != c->main->tensor->rank - 1)
		return "its channels do not lie side by side";
	if (p->lanes > c->groups)
		return "its channels fill no vector";
	return NULL;
}

bool window_find(const conv *c, const hdt_target_info *target, window_plan *out, const char **reason)
{
	*out = (window_plan){.c = *c, .x = c->dim_count - 1, .lanes = target->vector_bytes / FLOAT_BYTES};
	out->fused = target->fused_multiply_add;
	out->registers = target->vector_bytes >= WIDE_VECTOR ? 32 : 16;
	*reason = out->lanes < 1 ? "the target has no vectors" : check(out);
	out->border = conv_border(c);
	return !*reason;
}

/* ---- choosing ----------------------------------------------------------------------------------------------------- */

static double taps_of(const conv *c)
{
	double taps = 1;
	for (int i = 0; i < c->dim_count; i++)
		taps *= (double)c->dims[i].taps;
	return taps;
}

static double product(const conv *c, bool positions)
{
	double all = (double)c->groups;
	for (int i = 0; i < c->dim_count; i++)
		all *= (double)(positions ? c->dims[i].extent : c->dims[i].outs);
	return all;
}

/* The model: two vectors are multiplied and added in a cycle, or loaded; a sum is ready after four cycles; beyond the caches 16 bytes
 * come in a cycle. */
double window_time(const window_plan *p, int workers)
{
	double sums = (double)(p->windows * p->vectors), blocks = product(&p->c, false) / p->lanes;
	double cycles = taps_of(&p->c) * blocks * (sums < ENOUGH_SUMS ? 4 / sums : 0.5) + 3 * blocks;
	double bytes = (product(&p->c, false) + product(&p->c, true)) * FLOAT_BYTES;
	return 1 + (cycles > bytes / 16 ? cycles : bytes / 16) / workers / 3300;
}

/* Tasks are bands of lines where there are enough of them, else blocks of channels. */
static void choose_tasks(window_plan *p)
{
	int line = line_dim(p);
	int64_t lines = line >= 0 ? p->c.dims[line].outs : 1, blocks = p->c.groups / block_channels(p);
	int64_t outer = 1;
	for (int i = 0; i < line; i++)
		outer *= p->c.dims[i].outs;
	int64_t wanted = outer >= GOOD_TASKS ? 1 : (GOOD_TASKS + outer - 1) / outer;
	if (lines >= wanted || lines > blocks) {
		p->bands = lines < wanted ? lines : wanted;
		p->channel_groups = lines * 2 > wanted ? 1 : blocks < 2 ? 1 : 2;
	} else {
		p->channel_groups = blocks < wanted ? blocks : wanted;
		p->bands = blocks * 2 > wanted ? 1 : lines < 2 ? 1 : 2;
	}
}

static bool within(int64_t value, int64_t least, int64_t most)
{
	return value >= least && value <= most;
}

bool window_choose(window_plan *p, const hdt_choice *choice)
{
	const int64_t *v = choice->values;
	p->windows = v[PARAM_WINDOWS];
	p->vectors = v[PARAM_VECTORS];
	p->bands = v[PARAM_BANDS];
	p->channel_groups = v[PARAM_CHANNEL_GROUPS];
	return within(p->windows, 1, p->c.dims[p->x].outs) && within(p->vectors, 1, p->registers) &&
	       p->windows * p->vectors <= p->registers && p->vectors * p->lanes <= p->c.groups && p->bands >= 1 &&
	       p->channel_groups >= 1;
}

bool window_choose_like(window_plan *p, const window_plan *first)
{
	int64_t outs = p->c.dims[p->x].outs, windows = first->windows < outs ? first->windows : outs;
	return window_choose(p, &(hdt_choice){{windows, first->vectors, first->bands, first->channel_groups}});
}

/* Each step of a tile is written out: there are not to be too many. */
static bool is_short(const window_plan *p)
{
	return p->windows * p->c.dims[p->x].taps <= MOST_STEPS;
}

int window_space(const window_plan *plan, int level, hdt_choice *out, int most)
{
	int count = 0;
	int64_t outs = plan->c.dims[plan->x].outs, tiles[] = {14, 7, 10, 4, 1};
	for (int t = 0; t < (int)(sizeof tiles / sizeof *tiles) && count < (level < 1 ? 1 : most); t++) {
		window_plan p = *plan;
		int64_t limit = tiles[t] < p.registers - 4 ? tiles[t] : (p.registers - 4) / 2;
		int64_t pieces = (outs + limit - 1) / limit;
		p.windows = (outs + pieces - 1) / pieces;
		p.vectors = 1;
		while (p.windows * p.vectors < ENOUGH_SUMS && p.windows * (p.vectors + 1) <= p.registers - 4 &&
		       (p.vectors + 1) * p.lanes <= p.c.groups)
			p.vectors++;
		if (!is_short(&p) || (level < 2 && t > 1))
			continue;
		choose_tasks(&p);
		out[count++] = (hdt_choice){{p.windows, p.vectors, p.bands, p.channel_groups}};
	}
	return count;
}
