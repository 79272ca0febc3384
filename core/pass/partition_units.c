/* partition_units.c: units while a partition is made: who reads whom, joining and parting, and the composition of a unit. */
#include "pass/partition_state.h"

#include <stdlib.h>

enum { MAX_REACHED = 2000 }; /* units looked at before two are taken to tangle */

bool node_is_view(const hdt_node *node)
{
	for (int i = 0; i < node->output_count; i++)
		if (!node->task->aliases || node->task->aliases[i] < 0)
			return false;
	return node->output_count > 0;
}

static const hdt_value *viewed(const hdt_value *v)
{
	return v->producer->inputs[v->producer->task->aliases[v->index]];
}

const hdt_value *value_root(const hdt_value *value)
{
	while (value->producer && node_is_view(value->producer))
		value = viewed(value);
	return value;
}

void refuse(partitioner *p, int from, int to, const char *reason)
{
	part *n = &p->parts[from];
	refusal r = {to, reason};
	for (int i = 0; i < n->refusals.count; i++)
		if (n->refusals.items[i].to == to) {
			n->refusals.items[i].reason = reason;
			return;
		}
	if (p->explain)
		(void)vec_push(p->context, &n->refusals, r);
}

int part_of(const partitioner *p, const hdt_value *value)
{
	return value->producer ? (int)(uintptr_t)map_get(&p->numbers, value->producer) - 1 : -1;
}

/* ---- who reads whom ---- */

static bool add_once(partitioner *p, int_list *l, int item)
{
	return list_has(l, item) || vec_push(p->context, l, item);
}

static bool add_users(partitioner *p, const hdt_value *value, int_list *out, int_list *through)
{
	const value_uses *uses = map_get(&p->uses, value);
	bool ok = !uses || !uses->output || add_once(p, out, -1);
	for (int i = 0; ok && uses && i < uses->parts.count; i++) {
		int user = uses->parts.items[i];
		part *n = &p->parts[user];
		if (!n->view && !n->absorbed) {
			ok = add_once(p, out, n->unit);
		} else if (n->mark != p->walk) {
			n->mark = p->walk;
			ok = heap_push(through, user);
		}
	}
	return ok;
}

bool users_of(partitioner *p, const hdt_value *value, int_list *out)
{
	int_list through = {0};
	p->walk++;
	bool ok = add_users(p, value, out, &through);
	for (int i = 0; ok && i < through.count; i++) {
		const hdt_node *node = p->parts[through.items[i]].node;
		for (int o = 0; ok && o < node->output_count; o++)
			ok = add_users(p, node->outputs[o], out, &through);
	}
	heap_free(&through);
	return ok || hdt_fail(p->context, HDT_OUT_OF_MEMORY, "out of memory while a graph was partitioned") == HDT_OK;
}

bool unit_users(partitioner *p, int u, int_list *out)
{
	int_list all = {0};
	for (int i = 0; i < p->units[u].parts.count; i++) {
		const hdt_node *node = p->parts[p->units[u].parts.items[i]].node;
		for (int o = 0; o < node->output_count; o++)
			if (!users_of(p, node->outputs[o], &all))
				return false;
	}
	for (int i = 0; i < all.count; i++)
		if (all.items[i] != u && !vec_push(p->context, out, all.items[i]))
			return false;
	return true;
}

/* A search for a way from one unit to another, through others. */
typedef struct tangle {
	int from, to;
	int_list reached; /* units that need what `from` makes, but for these two */
	bool found;
} tangle;

/* Those that need what `u` makes. A unit that `to` needs is no later than it. */
static bool reach(partitioner *p, tangle *t, int u)
{
	int_list users = {0};
	if (!unit_users(p, u, &users))
		return false;
	for (int i = 0; i < users.count; i++) {
		int next = users.items[i];
		t->found = t->found || (u != t->from && (next == t->from || next == t->to));
		if (next < 0 || next == t->from || next == t->to || p->units[next].mark == p->unit_walk ||
		    p->units[next].earliest > p->units[t->to].earliest)
			continue;
		p->units[next].mark = p->unit_walk;
		if (!vec_push(p->context, &t->reached, next))
			return false;
	}
	return true;
}

bool units_tangle(partitioner *p, int a, int b)
{
	tangle t = {.from = a, .to = b};
	p->unit_walk++;
	bool ok = reach(p, &t, a);
	for (int i = 0; ok && !t.found && i < t.reached.count; i++)
		ok = t.reached.count < MAX_REACHED && reach(p, &t, t.reached.items[i]);
	return t.found || !ok;
}

