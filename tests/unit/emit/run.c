/* Whole tasks: the scheduled, emitted and compiled program gives what the reference evaluator gives. */
#include "fixture.h"

TestSuite(run, .init = set_up, .fini = tear_down, .timeout = 60);

static void good(const char *source, const int64_t *sizes)
{
	cr_assert_eq(run_and_compare(source, sizes), HDT_OK);
}

Test(run, elementwise_with_broadcast)
{
	good("task @f(x: f32[3, 5, 7], b: f32[7]) -> (y) { y[i < 3, j < 5, k < 7] = max(x[i, j, k] + b[k], 0.0) }", NULL);
}

Test(run, long_elementwise_is_cut_into_blocks_with_a_tail)
{
	good("task @f(x: f32[n, 31]) -> (y) where n in 1..100000 { y[i < n, j < 31] = x[i, j] * x[i, j] - 1.0 }",
	     SIZES(701));
}

Test(run, row_softmax_with_symbolic_rows)
{
	good("task @softmax(x: f32[n, 33]) -> (y) where n in 1..64 {\n"
	     "  m[i < n] = max(k < 33) x[i, k]\n"
	     "  e[i < n, j < 33] = exp(x[i, j] - m[i])\n"
	     "  s[i < n] = sum(k < 33) e[i, k]\n"
	     "  y[i < n, j < 33] = e[i, j] / s[i]\n"
	     "}",
	     SIZES(5));
}

Test(run, softmax_over_symbolic_columns_needs_workspace)
{
	good("task @softmax(x: f32[300, n]) -> (y) where n in 0..64 {\n"
	     "  m[i < 300] = max(k < n) x[i, k]\n"
	     "  e[i < 300, j < n] = exp(x[i, j] - m[i])\n"
	     "  s[i < 300] = sum(k < n) e[i, k]\n"
	     "  y[i < 300, j < n] = e[i, j] / s[i]\n"
	     "}",
	     SIZES(19));
}

Test(run, matrix_product_with_tails_on_both_sides)
{
	good("task @matmul(a: f32[13, 9], b: f32[9, 53]) -> (y) { y[i < 13, j < 53] = sum(k < 9) a[i, k] * b[k, j] }",
	     NULL);
}

Test(run, matrix_product_of_symbolic_sizes)
{
	good("task @matmul(a: f32[m, k], b: f32[k, n]) -> (y) where k in 0..99, m in 1..99, n in 1..99 {\n"
	     "  y[i < m, j < n] = sum(l < k) a[i, l] * b[l, j]\n"
	     "}",
	     SIZES(9, 13, 37));
}

Test(run, product_with_transposed_weights_and_bias_uses_a_panel)
{
	good("task @linear(x: f32[21, 40], w: f32[150, 40], b: f32[150]) -> (y) {\n"
	     "  p[i < 21, j < 150] = sum(k < 40) x[i, k] * w[j, k]\n"
	     "  y[i < 21, j < 150] = max(p[i, j] + b[j], 0.0)\n"
	     "}",
	     NULL);
}

Test(run, padded_convolution_reads_nothing_outside)
{
	good("task @conv(x: f32[2, 3, 9, 9], w: f32[10, 3, 3, 3]) -> (y) {\n"
	     "  y[n < 2, o < 10, i < 9, j < 9] = sum(c < 3, p < 3, q < 3)\n"
	     "    (select(1 <= i + p && i + p < 10 && 1 <= j + q && j + q < 10, x[n, c, i + p - 1, j + q - 1], 0.0) * w[o, "
	     "c, p, q])\n"
	     "}",
	     NULL);
}

Test(run, pointwise_convolution_walks_whole_images)
{
	good("task @conv(x: f32[2, 5, 7, 7], w: f32[10, 5, 1, 1]) -> (y) {\n"
	     "  y[n < 2, o < 10, i < 7, j < 7] = sum(c < 5, p < 1, q < 1) x[n, c, i + p, j + q] * w[o, c, p, q]\n"
	     "}",
	     NULL);
}

Test(run, reductions_of_one_element_and_shared_axes)
{
	good("task @one(x: f32[4, 1, 1], y: f32[4, 6]) -> (a, b) {\n"
	     "  a[i < 4] = avg(p < 1, q < 1) x[i, p, q]\n"
	     "  b[i < 4] = (sum(k < 6) y[i, k]) / (1.0 + sum(k < 6) y[i, k] * y[i, k])\n"
	     "}",
	     NULL);
}

