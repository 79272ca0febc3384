/* driver.c: applies a list of rules to a graph until nothing changes.
 *
 * The best rule goes over the whole graph first; whenever a rule has changed something, the best one is asked again. A
 * run ends at a fixed point, at the caller's limit, or at the cap, where the rules that fired last are blamed. Warnings
 * go to the log and to the explanation; only running out of memory is a fault. */
#include "rewrite/rule.h"

#include "base/map.h"
#include <string.h>

enum { BLAMED_RULES = 8, CAP_BASE = 100, CAP_PER_NODE = 20 };

typedef struct run {
	hdt_graph *graph;
	rule_list *list;
	const rewrite_options *options;
	int applied, cap;
	const char *last[BLAMED_RULES]; /* names of the rules that fired last, a ring */
	map told;                       /* interned lines already in the explanation */
} run;

/* Each line once, however often the rules go over the graph. */
HDT_PRINTF(2, 3) static void explain(run *r, const char *format, ...)
{
	if (!r->options || !r->options->explain)
		return;
	va_list args;
	va_start(args, format);
	const char *line = arena_vformat(&r->graph->context->arena, format, args);
	va_end(args);
	const char *interned = line ? hdt_intern(r->graph->context, line) : NULL;
	if (!interned || map_get(&r->told, interned))
		return;
	map_set(&r->told, interned, (void *)interned);
	text_format(r->options->explain, "%s\n", line);
}

static void warn(run *r, const char *line)
{
	if (!line)
		return;
	hdt_log(r->graph->context, 0, "warning: %s", line);
	explain(r, "warning: %s", line);
}

hdt_status rules_add(hdt_context *context, rule_list *list, const char *name, const char *source,
                     hdt_status (*apply)(hdt_rewrite *, const hdt_node *), const rewrite_options *options)
{
	rule one = {.name = name, .apply = apply};
	if (!pattern_parse(context, source, &one) || (one.replacement != NULL) == (apply != NULL)) {
		if (hdt_context_status(context) == HDT_OUT_OF_MEMORY)
			return HDT_OUT_OF_MEMORY;
		const char *reason = *context->message ? hdt_format(context, "%s", context->message)
		                                       : "it needs a function or a text with =>, and not both";
		context_clear_fault(context);
		hdt_log(context, 0, "warning: rule %s is left out: %s", name, reason);
		if (options && options->explain)
			text_format(options->explain, "warning: rule %s is left out: %s\n", name, reason);
		return HDT_OK;
	}
	return vec_push(context, &list->rules, one) ? HDT_OK : HDT_OUT_OF_MEMORY;
}

/* Tell what came of an attempt and keep count. */
static void note(run *r, rule *tried, const hdt_node *node, attempt_outcome outcome, const char *reason)
{
	hdt_context *context = r->graph->context;
	const char *value = node->outputs[0]->name, *op = node->op->name;
	switch (outcome) {
	case ATTEMPT_NO_MATCH:
		return;
	case ATTEMPT_APPLIED:
		r->last[r->applied++ % BLAMED_RULES] = tried->name;
		hdt_log(context, 5, "rule %s: applied to %%%s = %s", tried->name, value, op);
		explain(r, "%s: applied to %%%s = %s", tried->name, value, op);
		return;
	case ATTEMPT_DECLINED:
		hdt_log(context, 5, "rule %s: declined %%%s = %s: %s", tried->name, value, op,
		        reason ? reason : "out of memory");
		explain(r, "%s: declined %%%s = %s: %s", tried->name, value, op, reason ? reason : "out of memory");
		return;
	case ATTEMPT_WRONG:
		tried->off = true;
		warn(r, hdt_format(context, "rule %s is switched off for this graph: at %%%s = %s: %s", tried->name, value, op,
		                   reason));
		return;
	}
}

static bool is_finished(const run *r)
{
	return r->applied >= r->cap || (r->options && r->options->limit >= 0 && r->applied >= r->options->limit) ||
	       hdt_context_status(r->graph->context) != HDT_OK;
}

/* One rule over the whole graph. True when it has changed something. */
static bool sweep_rule(run *r, rule *tried)
{
	bool changed = false;
	for (int n = 0; n < r->graph->node_count && !tried->off && !is_finished(r);) {
		const hdt_node *node = r->graph->nodes[n];
		const char *reason = NULL;
		if (strcmp(node->op->name, tried->root->name)) {
			n++;
			continue;
		}
		attempt_outcome outcome = attempt_rule(r->graph, tried, node, &reason);
		note(r, tried, node, outcome, reason);
		/* After a change the same place holds another node; what moved before it is met in the next round. */
		changed = changed || outcome == ATTEMPT_APPLIED;
		n += outcome != ATTEMPT_APPLIED;
	}
	return changed;
}

static void blame(run *r)
{
	text names = {0};
	int count = r->applied < BLAMED_RULES ? r->applied : BLAMED_RULES;
	for (int i = 0; i < count; i++) {
		bool seen = false;
		for (int j = 0; j < i; j++)
			seen = seen || !strcmp(r->last[j], r->last[i]);
		if (!seen)
			text_format(&names, "%s%s", names.length ? ", " : "", r->last[i]);
	}
	warn(r, hdt_format(r->graph->context, "stopped after %d applications; these rules seem to undo each other: %s",
	                   r->applied, names.data ? names.data : "unknown"));
	text_free(&names);
}

hdt_status rules_run(hdt_graph *graph, rule_list *list, const rewrite_options *options, int *applied)
{
	run r = {.graph = graph, .list = list, .options = options};
	map_init(&r.told, graph->context);
	r.cap = options && options->cap > 0 ? options->cap : CAP_BASE + CAP_PER_NODE * graph->node_count;
	for (int i = 0; i < list->rules.count && !is_finished(&r);)
		i = sweep_rule(&r, &list->rules.items[i]) ? 0 : i + 1;
	if (r.applied >= r.cap)
		blame(&r);
	if (applied)
		*applied = r.applied;
	return hdt_context_status(graph->context);
}
