/* partition_epilogue.c: what is done to each result of a heavy reduction joins it.
 *
 *     %0 = product(%x, %w)   %1 = plus(%0, %b)   %2 = times(%1, %1)   %3 = plus(%2, %r)     one unit, whose output is %3
 *
 * Nodes join one after the other as long as they map elements to elements. What stands at the end is the last point at which all of it was
 * one value, computed in one place: a result that others need as well would have to be stored and read again. */
#include "pass/partition_state.h"

enum {
	MOST_STEPS = 40,
	SHORT_ROW = 32,      /* elements that are computed side by side: fewer do not hide how long a function takes, */
	LONG_REDUCTION = 512 /* unless the reduction before it takes long enough */
};

typedef struct growth {
	partitioner *p;
	int unit;
	int stages;       /* of the heavy node alone */
	double elements;  /* of its result */
	double steps;     /* of its reductions, for each of them */
	int_list refused; /* units that were tried */
} growth;

static int64_t row_length(const hdt_value *v)
{
	return v->rank ? hdt_size_estimate(v->shape[v->rank - 1]) : 1;
}

static const char *candidate_reason(const growth *g, int u)
{
	const part *n = &g->p->parts[g->p->units[u].parts.items[0]];
	const part *heavy = &g->p->parts[g->p->units[g->unit].parts.items[0]];
	if (n->setup != heavy->setup)
		return "one of them is computed once, from constants";
	if (g->p->units[u].kind == UNIT_HEAVY)
		return "each has a reduction that reads its operands several times over";
	if (n->reduces)
		return "the second one reduces over what the first one computes tile by tile";
	if (n->node->output_count != 1)
		return "the second one has several outputs";
	if (n->functions && !partition_asks(g->p) && g->steps < LONG_REDUCTION &&
	    row_length(n->node->outputs[0]) < SHORT_ROW)
		return "the second one has functions that are computed faster over all elements at once";
	return n->elements > g->elements * 1.0001 ? "the second one has more elements: the reduction would be done again"
	                                          : NULL;
}

/* The first unit in the order of the graph that may join; -1: none. */
static int next_candidate(growth *g)
{
	partitioner *p = g->p;
	int_list users = {0};
	int best = -1;
	if (!unit_users(p, g->unit, &users))
		return -1;
	for (int i = 0; i < users.count; i++) {
		int u = users.items[i];
		if (u < 0 || (best >= 0 && u > best) || list_has(&g->refused, u))
			continue;
		const char *reason =
			p->units[u].parts.count == 1 ? candidate_reason(g, u) : "the second one has joined another unit";
		if (!reason && units_tangle(p, g->unit, u))
			reason = "the second one also needs what others make of the first one's result";
		if (!reason) {
			best = u;
			continue;
		}
		refuse(p, p->units[g->unit].parts.items[0], p->units[u].parts.items[0], reason);
		if (!vec_push(p->context, &g->refused, u))
			return -1;
	}
	return best;
}

/* Is all of it one value, with no more tensors that have to be somewhere than the reduction alone has? */
static const char *state_reason(growth *g)
{
	composition c;
	const char *reason;
	value_list needed = {0};
	if (!unit_needed(g->p, g->unit, &needed) || needed.count != 1)
		return "the first one's result is needed elsewhere, too";
	if (!unit_compose(g->p, g->unit, &c, &reason))
		return reason ? reason : "memory is out";
	return compose_rows(&c).stages > g->stages ? "the reduction would be done again, or its result stored" : NULL;
}

/* ---- views at the end ---- */

static bool divides(const hdt_expr *e)
{
	return expr_contains_op(e, HDT_OP_FLOORDIV) || expr_contains_op(e, HDT_OP_MOD);
}

/* Would those who read the value, if they looked through this node, have to divide indices? Or is it an output of the graph? */
static bool reads_better_stored(partitioner *p, const hdt_value *value)
{
	const value_uses *uses = map_get(&p->uses, value);
	if (!uses || uses->output)
		return true;
	for (int i = 0; i < uses->parts.count; i++) {
		const part *n = &p->parts[uses->parts.items[i]];
		if (!n->view)
			continue;
		const hdt_tensor *t = n->node->task->outputs[0];
		const value_uses *next = map_get(&p->uses, n->node->outputs[0]);
		if (divides(t->value) || (next && next->output))
			return true;
	}
	return false;
}

/* Index maps that ended up last are left to the readers, where indices stay simple. */
static void drop_last_moves(partitioner *p, int u)
{
	unit *grown = &p->units[u];
	while (grown->parts.count > 1) {
		const part *last = &p->parts[grown->parts.items[grown->parts.count - 1]];
		if (!last->moves || reads_better_stored(p, last->node->outputs[0]))
			return;
		unit_give_back(p, u, grown->parts.count - 1);
	}
}

/* ---- growing ---- */

/* Nothing joins a reduction whose schedulers do not take it with what follows. */
static void drop_slow(partitioner *p, int u)
{
	unit *grown = &p->units[u];
	int first = grown->parts.items[0], count = grown->parts.count;
	if (count == 1 || !partition_asks(p) || p->parts[first].setup)
		return;
	double together = unit_cost(p, u);
	int_list taken = {0};
	for (int i = 1; i < count; i++)
		if (!vec_push(p->context, &taken, grown->parts.items[i]))
			return;
	unit_give_back(p, u, 1);
	double apart = unit_cost(p, u);
	for (int i = 0; i < taken.count; i++)
		apart += unit_cost(p, taken.items[i]);
	const char *reason = cost_reason(p, together, apart);
	for (int i = 0; i < taken.count; i++)
		if (reason)
			refuse(p, first, taken.items[i], reason);
		else if (!unit_take(p, u, taken.items[i]))
			return;
}

static bool grow(partitioner *p, int u)
{
	growth g = {.p = p, .unit = u};
	const part *heavy = &p->parts[p->units[u].parts.items[0]];
	int best = 1;
	g.stages = heavy->stages;
	g.elements = heavy->elements;
	g.steps = heavy->steps;
	for (int step = 0; step < MOST_STEPS; step++) {
		int next = next_candidate(&g), before = p->units[u].parts.count;
		value_list needed = {0};
		if (next < 0)
			break;
		if (!unit_take(p, u, next) || !unit_needed(p, u, &needed))
			return false;
		if (needed.count != 1) /* it may come together again */
			continue;
		const char *reason = state_reason(&g);
		if (!reason) {
			best = p->units[u].parts.count;
			continue;
		}
		refuse(p, p->units[u].parts.items[0], next, reason);
		unit_give_back(p, u, before);
		if (!vec_push(p->context, &g.refused, next))
			return false;
	}
	for (int i = best; p->explain && i < p->units[u].parts.count; i++)
		refuse(p, p->units[u].parts.items[0], p->units[u].parts.items[i],
		       "the first one's result is needed elsewhere, too");
	unit_give_back(p, u, best);
	drop_last_moves(p, u);
	drop_slow(p, u);
	return hdt_context_status(p->context) == HDT_OK;
}

bool partition_epilogues(partitioner *p)
{
	for (int u = 0; u < p->count; u++)
		if (p->units[u].kind == UNIT_HEAVY && p->units[u].parts.count == 1 && !grow(p, u))
			return false;
	return true;
}
