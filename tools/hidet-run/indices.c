/* indices.c: which integers a made-up tensor may hold: those that stay inside the tables it indexes.
 *
 *     %e = embedding(%table: f32[30522, 768], %ids)        ids: 30522 different numbers */
#include "data.h"

/* How many nodes that pass a value on are looked through. */
enum { MOST_STEPS = 8 };

typedef struct limit_search {
	const hdt_tensor *input;
	int64_t limit;
} limit_search;

static void look_at(const hdt_expr *e, void *closure)
{
	limit_search *s = closure;
	int64_t extent;
	if (e->op != HDT_OP_BOUNDED || !hdt_is_const(e->args[1], &extent))
		return;
	const hdt_expr *index = e->args[0];
	while (index->op == HDT_OP_CAST || index->op == HDT_OP_SELECT)
		index = index->op == HDT_OP_SELECT ? index->args[2] : index->args[0];
	if (index->op == HDT_OP_LOAD && index->tensor == s->input && (s->limit < 0 || extent < s->limit))
		s->limit = extent;
}

/* Does every element of the task's only output come unchanged from this input? */
static bool passes_on(const hdt_task *task, const hdt_tensor *input)
{
	const hdt_expr *v = task->output_count == 1 ? task->outputs[0]->value : NULL;
	while (v && v->op == HDT_OP_CAST)
		v = v->args[0];
	return v && v->op == HDT_OP_LOAD && v->tensor == input;
}

/* How many different indices may stand in `value`: the least extent among the checks of those that index by it; -1: nobody does. */
static int64_t find_limit(const hdt_graph *graph, const hdt_value *value, int depth)
{
	limit_search s = {.limit = -1};
	for (int n = 0; n < graph->node_count; n++) {
		const hdt_node *node = graph->nodes[n];
		for (int i = 0, at = 0; i < node->input_count; i++) {
			if (!node->inputs[i])
				continue;
			s.input = node->task->inputs[at++];
			if (node->inputs[i] != value)
				continue;
			for (int t = 0; t < node->task->tensor_count; t++)
				expr_walk(node->task->tensors[t]->value, look_at, &s);
			int64_t next =
				depth > 0 && passes_on(node->task, s.input) ? find_limit(graph, node->outputs[0], depth - 1) : -1;
			if (next >= 0 && (s.limit < 0 || next < s.limit))
				s.limit = next;
		}
	}
	return s.limit;
}

int64_t index_limit(const hdt_graph *graph, const hdt_value *value)
{
	return find_limit(graph, value, MOST_STEPS);
}
