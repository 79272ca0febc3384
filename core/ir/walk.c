/* walk.c: traversal of expressions: visiting, searching, rebuilding. Shared parts are seen once, and no depth overflows
 * the stack. */
#include "base/vec.h"
#include "ir/memo.h"
#include "ir/node.h"
#include <stdlib.h>

/* ---- the side table ---- */

static size_t slot_of(const memo_entry *entries, size_t capacity, const hdt_expr *key)
{
	size_t at = key->id * UINT32_C(2654435761) & (capacity - 1);
	while (entries[at].key && entries[at].key != key)
		at = (at + 1) & (capacity - 1);
	return at;
}

memo_entry *memo_find(const memo *m, const hdt_expr *key)
{
	if (m->capacity == 0)
		return NULL;
	memo_entry *entry = &m->entries[slot_of(m->entries, m->capacity, key)];
	return entry->key ? entry : NULL;
}

static bool grow(memo *m)
{
	size_t capacity = m->capacity ? m->capacity * 2 : 64;
	memo_entry *entries = calloc(capacity, sizeof *entries);
	if (!entries)
		return false;
	for (size_t i = 0; i < m->capacity; i++)
		if (m->entries[i].key)
			entries[slot_of(entries, capacity, m->entries[i].key)] = m->entries[i];
	free(m->entries);
	m->entries = entries;
	m->capacity = capacity;
	return true;
}

memo_entry *memo_add(memo *m, const hdt_expr *key)
{
	if (m->count >= m->capacity / 2 && !grow(m)) {
		hdt_fail(key->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was walked");
		return NULL;
	}
	memo_entry *entry = &m->entries[slot_of(m->entries, m->capacity, key)];
	entry->key = key;
	m->count++;
	return entry;
}

const hdt_expr *memo_result(memo *m, const hdt_expr *key, const hdt_expr *result)
{
	memo_entry *entry = result ? memo_add(m, key) : NULL;
	if (!entry)
		return NULL;
	return entry->expr = result;
}

void memo_free(memo *m)
{
	free(m->entries);
	*m = (memo){0};
}

/* ---- order ---- */

typedef struct frame {
	const hdt_expr *node;
	int next; /* operand to go into */
} frame;
typedef VEC(frame) frames;

static bool is_leaf(const hdt_expr *e)
{
	return e->count == 0 || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_VARIABLE; /* whose operands are a range */
}

static bool push_unseen(const hdt_expr *e, memo *seen, frames *stack)
{
	frame f = {e, 0};
	return memo_find(seen, e) || (memo_add(seen, e) && heap_push(stack, f));
}

bool expr_order_of(const hdt_expr *root, expr_order *out)
{
	frames stack = {0};
	memo seen = {0};
	bool ok = push_unseen(root, &seen, &stack);
	*out = (expr_order){0};
	while (ok && stack.count > 0) {
		frame *top = &stack.items[stack.count - 1];
		if (!is_leaf(top->node) && top->next < top->node->count) {
			ok = push_unseen(top->node->args[top->next++], &seen, &stack);
		} else {
			ok = heap_push(out, top->node);
			stack.count--;
		}
	}
	heap_free(&stack);
	memo_free(&seen);
	if (!ok) {
		heap_free(out);
		hdt_fail(root->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was walked");
	}
	return ok;
}

bool expr_walk(const hdt_expr *e, void (*visit)(const hdt_expr *node, void *closure), void *closure)
{
	expr_order order;
	if (!e)
		return true;
	if (!expr_order_of(e, &order))
		return false;
	for (int i = 0; i < order.count; i++)
		visit(order.items[i], closure);
	heap_free(&order);
	return true;
}

/* ---- searching ---- */

static bool contains(const hdt_expr *e, const hdt_expr *node, hdt_scalar_op op)
{
	expr_order order;
	bool found = false;
	if (!e || !expr_order_of(e, &order))
		return false;
	for (int i = 0; i < order.count && !found; i++)
		found = node ? order.items[i] == node : order.items[i]->op == op;
	heap_free(&order);
	return found;
}

bool expr_contains_op(const hdt_expr *e, hdt_scalar_op op)
{
	return contains(e, NULL, op);
}

bool expr_contains(const hdt_expr *e, const hdt_expr *node)
{
	return node && e && node->id <= e->id && contains(e, node, HDT_OP_CONST);
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
	if (e && is_leaf(e)) /* most dimensions */
		find_excess(e, &x);
	else
		expr_walk(e, find_excess, &x);
	return x.found;
}

/* ---- rebuilding ---- */

static const hdt_expr *rebuild_from(const memo *done, const hdt_expr *e)
{
	const hdt_expr *args[UINT8_MAX];
	bool changed = false;
	if (is_leaf(e))
		return e;
	for (int i = 0; i < e->count; i++) {
		args[i] = memo_find(done, e->args[i])->expr;
		changed |= args[i] != e->args[i];
	}
	return changed ? expr_rebuild(e, args) : e;
}

const hdt_expr *expr_map(const hdt_expr *e, const hdt_expr *(*replace)(const hdt_expr *node, void *closure),
                         void *closure)
{
	expr_order order;
	memo done = {0};
	const hdt_expr *result = e;
	if (!e || !expr_order_of(e, &order))
		return NULL;
	for (int i = 0; i < order.count && result; i++) {
		result = rebuild_from(&done, order.items[i]);
		const hdt_expr *other = result ? replace(result, closure) : NULL;
		result = other ? other : result;
		result = memo_result(&done, order.items[i], result);
	}
	memo_free(&done);
	heap_free(&order);
	return result;
}
