/* What kernels of every form compute, at sizes that fill several blocks and leave some over, against the reference evaluator. Small sizes are the
 * business of the operators' own samples. */
#include "fixture.h"

TestSuite(results, .init = set_up, .fini = tear_down);

Test(results, elements_with_several_for_each_thread)
{
	run_and_compare("task @t(x: f32[n, 3]) -> (y) where n in 1..64 { y[i < 3, j < n] = x[j, i] * 2.0 }", SIZES(61));
	/* Taken for many, because two sizes are not known. */
	run_and_compare("task @t(x: u8[m, n, 300]) -> (y) where m in 1..64, n in 1..64 {\n"
	                "y[a < m, b < n, i < 300] = x[a, b, i] + x[a, b, 299 - i] }",
	                SIZES(3, 5));
}

Test(results, a_row_for_each_block)
{
	static const char softmax[] = "task @t(x: f32[n, 700]) -> (y) where n in 1..64 { m[i < n] = max(k < 700) x[i, k]\n"
								  "e[i < n, j < 700] = exp(x[i, j] - m[i]) + exp(x[i, 699 - j] - m[i])\n"
								  "y[i < n, j < 700] = e[i, j] / sum(k < 700) e[i, k] }";
	run_and_compare(softmax, SIZES(3));
}

Test(results, several_short_rows_for_each_block)
{
	run_and_compare("task @t(x: f32[n, 9]) -> (y) where n in 1..64 { m[i < n] = max(k < 9) x[i, k]\n"
	                "e[i < n, j < 9] = exp(x[i, j] - m[i]) + exp(x[i, 8 - j] - m[i])\n"
	                "y[i < n, j < 9] = e[i, j] / sum(k < 9) e[i, k] }",
	                SIZES(37));
	run_and_compare("task @t(x: f32[203, 9]) -> (y) { m[i < 203] = max(k < 9) x[i, k]\n"
	                "e[i < 203, j < 9] = exp(x[i, j] - m[i]) + exp(x[i, 8 - j] - m[i])\n"
	                "s[i < 203] = sum(k < 9) e[i, k]\n"
	                "y[i < 203, j < 9] = e[i, 8 - j] / s[i] }",
	                NULL);
}

Test(results, rows_in_workspace)
{
	run_and_compare("task @t(x: f32[17, n]) -> (y, m) where n in 1..2000 { m[i < 17] = max(k < n) x[i, k]\n"
	                "e[i < 17, j < n] = exp(x[i, j] - m[i]) + exp(x[i, n - 1 - j] - m[i])\n"
	                "y[i < 17, j < n] = e[i, j] / sum(k < n) e[i, k] }",
	                SIZES(333));
}

Test(results, reductions_within_the_elements_of_a_row)
{
	run_and_compare("task @t(x: f32[30, 100], w: f32[30, 20, 100]) -> (y) { m[i < 30] = max(a < 100) x[i, a]\n"
	                "e[i < 30, j < 100] = exp(x[i, j] - m[i]) + exp(x[i, j])\n"
	                "y[i < 30, p < 20] = (sum(a < 100) e[i, a] * w[i, p, a]) / (sum(a < 100) e[i, a]) }",
	                NULL);
	run_and_compare("task @t(x: f32[30, 300, 8]) -> (y) { y[i < 30] = sum(a < 300) exp(sum(b < 8) x[i, a, b]) }", NULL);
}

Test(results, reductions_that_elements_share)
{
	run_and_compare("task @t(x: f32[30, 100]) -> (y) {\n"
	                "y[i < 30, j < 100] = (x[i, j] - avg(k < 100) x[i, k]) / (2.0 + max(k < 100, l < 30) x[l, k]) }",
	                NULL);
	run_and_compare("task @t(x: f32[30, 100], w: f32[100, 20]) -> (y) {\n"
	                "y[i < 30, j < 20] = sum(k < 100) w[k, j] * (x[i, k] - avg(l < 100) x[i, l]) }",
	                NULL);
	run_and_compare("task @t(x: f32[300, 500]) -> (y) {\n"
	                "y[i < 300, j < 500] = x[i, j] - avg(a < 300, b < 500) x[a, b] }",
	                NULL);
}

Test(results, reductions_across_rows)
{
	run_and_compare("task @t(x: f32[900, 70]) -> (y) { y[j < 70] = sum(k < 900) x[k, j] }", NULL);
	run_and_compare("task @t(x: f16[900, 70]) -> (y) { y[j < 70] = max(k < 900) x[k, j] }", NULL);
	run_and_compare("task @t(x: i16[900, 70]) -> (y) { y[j < 70] = argmin(k < 900) x[k, j] }", NULL);
}

