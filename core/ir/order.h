/* order.h: the nodes of one expression, each once and operands first: what every traversal goes along. */
#ifndef CORE_IR_ORDER_H
#define CORE_IR_ORDER_H

#include "ir/expr.h"

/* The nodes below `root` and itself, which is last. The range of a symbol is left out. A table beside it has `count` entries:
 *
 *     const int *at = order.operands;
 *     for (int i = 0; i < order.count; at += order_operand_count(order.items[i++]))
 *         done[i] = made of done[at[0]], done[at[1]] ... */
typedef struct expr_order {
	const hdt_expr **items;
	int *operands; /* the places in `items` of the operands of each node, one node after the other */
	int count;
} expr_order;

/* False (and a diagnostic) when memory is out; else the caller frees the order. */
bool expr_order_of(const hdt_expr *root, expr_order *out);
void expr_order_free(expr_order *order);

/* Has it no operands that are gone into? Those of a symbol or variable are its range. */
static inline bool order_is_leaf(const hdt_expr *e)
{
	return e->count == 0 || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_VARIABLE;
}

static inline int order_operand_count(const hdt_expr *e)
{
	return order_is_leaf(e) ? 0 : e->count;
}

/* `e` with what its operands have become. */
const hdt_expr *order_rebuild(const hdt_expr *e, const hdt_expr *const *done, const int *operands);

#endif
