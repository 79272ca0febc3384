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
	refusal r = {from, to, reason};
	if (p->explain)
		(void)vec_push(p->context, &p->refusals, r);
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

bool units_tangle(partitioner *p, int a, int b)
{
	int_list reached = {0};
	bool ok = true, found = false;
	unsigned mark = ++p->unit_walk;
	for (int side = 0; ok && side < 2; side++)
		ok = unit_users(p, side ? b : a, &reached);
	int kept = 0;
	for (int i = 0; i < reached.count; i++) {
		int u = reached.items[i];
		if (u < 0 || u == a || u == b || p->units[u].mark == mark)
			continue;
		p->units[u].mark = mark;
		reached.items[kept++] = u;
	}
	reached.count = kept;
	for (int i = 0; ok && !found && i < reached.count; i++) {
		int_list next = {0};
		ok = unit_users(p, reached.items[i], &next) && reached.count < MAX_REACHED;
		for (int k = 0; ok && k < next.count; k++) {
			int u = next.items[k];
			found |= u == a || u == b;
			if (u < 0 || p->units[u].mark == mark)
				continue;
			p->units[u].mark = mark;
			ok = vec_push(p->context, &reached, u);
		}
	}
	return found || !ok;
}

/* ---- joining ---- */

bool unit_take(partitioner *p, int to, int from)
{
	unit *u = &p->units[to], *other = &p->units[from];
	for (int i = 0; i < other->parts.count; i++) {
		if (!vec_push(p->context, &u->parts, other->parts.items[i]))
			return false;
		p->parts[other->parts.items[i]].unit = to;
	}
	other->parts.count = 0;
	return true;
}

void unit_give_back(partitioner *p, int u, int count)
{
	unit *from = &p->units[u];
	for (; from->parts.count > count; from->parts.count--) {
		int n = from->parts.items[from->parts.count - 1];
		unit *home = &p->units[n];
		p->parts[n].unit = n;
		home->parts.items[0] = n; /* where it began: there is room for it */
		home->parts.count = 1;
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

bool unit_compose(partitioner *p, int u, const void *also, composition *out, const char **reason)
{
	int_list members = {0};
	value_list needed = {0};
	*reason = NULL;
	if (!unit_members(p, u, &members) || !unit_needed(p, u, &needed) || (also && !vec_push(p->context, &needed, also)))
		return false;
	if (members.count > MAX_MEMBERS) {
		*reason = "together they would have too many nodes";
		return false;
	}
	task_member *all = hdt_allocate(p->context, ((size_t)members.count + 1) * sizeof *all);
	if (!all)
		return false;
	for (int i = 0; i < members.count; i++)
		if (!describe_member(p, p->parts[members.items[i]].node, &all[i]))
			return false;
	if (!compose(out, p->context, all, members.count, needed.items, needed.count)) {
		*reason = "their task cannot be made";
		return false;
	}
	*reason = size_reason(out);
	return !*reason;
}
