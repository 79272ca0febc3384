/* walk.c: see walk.h. Recursion follows the depth of an expression, which the host bounds. */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

/* ---- map and list ------------------------------------------------------------------------------------------------- */

static size_t slot_of(const expr_map *m, const hdt_expr *key)
{
	size_t i = (key->id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (m->capacity - 1);
	while (m->keys[i] && m->keys[i] != key)
		i = (i + 1) & (m->capacity - 1);
	return i;
}

const hdt_expr *expr_map_get(const expr_map *m, const hdt_expr *key)
{
	return m->count ? m->values[slot_of(m, key)] : NULL;
}

static bool grow(expr_map *m)
{
	expr_map bigger = {.capacity = m->capacity ? m->capacity * 2 : 64};
	bigger.keys = calloc(bigger.capacity, sizeof *bigger.keys);
	bigger.values = calloc(bigger.capacity, sizeof *bigger.values);
	if (!bigger.keys || !bigger.values) {
		expr_map_free(&bigger);
		return false;
	}
	for (size_t i = 0; i < m->capacity; i++)
		if (m->keys[i])
			expr_map_set(&bigger, m->keys[i], m->values[i]);
	expr_map_free(m);
	*m = bigger;
	return true;
}

void expr_map_set(expr_map *m, const hdt_expr *key, const hdt_expr *value)
{
	if (m->failed || (m->count * 2 >= m->capacity && !grow(m))) {
		m->failed = true;
		return;
	}
	size_t i = slot_of(m, key);
	m->count += !m->keys[i];
	m->keys[i] = key;
	m->values[i] = value;
}

void expr_map_free(expr_map *m)
{
	free(m->keys);
	free(m->values);
	*m = (expr_map){0};
}

bool expr_list_add(expr_list *l, const hdt_expr *e)
{
	if (l->count == l->capacity) {
		int capacity = l->capacity ? l->capacity * 2 : 16;
		const hdt_expr **items = hdt_allocate(l->context, (size_t)capacity * sizeof *items);
		if (!items)
			return false;
		if (l->count)
			memcpy(items, l->items, (size_t)l->count * sizeof *items);
		l->items = items;
		l->capacity = capacity;
	}
	l->items[l->count++] = e;
	return true;
}

bool expr_list_has(const expr_list *l, const hdt_expr *e)
{
	for (int i = 0; i < l->count; i++)
		if (l->items[i] == e)
			return true;
	return false;
}

/* ---- walking ------------------------------------------------------------------------------------------------------ */

static void visit(const hdt_expr *e, expr_map *seen, expr_list *out)
{
	if (expr_map_get(seen, e) || seen->failed)
		return;
	expr_map_set(seen, e, e);
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL; i++)
		visit(e->args[i], seen, out);
	(void)expr_list_add(out, e); /* a failure is a fault of the context */
}

void expr_nodes(const hdt_expr *e, expr_list *out)
{
	expr_map seen = {0};
	out->context = e->context;
	visit(e, &seen, out);
	if (seen.failed)
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while scheduling");
	expr_map_free(&seen);
}

static bool find(const hdt_expr *e, const hdt_expr *node, expr_map *seen)
{
	if (e == node)
		return true;
	if (e->id < node->id || expr_map_get(seen, e)) /* operands have smaller ids */
		return false;
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL; i++)
		if (find(e->args[i], node, seen))
			return true;
	expr_map_set(seen, e, e);
	return false;
}

bool depends_on(const hdt_expr *e, const hdt_expr *node)
{
	expr_map seen = {0};
	bool found = find(e, node, &seen);
	expr_map_free(&seen);
	return found;
}

bool has_reduce(const hdt_expr *e)
{
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return true;
	return false;
}

void free_axes(const hdt_expr *e, expr_list *out)
{
	expr_list nodes = {0}, bound = {.context = e->context};
	out->context = e->context;
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++)
		for (int a = 1; is_reduce(nodes.items[i]) && a < nodes.items[i]->count; a++)
			(void)expr_list_add(&bound, nodes.items[i]->args[a]);
	for (int i = 0; i < nodes.count; i++)
		if (nodes.items[i]->op == HDT_OP_AXIS && !expr_list_has(&bound, nodes.items[i]))
			(void)expr_list_add(out, nodes.items[i]);
}

