/* limit.c: a plan of a run against the limit of its memory, before any of it is taken.
 *
 *     this run needs 3211264 bytes for its intermediate results, and the limit is 1000000; most of them live in step 2 of 60, relu:
 *        1605632  conv2d (layer1.0) f32[1, 64, 56, 56]
 *        1605632  relu (layer1.0) f32[1, 64, 56, 56]
 */
#include "exec/state.h"

enum { MOST_LISTED = 8 };

static bool lives(const slot *s, int at)
{
	return s->place == SLOT_ARENA && s->first <= at && at <= s->last;
}

/* The step in which most bytes are alive; the number of steps stands for "after the run". */
static int find_peak(const compiled_graph *c, const plan *p)
{
	int64_t most = -1;
	int peak = 0;
	for (int at = 0; at <= c->step_count; at++) {
		int64_t alive = 0;
		for (int i = 0; i < c->slot_count; i++)
			alive += lives(&c->slots[i], at) ? p->bytes[i] : 0;
		if (alive > most) {
			most = alive;
			peak = at;
		}
	}
	return peak;
}

/* The largest slot alive that comes after `last` in the order (bytes falling, number rising); -1: there is no more. */
static int find_next(const compiled_graph *c, const plan *p, int at, int last)
{
	int best = -1;
	for (int i = 0; i < c->slot_count; i++) {
		bool after = last < 0 || p->bytes[i] < p->bytes[last] || (p->bytes[i] == p->bytes[last] && i > last);
		if (lives(&c->slots[i], at) && after && p->bytes[i] > 0 && (best < 0 || p->bytes[i] > p->bytes[best]))
			best = i;
	}
	return best;
}

static void describe(text *t, const slot *s)
{
	const hdt_node *producer = s->value ? s->value->producer : NULL;
	if (!s->value)
		text_add(t, "workspace");
	else if (!producer)
		text_format(t, "%s", s->value->name);
	else
		text_format(t, "%s%s%s%s", producer->op->name, producer->origin ? " (" : "",
		            producer->origin ? producer->origin : "", producer->origin ? ")" : "");
	text_format(t, " %s[", hdt_dtype_of(s->dtype)->name);
	for (int d = 0; d < s->shape.count; d++)
		text_format(t, "%s%s", d ? ", " : "", hdt_expr_text(s->shape.items[d]));
	text_add(t, "]");
}

hdt_status plan_check_limit(const compiled_graph *c, hdt_context *diagnostics, const plan *p)
{
	int64_t limit = c->report.memory_limit;
	if (limit <= 0 || p->size.bytes <= limit)
		return HDT_OK;
	text t = {0};
	int peak = find_peak(c, p), listed = 0;
	if (peak < c->step_count)
		text_format(&t, "step %d of %d, %s:", peak + 1, c->step_count, c->steps[peak].group->text);
	else
		text_add(&t, "the outputs, after the run:");
	for (int i = find_next(c, p, peak, -1); i >= 0 && listed < MOST_LISTED; i = find_next(c, p, peak, i), listed++) {
		text_format(&t, "\n  %12lld  ", (long long)p->bytes[i]);
		describe(&t, &c->slots[i]);
	}
	hdt_status status = hdt_fail(
		diagnostics, HDT_OUT_OF_MEMORY,
		"out of memory: this run needs %lld bytes for its intermediate results, and the limit is %lld; most of them "
		"live in %s",
		(long long)p->size.bytes, (long long)limit, t.data ? t.data : "one step");
	text_free(&t);
	return status;
}
