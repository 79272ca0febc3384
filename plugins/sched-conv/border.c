/* border.c: where windows look beyond the border.
 *
 *     select(1 <= p && p < 57 && 1 <= q && q < 57, x[n, p - 1, q - 1, c], 0.0)
 *  -> inside x[n, p - 1, q - 1, c]     begin 1, 1     end 57, 57
 *
 * Conditions of another form stay where they are, in `inside`. */
#include "conv.h"

#include <math.h>

/* Is it the same at all places of the convolution? */
static bool is_everywhere(const conv *c, const hdt_expr *e)
{
	for (int i = 0; i < c->dim_count; i++)
		if (hdt_contains(e, c->dims[i].position))
			return false;
	return !(c->channel && hdt_contains(e, c->channel)) && !(c->group && hdt_contains(e, c->group));
}

static bool begin_at(const conv *c, conv_limits *l, int dim, const hdt_expr *first)
{
	int64_t value;
	if (!hdt_is_const(first, &value))
		return false;
	l->begin[dim] = value > l->begin[dim] ? value : l->begin[dim];
	return is_everywhere(c, first);
}

static bool end_at(const conv *c, conv_limits *l, int dim, const hdt_expr *end)
{
	int64_t value;
	if (!c->dims[dim].fixed) {
		l->last[dim] = l->last[dim] ? hdt_min(l->last[dim], end) : end;
		return is_everywhere(c, end);
	}
	if (!hdt_is_const(end, &value))
		return false;
	l->end[dim] = value < l->end[dim] ? value : l->end[dim];
	return true;
}

/* Positions of one dimension for which the condition, c <= p or p < c or the like, holds. */
static bool narrow(const conv *c, conv_limits *l, const hdt_expr *condition)
{
	bool strict = condition->op == HDT_OP_LT;
	if (!strict && condition->op != HDT_OP_LE)
		return false;
	for (int side = 0; side < 2; side++) {
		const hdt_expr *e = condition->args[side], *bound = condition->args[1 - side], *rest;
		for (int i = 0; i < c->dim_count; i++) {
			int64_t factor;
			if (!hdt_contains(e, c->dims[i].position) || !hdt_linear(e, &c->dims[i].position, 1, &factor, &rest) ||
			    factor != 1)
				continue;
			bound = hdt_add(hdt_sub(bound, rest), hdt_int(e->context, side ? strict : !strict));
			return bound && (side ? begin_at(c, l, i, bound) : end_at(c, l, i, bound));
		}
	}
	return false;
}

static bool take_condition(const conv *c, conv_limits *l, const hdt_expr *condition)
{
	if (condition->op == HDT_OP_AND)
		return take_condition(c, l, condition->args[0]) && take_condition(c, l, condition->args[1]);
	return narrow(c, l, condition);
}

/* What changes nothing when it is reduced. */
static bool is_neutral(const hdt_expr *e, hdt_reduce_kind kind)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	if (e->op != HDT_OP_CONST || !hdt_is_float((hdt_dtype)e->dtype))
		return false;
	if (kind == HDT_REDUCE_MAX || kind == HDT_REDUCE_MIN)
		return isinf(e->real) && (e->real < 0) == (kind == HDT_REDUCE_MAX);
	return e->real == 0;
}

conv_limits conv_border(const conv *c)
{
	conv_limits whole = {.inside = c->element};
	for (int i = 0; i < c->dim_count; i++)
		whole.end[i] = c->dims[i].extent;
	conv_limits l = whole;
	const hdt_expr *e = c->element;
	if (e->op != HDT_OP_SELECT || !is_neutral(e->args[2], (hdt_reduce_kind)c->found.reduce->reduce) ||
	    !take_condition(c, &l, e->args[0]))
		return whole;
	l.inside = e->args[1];
	for (int i = 0; i < c->dim_count; i++) {
		if (!c->dims[i].fixed)
			continue;
		l.end[i] = l.end[i] > 0 ? l.end[i] : 0;
		l.begin[i] = l.begin[i] < l.end[i] ? l.begin[i] : l.end[i];
	}
	return l;
}

const hdt_expr *conv_border_end(const conv *c, const conv_limits *l, int dim)
{
	const conv_dim *d = &c->dims[dim];
	if (!d->fixed)
		return l->last[dim];
	return l->end[dim] < d->extent ? hdt_int(d->position->context, l->end[dim]) : NULL;
}
