/* partition_prologue.c: what is cheap, or read once, is computed where it is read, and never stored:
 *
 *     %0 = permuted(%x)   %1 = times(%y, %y)   %2 = plus(%0, %1)   %3 = minus(%0, %z)     %0 becomes part of both, %1 of the first
 *
 * Last ones first, so that whole chains go. A node with several readers is done again in each, if that reads no more memory than storing
 * its result would. */
#include "pass/partition_state.h"

#include <math.h>

enum { AGAIN = 16 }; /* operations for an element, at most, that are done again rather than stored */

static double value_bytes_estimate(const hdt_value *v)
{
	double bytes = hdt_dtype_of(v->dtype)->bytes;
	for (int d = 0; d < v->rank; d++)
		bytes *= (double)hdt_size_estimate(v->shape[d]);
	return bytes;
}

/* Reading what it reads once for every reader against reading it once, storing the result and reading that. */
static bool reads_no_more(const part *n, int readers)
{
	double in = 0, out = 0;
	for (int o = 0; o < n->node->output_count; o++)
		out += value_bytes_estimate(n->node->outputs[o]);
	for (int i = 0; i < n->node->input_count; i++) {
		if (!n->node->inputs[i])
			continue;
		double bytes = value_bytes_estimate(n->node->inputs[i]);
		double most = n->elements * hdt_dtype_of(n->node->inputs[i]->dtype)->bytes;
		in += bytes < most ? bytes : most;
	}
	return readers * in <= in + out + readers * out;
}

/* The tensor of a value, unless it is written into its readers. */
static const composed_tensor *find_left(const composition *c, const void *what)
{
	for (int i = 0; i < c->tensors.count; i++)
		if (c->tensors.items[i].what == what && !c->tensors.items[i].gone)
			return &c->tensors.items[i];
	return NULL;
}

/* How often each element of the absorbed node is computed in the unit: what `drafted` has written into its only reader, once. */
static double times_computed(partitioner *p, int u, const part *n, const composition *drafted, const char **reason)
{
	double most = 0;
	for (int o = 0; o < n->node->output_count; o++) {
		const hdt_value *output = n->node->outputs[o];
		unit_draft draft;
		composition c;
		if (!find_left(drafted, output))
			continue;
		if (!unit_compose_draft(p, u, output, &draft, &c, reason))
			return -1;
		const composed_tensor *t = find_left(&c, output);
		double elements = t ? tensor_elements(t->tensor) : 0;
		double times = elements > 0 ? compose_reads(&c, t->tensor).evaluations / elements : 0;
		most = times > most ? times : most;
	}
	return most;
}

/* Is its result one of the tensors that are left, computed once for each row? */
static bool is_stored(const composition *c, const part *n)
{
	for (int o = 0; o < n->node->output_count; o++)
		if (find_left(c, n->node->outputs[o]))
			return true;
	return false;
}

static int own_stages(const partitioner *p, int u)
{
	const part *first = &p->parts[p->units[u].parts.items[0]];
	return p->units[u].kind == UNIT_HEAVY ? first->stages : 1;
}

/* With the node absorbed: why its reader `u` had better read its result from memory; NULL: it had not, and `draft` is what it becomes. */
static const char *reader_reason(partitioner *p, int u, const part *n, unit_draft *draft)
{
	composition c;
	const char *reason;
	if (!unit_compose_draft(p, u, NULL, draft, &c, &reason))
		return reason ? reason : "memory is out";
	bool stored = is_stored(&c, n);
	if (p->units[u].kind == UNIT_ROWS) {
		if ((reason = rows_reason(&c)))
			return reason;
		if (stored)
			return NULL;
	} else if (compose_rows(&c).stages > own_stages(p, u)) {
		return "its result would have to be stored, still";
	}
	if (n->moves)
		return NULL;
	double times = times_computed(p, u, n, &draft->joined, &reason);
	if (times < 0)
		return reason ? reason : "memory is out";
	return times > 1.05 && (times - 1) * n->cost > AGAIN ? "it would be computed again for every use" : NULL;
}