Test(results, reductions_of_every_kind)
{
	run_and_compare("task @t(x: f64[30, 500]) -> (y) { y[i < 30] = sum(k < 500) x[i, k] }", NULL);
	run_and_compare("task @t(x: bf16[30, 500]) -> (y) { y[i < 30] = avg(k < 500) x[i, k] }", NULL);
	run_and_compare("task @t(x: f32[30, 500]) -> (y) { y[i < 30] = prod(k < 500) (1.0 + x[i, k] * 0.01) }", NULL);
	run_and_compare("task @t(x: u8[30, 500]) -> (y) { y[i < 30] = max(k < 500) x[i, k] }", NULL);
	run_and_compare("task @t(x: i64[30, 500]) -> (y) { y[i < 30] = min(k < 500) x[i, k] }", NULL);
	run_and_compare("task @t(x: f32[30, 500]) -> (y) { y[i < 30] = all(k < 500) (x[i, k] < 0.999) }", NULL);
	run_and_compare("task @t(x: f32[30, 500]) -> (y) { y[i < 30] = any(k < 500) (x[i, k] > 0.999) }", NULL);
	run_and_compare("task @t(x: f32[3, n]) -> (y) where n in 0..8 { y[i < 3] = min(k < n) x[i, k] }", SIZES(0));
}

Test(results, the_first_of_equal_extremes)
{
	run_and_compare("task @t(x: i32[9, 3000]) -> (y) { y[i < 9] = argmax(k < 3000) x[i, k] }", NULL);
	run_and_compare("task @t(x: i64[900, 40]) -> (y) { y[i < 900] = argmin(k < 40) x[i, k] }", NULL);
	/* A NaN is the most extreme; the first one wins. */
	run_and_compare("task @t(x: f32[9, 3000]) -> (y) { y[i < 9] = argmax(k < 3000) sqrt(x[i, k]) }", NULL);
}

Test(results, axes_that_depend_on_each_other)
{
	run_and_compare("task @t(x: f32[70, 40, 40]) -> (y) { y[i < 70] = avg(a < 40, b < a + 1) x[i, a, b] }", NULL);
	run_and_compare("task @t(x: f32[70, 40]) -> (y) { y[i < 70] = sum(a < min(i + 1, 40)) x[i, a] }", NULL);
}

Test(results, long_reductions_in_parts)
{
	run_and_compare("task @t(x: f32[300, 301]) -> (y) { y[] = sum(a < 300, b < 301) x[a, b] }", NULL);
	run_and_compare("task @t(x: i32[100003]) -> (y) { y[] = avg(a < 100003) x[a] }", NULL);
	run_and_compare("task @t(x: f32[140000, 2]) -> (y) { y[j < 2] = max(a < 140000) x[a, j] - 1.0 }", NULL);
}

Test(results, products_with_tiles_that_stand_out)
{
	static const char matmul[] =
		"task @t(x: f32[m, k], w: f32[k, n], b: f32[n]) -> (y) where k in 0..99, m in 1..99, n in 1..99 {\n"
		"y[i < m, j < n] = max(sum(p < k) x[i, p] * w[p, j] + b[j], 0.0) }";
	/* k, m, n */
	run_and_compare(matmul, SIZES(33, 65, 70));
	run_and_compare(matmul, SIZES(1, 16, 99));
	run_and_compare(matmul, SIZES(0, 40, 40));
}

Test(results, products_of_other_dtypes_and_dimensions)
{
	run_and_compare(
		"task @t(x: i8[33, 40], w: i8[50, 40]) -> (y) { y[i < 33, j < 50] = sum(k < 40) x[i, k] * w[j, k] }", NULL);
	run_and_compare(
		"task @t(x: f64[33, 40], w: f64[50, 40]) -> (y) { y[j < 50, i < 33] = sum(k < 40) x[i, k] * w[j, k] }", NULL);
	run_and_compare("task @t(x: f16[3, 11, 4, 10], w: f16[5, 10, 4, 10]) -> (y) {\n"
	                "y[p < 3, j < 5, i < 11, q < 10] = sum(a < 4, b < 10) x[p, i, a, b] * w[j, q, a, b] }",
	                NULL);
	run_and_compare("task @t(x: f32[2, 3, 20, 30], w: f32[3, 30, 40]) -> (y) {\n"
	                "y[b < 2, h < 3, i < 20, j < 40] = sum(k < 30) x[b, h, i, k] * w[h, k, j] }",
	                NULL);
}

Test(results, large_tiles)
{
	/* Taken for many matrices. */
	run_and_compare("task @t(x: f32[b, c, 130, 17], w: f32[17, 65]) -> (y) where b in 1..64, c in 1..64 {\n"
	                "y[p < b, q < c, i < 130, j < 65] = (sum(k < 17) x[p, q, i, k] * w[k, j]) + x[p, q, 0, 0] }",
	                SIZES(1, 2));
}

Test(results, a_padded_convolution)
{
	run_and_compare("task @t(x: f32[2, 8, 9, 9], w: f32[20, 8, 3, 3]) -> (y) { y[n < 2, o < 20, h < 9, v < 9] =\n"
	                "sum(c < 8, r < 3, s < 3) select(0 < h + r && h + r < 10 && 0 < v + s && v + s < 10,\n"
	                "x[n, c, h + r - 1, v + s - 1], 0.0) * w[o, c, r, s] }",
	                NULL);
}

