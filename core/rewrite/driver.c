/* driver.c: applies a list of rules to a graph until nothing changes.
 *
 * The best rule goes over the whole graph first; whenever a rule has changed something, the best one is asked again.
 * A run ends at a fixed point, at the caller's limit, or at the cap: there the rules that fired last are named and
 * switched off, the graph becomes what it was before the run, and the run begins anew. Each time at least one rule
 * fewer takes part, so it ends. Warnings go to the log and to the explanation; only running out of memory is a fault. */
#include "rewrite/rule.h"

#include "base/explain.h"
#include <string.h>

enum { BLAMED_RULES = 8, CAP_BASE = 100, CAP_PER_NODE = 20, GROWTH_BASE = 2000, GROWTH_PER_NODE = 8 };

typedef struct run {
	hdt_graph *graph;
	const rule_list *list;
	node_keeper *keeper;
	const rewrite_options *options;
	bool *off; /* of each rule: was wrong on this graph, or loops */
	int applied, cap, most_nodes;
	const rule *last[BLAMED_RULES]; /* that fired last, a ring */
} run;

/* ---- what is told ----------------------------------------------------------------------------------------------- */

static explanation *explained_in(const run *r)
{
	return r->options ? r->options->explain : NULL;
}

static void warn(run *r, const char *line)
{
	if (!line)
		return;
	hdt_log(r->graph->context, 0, "warning: %s", line);
	if (explained_in(r))
		explain_line(explained_in(r), NULL, "warning: %s", line);
}

/* Of the rules of this list that were refused when they were read. */
static void warn_of_refused(run *r)
{
	const refused_rule *refused;
	int count = rewrite_refused(r->graph->context->registry, &refused);
	for (int i = 0; i < count; i++)
		if (refused[i].entry->kind == r->list->kind)
			warn(r,
			     hdt_format(r->graph->context, "rule %s is left out: %s", refused[i].entry->name, refused[i].reason));
}

static void tell_declined(run *r, const rule *tried, const hdt_node *node, const char *reason)
{
	const char *value = node->outputs[0]->name, *op = node->op->name;
	hdt_log(r->graph->context, 5, "rule %s: declined %%%s = %s: %s", tried->name, value, op, reason);
	if (explained_in(r)) /* the same for other nodes of the operator is told with it */
		explain_line(explained_in(r), hdt_format(r->graph->context, "%s %s %s", tried->name, op, reason),
		             "%s: declined %%%s = %s: %s", tried->name, value, op, reason);
}

static void tell_applied(run *r, const rule *tried, const hdt_node *node)
{
	const char *value = node->outputs[0]->name, *op = node->op->name;
	hdt_log(r->graph->context, 5, "rule %s: applied to %%%s = %s", tried->name, value, op);
	if (explained_in(r))
		explain_line(explained_in(r), NULL, "%s: applied to %%%s = %s", tried->name, value, op);
}

static void tell_kept(run *r, const hdt_node *node, const char *keeper)
{
	const char *value = node->outputs[0]->name, *op = node->op->name;
	hdt_log(r->graph->context, 5, "scheduler %s: keeps %%%s = %s", keeper, value, op);
	if (explained_in(r))
		explain_line(explained_in(r), hdt_format(r->graph->context, "%s keeps %s", keeper, op),
		             "%%%s = %s stays whole: the scheduler %s keeps it", value, op, keeper);
}