static void take_out(partitioner *p, int n)
{
	p->units[n].parts.count = 0;
	p->parts[n].unit = -1;
	p->parts[n].absorbed = true;
}

static void put_back(partitioner *p, int n)
{
	p->units[n].parts.items[0] = n;
	p->units[n].parts.count = 1;
	p->parts[n].unit = n;
	p->parts[n].absorbed = false;
}

/* Why it cannot be, before anything is tried. */
static const char *first_reason(const partitioner *p, const part *n, const int_list *readers)
{
	for (int i = 0; i < readers->count; i++) {
		if (readers->items[i] < 0)
			return "the first one's result is an output of the graph";
		if (p->parts[p->units[readers->items[i]].parts.items[0]].setup != n->setup)
			return "one of them is computed once, from constants";
	}
	return reads_no_more(n, readers->count) ? NULL
	                                        : "each reader would read more memory than the first one's result has";
}

/* Would the readers, as these drafts, take much longer than they and the node do? Elementwise work is no slower for more of it. */
static const char *slow_reason(partitioner *p, int n, const int_list *readers, const unit_draft *drafts, double *costs)
{
	bool all_maps = true;
	double together = 0, apart = 0;
	for (int i = 0; i < readers->count; i++) {
		all_maps = all_maps && p->units[readers->items[i]].kind == UNIT_MAP;
		costs[i] = INFINITY;
	}
	if (all_maps || !partition_asks(p) || p->parts[n].setup)
		return NULL;
	for (int i = 0; i < readers->count; i++) {
		composition c;
		if (!compose_settle(&drafts[i].joined, &c))
			return NULL;
		costs[i] = partition_cost(p, readers->items[i], &c);
		together += costs[i];
		put_back(p, n);
		apart += unit_cost(p, readers->items[i]);
		take_out(p, n);
	}
	put_back(p, n);
	apart += unit_cost(p, n);
	take_out(p, n);
	return cost_reason(p, together, apart);
}

/* The node becomes part of all its readers, or of none. */
static bool absorb(partitioner *p, int n, const int_list *readers, const char **reason)
{
	unit_draft *drafts = hdt_allocate(p->context, ((size_t)readers->count + 1) * sizeof *drafts);
	double *costs = hdt_allocate(p->context, ((size_t)readers->count + 1) * sizeof *costs);
	if (!drafts || !costs)
		return false;
	take_out(p, n);
	for (int i = 0; i < readers->count && !*reason; i++)
		*reason = reader_reason(p, readers->items[i], &p->parts[n], &drafts[i]);
	if (*reason || (*reason = slow_reason(p, n, readers, drafts, costs)))
		put_back(p, n);
	for (int i = 0; i < readers->count && !*reason; i++) {
		unit *reader = &p->units[readers->items[i]];
		reader->draft = &drafts[i];
		reader->cost_known = costs[i] < INFINITY;
		reader->cost = costs[i];
	}
	return true;
}

static bool try_absorb(partitioner *p, int n)
{
	int_list readers = {0};
	if (!unit_users(p, n, &readers))
		return false;
	const char *reason = first_reason(p, &p->parts[n], &readers);
	if (!reason && readers.count && !absorb(p, n, &readers, &reason))
		return false;
	for (int i = 0; reason && i < readers.count; i++)
		if (readers.items[i] >= 0)
			refuse(p, n, p->units[readers.items[i]].parts.items[0], reason);
	return hdt_context_status(p->context) == HDT_OK;
}

bool partition_prologues(partitioner *p)
{
	for (int n = p->count - 1; n >= 0; n--)
		if (p->units[n].kind == UNIT_MAP && p->units[n].parts.count == 1 && !try_absorb(p, n))
			return false;
	return true;
}