Test(results, running_reductions)
{
	run_and_compare("task @t(x: f32[5, n]) -> (y) where n in 1..4000 { y[i < 5, j < n] = sum(k < j + 1) x[i, k] }",
	                SIZES(1234));
	run_and_compare("task @t(x: i32[300, 7]) -> (y) { y[i < 300, j < 7] = max(k < i + 1) x[k, j] }", NULL);
	run_and_compare("task @t(x: f32[p, q, 5]) -> (y) where p in 1..64, q in 1..64 {\n"
	                "y[a < p, b < q, j < 5] = sum(k < j + 1) x[a, b, k] }",
	                SIZES(7, 11));
}

Test(results, pieces_of_neighbours)
{
	run_and_compare(
		"task @t(x: f16[n, 96], c: f32[96]) -> (y) where n in 1..64 { y[i < n, j < 96] = f16(f32(x[i, j]) + c[j]) }",
		SIZES(37));
	run_and_compare("task @t(x: f32[9, 11, 64], z: u8[9, 11, 64]) -> (y) {\n"
	                "y[a < 9, b < 11, i < 64] = select(b < 10, x[a, b + 1, i], 0.0) * f32(z[a, b, i]) }",
	                NULL);
}

Test(results, steps_of_neighbours)
{
	run_and_compare(
		"task @depthwise(x: f16[2, 9, 9, 24], w: f16[24, 3, 3]) -> (y) {\n"
		"y[n < 2, h < 9, v < 9, c < 24] = sum(p < 3, q < 3) w[c, p, q] *\n"
		"select(h + p >= 1 && h + p < 10 && v + q >= 1 && v + q < 10, x[n, h + p - 1, v + q - 1, c], f16(0.0)) }",
		NULL);
}

Test(results, rows_in_registers)
{
	static const char norm[] = "task @norm(x: f16[n, 768], g: f16[768]) -> (y, m) where n in 1..64 {\n"
							   "m[i < n] = avg(k < 768) f32(x[i, k])\n"
							   "v[i < n] = avg(k < 768) (f32(x[i, k]) - m[i]) * (f32(x[i, k]) - m[i])\n"
							   "y[i < n, j < 768] = f16((f32(x[i, j]) - m[i]) * rsqrt(v[i] + 0.001) * f32(g[j])) }";
	run_and_compare(norm, SIZES(5));
	run_and_compare(
		"task @t(x: f16[1, 5, 1, 96]) -> (y) { m[n < 1, i < 5, h < 1] = avg(k < 96) f32(x[n, i, h, k])\n"
		"v[n < 1, i < 5, h < 1] = avg(k < 96) (f32(x[n, i, h, k]) - m[n, i, h]) * (f32(x[n, i, h, k]) - m[n, i, h])\n"
		"y[n < 1, i < 5, h < 1, j < 96] = f16((f32(x[n, i, h, j]) - m[n, i, h]) * rsqrt(v[n, i, h] + 0.001)) }",
		NULL);
	run_and_compare("task @t(x: f32[30, 4, 50]) -> (y, e) { m[i < 30] = max(a < 4, b < 50) x[i, a, b]\n"
	                "e[i < 30, a < 4, b < 50] = exp(x[i, a, b] - m[i]) + erf(x[i, a, b])\n"
	                "y[i < 30, a < 4, b < 50] = e[i, a, b] / sum(p < 4, q < 50) e[i, p, q] }",
	                NULL);
	run_and_compare("task @t(x: f32[700, 3, 12]) -> (y) { m[i < 700, h < 3] = max(k < 12) x[i, h, k]\n"
	                "e[i < 700, h < 3, j < 12] = exp(x[i, h, j] - m[i, h])\n"
	                "y[i < 700, h < 3, j < 12] = e[i, h, j] / sum(k < 12) e[i, h, k] }",
	                NULL);
	run_and_compare("task @t(x: f32[3, 4099]) -> (y) { m[i < 3] = max(k < 4099) x[i, k]\n"
	                "e[i < 3, j < 4099] = exp(x[i, j] - m[i])\n"
	                "y[i < 3, j < 4099] = e[i, j] / sum(k < 4099) e[i, k] }",
	                NULL);
}

Test(results, reductions_of_pieces)
{
	run_and_compare("task @t(x: f32[40, 1024]) -> (y) { y[i < 40] = sum(k < 1024) x[i, k] }", NULL);
	run_and_compare("task @t(x: f16[2, 8, 14, 16]) -> (y) { y[n < 2, c < 8] = avg(h < 14, w < 16) f32(x[n, c, h, w]) }",
	                NULL);
	run_and_compare("task @t(x: f16[600, 64], z: f16[600, 64]) -> (y) { y[i < 600] = max(sum(k < 64) x[i, k] * z[i, "
	                "k], f16(0.0)) }",
	                NULL);
	run_and_compare("task @t(x: u8[40, 1024]) -> (y) { y[i < 40] = max(k < 1024) x[i, k] }", NULL);
}
