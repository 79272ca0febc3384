/* results.c: builds the replacement that a rule gives as text.
 *
 *     add(mul(%x, 2), %y) => lerp(%x, %y, weight=0.5)
 *
 * A number beside a tensor takes its dtype; a name that was left out in the match is an input left out. */
#include "rewrite/rule.h"

typedef struct builder {
	hdt_rewrite *rewrite;
	hdt_value *named[MAX_RULE_NAMES]; /* of the match, and defined by results */
} builder;

static hdt_node *build_call(builder *b, const term *t);

static hdt_value *build_value(builder *b, const term *t)
{
	if (t->kind == TERM_VALUE)
		return b->named[t->name];
	if (t->kind == TERM_OPERATOR) {
		hdt_node *node = build_call(b, t);
		return node ? node->outputs[t->output < 0 ? 0 : t->output] : NULL;
	}
	return NULL;
}

/* An argument of the rule's context in the graph's. */
static hdt_argument import(hdt_context *context, const hdt_argument *literal)
{
	hdt_argument out = *literal;
	int64_t whole = 0;
	if (literal->kind == HDT_ARGUMENT_DIM && hdt_is_const(literal->dim, &whole))
		out.dim = hdt_int(context, whole);
	if (literal->kind == HDT_ARGUMENT_DIMS) {
		const hdt_expr **dims = hdt_allocate(context, sizeof *dims * (size_t)(literal->dims.count + 1));
		for (int i = 0; dims && i < literal->dims.count; i++)
			dims[i] = hdt_is_const(literal->dims.items[i], &whole) ? hdt_int(context, whole) : NULL;
		out.dims.items = dims;
	}
	return out;
}

static bool build_attributes(builder *b, const term *t, hdt_attribute_value *out)
{
	hdt_context *context = b->rewrite->graph->context;
	for (int i = 0; i < t->condition_count; i++) {
		const condition *c = &t->conditions[i];
		const hdt_attribute_value *matched = c->variable < 0 ? NULL : b->rewrite->match.attributes[c->variable];
		if (matched) {
			out[i] = *matched;
			out[i].name = c->name;
		} else if (c->variable >= 0) { /* of an optional operator that is not there: the default */
			return hdt_fail(context, HDT_BAD_MODEL, "attribute '%s' was left out", c->name), false;
		} else {
			hdt_argument literal = import(context, &c->literals[0]);
			if (!argument_attribute(context, c->name, &literal, &out[i]))
				return false;
		}
	}
	out[t->condition_count] = (hdt_attribute_value){0};
	return true;
}

static hdt_node *build_call(builder *b, const term *t)
{
	hdt_graph *graph = b->rewrite->graph;
	hdt_value *inputs[MAX_TERM_INPUTS] = {NULL};
	const hdt_value *beside = NULL;
	for (int i = 0; i < t->input_count; i++) {
		inputs[i] = build_value(b, t->inputs[i]);
		beside = beside ? beside : inputs[i];
	}
	for (int i = 0; i < t->input_count; i++)
		if (t->inputs[i]->kind == TERM_NUMBER) {
			hdt_argument number = import(graph->context, &t->inputs[i]->number);
			inputs[i] = weak_scalar(graph, &number, beside);
		}
	hdt_attribute_value attributes[MAX_TERM_CONDITIONS + 1];
	if (!build_attributes(b, t, attributes))
		return NULL;
	hdt_node *node = hdt_apply_node(graph, t->ops[0]->name, inputs, t->input_count, attributes);
	if (node && t->output >= node->output_count) {
		hdt_fail(graph->context, HDT_BAD_MODEL, "%s has no output %d", node->op->name, t->output);
		return NULL;
	}
	if (node && t->name >= 0)
		b->named[t->name] = node->outputs[t->output < 0 ? 0 : t->output];
	return node;
}

void results_build(hdt_rewrite *rewrite)
{
	const rule *r = rewrite->rule;
	builder b = {.rewrite = rewrite};
	for (int i = 0; i < r->pattern_names; i++)
		b.named[i] = rewrite->match.values[i];
	for (int i = 0, first = 0; i < r->result_count; i++) {
		const hdt_node *root = rewrite->match.nodes[r->roots[i]->index];
		int outputs = r->roots[i]->output < 0 ? root->output_count : 1;
		const term *t = r->results[i];
		hdt_node *node = t->kind == TERM_OPERATOR ? build_call(&b, t) : NULL;
		hdt_value *value = t->kind == TERM_VALUE ? b.named[t->name]
		                   : node                ? node->outputs[t->output < 0 ? 0 : t->output]
		                                         : NULL;
		if (!value && hdt_context_status(rewrite->graph->context) == HDT_OK)
			hdt_fail(rewrite->graph->context, HDT_BAD_MODEL, "result %d of the rule is no tensor", i);
		hdt_replace(rewrite, first, value);
		/* An operator of as many outputs takes the place of all of them. */
		for (int o = 1; node && t->output < 0 && node->output_count == outputs && o < outputs; o++)
			hdt_replace(rewrite, first + o, node->outputs[o]);
		first += outputs;
	}
}
