/* facts.c: what a task's computation tells of itself: whether it reduces, and how much arithmetic it takes. */
#include "task/task.h"

#include <stdlib.h>

bool task_is_injective(const hdt_task *task)
{
	for (int i = 0; i < task->tensor_count; i++)
		if (expr_contains_op(task->tensors[i]->value, HDT_OP_REDUCE) ||
		    expr_contains_op(task->tensors[i]->value, HDT_OP_ARG_REDUCE))
			return false;
	return true;
}

/* Operations on values. Those that compute an index, an extent or a condition on indices are not counted: an operation
 * counts when a value that it uses comes from a tensor. A node that is used several times is computed once: for each element, and within a
 * reduction for each of its steps. */
typedef struct counter {
	const bindings *symbols;
	double *costs;         /* by id, of reductions: operations of one evaluation */
	bool *from_data;       /* by id: the value depends on a load */
	unsigned *seen;        /* by id: the last scope that met the node */
	const hdt_expr **todo; /* nodes of a scope that are met but not counted yet */
	unsigned scopes;       /* how many there were: a root, and all below it that is not within a reduction */
	bool unknown;
} counter;

/* Operations that the C text of a kernel does not show as arithmetic. */
static bool is_free(const hdt_expr *e)
{
	return e->op == HDT_OP_CAST || e->op == HDT_OP_BOUNDED || e->op == HDT_OP_SELECT;
}

/* The middle of an axis stands for it where an extent depends on it: right on average for triangles. */
static const hdt_expr *middle(const hdt_expr *e, void *closure)
{
	(void)closure;
	return e->op == HDT_OP_AXIS ? hdt_floordiv(e->args[0], hdt_int(e->context, 2)) : NULL;
}

static double extent_of(counter *c, const hdt_expr *axis)
{
	const hdt_expr *extent = axis->args[0];
	int64_t value;
	if (expr_contains_op(extent, HDT_OP_AXIS))
		extent = expr_map(extent, middle, NULL);
	if (!extent || !expr_evaluate(extent, c->symbols, &value)) {
		c->unknown = true;
		return 0;
	}
	return value > 0 ? (double)value : 0;
}

/* Operands that are values: not the indices of a load, nor the axes of a reduction. */
static int value_count(const hdt_expr *e)
{
	return e->op < HDT_OP_ADD ? expr_is_reduction(e) : e->count;
}

static bool is_counted(const counter *c, const hdt_expr *e)
{
	return e->op >= HDT_OP_ADD && c->from_data[e->id] && !is_free(e);
}

/* Operations of one evaluation, with the reductions in it done. */
static double scope_cost(counter *c, const hdt_expr *root)
{
	double cost = 0;
	int waiting = 1;
	c->todo[0] = root;
	c->seen[root->id] = ++c->scopes;
	while (waiting) {
		const hdt_expr *e = c->todo[--waiting];
		bool reduces = expr_is_reduction(e);
		cost += reduces ? c->costs[e->id] : is_counted(c, e);
		for (int i = 0, values = reduces ? 0 : value_count(e); i < values; i++) {
			if (c->seen[e->args[i]->id] == c->scopes)
				continue;
			c->seen[e->args[i]->id] = c->scopes;
			c->todo[waiting++] = e->args[i];
		}
	}
	return cost;
}

/* Called operands first. */
static void count(const hdt_expr *e, void *closure)
{
	counter *c = closure;
	c->from_data[e->id] = e->op == HDT_OP_LOAD;
	c->seen[e->id] = 0;
	for (int i = 0, values = value_count(e); i < values; i++)
		c->from_data[e->id] |= c->from_data[e->args[i]->id];
	if (!expr_is_reduction(e))
		return;
	double steps = 1;
	for (int i = 1; i < e->count; i++)
		steps *= extent_of(c, e->args[i]);
	c->costs[e->id] = steps * (scope_cost(c, e->args[0]) + 1);
}

static double count_tensor(counter *c, const hdt_tensor *t)
{
	double elements = 1;
	if (!expr_walk(t->value, count, c))
		return 0;
	for (int d = 0; d < t->rank; d++)
		elements *= extent_of(c, t->axes[d]);
	return elements * scope_cost(c, t->value);
}

int64_t task_flops(const hdt_task *task, const bindings *b)
{
	static const bindings none = {0};
	double total = 0;
	counter c = {.symbols = b ? b : &none};
	/* Middles of axes are made while counting, but never walked: the tables need only today's ids. What is read was written when its node
	 * was visited. */
	size_t ids = (size_t)expr_count(task->context) + 1;
	c.costs = malloc(ids * sizeof *c.costs);
	c.from_data = malloc(ids * sizeof *c.from_data);
	c.seen = malloc(ids * sizeof *c.seen);
	c.todo = malloc(ids * sizeof *c.todo);
	bool room = c.costs && c.from_data && c.seen && c.todo;
	for (int i = 0; room && i < task->tensor_count; i++)
		total += count_tensor(&c, task->tensors[i]);
	if (!room)
		hdt_fail(task->context, HDT_OUT_OF_MEMORY, "%s: out of memory while counting operations", task->name);
	free(c.costs);
	free(c.from_data);
	free(c.seen);
	free(c.todo);
	bool known = room && !c.unknown && total < 9e18 && hdt_context_status(task->context) != HDT_OUT_OF_MEMORY;
	return known ? (int64_t)total : -1;
}
