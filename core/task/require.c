/* require.c: what must hold of a call's sizes. What can be decided now is: a requirement that is false is the fault of
 * the call, one that is proved is dropped; the rest is checked before a run. */
#include "task/build.h"

typedef enum truth { FALSE, TRUE, UNKNOWN } truth;

static truth opposite(truth t)
{
	return t == UNKNOWN ? UNKNOWN : t == TRUE ? FALSE : TRUE;
}

/* Is x <= y + slack - 1 for every value of the symbols, i.e. x < y (slack 0) or x <= y (slack 1)? */
static truth prove_order(const hdt_expr *x, const hdt_expr *y, int slack)
{
	int64_t min, max;
	if (!hdt_is_integer((hdt_dtype)x->dtype) || !hdt_bounds(hdt_sub(y, x), &min, &max))
		return UNKNOWN;
	return min >= 1 - slack ? TRUE : max < 1 - slack ? FALSE : UNKNOWN;
}

static truth prove(const hdt_expr *e)
{
	int64_t value;
	if (hdt_is_const(e, &value))
		return value ? TRUE : FALSE;
	truth a, b;
	switch (e->op) {
	case HDT_OP_EQ:
	case HDT_OP_NE:
		a = hdt_proves_equal(e->args[0], e->args[1])         ? TRUE
		    : prove_order(e->args[0], e->args[1], 0) == TRUE ? FALSE
		    : prove_order(e->args[1], e->args[0], 0) == TRUE ? FALSE
		                                                     : UNKNOWN;
		return e->op == HDT_OP_EQ ? a : opposite(a);
	case HDT_OP_LT:
		return prove_order(e->args[0], e->args[1], 0);
	case HDT_OP_LE:
		return prove_order(e->args[0], e->args[1], 1);
	case HDT_OP_NOT:
		return opposite(prove(e->args[0]));
	case HDT_OP_AND:
		a = prove(e->args[0]), b = prove(e->args[1]);
		return a == FALSE || b == FALSE ? FALSE : a == TRUE && b == TRUE ? TRUE : UNKNOWN;
	case HDT_OP_OR:
		a = prove(e->args[0]), b = prove(e->args[1]);
		return a == TRUE || b == TRUE ? TRUE : a == FALSE && b == FALSE ? FALSE : UNKNOWN;
	default:
		return UNKNOWN;
	}
}

void hdt_require(hdt_task *task, const hdt_expr *condition, const char *format, ...)
{
	if (task_failed(task) || !condition)
		return;
	task_builder *b = task_builder_of(task);
	va_list args;
	va_start(args, format);
	const char *message = context_vformat(task->context, format, args);
	va_end(args);
	if (condition->dtype != HDT_BOOL || expr_contains_op(condition, HDT_OP_AXIS) ||
	    expr_contains_op(condition, HDT_OP_LOAD)) {
		task_fail(task, HDT_INTERNAL, "a requirement (%s) is no condition on sizes", message);
		return;
	}
	truth t = prove(condition);
	if (t == FALSE)
		hdt_reject(task, "%s", message);
	for (int i = 0; i < b->assertions.count; i++)
		if (b->assertions.items[i].condition == condition)
			return;
	hdt_assertion a = {condition, message};
	if (t != UNKNOWN || !vec_push(task->context, &b->assertions, a))
		return;
	task->assertions = b->assertions.items;
	task->assertion_count = b->assertions.count;
}

void hdt_reject(hdt_task *task, const char *format, ...)
{
	if (task_failed(task))
		return;
	va_list args;
	va_start(args, format);
	const char *message = context_vformat(task->context, format, args);
	va_end(args);
	task_fail(task, HDT_BAD_MODEL, "%s", message);
}