/* ---- rebuilding --------------------------------------------------------------------------------------------------- */

static bool is_leaf(const hdt_expr *e)
{
	return e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE;
}

/* The axis of a reduction: a new one when its extent changed or all are to be new. Reductions that share an axis go on sharing it. */
static const hdt_expr *rebuild_axis(rebuilder *r, const hdt_expr *axis)
{
	const hdt_expr *known = expr_map_get(&r->done, axis);
	if (known)
		return known;
	const hdt_expr *extent = rebuild(r, axis->args[0]);
	const hdt_expr *result = r->fresh_axes || extent != axis->args[0] ? hdt_axis(axis->name, extent) : axis;
	if (result)
		expr_map_set(&r->done, axis, result);
	return result;
}

static const hdt_expr *rebuild_reduce(const hdt_expr *e, const hdt_expr *const *args, int count)
{
	const hdt_expr *value = args[0];
	hdt_reduce_kind kind = (hdt_reduce_kind)e->reduce;
	if (e->op == HDT_OP_ARG_REDUCE)
		return hdt_arg_reduce(kind, args[1], value);
	if (e->dtype == e->args[0]->dtype)
		return hdt_reduce(kind, args + 1, count - 1, value);
	return hdt_reduce_in(kind, (hdt_dtype)e->accumulate, args + 1, count - 1, value);
}

static const hdt_expr *with_args(const hdt_expr *e, const hdt_expr *const *args, int count)
{
	switch (e->op) {
	case HDT_OP_CAST:
		return hdt_cast(args[0], (hdt_dtype)e->dtype);
	case HDT_OP_LOAD:
		return hdt_load(e->tensor, args, count);
	case HDT_OP_REDUCE:
	case HDT_OP_ARG_REDUCE:
		return rebuild_reduce(e, args, count);
	default:
		return hdt_operation((hdt_scalar_op)e->op, args, count);
	}
}

/* Axes of extent 1, which need no loop, become 0, but for the last one of a reduction. */
static bool rebuild_axes(rebuilder *r, const hdt_expr *e)
{
	int left = e->count - 1;
	for (int i = 1; i < e->count; i++) {
		int64_t extent;
		bool single = r->fresh_axes && left > 1 && hdt_is_const(e->args[i]->args[0], &extent) && extent == 1;
		if (single && !expr_map_get(&r->done, e->args[i]))
			expr_map_set(&r->done, e->args[i], hdt_int(e->context, 0));
		const hdt_expr *axis = rebuild_axis(r, e->args[i]);
		if (!axis)
			return false;
		left -= axis->op != HDT_OP_AXIS;
	}
	return true;
}

static const hdt_expr *rebuild_operands(rebuilder *r, const hdt_expr *e)
{
	const hdt_expr *few[16], **args = few;
	bool changed = false;
	int count = 0;
	if (e->count > 16 && !(args = hdt_allocate(e->context, e->count * sizeof *args)))
		return NULL;
	if (is_reduce(e) && !rebuild_axes(r, e)) /* before the value that uses them */
		return NULL;
	for (int i = 0; i < e->count; i++) {
		args[count] = rebuild(r, e->args[i]);
		if (!args[count])
			return NULL;
		changed |= args[count] != e->args[i];
		count += i == 0 || !is_reduce(e) || args[count]->op == HDT_OP_AXIS;
	}
	if (is_reduce(e) && count == 1) /* all its axes are 0, made so for another reduction that shares them */
		args[count++] = hdt_axis(e->args[1]->name, hdt_int(e->context, 1));
	return changed ? with_args(e, args, count) : e;
}

const hdt_expr *rebuild(rebuilder *r, const hdt_expr *e)
{
	if (!e)
		return NULL;
	const hdt_expr *known = expr_map_get(&r->done, e);
	if (known)
		return known;
	const hdt_expr *result = r->before ? r->before(e, r->closure) : NULL;
	if (!result) {
		result = is_leaf(e) ? e : rebuild_operands(r, e);
		const hdt_expr *replaced = result && r->after ? r->after(result, r->closure) : NULL;
		result = replaced ? replaced : result;
	}
	if (result)
		expr_map_set(&r->done, e, result);
	if (r->done.failed)
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while scheduling");
	return r->done.failed ? NULL : result;
}
