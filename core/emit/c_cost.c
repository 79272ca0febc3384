/* c_cost.c: a rough count of scalar operations, from which the runtime decides whether a parallel loop is worth its workers. */
#include "emit/c.h"

#define COST_OF_CALL 10      /* a transcendental function, in operations */
#define LARGEST_EXTENT 65536 /* taken for a loop whose extent changes from iteration to iteration */

static void count_node(const hdt_expr *e, void *closure)
{
	int64_t *count = closure;
	if (e->op >= HDT_OP_SQRT && e->op <= HDT_OP_ERFC)
		*count += COST_OF_CALL;
	else if (e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2)
		*count += COST_OF_CALL;
	else if (e->op >= HDT_OP_LOAD)
		*count += 1;
}

static void look_for_inner_name(const hdt_expr *e, void *closure)
{
	bool *found = closure;
	*found |= e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE || e->op == HDT_OP_LOAD;
}

/* The extent, or its largest value where it is not made of symbols alone. */
static const hdt_expr *fixed_extent(const hdt_expr *extent)
{
	bool varies = false;
	expr_walk(extent, look_for_inner_name, &varies);
	if (!varies)
		return extent;
	int64_t min, max;
	bool known = hdt_bounds(extent, &min, &max) && max < LARGEST_EXTENT;
	return hdt_int(extent->context, known ? max : LARGEST_EXTENT / 2);
}

const hdt_expr *c_cost(hdt_context *context, const hdt_stmt *first)
{
	const hdt_expr *sum = hdt_int(context, 0);
	for (const hdt_stmt *s = first; s; s = s->next) {
		int64_t own = 0;
		if (s->value)
			expr_walk(s->value, count_node, &own);
		sum = hdt_add(sum, hdt_int(context, own));
		if (s->kind == HDT_STMT_FOR)
			sum = hdt_add(sum, hdt_mul(fixed_extent(s->axis->args[0]), c_cost(context, s->body)));
		else if (s->kind == HDT_STMT_IF)
			sum = hdt_add(sum, hdt_add(c_cost(context, s->body), c_cost(context, s->otherwise)));
	}
	return sum;
}
