/* match.c: finds a pattern in a graph, with backtracking over everything that leaves a choice: both orders of the
 * inputs of commutative operators, optional operators there and not there, and all nodes that may be a further root.
 *
 * What is still to be matched is a list of goals on the stack of the search; a goal that fails undoes what it has
 * bound and lets the choice before it try its next way. The work is bounded: a match that takes too many steps is
 * given up, and said to be. */
#include "rewrite/rule.h"

#include <string.h>

enum {
	MAX_NUMBER_ELEMENTS = 4096, /* constants with more are not compared with a number */
	MAX_STEPS = 20000,
	MAX_FIXED_STEPS = 256
};

typedef struct matcher {
	const rule *rule;
	const hdt_graph *graph;
	const char *blocked; /* what made a complete match fail */
	int steps;
	match match;
} matcher;

typedef struct goal {
	const term *pattern;
	hdt_value *value;
	int root; /* this root is to be found in the graph; 0: `value` is to be matched */
	const struct goal *next;
} goal;

static bool match_goals(matcher *m, const goal *goals);

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool equals_number(const hdt_value *value, const hdt_argument *number)
{
	int64_t whole = 0;
	if (!value->constant || !value->constant->data)
		return false;
	bool is_whole = number->kind == HDT_ARGUMENT_DIM && hdt_is_const(number->dim, &whole);
	double wanted = is_whole ? (double)whole : number->real;
	if (hdt_is_float(value->dtype)) /* as precise as the constant can be */
		wanted = scalar_cast((scalar){.f = wanted}, HDT_F64, value->dtype).f;
	int64_t count = value_bytes(value) / hdt_dtype_of(value->dtype)->bytes;
	for (int64_t i = 0; i < count; i++) {
		scalar element = scalar_load(value->constant->data, value->dtype, i);
		double real = hdt_is_float(value->dtype) ? element.f : scalar_cast(element, value->dtype, HDT_F64).f;
		if (count > MAX_NUMBER_ELEMENTS || !(real == wanted))
			return false;
	}
	return count > 0;
}

static bool depends_on_constants(const hdt_value *value, int *steps)
{
	if (value->constant)
		return true;
	if (!value->producer || --*steps < 0)
		return false;
	for (int i = 0; i < value->producer->input_count; i++)
		if (value->producer->inputs[i] && !depends_on_constants(value->producer->inputs[i], steps))
			return false;
	return true;
}

bool hdt_is_fixed(const hdt_value *value)
{
	int steps = MAX_FIXED_STEPS;
	return value && value_bytes(value) >= 0 && depends_on_constants(value, &steps);
}

static bool is_of_sort(const hdt_value *value, value_sort sort)
{
	double number;
	switch (sort) {
	case SORT_CONST:
		return value->constant != NULL;
	case SORT_NUMBER:
		return hdt_constant_number(value, &number);
	case SORT_FIXED:
		return hdt_is_fixed(value);
	case SORT_VARIABLE:
		return !hdt_is_fixed(value);
	default:
		return true;
	}
}

/* `value` NULL: left out. */
static bool bind_name(match *m, int name, hdt_value *value)
{
	if (name < 0)
		return true;
	if (m->bound[name])
		return m->values[name] == value;
	m->bound[name] = true;
	m->values[name] = value;
	return true;
}

