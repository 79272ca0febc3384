/* attempt.c: one attempt of one rule at one node: match, build the replacement, check it, put it in place or roll it
 * back.
 *
 * A rule of texts alone cannot look at dtypes and shapes, so a replacement of its that does not fit counts as
 * declined; a function can, so its misfit is a fault of the rule. Two dimensions fit when they are proved equal, or
 * when the model asserts that they are: then the assertion becomes one of the graph, since the node that makes it may
 * go. */
#include "rewrite/rule.h"

#include "graph/state.h"
#include <string.h>

/* ---- what a rule calls ------------------------------------------------------------------------------------------ */

hdt_graph *hdt_rewrite_graph(hdt_rewrite *rewrite)
{
	return rewrite ? rewrite->graph : NULL;
}

hdt_value *hdt_match_value(hdt_rewrite *rewrite, const char *name)
{
	if (!rewrite)
		return NULL;
	for (int i = 0; i < rewrite->rule->name_count; i++)
		if (!strcmp(rewrite->rule->names[i], name))
			return rewrite->match.values[i];
	hdt_fail(rewrite->graph->context, HDT_INTERNAL, "the pattern has no value %%%s", name);
	return NULL;
}

const hdt_node *hdt_match_node(hdt_rewrite *rewrite, int n)
{
	if (!rewrite)
		return NULL;
	if (n >= 0 && n < rewrite->rule->operator_count)
		return rewrite->match.nodes[n];
	hdt_fail(rewrite->graph->context, HDT_INTERNAL, "the pattern has no operator %d", n);
	return NULL;
}

void hdt_replace_value(hdt_rewrite *rewrite, hdt_value *old, hdt_value *value)
{
	if (!rewrite || !old || !value)
		return; /* a builder's fault is in the context already */
	for (int i = 0; i < rewrite->outputs.count; i++)
		if (rewrite->outputs.items[i].old == old) {
			rewrite->outputs.items[i].new = value;
			return;
		}
	const replaced one = {old, value};
	(void)vec_push(rewrite->graph->context, &rewrite->outputs, one);
}

void hdt_replace(hdt_rewrite *rewrite, int index, hdt_value *value)
{
	if (!rewrite || !value)
		return;
	if (index < 0 || index >= rewrite->root_outputs)
		hdt_fail(rewrite->graph->context, HDT_INTERNAL, "the match has no output %d to replace", index);
	else
		rewrite->outputs.items[index].new = value;
}

hdt_status hdt_decline(hdt_rewrite *rewrite, const char *format, ...)
{
	if (!rewrite)
		return HDT_OK;
	va_list args;
	va_start(args, format);
	rewrite->declined = context_vformat(rewrite->graph->context, format, args);
	va_end(args);
	return HDT_OK;
}

int hdt_use_count(const hdt_value *value)
{
	return value ? graph_use_count(value->graph, value) : 0;
}

/* ---- checks ----------------------------------------------------------------------------------------------------- */

static bool is_among(const hdt_assertion *assertions, int count, const hdt_expr *wanted)
{
	for (int i = 0; i < count; i++)
		if (assertions[i].condition == wanted)
			return true;
	return false;
}

/* The equality of two sizes as the model asserts it; NULL when it does not. */
static const hdt_expr *find_assertion(const hdt_graph *graph, const hdt_expr *a, const hdt_expr *b)
{
	const hdt_expr *ways[] = {hdt_equal(a, b), hdt_equal(b, a)};
	for (int w = 0; w < 2; w++) {
		if (is_among(graph->assertions, graph->assertion_count, ways[w]))
			return ways[w];
		for (int n = 0; n < graph->node_count; n++)
			if (is_among(graph->nodes[n]->task->assertions, graph->nodes[n]->task->assertion_count, ways[w]))
				return ways[w];
	}
	return NULL;
}

static bool is_proved(const hdt_expr *a, const hdt_expr *b)
{
	return a == b || hdt_proves_equal(a, b);
}

static const char *check_shape(const hdt_rewrite *rewrite, const hdt_value *old, const hdt_value *new)
{
	hdt_context *context = rewrite->graph->context;
	if (old->dtype != new->dtype)
		return hdt_format(context, "the replacement is %s, not %s", hdt_dtype_of(new->dtype)->name,
		                  hdt_dtype_of(old->dtype)->name);
	if (old->rank != new->rank)
		return hdt_format(context, "the replacement has rank %d, not %d", new->rank, old->rank);
	for (int d = 0; d < old->rank; d++) {
		if (is_proved(old->shape[d], new->shape[d]))
			continue;
		/* With several outputs, only what cannot fail is put in place: the first would stay when the second fails. */
		if (rewrite->outputs.count > 1 || !find_assertion(rewrite->graph, old->shape[d], new->shape[d]))
			return hdt_format(context, "dimension %d of the replacement is %s, not %s", d, hdt_expr_text(new->shape[d]),
			                  hdt_expr_text(old->shape[d]));
	}
	return NULL;
}

