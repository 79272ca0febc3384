/* copy.c: copies a graph without what is not needed. */
#include "copy.h"

#include "base/map.h"
#include <string.h>

typedef struct copier {
	const hdt_graph *from;
	hdt_graph *to;
	const copy_plan *plan;
	map needed; /* value of `from` -> itself */
	map copies; /* value of `from` -> value of `to` */
	const hdt_expr *symbols[16], *numbers[16];
	int replaced;
} copier;

const char *copy_name(const hdt_value *value)
{
	return hdt_format(value->graph->context, "v%s", value->name);
}

static const hdt_value *actual(const copier *c, const hdt_value *value)
{
	return value == c->plan->bypassed ? c->plan->by : value;
}

static const hdt_expr *translate(const copier *c, const hdt_expr *e)
{
	return c->replaced ? hdt_substitute(e, c->symbols, c->numbers, c->replaced) : e;
}

static hdt_list translate_list(const copier *c, const hdt_expr *const *items, int count)
{
	const hdt_expr **copy = hdt_allocate(c->from->context, sizeof *copy * (size_t)(count + 1));
	for (int i = 0; i < count && copy; i++)
		copy[i] = translate(c, items[i]);
	return (hdt_list){copy, copy ? count : 0};
}

/* ---- what is needed ------------------------------------------------------------------------------------------------- */

static void need(copier *c, const hdt_value *value)
{
	if (value)
		map_set(&c->needed, actual(c, value), (void *)(uintptr_t)value);
}

static bool node_needed(const copier *c, const hdt_node *node)
{
	bool needed = false;
	for (int i = 0; i < node->output_count && node != c->plan->cut; i++)
		needed = needed || map_get(&c->needed, node->outputs[i]);
	return needed;
}

static void find_needed(copier *c)
{
	for (int i = 0; i < c->from->output_count; i++)
		if (!c->plan->outputs || c->plan->outputs[i])
			need(c, c->from->outputs[i]);
	for (int n = c->from->node_count - 1; n >= 0; n--) {
		const hdt_node *node = c->from->nodes[n];
		for (int i = 0; i < node->input_count && node_needed(c, node); i++)
			need(c, node->inputs[i]);
	}
}

typedef struct symbol_search {
	const hdt_expr *symbol;
	bool found;
} symbol_search;

static void look(const hdt_expr *e, void *closure)
{
	symbol_search *s = closure;
	s->found = s->found || e == s->symbol;
}

static bool uses_symbol(hdt_list shape, const hdt_expr *symbol)
{
	symbol_search s = {symbol, false};
	for (int d = 0; d < shape.count; d++)
		expr_walk(shape.items[d], look, &s);
	return s.found;
}

/* A needed node has the symbol in an output's shape or an attribute, and no needed input has it. */
static bool lacks_symbol(const copier *c, const hdt_expr *symbol)
{
	bool used = false;
	for (int i = 0; i < c->from->input_count; i++)
		if (map_get(&c->needed, c->from->inputs[i]) && uses_symbol(hdt_value_shape(c->from->inputs[i]), symbol))
			return false;
	for (int n = 0; n < c->from->node_count; n++) {
		const hdt_node *node = c->from->nodes[n];
		for (int i = 0; i < node->output_count; i++)
			used = used ||
			       (map_get(&c->needed, node->outputs[i]) && uses_symbol(hdt_value_shape(node->outputs[i]), symbol));
		for (const hdt_attribute_value *a = node->attributes; node_needed(c, node) && a->name; a++)
			used = used || (a->kind == HDT_ATTRIBUTE_DIMS && uses_symbol((hdt_list){a->dims, a->count}, symbol));
	}
	return used;
}

static void need_symbols(copier *c)
{
	for (int s = 0; s < c->from->symbol_count; s++) {
		const hdt_expr *symbol = c->from->symbols[s];
		int64_t number;
		if (c->plan->number && c->plan->number(c->plan->closure, symbol, &number) && c->replaced < 16) {
			c->symbols[c->replaced] = symbol;
			c->numbers[c->replaced++] = hdt_int(c->from->context, number);
			continue;
		}
		bool lacks = lacks_symbol(c, symbol);
		for (int i = 0; i < c->from->input_count && lacks; i++)
			if (uses_symbol(hdt_value_shape(c->from->inputs[i]), symbol)) {
				need(c, c->from->inputs[i]);
				lacks = false;
			}
	}
}

/* ---- copying -------------------------------------------------------------------------------------------------------- */

static hdt_value *copy_input(copier *c, const hdt_value *value, const char *name)
{
	hdt_value *copy = hdt_graph_input(c->to, name, value->dtype, translate_list(c, value->shape, value->rank));
	map_set(&c->copies, value, copy);
	return copy;
}

static hdt_value *copy_of(copier *c, const hdt_value *read)
{
	const hdt_value *value = read ? actual(c, read) : NULL;
	hdt_value *copy = value ? map_get(&c->copies, value) : NULL;
	if (copy || !value)
		return copy;
	if (value->constant && value != c->plan->opened) {
		hdt_data data = *value->constant; /* stays of the graph copied from */
		data.release = NULL;
		copy = hdt_graph_constant(c->to, NULL, value->dtype, hdt_value_shape(value), data);
		map_set(&c->copies, value, copy);
		return copy;
	}
	return copy_input(c, value, copy_name(value));
}

static void copy_node(copier *c, const hdt_node *node)
{
	hdt_context *context = c->from->context;
	hdt_value **inputs = hdt_allocate(context, sizeof *inputs * (size_t)(node->input_count + 1));
	int attributes = 0;
	while (node->attributes[attributes].name)
		attributes++;
	hdt_attribute_value *values =
		arena_copy(&context->arena, node->attributes, sizeof *values * (size_t)(attributes + 1));
	if (!inputs || !values)
		return;
	for (int i = 0; i < node->input_count; i++)
		inputs[i] = copy_of(c, node->inputs[i]);
	for (int i = 0; i < attributes; i++)
		if (values[i].kind == HDT_ATTRIBUTE_DIMS)
			values[i].dims = translate_list(c, values[i].dims, values[i].count).items;
	hdt_node *copy = hdt_apply_node(c->to, node->op->name, inputs, node->input_count, values);
	for (int i = 0; copy && i < node->output_count; i++)
		map_set(&c->copies, node->outputs[i], copy->outputs[i]);
}

hdt_graph *graph_copy(const hdt_graph *graph, const copy_plan *plan)
{
	copier c = {.from = graph, .to = hdt_graph_new(graph->context, "fuzz"), .plan = plan};
	map_init(&c.needed, graph->context);
	map_init(&c.copies, graph->context);
	find_needed(&c);
	need_symbols(&c);
	for (int i = 0; i < graph->input_count; i++)
		if (map_get(&c.needed, graph->inputs[i]))
			copy_input(&c, graph->inputs[i], graph->inputs[i]->name);
	for (int n = 0; n < graph->node_count; n++)
		if (node_needed(&c, graph->nodes[n]))
			copy_node(&c, graph->nodes[n]);
	for (int i = 0; i < graph->output_count; i++)
		if (!plan->outputs || plan->outputs[i])
			hdt_graph_output(c.to, NULL, copy_of(&c, graph->outputs[i]));
	return hdt_context_status(graph->context) == HDT_OK ? c.to : NULL;
}