static bool match_value(match *m, const term *t, hdt_value *value)
{
	if (value ? !is_of_sort(value, t->sort) : !t->is_optional)
		return false;
	if (value && t->dtypes && !(t->dtypes >> value->dtype & 1))
		return false;
	return bind_name(m, t->name, value);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

bool match_names_operator(const term *pattern, const hdt_operator *op)
{
	for (int i = 0; i < pattern->op_count; i++)
		if (pattern->ops[i] == op)
			return true;
	return false;
}

/* The inputs of `node` against those of the pattern, in their order or exchanged, then the remaining goals. */
static bool match_inputs(matcher *m, const term *t, const hdt_node *node, bool exchanged, const goal *rest)
{
	goal goals[MAX_TERM_INPUTS];
	for (int i = t->input_count - 1; i >= 0; i--) {
		int from = exchanged ? 1 - i : i;
		goals[i] = (goal){
			.pattern = t->inputs[i], .value = from < node->input_count ? node->inputs[from] : NULL, .next = rest};
		rest = &goals[i];
	}
	return match_goals(m, rest);
}

static bool match_node(matcher *m, const term *t, const hdt_node *node, const goal *rest)
{
	if (!match_names_operator(t, node->op) || (t->output >= 0 && t->output >= node->output_count))
		return false;
	m->match.nodes[t->index] = node;
	if (!conditions_match(m->rule, &m->match, t, node))
		return false;
	if (t->any_inputs)
		return match_goals(m, rest);
	for (int i = t->input_count; i < node->input_count; i++)
		if (node->inputs[i])
			return false;
	match before = m->match;
	if (match_inputs(m, t, node, false, rest))
		return true;
	m->match = before;
	return t->input_count == 2 && node_commutes(node) && match_inputs(m, t, node, true, rest);
}

/* The value must be the output that the pattern names: the first when it names none. */
static bool match_producer(matcher *m, const term *t, hdt_value *value, const goal *rest)
{
	return value->producer && value->index == (t->output < 0 ? 0 : t->output) &&
	       match_node(m, t, value->producer, rest);
}

/* Without the operator, its first input is the value itself. */
static bool match_without(matcher *m, const term *t, hdt_value *value, const goal *rest)
{
	const goal itself = {.pattern = t->inputs[0], .value = value, .next = rest};
	return t->is_optional && match_goals(m, &itself);
}

static bool match_operator(matcher *m, const term *t, hdt_value *value, const goal *rest)
{
	if (!value || !bind_name(&m->match, t->name, value))
		return false;
	match before = m->match;
	if (match_producer(m, t, value, rest))
		return true;
	m->match = before;
	return match_without(m, t, value, rest);
}

static bool match_either(matcher *m, const term *t, hdt_value *value, const goal *rest)
{
	if (!bind_name(&m->match, t->name, value))
		return false;
	match before = m->match;
	for (int i = 0; i < t->input_count; i++) {
		const goal one = {.pattern = t->inputs[i], .value = value, .next = rest};
		if (match_goals(m, &one))
			return true;
		m->match = before;
	}
	return false;
}

/* Root number `root` may be any node that is no root yet; what it shares with the roots before it is bound. */
static bool match_root(matcher *m, int root, const goal *rest)
{
	const term *t = m->rule->roots[root];
	match before = m->match;
	for (int n = 0; n < m->graph->node_count && m->steps > 0; n++) {
		hdt_node *node = m->graph->nodes[n];
		bool taken = !match_names_operator(t, node->op);
		for (int i = 0; i < root && !taken; i++)
			taken = before.nodes[m->rule->roots[i]->index] == node;
		int output = t->output < 0 ? 0 : t->output;
		if (taken || output >= node->output_count)
			continue;
		if (bind_name(&m->match, t->name, node->outputs[output]) && match_node(m, t, node, rest))
			return true;
		m->match = before;
	}
	return false;
}

/* ---- a complete match ------------------------------------------------------------------------------------------- */

static bool is_matched(const matcher *m, const hdt_node *node)
{
	for (int i = 0; i < m->rule->operator_count; i++)
		if (m->match.nodes[i] == node)
			return true;
	return false;
}

static bool is_root(const matcher *m, int operator_index)
{
	for (int i = 0; i < m->rule->root_count; i++)
		if (m->match.nodes[m->rule->roots[i]->index] == m->match.nodes[operator_index])
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
			if (user->inputs[i] && user->inputs[i]->producer == inner && !is_matched(m, user))
				return user->inputs[i];
	}
	return NULL;
}

static bool is_closed(matcher *m)
{
	for (int i = 0; i < m->rule->operator_count; i++) {
		const hdt_node *node = m->match.nodes[i];
		if (!node || m->rule->operators[i]->may_be_shared || is_root(m, i))
			continue;
		const hdt_value *used = find_outside_use(m, node);
		if (used) {
			m->blocked = hdt_format(m->graph->context, "%%%s is used outside the match", used->name);
			return false;
		}
	}
	return true;
}

/* A root that needs another one could not be replaced together with it. */
static bool roots_are_independent(matcher *m)
{
	for (int i = 0; i < m->rule->root_count; i++) {
		const hdt_node *one = m->match.nodes[m->rule->roots[i]->index];
		for (int k = 0; k < m->rule->root_count; k++) {
			const hdt_node *other = m->match.nodes[m->rule->roots[k]->index];
			for (int n = 0; n < one->input_count && k != i; n++)
				if (one->inputs[n] && graph_depends(m->graph, one->inputs[n], other)) {
					m->blocked = hdt_format(m->graph->context, "%%%s depends on %%%s", one->outputs[0]->name,
					                        other->outputs[0]->name);
					return false;
				}
		}
	}
	return true;
}

static bool match_goals(matcher *m, const goal *goals)
{
	if (!goals)
		return is_closed(m) && roots_are_independent(m);
	if (--m->steps < 0)
		return false;
	const term *t = goals->pattern;
	hdt_value *value = goals->value;
	match before = m->match;
	bool matched = false;
	if (goals->root) {
		matched = match_root(m, goals->root, goals->next);
	} else {
		switch (t->kind) {
		case TERM_NONE:
			matched = !value && match_goals(m, goals->next);
			break;
		case TERM_NUMBER:
			matched = value && equals_number(value, &t->number) && match_goals(m, goals->next);
			break;
		case TERM_VALUE:
			matched = match_value(&m->match, t, value) && match_goals(m, goals->next);
			break;
		case TERM_OPERATOR:
			matched = match_operator(m, t, value, goals->next);
			break;
		case TERM_EITHER:
			matched = match_either(m, t, value, goals->next);
			break;
		}
	}
	if (!matched)
		m->match = before;
	return matched;
}

bool match_find(const rule *r, const hdt_graph *graph, const hdt_node *root, match *out, const char **blocked)
{
	matcher m = {.rule = r, .graph = graph, .steps = MAX_STEPS};
	goal others[MAX_RULE_ROOTS];
	const goal *rest = NULL;
	*blocked = NULL;
	for (int i = r->root_count - 1; i > 0; i--) {
		others[i] = (goal){.root = i, .next = rest};
		rest = &others[i];
	}
	const term *first = r->roots[0];
	int output = first->output < 0 ? 0 : first->output;
	bool found = output < root->output_count && bind_name(&m.match, first->name, root->outputs[output]) &&
	             match_node(&m, first, root, rest);
	if (!found)
		*blocked = m.steps < 0 ? "the match takes too many steps" : m.blocked;
	*out = m.match;
	return found;
}
