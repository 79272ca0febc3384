/* phases.c: transposed convolutions are several ordinary ones.
 *
 * Each result of a transposed convolution with a step of 2 looks at every other tap, for half of the windows fall between the inputs:
 *
 *     y[h] = sum(r < 4) select((h - r + 1) % 2 == 0 && .., x[(h - r + 1) // 2], 0.0) * weight[r]
 *  -> y[q * 2]     = sum(t < 2) select(.., x[q + t - 1], 0.0) * weight[3 - t * 2]           phase 0
 *     y[q * 2 + 1] = sum(t < 2) select(.., x[q + t], 0.0) * weight[2 - t * 2]               phase 1
 *
 * With a step of 1 there is one phase: the taps go the other way round. */
#include "match.h"
#include "search.h"

enum { MOST_PHASES = 16 };

/* A sum  window + tap * factor + offset  that is to be a multiple of `step`. */
typedef struct split {
	const hdt_expr *row, *tap;
	int64_t factor, offset, step;
} split;

typedef struct split_list {
	split items[HDT_MAX_RANK];
	int count;
} split_list;

static int64_t remainder_of(int64_t value, int64_t step)
{
	int64_t left = value % step;
	return left < 0 ? left + step : left;
}

static int64_t gcd(int64_t a, int64_t b)
{
	return b ? gcd(b, a % b) : a;
}

/* One axis of the rows and one of the depth, the row as it is, and a constant. */
static bool read_sum(const hdt_contraction *f, const hdt_expr *e, split *out)
{
	const hdt_expr *axes[MOST_AXES], *rest;
	int64_t factors[MOST_AXES];
	int count = 0;
	for (int i = 0; i < f->row_count; i++)
		axes[count++] = f->rows[i];
	for (int i = 0; i < f->depth_count && count < MOST_AXES; i++)
		axes[count++] = f->depth[i];
	if (!hdt_is_integer((hdt_dtype)e->dtype) || !hdt_linear(e, axes, count, factors, &rest))
		return false;
	*out = (split){.step = 1};
	(void)hdt_is_const(rest, &out->offset);
	for (int i = 0; i < count; i++) {
		bool is_row = i < f->row_count;
		if (factors[i] == 0)
			continue;
		if (is_row ? out->row != NULL || factors[i] != 1 : out->tap != NULL)
			return false;
		if (is_row) {
			out->row = axes[i];
		} else {
			out->tap = axes[i];
			out->factor = factors[i];
		}
	}
	return out->row && out->tap;
}

static void add_split(split_list *list, const split *s)
{
	for (int i = 0; i < list->count; i++)
		if (list->items[i].row == s->row || list->items[i].tap == s->tap)
			return;
	if (list->count < HDT_MAX_RANK)
		list->items[list->count++] = *s;
}

/* Conditions without which the element is 0: sums that are multiples. */
static void read_conditions(const hdt_contraction *f, const hdt_expr *e, split_list *list)
{
	int64_t step, zero, offset;
	split s;
	if (e->op == HDT_OP_AND) {
		read_conditions(f, e->args[0], list);
		read_conditions(f, e->args[1], list);
		return;
	}
	if (e->op != HDT_OP_EQ || e->args[0]->op != HDT_OP_MOD || !hdt_is_const(e->args[1], &zero) || zero != 0 ||
	    !hdt_is_const(e->args[0]->args[1], &step) || step < 2 || !read_sum(f, e->args[0]->args[0], &s))
		return;
	const hdt_expr *axes[2] = {s.row, s.tap}, *rest;
	int64_t factors[2];
	if (!hdt_linear(e->args[0]->args[0], axes, 2, factors, &rest) || !hdt_is_const(rest, &offset))
		return;
	s.step = step;
	add_split(list, &s);
}

/* Indices in which a tap goes backwards. */
typedef struct backward_search {
	const hdt_contraction *found;
	split_list *list;
} backward_search;

static bool note_backward(const hdt_expr *e, void *closure)
{
	backward_search *s = closure;
	split found;
	for (int d = 0; e->op == HDT_OP_LOAD && d < e->count; d++)
		if (read_sum(s->found, e->args[d], &found) && found.factor < 0)
			add_split(s->list, &found);
	return false;
}

static bool is_zero(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	return e->op == HDT_OP_CONST && hdt_is_float((hdt_dtype)e->dtype) && e->real == 0;
}

static split_list find_splits(const hdt_contraction *f, const hdt_expr *element)
{
	split_list list = {.count = 0};
	const hdt_expr *e = element;
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	if (e->op == HDT_OP_SELECT && is_zero(e->args[2]))
		read_conditions(f, e->args[0], &list);
	search_any(element, note_backward, &(backward_search){f, &list});
	return list;
}

static void replace_axis(conv *c, const hdt_expr **list, int count, const hdt_expr *from, const hdt_expr *axis,
                         const hdt_expr *to)
{
	for (int i = 0; i < count; i++)
		if (list[i] == from)
			list[i] = axis;
	c->element = hdt_substitute(c->element, &from, &to, 1);
	c->weight = hdt_substitute(c->weight, &from, &to, 1);
}

/* Windows of this phase, and the taps that they see, in the order of the positions. */
static const char *take_split(conv *c, const split *s, int64_t phase)
{
	hdt_context *context = c->element->context;
	int64_t taps, first = 0, each = s->step / gcd(s->factor < 0 ? -s->factor : s->factor, s->step);
	if (!hdt_is_const(s->tap->args[0], &taps))
		return "its windows are known only when it runs";
	while (first < taps && remainder_of(phase + s->offset + first * s->factor, s->step))
		first++;
	if (first >= taps)
		return "some of its results are sums of nothing";
	int64_t count = (taps - 1 - first) / each + 1, last = first + (count - 1) * each;
	bool backward = s->factor < 0;
	const hdt_expr *step = hdt_int(context, s->step), *tap = hdt_axis(s->tap->name, hdt_int(context, count));
	const hdt_expr *windows = hdt_ceildiv(hdt_sub(s->row->args[0], hdt_int(context, phase)), step);
	const hdt_expr *row = s->step == 1 ? s->row : hdt_axis(s->row->name, windows);
	const hdt_expr *walk =
		hdt_add(hdt_mul(tap, hdt_int(context, backward ? -each : each)), hdt_int(context, backward ? last : first));
	if (!row || !tap)
		return "memory is out";
	replace_axis(c, c->found.depth, c->found.depth_count, s->tap, tap, walk);
	if (s->step == 1)
		return NULL;
	replace_axis(c, c->found.rows, c->found.row_count, s->row, row,
	             hdt_add(hdt_mul(row, step), hdt_int(context, phase)));
	c->spread[c->spread_count++] = (conv_spread){.axis = s->row, .windows = row, .step = s->step, .first = phase};
	return NULL;
}

const char *phases_take(conv *c, int phase)
{
	split_list list = find_splits(&c->found, c->element);
	int64_t rest = phase;
	c->phases = 1;
	for (int i = 0; i < list.count; i++) {
		const split *s = &list.items[i];
		int64_t windows;
		if (s->step > MOST_PHASES || c->phases * s->step > MOST_PHASES)
			return "its results are of too many phases";
		if (s->step > 1 && (!hdt_is_const(s->row->args[0], &windows) || windows < s->step))
			return "it has fewer results than phases";
		const char *reason = take_split(c, s, rest % s->step);
		if (reason)
			return reason;
		rest /= s->step;
		c->phases *= (int)s->step;
	}
	return NULL;
}
