/* commute.c: may the inputs of a node change places? Its computation tells: one output, two inputs, and an expression
 * that is the same with the inputs exchanged. */
#include "rewrite/rule.h"

static const hdt_expr *without_casts(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	return e;
}

/* Is `b` what `a` becomes when the two inputs change places? The indices of a load may differ: each input is broadcast
 * in its own way. `steps` bounds the walk, which meets shared operands again and again. */
static bool mirrors(const hdt_task *task, const hdt_expr *a, const hdt_expr *b, int *steps)
{
	a = without_casts(a);
	b = without_casts(b);
	if (a->op != b->op || --*steps < 0)
		return false;
	if (a->op == HDT_OP_LOAD)
		return (a->tensor == task->inputs[0] && b->tensor == task->inputs[1]) ||
		       (a->tensor == task->inputs[1] && b->tensor == task->inputs[0]);
	if (expr_is_reduction(a) || a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (!mirrors(task, a->args[i], b->args[i], steps))
			return false;
	return a->count > 0 || a == b;
}

bool node_commutes(const hdt_node *node)
{
	const hdt_task *task = node->task;
	if (node->input_count != 2 || task->input_count != 2 || task->output_count != 1 || task->tensor_count != 1)
		return false;
	const hdt_expr *root = without_casts(task->outputs[0]->value);
	int steps = 256;
	return root->count == 2 && scalar_op_has(root->op, 'c') && mirrors(task, root->args[0], root->args[1], &steps);
}
