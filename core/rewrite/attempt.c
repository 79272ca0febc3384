/* attempt.c: one attempt of one rule at one node: match, build the replacement, check it, put it in place or roll it
 * back.
 *
 * A rule of two texts cannot look at dtypes and shapes, so a replacement of its that does not fit counts as declined; a
 * function can, so its misfit is a fault of the rule. */
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
	for (int i = 0; i < rewrite->match.value_count; i++)
		if (!strcmp(rewrite->match.names[i], name))
			return rewrite->match.values[i];
	hdt_fail(rewrite->graph->context, HDT_INTERNAL, "the pattern has no value %%%s", name);
	return NULL;
}

const hdt_node *hdt_match_node(hdt_rewrite *rewrite, int n)
{
	if (!rewrite)
		return NULL;
	if (n >= 0 && n < rewrite->match.node_count)
		return rewrite->match.nodes[n];
	hdt_fail(rewrite->graph->context, HDT_INTERNAL, "the pattern has no operator %d", n);
	return NULL;
}

void hdt_replace(hdt_rewrite *rewrite, int index, hdt_value *value)
{
	if (!rewrite || !value)
		return; /* a builder's fault is in the context already */
	if (index < 0 || index >= rewrite->root->output_count)
		hdt_fail(rewrite->graph->context, HDT_INTERNAL, "%s has no output %d", rewrite->root->op->name, index);
	else
		rewrite->replacements[index] = value;
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

/* ---- replacements given as text --------------------------------------------------------------------------------- */

static bool attribute_argument(const hdt_attribute_value *a, hdt_context *context, hdt_argument *out)
{
	switch (a->kind) {
	case HDT_ATTRIBUTE_NONE:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_NONE};
		return true;
	case HDT_ATTRIBUTE_INT:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_DIM, .dim = hdt_int(context, a->integer)};
		return true;
	case HDT_ATTRIBUTE_FLOAT:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_FLOAT, .real = a->real};
		return true;
	case HDT_ATTRIBUTE_BOOL:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_BOOL, .real = a->integer != 0};
		return true;
	case HDT_ATTRIBUTE_STRING:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_STRING, .string = a->string};
		return true;
	case HDT_ATTRIBUTE_DTYPE:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_DTYPE, .dtype = (hdt_dtype)a->integer};
		return true;
	case HDT_ATTRIBUTE_DIMS:
		*out = (hdt_argument){.kind = HDT_ARGUMENT_DIMS, .dims = {a->dims, a->count}};
		return true;
	}
	return false;
}

/* %x: a matched value; a: an attribute's variable. */
static bool find_matched(void *closure, token_kind kind, const char *name, hdt_argument *out)
{
	const hdt_rewrite *rewrite = closure;
	const match *m = &rewrite->match;
	for (int i = 0; kind == TOKEN_VALUE && i < m->value_count; i++)
		if (m->names[i] == name) {
			*out = (hdt_argument){.kind = m->values[i] ? HDT_ARGUMENT_VALUE : HDT_ARGUMENT_NONE, .value = m->values[i]};
			return true;
		}
	for (int i = 0; kind == TOKEN_NAME && i < m->attribute_count; i++)
		if (m->variables[i] == name)
			return attribute_argument(m->attributes[i], rewrite->graph->context, out);
	return false;
}

static void build_from_text(hdt_rewrite *rewrite)
{
	parser p;
	parser_init(&p, rewrite->graph->context, rewrite->rule->name, rewrite->rule->replacement);
	expression e = {.parser = &p, .graph = rewrite->graph, .find = find_matched, .closure = rewrite};
	hdt_argument result = {0};
	hdt_node *node = NULL;
	if (!expression_build(&e, &result, &node))
		return;
	if (p.now.kind != TOKEN_END)
		parser_fail(&p, "expected the end of the replacement");
	else if (result.kind != HDT_ARGUMENT_VALUE)
		parser_fail(&p, "the replacement must be a tensor");
	else if (node && node->output_count == rewrite->root->output_count)
		for (int i = 0; i < node->output_count; i++)
			hdt_replace(rewrite, i, node->outputs[i]);
	else
		hdt_replace(rewrite, 0, result.value);
}

/* ---- checks ----------------------------------------------------------------------------------------------------- */

