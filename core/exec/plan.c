/* plan.c: best fit, largest buffer first: each goes into the smallest gap between the placed buffers that live at the
 * same time, or behind them.
 *
 *     a: 4 KiB, steps 0..1   b: 4 KiB, steps 1..2   c: 2 KiB, steps 2..3     ->   a at 0, b at 4096, c at 0: 8 KiB
 */
#include "exec/plan.h"

#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (INT64_C(1) << 62)

static int64_t aligned(int64_t bytes)
{
	return (bytes + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
}

static int compare_size(const void *a, const void *b)
{
	const plan_buffer *x = *(plan_buffer *const *)a, *y = *(plan_buffer *const *)b;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x > y) - (x < y); /* the order given: both are of one array */
}

/* `placed` is sorted by offset. */
static int64_t find_offset(const plan_buffer *buffer, plan_buffer *const *placed, int count)
{
	int64_t need = aligned(buffer->bytes), best = -1, best_gap = INT64_MAX, end = 0;
	for (int i = 0; i < count; i++) {
		const plan_buffer *p = placed[i];
		if (p->last < buffer->first || p->first > buffer->last)
			continue;
		int64_t gap = p->offset - end;
		if (gap >= need && gap < best_gap) {
			best = end;
			best_gap = gap;
		}
		int64_t behind = p->offset + aligned(p->bytes);
		end = behind > end ? behind : end;
	}
	return best >= 0 ? best : end;
}

static void insert(plan_buffer **placed, int count, plan_buffer *buffer)
{
	int at = count;
	for (; at > 0 && placed[at - 1]->offset > buffer->offset; at--)
		placed[at] = placed[at - 1];
	placed[at] = buffer;
}

/* The largest sum of bytes alive; `change` has room for one more than the steps. */
static int64_t find_lower_bound(const plan_buffer *buffers, int count, int64_t *change, int step_count)
{
	int64_t alive = 0, most = 0;
	for (int i = 0; i < count; i++) {
		change[buffers[i].first] += aligned(buffers[i].bytes);
		change[buffers[i].last + 1] -= aligned(buffers[i].bytes);
	}
	for (int s = 0; s <= step_count; s++) {
		alive += change[s];
		most = alive > most ? alive : most;
	}
	return most;
}

hdt_status plan_place(plan_buffer *buffers, int count, int step_count, plan_size *out)
{
	int64_t sum = 0;
	*out = (plan_size){0, 0};
	for (int i = 0; i < count; i++)
		if (buffers[i].bytes < 0 || buffers[i].bytes > MOST_BYTES - PLAN_ALIGNMENT - sum)
			return HDT_OUT_OF_MEMORY;
		else
			sum += aligned(buffers[i].bytes);
	plan_buffer **order = malloc((size_t)(count + 1) * sizeof(plan_buffer *));
	plan_buffer **placed = malloc((size_t)(count + 1) * sizeof(plan_buffer *));
	int64_t *change = calloc((size_t)step_count + 2, sizeof *change);
	hdt_status status = order && placed && change ? HDT_OK : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK) {
		for (int i = 0; i < count; i++)
			order[i] = &buffers[i];
		qsort(order, (size_t)count, sizeof *order, compare_size);
		for (int i = 0; i < count; i++) {
			order[i]->offset = order[i]->bytes ? find_offset(order[i], placed, i) : 0;
			insert(placed, i, order[i]);
			int64_t end = order[i]->offset + aligned(order[i]->bytes);
			out->bytes = end > out->bytes ? end : out->bytes;
		}
		out->lower_bound = find_lower_bound(buffers, count, change, step_count);
	}
	free(order);
	free(placed);
	free(change);
	return status;
}
