/* evaluate.c: the value of a dimension, condition or argument for given values of what stands in it. */
#include "ir/node.h"
#include "ir/order.h"
#include <stdlib.h>

enum { FEW = 64 }; /* nodes whose values are kept on the stack */

static bool bound_value(const hdt_expr *e, const bindings *b, scalar *out)
{
	for (int i = 0; b && i < b->count; i++) {
		if (b->symbols[i] == e) {
			*out = scalar_from_bits(b->values[i]);
			return true;
		}
	}
	return false;
}

static bool is_leaf(const hdt_expr *e)
{
	return e->op == HDT_OP_SYMBOL || e->op == HDT_OP_VARIABLE || e->op == HDT_OP_AXIS;
}

static bool evaluate_node(const hdt_expr *e, const bindings *b, const scalar *done, const int *operands, scalar *out)
{
	scalar args[3];
	bool ok = true;
	if (e->op == HDT_OP_CONST) {
		*out = expr_value(e);
		return true;
	}
	if (is_leaf(e))
		return bound_value(e, b, out);
	if (e->op < HDT_OP_ADD || e->count > 3)
		return false;
	for (int i = 0; i < e->count; i++)
		args[i] = done[operands[i]];
	if (e->dtype == HDT_I64 && scalar_overflows((hdt_scalar_op)e->op, args))
		return false;
	*out =
		scalar_apply((hdt_scalar_op)e->op, dtype_of(e->args[e->op == HDT_OP_SELECT ? 1 : 0]), dtype_of(e), args, &ok);
	return ok;
}

bool expr_evaluate_value(const hdt_expr *e, const bindings *b, scalar *out)
{
	expr_order order;
	scalar few[FEW], *done = few;
	if (!e)
		return false;
	if (is_constant(e) || is_leaf(e)) /* most dimensions */
		return evaluate_node(e, b, NULL, NULL, out);
	if (!expr_order_of(e, &order))
		return false;
	if (order.count > FEW && !(done = malloc((size_t)order.count * sizeof *done)))
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was evaluated");
	bool ok = done != NULL;
	const int *operands = order.operands;
	for (int i = 0; ok && i < order.count; operands += order_operand_count(order.items[i++]))
		ok = evaluate_node(order.items[i], b, done, operands, &done[i]);
	*out = ok ? done[order.count - 1] : scalar_from_bits(0);
	if (done != few)
		free(done);
	expr_order_free(&order);
	return ok;
}

bool expr_evaluate(const hdt_expr *e, const bindings *b, int64_t *out)
{
	scalar value;
	if (!e || hdt_is_float(dtype_of(e)) || !expr_evaluate_value(e, b, &value))
		return false;
	*out = value.i;
	return true;
}
