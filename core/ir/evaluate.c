/* evaluate.c: the value of a dimension, condition or argument for given values of what stands in it. */
#include "base/vec.h"
#include "ir/memo.h"
#include "ir/node.h"
#include <stdlib.h>

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

static bool evaluate_node(const hdt_expr *e, const bindings *b, const memo *done, scalar *out)
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
		args[i] = memo_find(done, e->args[i])->value;
	if (e->dtype == HDT_I64 && scalar_overflows((hdt_scalar_op)e->op, args))
		return false;
	*out =
		scalar_apply((hdt_scalar_op)e->op, dtype_of(e->args[e->op == HDT_OP_SELECT ? 1 : 0]), dtype_of(e), args, &ok);
	return ok;
}

bool expr_evaluate_value(const hdt_expr *e, const bindings *b, scalar *out)
{
	expr_order order;
	memo done = {0};
	scalar value = {.i = 0};
	bool ok = true;
	if (!e)
		return false;
	if (is_constant(e) || is_leaf(e)) /* most dimensions */
		return evaluate_node(e, b, NULL, out);
	if (!expr_order_of(e, &order))
		return false;
	for (int i = 0; i < order.count && ok; i++) {
		ok = evaluate_node(order.items[i], b, &done, &value);
		memo_entry *entry = ok ? memo_add(&done, order.items[i]) : NULL;
		ok = entry != NULL;
		if (ok)
			entry->value = value;
	}
	memo_free(&done);
	heap_free(&order);
	*out = value;
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
