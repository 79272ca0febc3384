/* hoist.c: an index that is looked up and checked is so once, before the loops that read with it: a check may call, and what may call keeps
 * accumulators out of registers.
 *
 *     for j in 0..384 { y[i, j] = x[bounded(index[i], 30522), j] }
 *  -> let row = bounded(index[i], 30522); for j in 0..384 { y[i, j] = x[row, j] }
 *
 * Not out of the arm of a select, which may guard it, nor where a loop inside may run not at all: what would not be checked is not checked. */
#include "auto.h"

static bool surely_runs(const hdt_expr *axis)
{
	int64_t least, most;
	return hdt_bounds(axis->args[0], &least, &most) && least > 0;
}

/* Is it computed whenever the value is, which has loops over the axes that are not open? */
static bool loops_surely_run(const nest *n, const hdt_expr *value)
{
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (nodes.items[i]->op == HDT_OP_AXIS && !expr_list_has(&n->open, nodes.items[i]) &&
		    !surely_runs(nodes.items[i]))
			return false;
	return true;
}

static bool is_open(const nest *n, const hdt_expr *e)
{
	expr_list axes = {0};
	free_axes(e, &axes);
	for (int i = 0; i < axes.count; i++)
		if (!expr_list_has(&n->open, axes.items[i]))
			return false;
	return true;
}

/* The checks that can be named here, inner ones first. */
static void find_checks(const nest *n, const hdt_expr *e, expr_map *seen, expr_list *out)
{
	if (expr_map_get(seen, e))
		return;
	expr_map_set(seen, e, e);
	int count = e->op == HDT_OP_SELECT ? 1 : e->op == HDT_OP_SYMBOL ? 0 : e->count;
	for (int i = 0; i < count; i++)
		find_checks(n, e->args[i], seen, out);
	if (e->op == HDT_OP_BOUNDED && is_open(n, e) && !is_reduce(e->args[0]))
		(void)expr_list_add(out, e);
}

const hdt_expr *hoist_checks(nest *n, const hdt_expr *value)
{
	expr_list checks = {.context = n->context};
	expr_map seen = {0}, names = {0};
	if (!value)
		return NULL;
	find_checks(n, value, &seen, &checks);
	expr_map_free(&seen);
	if (!checks.count || !loops_surely_run(n, value))
		return value;
	for (int i = 0; i < checks.count; i++) {
		const hdt_expr *check = replace_nodes(checks.items[i], &names);
		const hdt_expr *name = check ? hdt_let(n->function, "index", check) : NULL;
		if (name)
			expr_map_set(&names, checks.items[i], name);
	}
	value = replace_nodes(value, &names);
	expr_map_free(&names);
	return value;
}
