/* partition_explain.c: what was computed together, and of neighbours that were not, why.
 *
 *     fused: product + plus (decoder.0): %0 %1
 *     not fused: %1 = plus and %2 = product: each has a reduction that reads its operands several times over (and 11 more)  */
#include "pass/partition_state.h"

static void explain_groups(partitioner *p, const partition *made, explanation *to)
{
	for (int i = 0; i < made->count; i++) {
		const fusion_group *g = &made->groups[i];
		text t = {0};
		for (int n = 0; n < g->node_count; n++)
			text_format(&t, " %%%s", g->nodes[n]->outputs[0]->name);
		const char *names = g->node_count > 1 ? text_finish(&t, p->context) : NULL;
		if (names)
			explain_line(to, NULL, "fused: %s:%s", g->text, names);
		text_free(&t);
	}
}

static void explain_pair(partitioner *p, int from, int to, const char *reason, explanation *lines)
{
	const hdt_node *a = p->parts[from].node, *b = p->parts[to].node;
	const char *kind = hdt_format(p->context, "%s %s %s", a->op->name, b->op->name, reason);
	explain_line(lines, kind, "not fused: %%%s = %s and %%%s = %s: %s", a->outputs[0]->name, a->op->name,
	             b->outputs[0]->name, b->op->name, reason);
}

/* They may have come together later. */
static void explain_refusals(partitioner *p, int n, explanation *to)
{
	const part *from = &p->parts[n];
	for (int i = 0; i < from->refusals.count && !from->absorbed; i++) {
		const refusal *r = &from->refusals.items[i];
		if (from->unit < 0 || from->unit != p->parts[r->to].unit)
			explain_pair(p, n, r->to, r->reason, to);
	}
}

/* ---- pairs that no step has looked at ---- */

static bool was_refused(const partitioner *p, int a, int b)
{
	const unit *from = &p->units[a], *to = &p->units[b];
	for (int i = 0; i < from->parts.count; i++) {
		const part *n = &p->parts[from->parts.items[i]];
		for (int r = 0; r < n->refusals.count; r++)
			for (int k = 0; k < to->parts.count; k++)
				if (n->refusals.items[r].to == to->parts.items[k])
					return true;
	}
	return false;
}

/* Does a part of `b` itself read one of `a`, or a view of it? */
static bool reads_directly(const partitioner *p, int a, int b)
{
	for (int i = 0; i < p->units[b].parts.count; i++) {
		const hdt_node *node = p->parts[p->units[b].parts.items[i]].node;
		for (int n = 0; n < node->input_count; n++) {
			int from = node->inputs[n] ? part_of(p, value_root(node->inputs[n])) : -1;
			if (from >= 0 && p->parts[from].unit == a)
				return true;
		}
	}
	return false;
}

static void explain_untried(partitioner *p, int u, explanation *to)
{
	int_list users = {0};
	if (!p->units[u].parts.count || !unit_users(p, u, &users))
		return;
	for (int i = 0; i < users.count; i++) {
		int user = users.items[i];
		if (user < 0 || was_refused(p, u, user))
			continue;
		explain_pair(p, p->units[u].parts.items[0], p->units[user].parts.items[0],
		             reads_directly(p, u, user)
		                 ? "no step looks at such a pair"
		                 : "what stands between them became part of the second one, after all else",
		             to);
	}
}

void partition_explain(partitioner *p, const partition *made, explanation *to)
{
	explain_groups(p, made, to);
	for (int n = 0; n < p->count; n++) {
		explain_refusals(p, n, to);
		explain_untried(p, n, to);
	}
}
