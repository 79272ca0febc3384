/* dims.c: which axes are windows, taps and channels of a convolution: the read with the most of them tells.
 *
 *     x[n, h * 2 + r - 1, w * 2 + s - 1, c]   ->   dims n; h with tap r, stride 2; w with tap s, stride 2     channel c
 *
 * That all else in the element depends on nothing but positions, h * 2 + r and w * 2 + s, is proved node by node. */
#include "match.h"
#include "search.h"

#include <stdlib.h>

static int64_t gcd(int64_t a, int64_t b)
{
	return b ? gcd(b, a % b) : a;
}

/* ---- the main read ------------------------------------------------------------------------------------------------ */

static int count_axes(const hdt_expr *e, const axis_set *set)
{
	int count = 0;
	for (int i = 0; i < set->row_count; i++)
		count += hdt_contains(e, set->rows[i]);
	for (int i = 0; i < set->depth_count; i++)
		count += hdt_contains(e, set->depth[i]);
	return count;
}

typedef struct main_search {
	const axis_set *set;
	const hdt_expr *best;
	int most;
} main_search;

static bool weigh_load(const hdt_expr *e, void *closure)
{
	main_search *s = closure;
	int count = e->op == HDT_OP_LOAD ? count_axes(e, s->set) : 0;
	if (count > s->most || (count && count == s->most && e->tensor->rank > s->best->tensor->rank)) {
		s->best = e;
		s->most = count;
	}
	return false;
}

const hdt_expr *dims_main_load(const hdt_expr *element, const axis_set *set)
{
	main_search s = {.set = set};
	search_any(element, weigh_load, &s);
	return s.best;
}

/* ---- dimensions --------------------------------------------------------------------------------------------------- */

/* What one index of the main read is made of. */
typedef struct index_parts {
	const hdt_expr *row, *tap;
	int64_t stride, dilation;
	bool group;
} index_parts;

static bool take_index(const conv *c, const axis_set *set, const hdt_expr *index, index_parts *out)
{
	const hdt_expr *axes[MOST_AXES], *rest;
	int64_t factors[MOST_AXES];
	int count = 0;
	*out = (index_parts){0};
	if (set->row_count + set->depth_count + 1 > MOST_AXES)
		return false;
	for (int i = 0; i < set->row_count; i++)
		axes[count++] = set->rows[i];
	for (int i = 0; i < set->depth_count; i++)
		axes[count++] = set->depth[i];
	if (c->group)
		axes[count++] = c->group;
	if (!hdt_linear(index, axes, count, factors, &rest))
		return false;
	for (int i = 0; i < count; i++) {
		bool is_row = i < set->row_count, is_group = axes[i] == c->group;
		if (factors[i] == 0)
			continue;
		if (factors[i] < 0 || (is_row && out->row) || (!is_row && !is_group && out->tap))
			return false;
		out->group |= is_group;
		if (is_row) {
			out->row = axes[i];
			out->stride = factors[i];
		} else if (!is_group) {
			out->tap = axes[i];
			out->dilation = factors[i];
		}
	}
	return !out->group || !out->row;
}

static bool is_taken(const conv *c, const index_parts *p)
{
	for (int i = 0; i < c->dim_count; i++)
		if ((p->row && c->dims[i].out == p->row) || (p->tap && c->dims[i].tap == p->tap))
			return true;
	return p->tap && c->channel == p->tap;
}

static const hdt_expr *plus(const hdt_expr *e, int64_t value)
{
	return hdt_add(e, hdt_int(e->context, value));
}

/* Positions that so many windows lie over. */
static const hdt_expr *reach(const conv_dim *d, const hdt_expr *windows)
{
	const hdt_expr *across = hdt_mul(plus(windows, -1), hdt_int(windows->context, d->stride));
	return plus(across, (d->taps - 1) * d->dilation + 1);
}

static const char *add_dim(conv *c, const index_parts *p, int place)
{
	conv_dim d = {.out = p->row, .tap = p->tap, .stride = p->stride, .dilation = p->dilation, .outs = 1, .taps = 1};
	hdt_context *context = c->element->context;
	d.fixed = true;
	d.place = place;
	d.windows = p->row ? p->row->args[0] : hdt_int(context, 1);
	if (p->row) {
		d.fixed = hdt_is_const(d.windows, &d.outs);
		d.outs = d.fixed ? d.outs : hdt_size_estimate(d.windows);
	}
	if (p->tap && !hdt_is_const(p->tap->args[0], &d.taps))
		return "its windows are known only when it runs";
	int64_t step = gcd(d.stride, d.dilation), within, across;
	d.step = step > 0 ? step : 1;
	d.stride = d.stride ? d.stride / step : 1;
	d.dilation = d.dilation ? d.dilation / step : 1;
	if (d.outs < 1 || d.taps < 1)
		return "it is empty";
	if (__builtin_mul_overflow(d.outs - 1, d.stride, &across) ||
	    __builtin_mul_overflow(d.taps - 1, d.dilation, &within) ||
	    __builtin_add_overflow(across, within + 1, &d.extent))
		return "its windows reach too far";
	d.position = hdt_axis("p", d.fixed ? hdt_int(context, d.extent) : reach(&d, d.windows));
	c->dims[c->dim_count++] = d;
	return NULL;
}

