/* border.c: where windows look beyond the border.
 *
 *     select(1 <= p && p < 57 && 1 <= q && q < 57, x[n, p - 1, q - 1, c], 0.0)
 *  -> inside x[n, p - 1, q - 1, c]     begin 1, 1     end 57, 57
 *
 * Conditions of another form stay where they are, in `inside`. */
#include "conv.h"

#include <math.h>

/* Positions of one dimension for which the condition, c <= p or p < c or the like, holds. */
static bool narrow(const conv *c, conv_limits *l, const hdt_expr *condition)
{
	bool strict = condition->op == HDT_OP_LT;
	if (!strict && condition->op != HDT_OP_LE)
		return false;
	for (int i = 0; i < c->dim_count; i++) {
		const hdt_expr *position = c->dims[i].position;
		int64_t bound;
		if (condition->args[1] == position && hdt_is_const(condition->args[0], &bound)) {
			bound += strict;
			l->begin[i] = bound > l->begin[i] ? bound : l->begin[i];
			return true;
		}
		if (condition->args[0] == position && hdt_is_const(condition->args[1], &bound)) {
			bound += !strict;
			l->end[i] = bound < l->end[i] ? bound : l->end[i];
			return true;
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
		l.end[i] = l.end[i] > 0 ? l.end[i] : 0;
		l.begin[i] = l.begin[i] < l.end[i] ? l.begin[i] : l.end[i];
	}
	return l;
}