/* Tell what came of an attempt and keep count. */
static void note(run *r, int index, const hdt_node *node, attempt_outcome outcome, const char *reason)
{
	const rule *tried = &r->list->rules.items[index];
	switch (outcome) {
	case ATTEMPT_NO_MATCH:
		return;
	case ATTEMPT_APPLIED:
		r->last[r->applied++ % BLAMED_RULES] = tried;
		tell_applied(r, tried, node);
		return;
	case ATTEMPT_DECLINED:
		tell_declined(r, tried, node, reason ? reason : "out of memory");
		return;
	case ATTEMPT_WRONG:
		r->off[index] = true;
		warn(r, hdt_format(r->graph->context, "rule %s is switched off for this graph: at %%%s = %s: %s", tried->name,
		                   node->outputs[0]->name, node->op->name, reason));
		return;
	}
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static bool at_limit(const run *r)
{
	return r->options && r->options->limit >= 0 && r->applied >= r->options->limit;
}

static bool runs_away(const run *r)
{
	return r->applied >= r->cap || r->graph->node_count > r->most_nodes;
}

static bool is_finished(const run *r)
{
	return runs_away(r) || at_limit(r) || hdt_context_status(r->graph->context) != HDT_OK;
}

/* May the rule be tried at this node? */
static bool is_open_to(run *r, const rule *tried, const hdt_node *node)
{
	if (!match_names_operator(tried->roots[0], node->op))
		return false;
	const char *keeper = r->keeper ? r->keeper(r->options, node) : NULL;
	if (keeper)
		tell_kept(r, node, keeper);
	return !keeper;
}

/* One rule over the whole graph. True when it has changed something. */
static bool sweep_rule(run *r, int index)
{
	const rule *tried = &r->list->rules.items[index];
	bool changed = false;
	for (int n = 0; n < r->graph->node_count && !r->off[index] && !is_finished(r);) {
		const hdt_node *node = r->graph->nodes[n];
		const char *reason = NULL;
		if (!is_open_to(r, tried, node)) {
			n++;
			continue;
		}
		attempt_outcome outcome = attempt_rule(r->graph, tried, node, &reason);
		note(r, index, node, outcome, reason);
		/* After a change the same place holds another node; what moved before it is met in the next round. */
		changed = changed || outcome == ATTEMPT_APPLIED;
		n += outcome != ATTEMPT_APPLIED;
	}
	return changed;
}

static void run_to_fixed_point(run *r)
{
	for (int i = 0; i < r->list->rules.count && !is_finished(r);)
		i = sweep_rule(r, i) ? 0 : i + 1;
}

/* Name the rules that fired last and switch them off. */
static void blame(run *r)
{
	text names = {0};
	int count = r->applied < BLAMED_RULES ? r->applied : BLAMED_RULES;
	for (int i = 0; i < count; i++) {
		int index = (int)(r->last[i] - r->list->rules.items);
		if (r->off[index])
			continue;
		r->off[index] = true;
		text_format(&names, "%s%s", names.length ? ", " : "", r->last[i]->name);
	}
	warn(r, hdt_format(r->graph->context, "%s after %d applications; switched off for this graph: %s",
	                   r->applied >= r->cap ? "rules undo each other" : "the graph grows without end", r->applied,
	                   names.data ? names.data : "unknown"));
	text_free(&names);
}

hdt_status rules_run(hdt_graph *graph, const rule_list *list, node_keeper *keeper, const rewrite_options *options,
                     int *applied)
{
	hdt_context *context = graph->context;
	run r = {.graph = graph, .list = list, .keeper = keeper, .options = options};
	if (!list)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory while reading the rules");
	r.cap = options && options->cap > 0 ? options->cap : CAP_BASE + CAP_PER_NODE * graph->node_count;
	r.most_nodes = GROWTH_BASE + GROWTH_PER_NODE * graph->node_count;
	r.off = hdt_allocate(context, sizeof *r.off * (size_t)(list->rules.count + 1));
	const graph_snapshot *before = graph_take_snapshot(graph);
	if (!r.off || !before)
		return HDT_OUT_OF_MEMORY;
	warn_of_refused(&r);
	run_to_fixed_point(&r);
	while (runs_away(&r) && hdt_context_status(context) == HDT_OK) {
		blame(&r);
		graph_restore(graph, before);
		r.applied = 0;
		run_to_fixed_point(&r);
	}
	if (at_limit(&r) && r.applied > 0 && explained_in(&r))
		explain_line(explained_in(&r), NULL, "stopped after %d applications, as asked for; the last was %s", r.applied,
		             r.last[(r.applied - 1) % BLAMED_RULES]->name);
	if (applied)
		*applied = r.applied;
	return hdt_context_status(context);
}
