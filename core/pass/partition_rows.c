/* partition_rows.c: units that work on the same rows join: the parts of a norm or a softmax, what is done to their results, and short
 * products of which a row needs little.
 *
 *     %0 = mean(%x, axis=-1)   %1 = minus(%x, %0)   %2 = exp(%1)     one unit, row after row */
#include "pass/partition_state.h"

#include <math.h>

enum {
	MIN_ROWS = 16, /* fewer leave most of the machine idle, */
	FEW_ROWS = 8,  /* which does not matter where there is little to do */
	LITTLE_WORK = 65536,
	HARDLY_ANY_WORK = 16384 /* less than it takes to share it out */
};

const char *rows_reason(const composition *c)
{
	row_facts f = compose_rows(c);
	if (f.stages <= 1)
		return NULL;
	if (f.rows == 0)
		return "they have no rows in common";
	bool enough = f.count >= MIN_ROWS || (f.count >= FEW_ROWS && f.work <= LITTLE_WORK) || f.work <= HARDLY_ANY_WORK;
	return enough ? NULL : "they have too few rows in common";
}

static bool may_join(const partitioner *p, int a, int b, const char **reason)
{
	const part *from = &p->parts[p->units[a].parts.items[0]], *to = &p->parts[p->units[b].parts.items[0]];
	*reason = NULL;
	if (p->units[a].kind != UNIT_ROWS && p->units[b].kind != UNIT_ROWS)
		return false;
	if (p->units[a].kind == UNIT_MAP) /* it is absorbed later, or not worth it */
		return false;
	if (from->setup != to->setup)
		*reason = "one of them is computed once, from constants";
	return !*reason;
}

/* `b`, which reads `a`, becomes part of it if that is good. */
static bool try_join(partitioner *p, int a, int b, bool *joined)
{
	composition c;
	const char *reason;
	int before = p->units[a].parts.count, first = p->units[a].parts.items[0], other = p->units[b].parts.items[0];
	*joined = false;
	bool may = may_join(p, a, b, &reason);
	if (may && units_tangle(p, a, b))
		reason = "the second one also needs what others make of the first one's result";
	if (may && !reason) {
		double apart = partition_asks(p) && !p->parts[first].setup ? unit_cost(p, a) + unit_cost(p, b) : INFINITY;
		int_list parts = {0};
		for (int i = 0; i < p->units[b].parts.count; i++)
			if (!vec_push(p->context, &parts, p->units[b].parts.items[i]))
				return false;
		if (!unit_take(p, a, b))
			return false;
		if (unit_compose(p, a, &c, &reason))
			reason = rows_reason(&c);
		if (!reason && apart < INFINITY)
			reason = cost_reason(p, partition_cost(p, a, &c), apart);
		*joined = !reason && hdt_context_status(p->context) == HDT_OK;
		if (!*joined) {
			p->units[a].parts.count = before;
			p->units[b].parts.count = 0;
			for (int i = 0; i < parts.count; i++) {
				p->parts[parts.items[i]].unit = b;
				if (!vec_push(p->context, &p->units[b].parts, parts.items[i]))
					return false;
			}
		} else {
			p->units[a].kind = UNIT_ROWS;
		}
	}
	if (reason)
		refuse(p, first, other, reason);
	return hdt_context_status(p->context) == HDT_OK;
}

static bool grow(partitioner *p, int u)
{
	bool again = true;
	while (again) {
		int_list users = {0};
		again = false;
		if (!unit_users(p, u, &users))
			return false;
		for (int i = 0; i < users.count && !again; i++)
			if (users.items[i] >= 0 && !try_join(p, u, users.items[i], &again))
				return false;
	}
	return true;
}

bool partition_rows(partitioner *p)
{
	for (int u = 0; u < p->count; u++)
		if (p->units[u].parts.count && p->units[u].kind != UNIT_MAP && !grow(p, u))
			return false;
	return true;
}
