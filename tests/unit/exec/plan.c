/* Tests of the memory plan. */
#include "exec/plan.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static unsigned seed;

static int below(int n)
{
	seed = seed * 1103515245u + 12345u;
	return (int)(seed >> 8) % n;
}

static bool overlap(const plan_buffer *a, const plan_buffer *b)
{
	bool in_time = a->first <= b->last && b->first <= a->last;
	return in_time && a->bytes && b->bytes && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

Test(plan, buffers_alive_together_never_overlap_on_random_lifetimes)
{
	enum { MOST = 120 };
	plan_buffer buffers[MOST];
	for (seed = 0; seed < 300; seed++) {
		unsigned round = seed;
		int count = 1 + below(MOST), steps = 1 + below(60);
		int64_t lower[64] = {0}, most = 0;
		for (int i = 0; i < count; i++) {
			int first = below(steps), last = first + below(steps - first + 1);
			buffers[i] = (plan_buffer){below(5) ? below(100000) : 0, first, last, -1};
			for (int s = first; s <= last; s++)
				lower[s] += (buffers[i].bytes + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
		}
		for (int s = 0; s <= steps; s++)
			most = lower[s] > most ? lower[s] : most;
		plan_size size;
		cr_assert_eq(plan_place(buffers, count, steps, &size), HDT_OK);
		cr_assert_eq(size.lower_bound, most);
		cr_assert_geq(size.bytes, size.lower_bound);
		for (int i = 0; i < count; i++) {
			cr_assert_eq(buffers[i].offset % PLAN_ALIGNMENT, 0);
			cr_assert_leq(buffers[i].offset + buffers[i].bytes, size.bytes);
			for (int j = 0; j < i; j++)
				cr_assert_not(overlap(&buffers[i], &buffers[j]), "seed %u: buffers %d and %d", round, i, j);
		}
		seed = round;
	}
}

Test(plan, a_chain_needs_two_buffers_at_a_time)
{
	plan_buffer chain[50];
	for (int i = 0; i < 50; i++)
		chain[i] = (plan_buffer){4096, i, i + 1, -1};
	plan_size size;
	cr_assert_eq(plan_place(chain, 50, 50, &size), HDT_OK);
	cr_assert_eq(size.bytes, 8192);
	cr_assert_eq(size.lower_bound, 8192);
}

Test(plan, the_smallest_gap_that_fits_is_taken)
{
	plan_buffer b[] = {
		{25600, 0, 9, -1}, {12800, 0, 4, -1}, {12544, 0, 9, -1}, {5120, 0, 2, -1}, {4864, 0, 9, -1}, {2560, 6, 7, -1},
	};
	plan_size size;
	cr_assert_eq(plan_place(b, 6, 9, &size), HDT_OK);
	/* Gaps of 12800 and 5120 are free in steps 6..7. */
	cr_assert_eq(b[5].offset, b[3].offset);
}

Test(plan, sizes_that_fit_no_memory_are_refused)
{
	plan_buffer b[] = {{INT64_MAX / 2, 0, 1, -1}, {INT64_MAX / 2, 0, 1, -1}, {INT64_MAX / 2, 0, 1, -1}};
	plan_size size;
	cr_assert_eq(plan_place(b, 3, 1, &size), HDT_OUT_OF_MEMORY);
	b[0].bytes = -1;
	cr_assert_eq(plan_place(b, 1, 1, &size), HDT_OUT_OF_MEMORY);
}

Test(plan, nothing_takes_nothing)
{
	plan_buffer b[] = {{0, 0, 0, -1}};
	plan_size size;
	cr_assert_eq(plan_place(b, 0, 0, &size), HDT_OK);
	cr_assert_eq(size.bytes, 0);
	cr_assert_eq(plan_place(b, 1, 0, &size), HDT_OK);
	cr_assert_eq(size.bytes, 0);
}