Test(run, dependent_extent_runs_as_a_prefix_sum)
{
	good("task @cumsum(x: f32[4, 9]) -> (y) { y[i < 4, j < 9] = sum(k < j + 1) x[i, k] }", NULL);
}

Test(run, running_reductions_in_one_pass)
{
	good("task @scans(x: f32[4, n, 7], z: i32[n]) -> (a, b, c, d) where n in 0..99 {\n"
	     "  a[i < 4, j < n, k < 7] = (sum(l < j + 1) x[i, l, k]) * x[i, j, k] + f32(j)\n"
	     "  b[i < 4, j < n, k < 7] = prod(l < k + 1) x[i, j, l]\n"
	     "  c[i < n] = max(l < i + 1) z[l]\n"
	     "  d[i < n] = sum(l < i + 1) (sum(k < 7) x[1, l, k])\n"
	     "}",
	     SIZES(37));
}

Test(run, what_only_looks_like_a_running_reduction)
{
	good("task @others(x: f32[9], one: f32[1, 1]) -> (a, b, c) {\n"
	     "  a[i < 9] = sum(l < i + 1) x[l] * x[i]\n"
	     "  b[i < 9] = sum(l < i) x[l]\n"
	     "  c[i < 1, j < 1] = sum(l < 1) one[i, l]\n"
	     "}",
	     NULL);
}

Test(run, long_sums_stay_near_the_true_one)
{
	good("task @norm(x: f32[1000, 1000]) -> (y) { y[] = sum(i < 1000, j < 1000) x[i, j] * x[i, j] }", NULL);
}

Test(run, reduction_over_everything_gives_a_scalar)
{
	good("task @mean(x: f32[6, 50]) -> (y) { y[] = avg(i < 6, j < 50) x[i, j] }", NULL);
}

Test(run, two_pass_variance_computes_the_mean_once_a_row)
{
	good("task @variance(x: f32[40, 17]) -> (y) {\n"
	     "  m[i < 40] = avg(k < 17) x[i, k]\n"
	     "  y[i < 40] = avg(k < 17) ((x[i, k] - m[i]) * (x[i, k] - m[i]))\n"
	     "}",
	     NULL);
}

Test(run, empty_reductions_give_their_first_values)
{
	good("task @empty(x: f32[3, n], y: i32[3, n], z: bool[3, n]) -> (a, b, c, d, e, f, g) where n in 0..9 {\n"
	     "  a[i < 3] = sum(k < n) x[i, k]\n"
	     "  b[i < 3] = prod(k < n) x[i, k]\n"
	     "  c[i < 3] = max(k < n) x[i, k]\n"
	     "  d[i < 3] = min(k < n) y[i, k]\n"
	     "  e[i < 3] = avg(k < n) x[i, k]\n"
	     "  f[i < 3] = all(k < n) z[i, k]\n"
	     "  g[i < 3] = any(k < n) z[i, k]\n"
	     "}",
	     SIZES(0));
}

Test(run, long_integer_reductions_run_in_chains)
{
	good("task @chains(x: i32[5, 77], z: bool[5, 77]) -> (a, b, c, d) {\n"
	     "  a[i < 5] = sum(k < 77) x[i, k]\n"
	     "  b[i < 5] = max(k < 77) x[i, k]\n"
	     "  c[i < 5] = avg(k < 77) x[i, k]\n"
	     "  d[] = any(i < 5, k < 77) z[i, k]\n"
	     "}",
	     NULL);
}

Test(run, first_extreme_wins_and_nan_is_extreme)
{
	good("task @arg(x: f32[6, 20], y: i32[40]) -> (a, b, c) {\n"
	     "  a[i < 6] = argmax(k < 20) select(x[i, k] < 1.5, x[i, k], x[i, k] / 0.0 - x[i, k] / 0.0)\n"
	     "  b[i < 6] = argmin(k < 20) x[i, k]\n"
	     "  c[] = argmax(k < 40) y[k]\n"
	     "}",
	     NULL);
}

Test(run, sixteen_bit_floats_accumulate_in_f32)
{
	good("task @half(x: f16[4, 300], w: bf16[300, 9]) -> (y, z) {\n"
	     "  y[i < 4] = sum(k < 300) x[i, k]\n"
	     "  z[i < 4, j < 9] = bf16(sum(k < 300) f32(x[i, k]) * f32(w[k, j]))\n"
	     "}",
	     NULL);
}

