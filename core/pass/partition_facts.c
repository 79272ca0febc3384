/* partition_facts.c: what is known of every node before anything is joined, from its task alone. */
#include "pass/partition_state.h"

/* ---- constants ---- */

static bool has_symbols(const hdt_task *task)
{
	for (int i = 0; i < task->tensor_count; i++) {
		int64_t extent;
		if (expr_contains_op(task->tensors[i]->value, HDT_OP_SYMBOL))
			return true;
		for (int d = 0; d < task->tensors[i]->rank; d++)
			if (!hdt_is_const(task->tensors[i]->shape[d], &extent))
				return true;
	}
	return false;
}

static bool is_setup(const partitioner *p, const hdt_node *node)
{
	for (int i = 0; i < node->input_count; i++) {
		const hdt_value *v = node->inputs[i];
		int from = v ? part_of(p, v) : -1;
		if (v && !v->constant && (from < 0 || !p->parts[from].setup))
			return false;
	}
	return p->graph->symbol_count == 0 || !has_symbols(node->task);
}

/* ---- computations ---- */

/* Is the value an element of an input, at indices that no data tell? */
static bool moves(const hdt_expr *value)
{
	if (value->op != HDT_OP_LOAD)
		return false;
	for (int d = 0; d < value->count; d++)
		if (expr_contains_op(value->args[d], HDT_OP_LOAD))
			return false;
	return true;
}

typedef struct function_search {
	const hdt_expr *axis;
	bool found;
} function_search;

static void find_function(const hdt_expr *e, void *closure)
{
	function_search *s = closure;
	s->found = s->found || (scalar_is_function(e) && expr_contains(e, s->axis));
}

static bool has_functions(const composed_tensor *t)
{
	function_search s = {t->tensor->rank ? t->tensor->axes[t->tensor->rank - 1] : NULL, false};
	if (s.axis)
		expr_walk(t->value, find_function, &s);
	return s.found;
}

static bool know_computation(partitioner *p, part *n)
{
	composition c;
	const char *reason;
	n->reduces = !task_is_injective(n->node->task);
	n->moves = !n->reduces;
	if (!unit_compose(p, n->unit, &c, &reason))
		return reason != NULL; /* too large: nothing will join it */
	for (int i = 0; i < c.tensors.count; i++) {
		if (c.tensors.items[i].gone)
			continue;
		const hdt_expr *value = c.tensors.items[i].value;
		int cost = value_cost(value);
		n->stages++;
		n->functions = n->functions || has_functions(&c.tensors.items[i]);
		n->cost += cost > 0 ? cost : 0;
		n->moves = n->moves && moves(value);
	}
	n->heavy = n->reduces && compose_is_heavy(&c);
	n->steps = n->elements > 0 ? compose_rows(&c).work / n->elements : 0;
	return true;
}

static double elements_of(const hdt_value *v)
{
	double product = 1;
	for (int d = 0; d < v->rank; d++)
		product *= (double)hdt_size_estimate(v->shape[d]);
	return product;
}

/* ---- all of them ---- */

static bool add_use(partitioner *p, const hdt_value *value, int user)
{
	value_uses *uses = map_get(&p->uses, value);
	if (!uses && (!(uses = hdt_allocate(p->context, sizeof *uses)) || !map_set(&p->uses, value, uses)))
		return false;
	if (user < 0)
		uses->output = true;
	else if (!uses->parts.count || uses->parts.items[uses->parts.count - 1] != user)
		return vec_push(p->context, &uses->parts, user);
	return true;
}

static bool list_nodes(partitioner *p)
{
	const hdt_graph *g = p->graph;
	p->count = g->node_count;
	p->parts = hdt_allocate(p->context, ((size_t)p->count + 1) * sizeof *p->parts);
	p->units = hdt_allocate(p->context, ((size_t)p->count + 1) * sizeof *p->units);
	if (!p->parts || !p->units)
		return false;
	for (int i = 0; i < p->count; i++) {
		hdt_node *node = g->nodes[i];
		p->parts[i] = (part){.node = node, .unit = i, .view = node_is_view(node)};
		p->units[i].earliest = i;
		if (!map_set(&p->numbers, node, (void *)((uintptr_t)i + 1)))
			return false;
		for (int k = 0; k < node->input_count; k++)
			if (node->inputs[k] && !add_use(p, node->inputs[k], i))
				return false;
	}
	for (int o = 0; o < g->output_count; o++)
		if (!add_use(p, g->outputs[o], -1))
			return false;
	return true;
}

bool partition_facts(partitioner *p)
{
	map_init(&p->numbers, p->context);
	map_init(&p->uses, p->context);
	map_init(&p->costs, p->context);
	if (!list_nodes(p))
		return false;
	for (int i = 0; i < p->count; i++) {
		part *n = &p->parts[i];
		n->setup = is_setup(p, n->node);
		n->elements = n->node->output_count ? elements_of(n->node->outputs[0]) : 0;
		if (n->view)
			n->unit = -1;
		else if (!vec_push(p->context, &p->units[i].parts, i))
			return false;
	}
	for (int i = 0; i < p->count; i++) {
		part *n = &p->parts[i];
		if (!n->view && !know_computation(p, n))
			return false;
		p->units[i].kind = n->heavy ? UNIT_HEAVY : n->reduces ? UNIT_ROWS : UNIT_MAP;
	}
	return true;
}
