/* guard.c: reductions within an arm of a select move out of it: they become loops before the element is computed, where the select no
 * longer protects their loads. So the condition goes along:
 *     select(i < n, sum(k < 8) x[i, k], 0)   ->   select(i < n, sum(k < 8) select(i < n, x[i, k], 0), 0)
 * What such a reduction gives when the condition is false is never used. Where it does no harm whatever the condition is, it stays as it is. */
#include "auto.h"

/* ---- harmless reductions ------------------------------------------------------------------------------------------ */

static bool is_true(const hdt_expr *condition)
{
	int64_t value;
	return condition && hdt_is_const(condition, &value) && value;
}

static bool is_within(const hdt_expr *load)
{
	for (int d = 0; d < load->count; d++)
		if (!is_true(hdt_less(load->args[d], load->tensor->shape[d])) ||
		    !is_true(hdt_less_equal(hdt_int(load->context, 0), load->args[d])))
			return false;
	return true;
}

bool guard_needless(const hdt_expr *e)
{
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *node = nodes.items[i];
		bool divides = node->op == HDT_OP_FLOORDIV || node->op == HDT_OP_MOD;
		if (node->op == HDT_OP_BOUNDED || (node->op == HDT_OP_LOAD && !is_within(node)) ||
		    (divides && node->args[1]->op != HDT_OP_CONST))
			return false;
	}
	return true;
}

/* ---- the others --------------------------------------------------------------------------------------------------- */

static const hdt_expr *guard_reduce(const hdt_expr *node, void *closure)
{
	const hdt_expr *condition = closure;
	if (!is_reduce(node) || guard_needless(node))
		return NULL;
	const hdt_expr *value = hdt_select(condition, node->args[0], hdt_like(node->args[0], 0));
	if (node->op == HDT_OP_ARG_REDUCE)
		return hdt_arg_reduce((hdt_reduce_kind)node->reduce, node->args[1], value);
	if (value && node->dtype == value->dtype)
		return hdt_reduce((hdt_reduce_kind)node->reduce, node->args + 1, node->count - 1, value);
	return hdt_reduce_in((hdt_reduce_kind)node->reduce, (hdt_dtype)node->accumulate, node->args + 1, node->count - 1,
	                     value);
}

static const hdt_expr *guard_arm(const hdt_expr *arm, const hdt_expr *condition)
{
	if (!condition || !has_reduce(arm))
		return arm;
	rebuilder r = {.after = guard_reduce, .closure = (void *)(uintptr_t)condition};
	const hdt_expr *guarded = rebuild(&r, arm);
	rebuilder_free(&r);
	return guarded;
}

static const hdt_expr *guard_select(const hdt_expr *node, void *closure)
{
	(void)closure;
	if (node->op != HDT_OP_SELECT)
		return NULL;
	const hdt_expr *yes = guard_arm(node->args[1], node->args[0]);
	const hdt_expr *no = guard_arm(node->args[2], hdt_not(node->args[0]));
	return yes == node->args[1] && no == node->args[2] ? NULL : hdt_select(node->args[0], yes, no);
}

const hdt_expr *guard_reductions(const hdt_expr *value)
{
	if (!value || !has_reduce(value))
		return value;
	rebuilder r = {.after = guard_select};
	const hdt_expr *guarded = rebuild(&r, value);
	rebuilder_free(&r);
	return guarded;
}