/* Which depth axis without a window is the channel: the longest. */
static const hdt_expr *choose_channel(const index_parts *parts, int rank)
{
	const hdt_expr *best = NULL;
	for (int d = 0; d < rank; d++) {
		const hdt_expr *tap = parts[d].row ? NULL : parts[d].tap;
		if (tap && (!best || hdt_size_estimate(tap->args[0]) > hdt_size_estimate(best->args[0])))
			best = tap;
	}
	return best;
}

const char *dims_take(conv *c, const axis_set *set)
{
	index_parts parts[HDT_MAX_RANK];
	c->main = dims_main_load(c->element, set);
	if (!c->main)
		return "no windows slide over an input";
	int rank = c->main->tensor->rank;
	for (int d = 0; d < rank; d++)
		if (!take_index(c, set, c->main->args[d], &parts[d]))
			return "what it reads are no windows";
	c->channel = c->column ? choose_channel(parts, rank) : NULL;
	c->channel_dim = -1;
	c->channels = 1;
	for (int d = 0; d < rank; d++) {
		const char *reason = NULL;
		bool channel = c->channel && parts[d].tap == c->channel;
		if (channel || (parts[d].group && !parts[d].tap)) {
			c->channel_dim = d;
			if (channel && (parts[d].row || parts[d].dilation != 1))
				reason = "its channels are no dimension of their own";
		} else if (is_taken(c, &parts[d])) {
			reason = "an axis is part of several dimensions";
		} else if (parts[d].row || parts[d].tap) {
			reason = add_dim(c, &parts[d], d);
		}
		if (reason)
			return reason;
	}
	if (c->channel && !hdt_is_const(c->channel->args[0], &c->channels))
		return "its channels are known only when it runs";
	return NULL;
}

const char *dims_check_all(const conv *c, const axis_set *set)
{
	for (int i = 0; i < set->row_count; i++)
		if (!is_taken(c, &(index_parts){.row = set->rows[i]}))
			return "an axis of the result is part of no window";
	for (int i = 0; i < set->depth_count; i++)
		if (!is_taken(c, &(index_parts){.tap = set->depth[i]}))
			return "an axis of the sum is part of no window";
	return NULL;
}

/* ---- positions ---------------------------------------------------------------------------------------------------- */

/* A sum in which window and tap are what they are in a position, or a multiple of that. */
static bool is_of_position(const hdt_expr *e, const conv_dim *d)
{
	const hdt_expr *axes[2], *rest;
	int64_t factors[2], stride = 0, dilation = 0, of_window, of_tap;
	int count = 0;
	if (d->out)
		axes[count++] = d->out;
	if (d->tap)
		axes[count++] = d->tap;
	if (!hdt_is_integer((hdt_dtype)e->dtype) || !hdt_linear(e, axes, count, factors, &rest))
		return false;
	if (d->out)
		stride = factors[0];
	if (d->tap)
		dilation = factors[count - 1];
	return count == 1 || (!__builtin_mul_overflow(stride, d->dilation, &of_window) &&
	                      !__builtin_mul_overflow(dilation, d->stride, &of_tap) && of_window == of_tap);
}

/* Does `e` depend on window and tap by their position alone? */
typedef struct position_check {
	const conv_dim *dim;
	uint8_t *seen; /* a bit for each id: operands have smaller ones */
} position_check;

static bool depends_on_position(position_check *s, const hdt_expr *e)
{
	uint8_t bit = (uint8_t)(1u << (e->id & 7));
	if (s->seen[e->id >> 3] & bit)
		return true;
	s->seen[e->id >> 3] |= bit;
	if (is_of_position(e, s->dim))
		return true;
	if (e == s->dim->out || e == s->dim->tap)
		return false;
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL && e->op != HDT_OP_AXIS; i++)
		if (!depends_on_position(s, e->args[i]))
			return false;
	return true;
}

/* window and tap with  window * stride + tap * dilation = 1: stride and dilation have no common divisor. */
static void solve(int64_t stride, int64_t dilation, int64_t *window, int64_t *tap)
{
	if (dilation == 0) {
		*window = 1;
		*tap = 0;
		return;
	}
	solve(dilation, stride % dilation, tap, window);
	*tap -= stride / dilation * *window;
}

/* The element as a function of positions: any window and tap at a position stand for all of them. */
const char *dims_place(conv *c)
{
	for (int i = 0; i < c->dim_count; i++) {
		const conv_dim *d = &c->dims[i];
		hdt_context *context = c->element->context;
		position_check s = {d, calloc((size_t)(c->element->id >> 3) + 1, 1)};
		bool good = s.seen && depends_on_position(&s, c->element);
		free(s.seen);
		if (!s.seen)
			return "memory is out";
		if (!good)
			return "what is fused in front of it depends on more than the position";
		const hdt_expr *from[2] = {d->out, d->tap}, *to[2];
		int64_t window = 1, tap = 1;
		if (d->out && d->tap)
			solve(d->stride, d->dilation, &window, &tap);
		to[0] = hdt_mul(d->position, hdt_int(context, window));
		to[1] = hdt_mul(d->position, hdt_int(context, tap));
		c->element = hdt_substitute(c->element, from + !d->out, to + !d->out, !!d->out + !!d->tap);
		if (!c->element)
			return "memory is out";
	}
	return NULL;
}
