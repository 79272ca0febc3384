/* match.c: finds a pattern in a graph, with backtracking: every order of the inputs of commutative operators is tried.
 *
 * An operator is commutative for matching when its computation says so: one output, two inputs, and an expression that
 * is the same with the inputs exchanged. */
#include "rewrite/rule.h"

#include <string.h>

/* Constants with more elements are not compared with a number. */
enum { MAX_NUMBER_ELEMENTS = 4096 };

/* ---- commutative operators -------------------------------------------------------------------------------------- */

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

static bool is_commutative(const hdt_node *node)
{
	const hdt_task *task = node->task;
	if (node->input_count != 2 || task->input_count != 2 || task->output_count != 1 || task->tensor_count != 1)
		return false;
	const hdt_expr *root = without_casts(task->outputs[0]->value);
	int steps = 256;
	return root->count == 2 && scalar_op_has(root->op, 'c') && mirrors(task, root->args[0], root->args[1], &steps);
}

/* ---- one pattern against one value ------------------------------------------------------------------------------ */

typedef struct matcher {
	const rule *rule;
	const hdt_graph *graph;
	const char *blocked; /* an inner result used outside, which made a match fail */
	match match;
} matcher;

/* What is still to be matched. */
typedef struct goal {
	const pattern *pattern;
	hdt_value *value;
	const struct goal *next;
} goal;

static bool match_goals(matcher *m, const goal *goals);

static bool equals_number(const hdt_value *value, double number)
{
	if (!value->constant || !value->constant->data)
		return false;
	int64_t count = value_bytes(value) / hdt_dtype_of(value->dtype)->bytes;
	for (int64_t i = 0; i < count; i++) {
		scalar element = scalar_load(value->constant->data, value->dtype, i);
		double real = hdt_is_float(value->dtype) ? element.f : scalar_cast(element, value->dtype, HDT_F64).f;
		if (count > MAX_NUMBER_ELEMENTS || !(real == number))
			return false;
	}
	return count > 0;
}

static bool bind_value(match *m, const pattern *p, hdt_value *value)
{
	if (!value && !p->is_optional)
		return false;
	if (value && p->is_const && !value->constant)
		return false;
	if (!p->name)
		return true;
	for (int i = 0; i < m->value_count; i++)
		if (m->names[i] == p->name)
			return m->values[i] == value;
	if (m->value_count == MAX_PATTERN_VALUES)
		return false;
	m->names[m->value_count] = p->name;
	m->values[m->value_count++] = value;
	return true;
}