/* ---- joining ---- */

/* The unit is as early as told, and what it needs no later. */
static bool set_earliest(partitioner *p, int u, int number)
{
	int_list units = {0};
	p->units[u].earliest = number;
	bool ok = vec_push(p->context, &units, u);
	for (int i = 0; ok && i < units.count; i++) {
		const unit *at = &p->units[units.items[i]];
		for (int k = 0; ok && k < at->parts.count; k++) {
			const hdt_node *node = p->parts[at->parts.items[k]].node;
			for (int n = 0; ok && n < node->input_count; n++) {
				int from = node->inputs[n] ? part_of(p, value_root(node->inputs[n])) : -1;
				int needed = from < 0 ? -1 : p->parts[from].unit;
				if (needed < 0 || p->units[needed].earliest <= number)
					continue;
				p->units[needed].earliest = number;
				ok = vec_push(p->context, &units, needed);
			}
		}
	}
	return ok;
}

bool unit_take(partitioner *p, int to, int from)
{
	unit *u = &p->units[to], *other = &p->units[from];
	for (int i = 0; i < other->parts.count; i++) {
		if (!vec_push(p->context, &u->parts, other->parts.items[i]))
			return false;
		p->parts[other->parts.items[i]].unit = to;
	}
	other->parts.count = 0;
	u->cost_known = false;
	return set_earliest(p, to, u->earliest < other->earliest ? u->earliest : other->earliest);
}

void unit_give_back(partitioner *p, int u, int count)
{
	unit *from = &p->units[u];
	from->cost_known = from->cost_known && from->parts.count <= count;
	for (; from->parts.count > count; from->parts.count--) {
		int n = from->parts.items[from->parts.count - 1];
		unit *home = &p->units[n];
		p->parts[n].unit = n;
		home->parts.items[0] = n; /* where it began: there is room for it */
		home->parts.count = 1;
		home->earliest = from->earliest < home->earliest ? from->earliest : home->earliest;
	}
}

/* ---- members ---- */

static int compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

/* The node behind `value` when the unit computes it, and the views on the way to it. */
static bool add_producer(partitioner *p, int u, const hdt_value *value, int_list *out)
{
	int n = part_of(p, value_root(value));
	if (n < 0 || !(p->parts[n].absorbed || p->parts[n].unit == u))
		return true;
	for (const hdt_value *v = value; v->producer; v = viewed(v)) {
		int at = part_of(p, v);
		if (p->parts[at].mark == p->walk)
			break;
		p->parts[at].mark = p->walk;
		if (!vec_push(p->context, out, at))
			return false;
		if (!p->parts[at].view)
			break;
	}
	return true;
}

bool unit_members(partitioner *p, int u, int_list *out)
{
	p->walk++;
	for (int i = 0; i < p->units[u].parts.count; i++) {
		int n = p->units[u].parts.items[i];
		p->parts[n].mark = p->walk;
		if (!vec_push(p->context, out, n))
			return false;
	}
	for (int i = 0; i < out->count; i++) {
		const part *n = &p->parts[out->items[i]];
		for (int k = 0; k < n->node->input_count; k++)
			if (n->node->inputs[k] && !add_producer(p, u, n->node->inputs[k], out))
				return false;
	}
	if (out->count)
		qsort(out->items, (size_t)out->count, sizeof *out->items, compare);
	return true;
}

bool unit_needed(partitioner *p, int u, value_list *out)
{
	int_list own = {0};
	for (int i = 0; i < p->units[u].parts.count; i++)
		if (!vec_push(p->context, &own, p->units[u].parts.items[i]))
			return false;
	if (own.count)
		qsort(own.items, (size_t)own.count, sizeof *own.items, compare);
	for (int i = 0; i < own.count; i++) {
		const hdt_node *node = p->parts[own.items[i]].node;
		for (int o = 0; o < node->output_count; o++) {
			int_list users = {0};
			if (!users_of(p, node->outputs[o], &users))
				return false;
			bool inside = users.count == 0 ? own.count > 1 : users.count == 1 && users.items[0] == u;
			if (!inside && !vec_push(p->context, out, (const void *)node->outputs[o]))
				return false;
		}
	}
	return true;
}

/* ---- composition ---- */

static const hdt_expr *known_number(const hdt_value *v)
{
	double number;
	const double whole = 9007199254740992.0;
	if (!v || v->rank > 1 || !hdt_constant_number(v, &number))
		return NULL;
	if (!hdt_is_float(v->dtype) && !(number > -whole && number < whole))
		return NULL;
	return hdt_number(v->graph->context, v->dtype, number);
}