static const char *check_output(const hdt_rewrite *rewrite, const replaced *r)
{
	hdt_context *context = rewrite->graph->context;
	if (!r->new)
		return graph_use_count(rewrite->graph, r->old) == 0
		           ? NULL
		           : hdt_format(context, "%%%s is used but not replaced", r->old->name);
	if (r->new->graph != rewrite->graph || r->old->graph != rewrite->graph)
		return "the replacement belongs to another graph";
	for (int i = 0; i < rewrite->outputs.count; i++) {
		const hdt_value *old = rewrite->outputs.items[i].old;
		if (old->producer && rewrite->outputs.items[i].new &&graph_depends(rewrite->graph, r->new, old->producer))
			return "the replacement needs what it replaces";
	}
	return check_shape(rewrite, r->old, r->new);
}

/* NULL when the replacement may be put in place, else what is wrong with it. */
static const char *find_misfit(const hdt_rewrite *rewrite)
{
	const char *misfit = NULL;
	for (int i = 0; i < rewrite->outputs.count && !misfit; i++)
		misfit = check_output(rewrite, &rewrite->outputs.items[i]);
	return misfit;
}

/* ---- the attempt ------------------------------------------------------------------------------------------------ */

/* The outputs that the rule is to replace: of each root all, or the one that the pattern names. False when memory is
 * out, or when nobody uses them: the root is there for another output. */
static bool note_outputs(hdt_rewrite *rewrite)
{
	for (int i = 0; i < rewrite->rule->root_count; i++) {
		const term *t = rewrite->rule->roots[i];
		const hdt_node *root = rewrite->match.nodes[t->index];
		for (int o = 0; o < root->output_count; o++) {
			const replaced one = {root->outputs[o], NULL};
			if ((t->output < 0 || t->output == o) && !vec_push(rewrite->graph->context, &rewrite->outputs, one))
				return false;
		}
	}
	rewrite->root_outputs = rewrite->outputs.count;
	int uses = 0;
	for (int i = 0; i < rewrite->root_outputs; i++)
		uses += graph_use_count(rewrite->graph, rewrite->outputs.items[i].old);
	return uses > 0;
}

static void build(hdt_rewrite *rewrite)
{
	hdt_graph *graph = rewrite->graph;
	const hdt_node *root = rewrite->match.nodes[0];
	const char *origin = graph_state_of(graph)->origin;
	hdt_graph_set_origin(graph, root->origin);
	if (!rewrite->rule->apply) {
		results_build(rewrite);
	} else {
		hdt_status status = rewrite->rule->apply(rewrite, root);
		if (status != HDT_OK && hdt_context_status(graph->context) == HDT_OK)
			hdt_fail(graph->context, status, "the rule failed without saying why");
	}
	hdt_graph_set_origin(graph, origin);
}

static bool gives_nothing(const hdt_rewrite *rewrite)
{
	for (int i = 0; i < rewrite->outputs.count; i++)
		if (rewrite->outputs.items[i].new)
			return false;
	return true;
}

/* What the model asserts of sizes stays asserted when the node that did it goes. */
static void keep_assertions(hdt_graph *graph, const replaced *r)
{
	for (int d = 0; d < r->old->rank; d++)
		if (!is_proved(r->old->shape[d], r->new->shape[d]))
			hdt_graph_assert(graph, find_assertion(graph, r->old->shape[d], r->new->shape[d]),
			                 "two sizes must be equal for the optimised graph");
}

static const char *put_in_place(const hdt_rewrite *rewrite)
{
	hdt_graph *graph = rewrite->graph;
	for (int i = 0; i < rewrite->outputs.count; i++) {
		const replaced *r = &rewrite->outputs.items[i];
		if (!r->new)
			continue;
		keep_assertions(graph, r);
		if (graph_replace_uses(graph, r->old, r->new) != HDT_OK)
			return hdt_format(graph->context, "what follows does not accept it: %s", graph->context->message);
	}
	return NULL;
}

/* Decide what becomes of what the rule has built, and put it in place when it fits. */
static attempt_outcome judge(hdt_rewrite *rewrite, const char **reason)
{
	hdt_context *context = rewrite->graph->context;
	if (hdt_context_status(context) != HDT_OK) {
		*reason = hdt_format(context, "%s", context->message);
		return rewrite->rule->apply ? ATTEMPT_WRONG : ATTEMPT_DECLINED;
	}
	*reason = rewrite->declined;
	if (*reason)
		return ATTEMPT_DECLINED;
	*reason = gives_nothing(rewrite) ? "it gives no replacement and no reason" : find_misfit(rewrite);
	if (*reason)
		return rewrite->rule->apply ? ATTEMPT_WRONG : ATTEMPT_DECLINED;
	*reason = put_in_place(rewrite);
	return *reason ? ATTEMPT_WRONG : ATTEMPT_APPLIED;
}

attempt_outcome attempt_rule(hdt_graph *graph, const rule *r, const hdt_node *node, const char **reason)
{
	hdt_rewrite rewrite = {.graph = graph, .rule = r};
	if (!match_find(r, graph, node, &rewrite.match, reason))
		return *reason ? ATTEMPT_DECLINED : ATTEMPT_NO_MATCH;
	if (!note_outputs(&rewrite))
		return ATTEMPT_NO_MATCH;
	graph_mark mark = graph_get_mark(graph);
	build(&rewrite);
	attempt_outcome outcome = judge(&rewrite, reason);
	if (outcome == ATTEMPT_APPLIED) {
		graph_sweep(graph);
		return outcome;
	}
	graph_rewind(graph, mark);
	if (hdt_context_status(graph->context) != HDT_OUT_OF_MEMORY)
		context_clear_fault(graph->context);
	return outcome;
}
