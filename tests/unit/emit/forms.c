/* Tasks in every form that the scheduler gives them: chains, parts, lanes, shared terms, tiles, and what is left over of each. */
#include "fixture.h"

#include "base/context.h"
#include <string.h>

TestSuite(forms, .init = set_up, .fini = tear_down, .timeout = 120);

static void check(const char *task)
{
	cr_assert_eq(run_and_compare(task, NULL), HDT_OK);
}

static int count_of(const char *whole, const char *part)
{
	int count = 0;
	for (const char *at = whole; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

Test(forms, chains_of_every_length)
{
	for (int n = 1; n < 140; n += n < 40 ? 1 : 13) {
		check(hdt_format(context,
		                 "task @t(x: f32[5, %d]) -> (s, m) { s[i < 5] = sum(k < %d) x[i, k]\n"
		                 "m[i < 5] = min(k < %d) x[i, k] }",
		                 n, n, n));
		check(hdt_format(context, "task @t(x: f32[3, %d]) -> (a) { a[i < 3] = argmin(k < %d) x[i, k] }", n, n));
	}
}

Test(forms, chains_of_a_length_known_at_run_time)
{
	static const char task[] = "task @t(x: f32[5, n]) -> (s, m, a) where n in 0..5000 { s[i < 5] = avg(k < n) x[i, k]\n"
							   "m[i < 5] = max(k < n) x[i, k]\na[i < 5] = argmax(k < n) x[i, k] }";
	static const int64_t sizes[] = {1, 3, 8, 31, 32, 33, 64, 100, 4999};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		cr_assert_eq(run_and_compare(task, SIZES(sizes[i])), HDT_OK);
}

Test(forms, other_dtypes_in_chains)
{
	check("task @t(x: f16[3, 70]) -> (s, m) { s[i < 3] = sum(k < 70) x[i, k]\nm[i < 3] = max(k < 70) x[i, k] }");
	check("task @t(x: bf16[3, 70]) -> (a) { a[i < 3] = argmax(k < 70) x[i, k] }");
	check("task @t(x: i32[3, 70]) -> (s, m) { s[i < 3] = sum(k < 70) x[i, k]\nm[i < 3] = max(k < 70) x[i, k] }");
	check("task @t(x: bool[3, 70]) -> (a, o) { a[i < 3] = all(k < 70) x[i, k]\no[i < 3] = any(k < 70) x[i, k] }");
	check("task @t(x: f64[3, 70]) -> (s, a) { s[i < 3] = sum(k < 70) x[i, k]\na[i < 3] = argmax(k < 70) x[i, k] }");
}

Test(forms, neighbouring_axes_are_one_chain_in_any_order)
{
	check("task @t(x: f32[4, 7, 9]) -> (y) { y[i < 4] = avg(j < 7, k < 9) x[i, j, k] }");
	check("task @t(x: f32[4, 7, 9]) -> (y) { y[i < 4] = sum(k < 9, j < 7) x[i, j, k] }");
	check("task @t(x: f32[40, 7, 9]) -> (y) { y[j < 7] = sum(i < 40, k < 9) x[i, j, k] * x[i, j, k] }");
	check("task @t(x: f32[40, 7, 33]) -> (y) { y[j < 7] = max(k < 33, i < 40) x[i, j, k] }");
}

Test(forms, long_sums_are_sets_of_chains_and_parts)
{
	static const char whole[] = "task @t(x: f32[2000003]) -> (y) { y[] = sum(k < 2000003) (x[k] + 5.0) }";
	cr_assert(strstr(program_text(schedule(parse_task(whole))), "workspace(y_parts: f32[32])"));
	check(whole);
	check("task @t(x: f32[20, 40000]) -> (y) { y[i < 20] = sum(k < 40000) (x[i, k] + 3.0) }");
	check("task @t(x: f32[3, 300, 300]) -> (y) { y[j < 300] = avg(i < 3, k < 300) (x[i, j, k] + 3.0) }");
	check("task @t(x: f32[700000]) -> (y, z) { y[] = max(k < 700000) x[k]\nz[] = min(k < 700000) (x[k] - y[]) }");
}

Test(forms, columns_are_lanes_and_parts)
{
	check("task @t(x: f32[3000, 400]) -> (y) { y[j < 400] = sum(k < 3000) (x[k, j] + 1.0) }");
	check("task @t(x: f32[2, 600, 1030]) -> (y) { y[i < 2, j < 1030] = max(k < 600) x[i, k, j] }");
	check("task @t(x: f32[4099, 300]) -> (y) { y[j < 300] = avg(k < 4099) x[k, j] }");
}

#define SOFTMAX(n)                                                               \
	"task @t(x: f32[33, " #n "]) -> (y) { m[i < 33] = max(k < " #n ") x[i, k]\n" \
	"s[i < 33] = sum(k < " #n ") exp(x[i, k] - m[i])\ny[i < 33, j < " #n "] = exp(x[i, j] - m[i]) / s[i] }"

Test(forms, a_function_that_a_sum_and_the_result_need_is_computed_once)
{
	cr_assert_eq(count_of(program_text(schedule(parse_task(SOFTMAX(100)))), "exp("), 1);
	check(SOFTMAX(100));
	check(SOFTMAX(7));
	/* Dimensions of one element, kept. */
	static const char kept[] =
		"task @t(x: f32[1, 33, 100]) -> (y) { m[a < 1, i < 33, c < 1] = max(k < 100) x[a, i, k]\n"
		"s[a < 1, i < 33, c < 1] = sum(k < 100) exp(x[a, i, k] - m[a, i, 0])\n"
		"y[a < 1, i < 33, j < 100] = exp(x[0, i, j] - m[0, i, 0]) / s[0, i, 0] }";
	cr_assert_eq(count_of(program_text(schedule(parse_task(kept))), "exp("), 1);
	check(kept);
}

Test(forms, the_next_long_row_is_asked_for)
{
	cr_assert(strstr(program_text(schedule(parse_task(SOFTMAX(4096)))), "prefetch(&x["));
	check(SOFTMAX(4096));
	check(SOFTMAX(2500));
}

Test(forms, a_guarded_function_is_not_shared)
{
	static const char task[] =
		"task @t(x: f32[33, 50]) -> (y) { s[i < 33] = sum(k < 60) select(k < 50, exp(x[i, k]), 0.0)\n"
		"y[i < 33, j < 60] = select(j < 50, exp(x[i, j]), 0.0) / s[i] }";
	check(task);
}

Test(forms, extremes_among_infinities)
{
	check("task @t(x: f32[3, 70]) -> (a, b) { a[i < 3] = argmax(k < 70) (x[i, k] - inf)\n"
	      "b[i < 3] = argmin(k < 70) select(k == 41, -inf, x[i, k]) }");
	check("task @t(x: f32[3, 70]) -> (a) { a[i < 3] = argmax(k < 70) select(k == 41 || k == 60, nan, x[i, k]) }");
	check("task @t(x: f32[3, 70]) -> (a) { a[i < 3] = argmax(k < 70) round(x[i, k]) }");
}

Test(forms, an_index_is_checked_once_a_row)
{
	static const char task[] =
		"task @t(x: f32[9, 40], at: i64[6]) -> (y) { y[i < 6] = sum(k < 40) x[bounded(at[i], 9), k] }";
	cr_assert(strstr(program_text(schedule(parse_task(task))), "let index = bounded(at[i], 9)"));
	check(task);
	/* Nothing is read of no columns, so nothing is checked. */
	cr_assert_eq(run_and_compare("task @t(x: f32[2, n], at: i64[6]) -> (y) where n in 0..9 { y[i < 6, j < n] = "
	                             "x[bounded(at[i] + 5, 2), j] }",
	                             SIZES(0)),
	             HDT_OK);
}

Test(forms, what_is_read_across_goes_through_tiles)
{
	static const char task[] = "task @t(x: f32[32, 64]) -> (y) { y[i < 64, j < 32] = x[j, i] + 1.0 }";
	cr_assert(strstr(program_text(schedule(parse_task(task))), "transpose_lanes("));
	check(task);
	check("task @t(x: f32[75, 37]) -> (y) { y[i < 37, j < 75] = x[j, i] + 1.0 }");
	check("task @t(x: f32[2, 19, 9, 7]) -> (y) { y[n < 2, h < 9, w < 7, c < 19] = x[n, c, h, w] * 2.0 }");
	check("task @t(x: f32[2, 9, 7, 40], b: f32[40], z: f32[2, 40, 9, 7]) -> (y) {\n"
	      "y[n < 2, c < 40, h < 9, w < 7] = x[n, h, w, c] * b[c] + z[n, c, h, w] }");
	check("task @t(x: f32[80, 40]) -> (y) { y[i < 40, j < 20] = x[j * 4 + 1, i] - x[j * 2, i] }");
	check("task @t(x: f32[30, 40]) -> (y) { y[i < 40, j < 60] = select(j < 30, x[j, i], 0.0) }");
	static const char sizes[] =
		"task @t(x: f32[m, n]) -> (y) where m in 1..900, n in 1..900 { y[i < n, j < m] = x[j, i] }";
	cr_assert_eq(run_and_compare(sizes, SIZES(1, 1)), HDT_OK);
	cr_assert_eq(run_and_compare(sizes, SIZES(33, 70)), HDT_OK);
}
