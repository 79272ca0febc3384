/* substitute.c: hdt_substitute: leaves replaced by expressions, simplified again.
 *
 * An axis that a reduction runs over belongs to it: it is not replaced inside, and when a replacement mentions that
 * very axis from outside, the reduction gets a new one first:
 *     i -> k   in   sum(k < 4) x[i, k]   gives   sum(k' < 4) x[k, k'] */
#include "base/vec.h"
#include "ir/node.h"
#include "ir/order.h"
#include <stdlib.h>

enum {
	MAX_NESTING = 64, /* of reductions whose axes meet the substitution */
	FEW = 64          /* nodes whose results are kept on the stack */
};

typedef struct substitution {
	const hdt_expr *const *from, *const *to;
	int count;
	int nesting;
} substitution;

static const hdt_expr *substitute(const hdt_expr *e, const substitution *s);

static const hdt_expr *replacement_of(const substitution *s, const hdt_expr *e)
{
	for (int i = 0; i < s->count; i++)
		if (s->from[i] == e)
			return s->to[i];
	return NULL;
}

/* Does the axis meet the substitution: as something to replace, or inside a replacement? */
static bool meets(const substitution *s, const hdt_expr *axis)
{
	for (int i = 0; i < s->count; i++)
		if (s->from[i] == axis || expr_contains(s->to[i], axis))
			return true;
	return false;
}

static bool binds_met_axis(const substitution *s, const hdt_expr *e)
{
	for (int i = 1; expr_is_reduction(e) && i < e->count; i++)
		if (meets(s, e->args[i]))
			return true;
	return false;
}

/* A reduction whose axes meet the substitution: new axes for all of them, then the rest. */
static const hdt_expr *substitute_under(const hdt_expr *e, const substitution *outer)
{
	VEC(const hdt_expr *) from = {0}, to = {0};
	const hdt_expr *args[UINT8_MAX], *result = NULL;
	bool ok = outer->nesting < MAX_NESTING;
	if (!ok)
		hdt_fail(e->context, HDT_UNSUPPORTED, "reductions are nested more than %d deep", MAX_NESTING);
	for (int i = 0; ok && i < outer->count; i++) {
		bool bound = false;
		for (int j = 1; j < e->count; j++)
			bound |= e->args[j] == outer->from[i];
		ok = bound || (heap_push(&from, outer->from[i]) && heap_push(&to, outer->to[i]));
	}
	for (int j = 1; ok && j < e->count; j++) {
		substitution inner = {from.items, to.items, from.count, outer->nesting + 1};
		args[j] = hdt_axis(e->args[j]->name, substitute(e->args[j]->args[0], &inner));
		ok = args[j] && heap_push(&from, e->args[j]) && heap_push(&to, args[j]);
	}
	if (ok) {
		substitution inner = {from.items, to.items, from.count, outer->nesting + 1};
		args[0] = substitute(e->args[0], &inner);
		result = expr_rebuild(e, args);
	} else if (hdt_context_status(e->context) == HDT_OK) {
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was changed");
	}
	heap_free(&from);
	heap_free(&to);
	return result;
}

static const hdt_expr *substitute_node(const hdt_expr *e, const substitution *s, const hdt_expr *const *done,
                                       const int *operands)
{
	const hdt_expr *other = replacement_of(s, e);
	if (other)
		return other;
	return binds_met_axis(s, e) ? substitute_under(e, s) : order_rebuild(e, done, operands);
}

static const hdt_expr *substitute(const hdt_expr *e, const substitution *s)
{
	expr_order order;
	const hdt_expr *few[FEW], **done = few, *result = e;
	if (!e || !expr_order_of(e, &order))
		return NULL;
	if (order.count > FEW && !(done = malloc((size_t)order.count * sizeof *done)))
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was changed");
	const int *operands = order.operands;
	for (int i = 0; done && i < order.count && result; operands += order_operand_count(order.items[i++]))
		done[i] = result = substitute_node(order.items[i], s, done, operands);
	result = done ? result : NULL;
	if (done != few)
		free(done);
	expr_order_free(&order);
	return result;
}

const hdt_expr *hdt_substitute(const hdt_expr *e, const hdt_expr *const *from, const hdt_expr *const *to, int count)
{
	substitution s = {from, to, count, 0};
	bool possible = false;
	for (int i = 0; i < count; i++) {
		if (!from[i] || !to[i])
			return NULL;
		possible |= e && from[i]->id <= e->id; /* parts have smaller ids */
	}
	return e && possible ? substitute(e, &s) : e;
}
