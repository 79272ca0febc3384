/* partition_prologue.c: what is cheap, or read once, is computed where it is read, and never stored:
 *
 *     %0 = permuted(%x)   %1 = times(%y, %y)   %2 = plus(%0, %1)   %3 = minus(%0, %z)     %0 becomes part of both, %1 of the first
 *
 * Last ones first, so that whole chains go. A node with several readers is done again in each, if that reads no more memory than storing
 * its result would. */
#include "pass/partition_state.h"

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

/* How often each element of the absorbed node is computed in the unit, and how many tensors its result would be read from. */
static double times_computed(partitioner *p, int u, const part *n, const char **reason)
{
	double most = 0;
	for (int o = 0; o < n->node->output_count; o++) {
		composition c;
		if (!unit_compose(p, u, n->node->outputs[o], &c, reason))
			return -1;
		for (int i = 0; i < c.tensors.count; i++) {
			if (c.tensors.items[i].what != n->node->outputs[o])
				continue;
			double elements = tensor_elements(c.tensors.items[i].tensor);
			double evaluations = compose_reads(&c, c.tensors.items[i].tensor).evaluations;
			double times = elements > 0 ? evaluations / elements : 0;
			most = times > most ? times : most;
		}
	}
	return most;
}

/* Is its result one of the tensors that are left, computed once for each row? */
static bool is_stored(const composition *c, const part *n)
{
	for (int i = 0; i < c->tensors.count; i++)
		for (int o = 0; o < n->node->output_count; o++)
			if (c->tensors.items[i].what == n->node->outputs[o] && !c->tensors.items[i].gone)
				return true;
	return false;
}

static int own_stages(const partitioner *p, int u)
{
	const part *first = &p->parts[p->units[u].parts.items[0]];
	return p->units[u].kind == UNIT_HEAVY ? first->stages : 1;
}

/* With the node absorbed: why its reader `u` had better read its result from memory; NULL: it had not. */
static const char *reader_reason(partitioner *p, int u, const part *n)
{
	composition c;
	const char *reason;
	if (!unit_compose(p, u, NULL, &c, &reason))
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
	double times = times_computed(p, u, n, &reason);
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

static bool try_absorb(partitioner *p, int n)
{
	part *at = &p->parts[n];
	int_list readers = {0};
	const char *reason = NULL;
	if (!unit_users(p, n, &readers))
		return false;
	for (int i = 0; i < readers.count && !reason; i++)
		if (readers.items[i] < 0)
			reason = "the first one's result is an output of the graph";
		else if (p->parts[p->units[readers.items[i]].parts.items[0]].setup != at->setup)
			reason = "one of them is computed once, from constants";
	if (!reason && !reads_no_more(at, readers.count))
		reason = "each reader would read more memory than the first one's result has";
	if (!reason && readers.count) {
		take_out(p, n);
		for (int i = 0; i < readers.count && !reason; i++)
			reason = reader_reason(p, readers.items[i], at);
		if (reason)
			put_back(p, n);
	}
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
