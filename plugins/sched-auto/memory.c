/* memory.c: where the tensors of a task are while it is computed: reads of stages go to their memory, and a function gets the buffers that
 * it needs.
 *
 *     e[i, j] / s[i]     ->     e_row[j] / s_row[]     in a group that keeps one row of e and s */
#include "auto.h"

static const hdt_expr *redirect_load(const hdt_expr *node, void *closure)
{
	const plan *p = closure;
	const stage *s = node->op == HDT_OP_LOAD ? plan_find(p, node->tensor) : NULL;
	const hdt_expr *at[HDT_MAX_RANK];
	int count = 0;
	if (!s || !s->memory || s->memory == node->tensor)
		return NULL;
	if (s->slot)
		at[count++] = s->slot;
	for (int d = s->rows; d < node->count; d++)
		at[count++] = node->args[d];
	return hdt_load(s->memory, at, count);
}

const hdt_expr *plan_redirect(plan *p, const hdt_expr *value)
{
	rebuilder r = {.after = redirect_load, .closure = p};
	const hdt_expr *result = rebuild(&r, value);
	rebuilder_free(&r);
	return result;
}

static void use_memory(nest *n, const hdt_tensor *t)
{
	const hdt_program *p = n->plan->program;
	for (int i = 0; t && i < p->buffer_count; i++)
		if (p->buffers[i] == t)
			(void)hdt_use(n->function, t);
}

void group_use_buffers(nest *n, const group *g)
{
	for (int i = g->first; i < g->first + g->count; i++) {
		const stage *s = &n->plan->stages[i];
		expr_list nodes = {0};
		expr_nodes(s->value, &nodes);
		for (int k = 0; k < nodes.count; k++) {
			if (nodes.items[k]->op != HDT_OP_LOAD)
				continue;
			const stage *read = plan_find(n->plan, nodes.items[k]->tensor);
			use_memory(n, read ? read->memory : nodes.items[k]->tensor);
		}
		use_memory(n, s->memory);
	}
}