Test(run, gather_in_range)
{
	good("task @gather(x: f32[4, 5], at: i64[6]) -> (y) { y[i < 6, j < 5] = x[bounded(at[i], 4), j] }", NULL);
}

Test(run, gather_out_of_range_is_reported)
{
	cr_assert_eq(
		run_and_compare("task @gather(x: f32[2, 5], at: i64[9]) -> (y) { y[i < 9, j < 5] = x[bounded(at[i], 2), j] }",
	                    NULL),
		HDT_BAD_INPUT);
}

Test(run, a_guarded_index_is_not_checked_where_the_guard_is_false)
{
	good("task @guard(x: f32[2], at: i64[30]) -> (y) {\n"
	     "  y[i < 30] = select(at[i] < 2, x[bounded(at[i], 2)], 0.0) + select(at[i] < 1, x[bounded(at[i], 2)], 1.0)\n"
	     "}",
	     NULL);
}

Test(run, a_reduction_in_an_arm_stays_guarded)
{
	good("task @arm(x: f32[5, 8]) -> (y) { y[i < 9] = select(i < 5, sum(k < 8) x[i, k], -1.0) }", NULL);
}

Test(run, outputs_read_by_outputs)
{
	good("task @sort(x: f32[3, 11]) -> (values, at) {\n"
	     "  rank[i < 3, j < 11] = sum(k < 11) i64(x[i, k] < x[i, j])\n"
	     "  at[i < 3, j < 11] = sum(k < 11) select(rank[i, k] == j, k, 0)\n"
	     "  values[i < 3, j < 11] = x[i, bounded(at[i, j], 11)]\n"
	     "}",
	     NULL);
}

Test(run, zero_extents_touch_nothing)
{
	good("task @zero(x: f32[n, 3], b: f32[3]) -> (y, s) where n in 0..9 {\n"
	     "  y[i < n, j < 3] = x[i, j] + b[j]\n"
	     "  s[j < 3] = sum(i < n) x[i, j]\n"
	     "}",
	     SIZES(0));
}

Test(run, reshape_and_transpose_by_index_arithmetic)
{
	good("task @shape(x: f32[n, 6, 4]) -> (y, z) where n in 1..50 {\n"
	     "  y[i < n * 24] = x[i // 24, i // 4 % 6, i % 4] * 2.0\n"
	     "  z[i < 4, j < n, k < 6] = x[j, k, i]\n"
	     "}",
	     SIZES(7));
}

Test(run, bool_is_stored_as_zero_or_one)
{
	good("task @bools(x: i32[40], b: bool[40]) -> (y, z) {\n"
	     "  y[i < 40] = bool(x[i])\n"
	     "  z[i < 40] = b[i] && x[i] < 2 || !b[i] && x[i] == 3\n"
	     "}",
	     NULL);
}

Test(run, integers_wrap)
{
	good("task @wrap(x: u8[40], y: i64[40]) -> (a, b, c) {\n"
	     "  a[i < 40] = x[i] * x[i] * x[i] * x[i] * x[i] * x[i] - x[i]\n"
	     "  b[i < 40] = y[i] * 9223372036854775807 + y[i]\n"
	     "  c[i < 40] = (y[i] - 2) // (y[i] - 1) + (y[i] - 2) % 3\n"
	     "}",
	     NULL);
}

Test(run, attention_row_by_row)
{
	good("task @attention(q: f32[2, 9, 8], k: f32[2, 13, 8], v: f32[2, 13, 8]) -> (y) {\n"
	     "  s[b < 2, i < 9, j < 13] = (sum(d < 8) q[b, i, d] * k[b, j, d]) * 0.35\n"
	     "  m[b < 2, i < 9] = max(j < 13) s[b, i, j]\n"
	     "  e[b < 2, i < 9, j < 13] = exp(s[b, i, j] - m[b, i])\n"
	     "  t[b < 2, i < 9] = sum(j < 13) e[b, i, j]\n"
	     "  y[b < 2, i < 9, d < 8] = (sum(j < 13) e[b, i, j] * v[b, j, d]) / t[b, i]\n"
	     "}",
	     NULL);
}