static const hdt_attribute_value *find_attribute(const hdt_attribute_value *list, const char *name)
{
	for (; list && list->name; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

static bool equals_literal(const hdt_attribute_value *value, const hdt_argument *literal)
{
	int64_t whole = 0, dim = 0;
	bool is_whole = literal->kind == HDT_ARGUMENT_DIM && hdt_is_const(literal->dim, &whole);
	switch (value->kind) {
	case HDT_ATTRIBUTE_NONE:
		return literal->kind == HDT_ARGUMENT_NONE;
	case HDT_ATTRIBUTE_INT:
		return is_whole && value->integer == whole;
	case HDT_ATTRIBUTE_BOOL:
		return literal->kind == HDT_ARGUMENT_BOOL && value->integer == (literal->real != 0);
	case HDT_ATTRIBUTE_FLOAT:
		return is_whole ? value->real == (double)whole
		                : literal->kind == HDT_ARGUMENT_FLOAT && value->real == literal->real;
	case HDT_ATTRIBUTE_STRING:
		return literal->kind == HDT_ARGUMENT_STRING && !strcmp(value->string, literal->string);
	case HDT_ATTRIBUTE_DTYPE:
		return literal->kind == HDT_ARGUMENT_DTYPE && value->integer == (int64_t)literal->dtype;
	case HDT_ATTRIBUTE_DIMS:
		if (is_whole)
			return value->count == 1 && hdt_is_const(value->dims[0], &dim) && dim == whole;
		for (int i = 0; i < value->count && literal->kind == HDT_ARGUMENT_DIMS && value->count == literal->dims.count;
		     i++)
			if (value->dims[i] != literal->dims.items[i])
				return false;
		return literal->kind == HDT_ARGUMENT_DIMS && value->count == literal->dims.count;
	}
	return false;
}

static bool bind_attribute(match *m, const pattern_attribute *a, const hdt_attribute_value *value)
{
	if (!a->variable)
		return equals_literal(value, &a->literal);
	for (int i = 0; i < m->attribute_count; i++)
		if (m->variables[i] == a->variable) {
			hdt_attribute_value renamed = *m->attributes[i];
			renamed.name = value->name;
			return attribute_equal(&renamed, value);
		}
	if (m->attribute_count == MAX_PATTERN_ATTRIBUTES)
		return false;
	m->variables[m->attribute_count] = a->variable;
	m->attributes[m->attribute_count++] = value;
	return true;
}

static bool is_mentioned(const pattern *p, const char *name)
{
	for (int i = 0; i < p->attribute_count; i++)
		if (!strcmp(p->attributes[i].name, name))
			return true;
	return false;
}

/* In a complete rule, what the pattern does not mention must be as if nobody had mentioned it. */
static bool others_are_default(const pattern *p, const hdt_node *node)
{
	const hdt_attribute_value *defaults = NULL;
	for (int i = 0; node->attributes && node->attributes[i].name; i++) {
		if (is_mentioned(p, node->attributes[i].name))
			continue;
		if (!node->op->attributes[i].fallback)
			return false;
		defaults = defaults ? defaults : node_default_attributes(node);
		if (!defaults || !attribute_equal(&node->attributes[i], &defaults[i]))
			return false;
	}
	return true;
}

static bool match_attributes(matcher *m, const pattern *p, const hdt_node *node)
{
	for (int i = 0; i < p->attribute_count; i++) {
		const hdt_attribute_value *value = find_attribute(node->attributes, p->attributes[i].name);
		if (!value || !bind_attribute(&m->match, &p->attributes[i], value))
			return false;
	}
	return !m->rule->replacement || others_are_default(p, node);
}

/* ---- nodes and backtracking ------------------------------------------------------------------------------------- */

/* The inputs of `node` against those of the pattern, in their order or exchanged, then the remaining goals. */
static bool match_inputs(matcher *m, const pattern *p, const hdt_node *node, bool exchanged, const goal *rest)
{
	goal goals[MAX_PATTERN_INPUTS];
	for (int i = p->input_count - 1; i >= 0; i--) {
		int from = exchanged ? 1 - i : i;
		goals[i] = (goal){p->inputs[i], from < node->input_count ? node->inputs[from] : NULL, rest};
		rest = &goals[i];
	}
	return match_goals(m, rest);
}

static bool match_node(matcher *m, const pattern *p, const hdt_node *node, const goal *rest)
{
	if (strcmp(node->op->name, p->name) || !match_attributes(m, p, node))
		return false;
	m->match.nodes[p->index] = node;
	m->match.node_count = p->index >= m->match.node_count ? p->index + 1 : m->match.node_count;
	if (p->any_inputs)
		return match_goals(m, rest);
	for (int i = p->input_count; i < node->input_count; i++)
		if (node->inputs[i])
			return false;
	match before = m->match;
	if (match_inputs(m, p, node, false, rest))
		return true;
	m->match = before;
	return p->input_count == 2 && is_commutative(node) && match_inputs(m, p, node, true, rest);
}

static bool is_matched(const match *m, const hdt_node *node)
{
	for (int i = 0; i < m->node_count; i++)
		if (m->nodes[i] == node)
			return true;
	return false;
}

/* Is an output of an inner node used by anything but the match? Then removing the node would not be possible. */
static const hdt_value *find_outside_use(const matcher *m, const hdt_node *inner)
{
	for (int i = 0; i < m->graph->output_count; i++)
		if (m->graph->outputs[i]->producer == inner)
			return m->graph->outputs[i];
	for (int n = 0; n < m->graph->node_count; n++) {
		const hdt_node *user = m->graph->nodes[n];
		for (int i = 0; i < user->input_count; i++)
			if (user->inputs[i] && user->inputs[i]->producer == inner && !is_matched(&m->match, user))
				return user->inputs[i];
	}
	return NULL;
}

static bool is_closed(matcher *m)
{
	for (int i = 1; i < m->match.node_count; i++) {
		const hdt_value *used = m->match.nodes[i] ? find_outside_use(m, m->match.nodes[i]) : NULL;
		if (used) {
			m->blocked = used->name;
			return false;
		}
	}
	return true;
}

static bool match_goals(matcher *m, const goal *goals)
{
	if (!goals)
		return is_closed(m);
	const pattern *p = goals->pattern;
	hdt_value *value = goals->value;
	match before = m->match;
	bool matched = false;
	switch (p->kind) {
	case PATTERN_NONE:
		matched = !value && match_goals(m, goals->next);
		break;
	case PATTERN_NUMBER:
		matched = value && equals_number(value, p->number) && match_goals(m, goals->next);
		break;
	case PATTERN_VALUE:
		matched = bind_value(&m->match, p, value) && match_goals(m, goals->next);
		break;
	case PATTERN_OPERATOR:
		matched = value && value->producer && value->index == 0 && match_node(m, p, value->producer, goals->next);
		break;
	}
	if (!matched)
		m->match = before;
	return matched;
}

bool match_find(const rule *r, const hdt_graph *graph, const hdt_node *root, match *out, const char **blocked)
{
	if (strcmp(root->op->name, r->root->name))
		return false;
	matcher m = {.rule = r, .graph = graph};
	bool found = match_node(&m, r->root, root, NULL);
	*blocked = found ? NULL : m.blocked;
	*out = m.match;
	return found;
}