/* Can these dimensions not be equal, whatever the symbols? */
static bool is_disproved(const hdt_expr *a, const hdt_expr *b)
{
	int64_t min = 0, max = 0;
	return hdt_bounds(hdt_sub(a, b), &min, &max) && (min > 0 || max < 0);
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
		if (old->shape[d] == new->shape[d] || hdt_proves_equal(old->shape[d], new->shape[d]))
			continue;
		/* With several outputs, only what cannot fail is put in place: the first would stay when the second fails. */
		if (is_disproved(old->shape[d], new->shape[d]) || rewrite->root->output_count > 1)
			return hdt_format(context, "dimension %d of the replacement is %s, not %s", d, hdt_expr_text(new->shape[d]),
			                  hdt_expr_text(old->shape[d]));
	}
	return NULL;
}

/* NULL when the replacement may be put in place, else what is wrong with it. */
static const char *find_misfit(const hdt_rewrite *rewrite)
{
	hdt_context *context = rewrite->graph->context;
	for (int i = 0; i < rewrite->root->output_count; i++) {
		const hdt_value *old = rewrite->root->outputs[i], *new = rewrite->replacements[i];
		if (!new &&graph_use_count(rewrite->graph, old) == 0)
			continue;
		if (!new)
			return hdt_format(context, "output %d of %s is used but not replaced", i, rewrite->root->op->name);
		if (new->graph != rewrite->graph)
			return "the replacement belongs to another graph";
		if (graph_depends(rewrite->graph, new, rewrite->root))
			return "the replacement needs what it replaces";
		const char *misfit = check_shape(rewrite, old, new);
		if (misfit)
			return misfit;
	}
	return NULL;
}

/* ---- the attempt ------------------------------------------------------------------------------------------------ */

static void build(hdt_rewrite *rewrite)
{
	hdt_graph *graph = rewrite->graph;
	const char *origin = graph_state_of(graph)->origin;
	hdt_graph_set_origin(graph, rewrite->root->origin);
	if (rewrite->rule->replacement) {
		build_from_text(rewrite);
	} else {
		hdt_status status = rewrite->rule->apply(rewrite, rewrite->root);
		if (status != HDT_OK && hdt_context_status(graph->context) == HDT_OK)
			hdt_fail(graph->context, status, "the rule failed without saying why");
	}
	hdt_graph_set_origin(graph, origin);
}

static bool gives_nothing(const hdt_rewrite *rewrite)
{
	for (int i = 0; i < rewrite->root->output_count; i++)
		if (rewrite->replacements[i])
			return false;
	return true;
}

/* Decide what becomes of what the rule has built; APPLIED: put it in place. */
static attempt_outcome judge(hdt_rewrite *rewrite, const char **reason)
{
	hdt_context *context = rewrite->graph->context;
	if (hdt_context_status(context) != HDT_OK) {
		*reason = hdt_format(context, "%s", context->message);
		return ATTEMPT_WRONG;
	}
	*reason = rewrite->declined;
	if (*reason)
		return ATTEMPT_DECLINED;
	*reason = gives_nothing(rewrite) ? "it gives no replacement and no reason" : find_misfit(rewrite);
	if (*reason)
		return rewrite->rule->replacement ? ATTEMPT_DECLINED : ATTEMPT_WRONG;
	for (int i = 0; i < rewrite->root->output_count; i++)
		if (rewrite->replacements[i] &&
		    graph_replace_uses(rewrite->graph, rewrite->root->outputs[i], rewrite->replacements[i]) != HDT_OK) {
			*reason = hdt_format(context, "what follows does not accept it: %s", context->message);
			return ATTEMPT_WRONG;
		}
	return ATTEMPT_APPLIED;
}

attempt_outcome attempt_rule(hdt_graph *graph, const rule *r, const hdt_node *node, const char **reason)
{
	hdt_rewrite rewrite = {.graph = graph, .rule = r, .root = node};
	const char *blocked = NULL;
	*reason = NULL;
	if (!match_find(r, graph, node, &rewrite.match, &blocked)) {
		*reason = blocked ? hdt_format(graph->context, "%%%s is used outside the match", blocked) : NULL;
		return blocked ? ATTEMPT_DECLINED : ATTEMPT_NO_MATCH;
	}
	rewrite.replacements = hdt_allocate(graph->context, sizeof(hdt_value *) * (size_t)node->output_count);
	if (!rewrite.replacements)
		return ATTEMPT_DECLINED;
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
