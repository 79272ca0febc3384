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

/* The operations of one tensor. Those that compute an index, an extent or a condition on indices are not counted: an
 * operation counts when a value that it uses comes from a tensor. */
typedef struct counter {
	const bindings *symbols;
	double *costs;   /* by id: operations of one evaluation */
	bool *from_data; /* by id: the value depends on a load */
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

/* Called operands first. A shared node is counted at each use; trees of values rarely share much. */
static void count(const hdt_expr *e, void *closure)
{
	counter *c = closure;
	double cost = 0;
	bool from_data = e->op == HDT_OP_LOAD;
	bool reduces = expr_is_reduction(e);
	int values = e->op < HDT_OP_ADD ? reduces : e->count;
	for (int i = 0; i < values; i++) {
		cost += c->costs[e->args[i]->id];
		from_data |= c->from_data[e->args[i]->id];
	}
	if (reduces) {
		cost += 1;
		for (int i = 1; i < e->count; i++)
			cost *= extent_of(c, e->args[i]);
	} else if (e->op >= HDT_OP_ADD && from_data && !is_free(e)) {
		cost += 1;
	}
	c->costs[e->id] = cost;
	c->from_data[e->id] = from_data;
}

int64_t task_flops(const hdt_task *task, const bindings *b)
{
	static const bindings none = {0};
	double total = 0;
	counter c = {.symbols = b ? b : &none};
	/* Middles of axes are made while counting, but never walked: the tables need only today's ids. */
	c.costs = calloc((size_t)expr_count(task->context) + 1, sizeof *c.costs);
	c.from_data = calloc((size_t)expr_count(task->context) + 1, sizeof *c.from_data);
	for (int i = 0; c.costs && c.from_data && i < task->tensor_count; i++) {
		const hdt_tensor *t = task->tensors[i];
		expr_walk(t->value, count, &c);
		double elements = 1;
		for (int d = 0; d < t->rank; d++)
			elements *= extent_of(&c, t->axes[d]);
		total += elements * c.costs[t->value->id];
	}
	if (!c.costs || !c.from_data)
		hdt_fail(task->context, HDT_OUT_OF_MEMORY, "%s: out of memory while counting operations", task->name);
	bool known = c.costs && c.from_data && !c.unknown && total < 9e18;
	free(c.costs);
	free(c.from_data);
	return known ? (int64_t)total : -1;
}
