/* walk.c: traversal of expressions: visiting, searching, rebuilding. Shared parts are seen once, and no depth overflows
 * the stack.
 *
 * A walk has a number, which every node that it meets remembers: so it takes no table of its own. Since whoever visits nodes may start
 * another walk, all nodes are gathered first. */
#include "ir/node.h"
#include "ir/order.h"
#include <stdlib.h>
#include <string.h>

enum { FEW = 64 }; /* nodes that are kept on the stack */

/* ---- order ---- */

static expr_record *record_of(const hdt_expr *e)
{
	return (expr_record *)(uintptr_t)e;
}

static expr_walks *begin_walk(const hdt_expr *root)
{
	expr_table *table = root->context->exprs;
	expr_walks *w = &table->walks;
	for (size_t i = 0; w->number == UINT32_MAX && i < table->capacity; i++)
		if (table->slots[i].record)
			table->slots[i].record->walk = 0;
	w->number = w->number == UINT32_MAX ? 1 : w->number + 1;
	w->stack.count = w->items.count = w->operands.count = 0;
	return w;
}

/* Its operands have their places already. */
static bool put(expr_walks *w, const hdt_expr *e)
{
	record_of(e)->place = w->items.count;
	for (int i = 0, count = order_operand_count(e); i < count; i++)
		if (!vec_push(e->context, &w->operands, record_of(e->args[i])->place))
			return false;
	return vec_push(e->context, &w->items, e);
}

static bool meet(expr_walks *w, const hdt_expr *e)
{
	walk_frame f = {e, 0};
	if (record_of(e)->walk == w->number)
		return true;
	record_of(e)->walk = w->number;
	return order_is_leaf(e) ? put(w, e) : vec_push(e->context, &w->stack, f);
}

/* The order of a whole expression, until the next walk begins; NULL after a fault: memory is out. */
static const expr_walks *gather(const hdt_expr *root)
{
	expr_walks *w = begin_walk(root);
	bool ok = meet(w, root);
	while (ok && w->stack.count > 0) {
		walk_frame *top = &w->stack.items[w->stack.count - 1];
		if (top->next < top->node->count) {
			ok = meet(w, top->node->args[top->next++]);
		} else {
			ok = put(w, top->node);
			w->stack.count--;
		}
	}
	return ok ? w : NULL;
}

bool expr_order_of(const hdt_expr *root, expr_order *out)
{
	const expr_walks *w = gather(root);
	*out = (expr_order){0};
	if (!w)
		return false;
	size_t items = (size_t)w->items.count * sizeof *out->items, operands = (size_t)w->operands.count * sizeof(int);
	out->items = malloc(items + operands);
	if (!out->items) {
		hdt_fail(root->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was walked");
		return false;
	}
	out->operands = (int *)(out->items + w->items.count);
	out->count = w->items.count;
	memcpy(out->items, w->items.items, items);
	if (operands)
		memcpy(out->operands, w->operands.items, operands);
	return true;
}

void expr_order_free(expr_order *order)
{
	free(order->items);
	*order = (expr_order){0};
}

bool expr_walk(const hdt_expr *e, void (*visit)(const hdt_expr *node, void *closure), void *closure)
{
	const hdt_expr *few[FEW], **nodes = few;
	if (!e)
		return true;
	if (order_is_leaf(e)) {
		visit(e, closure);
		return true;
	}
	const expr_walks *w = gather(e);
	if (!w)
		return false;
	int count = w->items.count;
	if (count > FEW && !(nodes = malloc((size_t)count * sizeof *nodes))) {
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was walked");
		return false;
	}
	memcpy(nodes, w->items.items, (size_t)count * sizeof *nodes);
	for (int i = 0; i < count; i++)
		visit(nodes[i], closure);
	if (nodes != few)
		free(nodes);
	return true;
}

/* ---- searching ---- */

static bool is_sought(const hdt_expr *e, const hdt_expr *node, hdt_scalar_op op)
{
	return node ? e == node : e->op == op;
}

/* Parts of an expression have smaller ids, so what is older than the node does not hold it. */
static bool contains(const hdt_expr *e, const hdt_expr *node, hdt_scalar_op op)
{
	uint32_t oldest = node ? node->id : 0;
	if (!e || e->id < oldest)
		return false;
	if (is_sought(e, node, op))
		return true;
	if (order_is_leaf(e))
		return false;
	expr_walks *w = begin_walk(e);
	walk_frame first = {e, 0};
	bool found = false, ok = vec_push(e->context, &w->stack, first);
	while (ok && !found && w->stack.count > 0) {
		const hdt_expr *at = w->stack.items[--w->stack.count].node;
		for (int i = 0; ok && !found && i < at->count; i++) {
			walk_frame f = {at->args[i], 0};
			if (record_of(f.node)->walk == w->number || f.node->id < oldest)
				continue;
			record_of(f.node)->walk = w->number;
			found = is_sought(f.node, node, op);
			ok = order_is_leaf(f.node) || vec_push(e->context, &w->stack, f);
		}
	}
	return found;
}

bool expr_contains_op(const hdt_expr *e, hdt_scalar_op op)
{
	return contains(e, NULL, op);
}

bool expr_contains(const hdt_expr *e, const hdt_expr *node)
{
	return node && contains(e, node, HDT_OP_CONST);
}

typedef struct excess {
	int64_t limit;
	bool found;
} excess;

static void find_excess(const hdt_expr *e, void *closure)
{
	excess *x = closure;
	bool integer = is_constant(e) && !hdt_is_float(dtype_of(e));
	x->found |= integer && (e->serial != 0 || e->integer > x->limit || e->integer < -x->limit);
}

bool expr_exceeds(const hdt_expr *e, int64_t limit)
{
	excess x = {limit, false};
	if (e && order_is_leaf(e)) /* most dimensions */
		find_excess(e, &x);
	else
		expr_walk(e, find_excess, &x);
	return x.found;
}

/* ---- rebuilding ---- */

const hdt_expr *order_rebuild(const hdt_expr *e, const hdt_expr *const *done, const int *operands)
{
	const hdt_expr *args[UINT8_MAX];
	bool changed = false;
	for (int i = 0, count = order_operand_count(e); i < count; i++) {
		args[i] = done[operands[i]];
		changed |= args[i] != e->args[i];
	}
	return changed ? expr_rebuild(e, args) : e;
}

const hdt_expr *expr_map(const hdt_expr *e, const hdt_expr *(*replace)(const hdt_expr *node, void *closure),
                         void *closure)
{
	expr_order order;
	const hdt_expr *few[FEW], **done = few, *result = e;
	if (!e)
		return NULL;
	if (order_is_leaf(e)) {
		const hdt_expr *other = replace(e, closure);
		return other ? other : e;
	}
	if (!expr_order_of(e, &order))
		return NULL;
	if (order.count > FEW && !(done = malloc((size_t)order.count * sizeof *done)))
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was changed");
	const int *operands = order.operands;
	for (int i = 0; done && i < order.count && result; operands += order_operand_count(order.items[i++])) {
		result = order_rebuild(order.items[i], done, operands);
		const hdt_expr *other = result ? replace(result, closure) : NULL;
		done[i] = result = other ? other : result;
	}
	result = done ? result : NULL;
	if (done != few)
		free(done);
	expr_order_free(&order);
	return result;
}
