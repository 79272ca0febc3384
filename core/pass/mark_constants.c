/* mark_constants.c: what of the inputs of the groups is known before the first run is marked in their tasks.
 *
 *     group 0: %0 = turned(%w)            task @turned(x: f32[4, 8]) -> (y)           computed once: nothing is marked
 *     group 1: %1 = product(%x, %0)       task @product(x: f32[n, 8], y: const f32[8, 4]) -> (z)
 *
 * Known is what depends on constants of the graph alone. Whoever schedules a task may have something made of such inputs ahead. */
#include "base/map.h"
#include "pass/partition.h"

static void find_symbol(const hdt_expr *e, void *closure)
{
	*(bool *)closure |= e->op == HDT_OP_SYMBOL;
}

static bool has_symbols(const hdt_task *task)
{
	bool found = false;
	for (int i = 0; i < task->tensor_count; i++) {
		expr_walk(task->tensors[i]->value, find_symbol, &found);
		for (int d = 0; d < task->tensors[i]->rank; d++)
			expr_walk(task->tensors[i]->shape[d], find_symbol, &found);
	}
	return found || task->assertion_count;
}

/* `known`: the values that are computed once -> anything. */
static bool is_known(const map *known, const hdt_value *value)
{
	const hdt_value *root = value_root(value);
	return root->constant || map_get(known, root);
}

static bool is_computed_once(const map *known, const fusion_group *g)
{
	for (int i = 0; i < g->input_count; i++)
		if (g->inputs[i] && !is_known(known, g->inputs[i]))
			return false;
	return !has_symbols(g->task);
}

hdt_status partition_mark_constants(hdt_context *context, const partition *groups)
{
	map known;
	map_init(&known, context);
	for (int i = 0; i < groups->count && hdt_context_status(context) == HDT_OK; i++) {
		const fusion_group *g = &groups->groups[i];
		bool once = is_computed_once(&known, g);
		for (int o = 0; o < g->output_count && once; o++)
			(void)map_set(&known, g->outputs[o], (void *)(uintptr_t)g); /* a failure is a fault of the context */
		/* The task is this graph's own, and nobody has looked at it yet. */
		for (int k = 0; k < g->input_count && !once; k++)
			if (g->inputs[k])
				((hdt_tensor *)(uintptr_t)g->task->inputs[k])->constant = is_known(&known, g->inputs[k]);
	}
	return hdt_context_status(context);
}