static bool describe_member(partitioner *p, const hdt_node *node, task_member *out)
{
	size_t inputs = (size_t)node->task->input_count + 1;
	const void **what = hdt_allocate(p->context, inputs * sizeof *what);
	const hdt_expr **numbers = hdt_allocate(p->context, inputs * sizeof *numbers);
	const void **made = hdt_allocate(p->context, ((size_t)node->output_count + 1) * sizeof *made);
	if (!what || !numbers || !made)
		return false;
	for (int i = 0; i < node->task->input_count; i++) {
		what[i] = node->inputs[i];
		numbers[i] = known_number(node->inputs[i]);
	}
	for (int o = 0; o < node->output_count; o++)
		made[o] = node->outputs[o];
	*out = (task_member){node->task, what, numbers, made};
	return true;
}

static const char *size_reason(const composition *c)
{
	int stages = 0;
	for (int i = 0; i < c->tensors.count; i++)
		stages += !c->tensors.items[i].gone;
	if (stages > MAX_STAGES)
		return "together they would have too many tensors";
	return c->inputs.count > MAX_INPUTS ? "together they would read too many inputs" : NULL;
}

static const task_member *describe_members(partitioner *p, const int_list *members)
{
	task_member *all = hdt_allocate(p->context, ((size_t)members->count + 1) * sizeof *all);
	for (int i = 0; all && i < members->count; i++)
		if (!describe_member(p, p->parts[members->items[i]].node, &all[i]))
			return NULL;
	return all;
}

/* *known: those members that the unit's draft has are left out of `members`. */
static bool list_members(partitioner *p, int u, int_list *members, bool *known)
{
	const unit_draft *before = p->units[u].draft;
	int_list all = {0};
	int kept = 0;
	if (!unit_members(p, u, &all))
		return false;
	for (int i = 0; before && i < all.count; i++)
		kept += list_has(&before->members, all.items[i]);
	*known = before && kept == before->members.count;
	for (int i = 0; i < all.count; i++)
		if (!(*known && list_has(&before->members, all.items[i])) && !vec_push(p->context, members, all.items[i]))
			return false;
	return true;
}

/* More members in front of those of the unit's draft. False when that cannot be. */
static bool extend_draft(partitioner *p, int u, const int_list *added, const void *also, unit_draft *draft)
{
	const unit_draft *before = p->units[u].draft;
	*draft = (unit_draft){.members = *added};
	for (int i = 0; i < before->members.count; i++)
		if (!vec_push(p->context, &draft->members, before->members.items[i]))
			return false;
	const task_member *members = draft->members.count <= MAX_MEMBERS ? describe_members(p, added) : NULL;
	return members && compose_before(&before->joined, members, added->count, also, &draft->joined);
}

static bool make_draft(partitioner *p, int u, const void *also, unit_draft *draft)
{
	value_list needed = {0};
	*draft = (unit_draft){0};
	if (!unit_members(p, u, &draft->members) || !unit_needed(p, u, &needed) ||
	    (also && !vec_push(p->context, &needed, also)))
		return false;
	const task_member *members = draft->members.count <= MAX_MEMBERS ? describe_members(p, &draft->members) : NULL;
	return members &&
	       compose_draft(&draft->joined, p->context, members, draft->members.count, needed.items, needed.count);
}

static bool settle(partitioner *p, bool made, const unit_draft *draft, composition *out, const char **reason)
{
	if (draft->members.count > MAX_MEMBERS)
		*reason = "together they would have too many nodes";
	else if (!made || !compose_settle(&draft->joined, out))
		*reason = "their task cannot be made";
	else
		*reason = size_reason(out);
	return !*reason && hdt_context_status(p->context) == HDT_OK;
}

bool unit_compose(partitioner *p, int u, composition *out, const char **reason)
{
	unit_draft draft;
	bool made = make_draft(p, u, NULL, &draft);
	return settle(p, made, &draft, out, reason);
}

bool unit_compose_draft(partitioner *p, int u, const void *also, unit_draft *draft, composition *out,
                        const char **reason)
{
	int_list added = {0};
	bool known;
	if (!list_members(p, u, &added, &known))
		return false;
	bool made = known && extend_draft(p, u, &added, also, draft);
	if (!made && hdt_context_status(p->context) == HDT_OK)
		made = make_draft(p, u, also, draft);
	return settle(p, made, draft, out, reason);
}
