/* narrow.c: products of bf16, f16 and i8, several to an instruction: by vectors, and by the processor's tiles, whose plain form runs here. */
#include "fixture.h"

#include <string.h>

TestSuite(matmul_narrow, .init = set_up, .fini = tear_down, .timeout = 300);

#define BF16(m, n, k)                                                                             \
	"task @t(x: bf16[" #m ", " #k "], w: const bf16[" #n ", " #k "], b: bf16[" #n "]) -> (y) {\n" \
	"  y[i < " #m ", j < " #n "] = max(sum(k < " #k ") f32(x[i, k]) * f32(w[j, k]) + f32(b[j]), 0.0)\n}"
#define I8(m, n, k)                                                          \
	"task @t(x: i8[" #m ", " #k "], w: const i8[" #n ", " #k "]) -> (y) {\n" \
	"  y[i < " #m ", j < " #n "] = sum(k < " #k ") i32(x[i, k]) * i32(w[j, k])\n}"
#define OF_ANY_ROWS                                                                            \
	"task @t(x: bf16[m, 64], w: const bf16[40, 64], b: bf16[40]) -> (y) where m in 0..100 {\n" \
	"  y[i < m, j < 40] = sum(k < 64) x[i, k] * w[j, k] + b[j]\n}"
#define OF_ANY_DEPTH                                                                                \
	"task @t(a: bf16[m, k], b: bf16[k, n]) -> (y) where k in 0..2000, m in 1..100, n in 1..100 {\n" \
	"  y[i < m, j < n] = sum(p < k) a[i, p] * b[p, j]\n}"

static bool has(const char *task, const char *words)
{
	return strstr(program_text_of(task), words) != NULL;
}

/* Each of these by vectors and by tiles. */
static void run_both(const char *task)
{
	run(task);
	use_tiles();
	run(task);
}

Test(matmul_narrow, bf16_whole_tiles)
{
	cr_expect(has(BF16(64, 96, 64), "dot_bf16("));
	cr_expect(has(BF16(64, 96, 64), "packed[panel < 2, k < 32, lane < 48, part < 2]") ||
	          has(BF16(64, 96, 64), "part < 2"));
	run_both(BF16(64, 96, 64));
}

Test(matmul_narrow, bf16_rows_and_columns_that_no_tile_divides)
{
	run_both(BF16(37, 75, 34));
	run_both(BF16(37, 75, 96));
}

Test(matmul_narrow, bf16_odd_sums_are_filled_up_with_zeros)
{
	cr_expect(has(BF16(37, 75, 33), "fn @stage("));
	run_both(BF16(37, 75, 33));
	run_both(BF16(5, 9, 3));
}

Test(matmul_narrow, bf16_fewer_than_a_vector_of_each)
{
	run_both(BF16(3, 5, 7));
	run_both(BF16(2, 3, 2));
}

Test(matmul_narrow, bf16_one_row)
{
	run_both(BF16(1, 130, 64));
}

Test(matmul_narrow, bf16_every_choice_of_the_space)
{
	run_choices(BF16(40, 70, 24), 2, 5);
	run_choices(BF16(20, 40, 3400), 1, 4);
}

Test(matmul_narrow, tiles_every_choice_of_the_space)
{
	use_tiles();
	cr_expect(has(BF16(40, 70, 64), "tile_dot_bf16("));
	run_choices(BF16(40, 70, 64), 2, 5);
	run_choices(BF16(50, 40, 3424), 1, 4);
	run_choices(I8(40, 70, 128), 2, 5);
}

Test(matmul_narrow, tiles_of_large_weights_fetch_ahead)
{
	use_tiles();
	run(BF16(70, 1024, 1024));
}

Test(matmul_narrow, few_rows_take_no_tiles)
{
	use_tiles();
	cr_expect(has(BF16(2, 96, 64), "dot_bf16(") && !has(BF16(2, 96, 64), "tile_dot_bf16("));
}

Test(matmul_narrow, bf16_result_rounded_once)
{
	run_both("task @t(x: bf16[20, 32], w: const bf16[40, 32], b: bf16[40]) -> (y) {\n"
	         "  y[i < 20, j < 40] = sum(k < 32) x[i, k] * w[j, k] + b[j]\n}");
}

Test(matmul_narrow, bf16_weights_for_each_of_a_batch)
{
	run_both("task @t(x: bf16[3, 9, 32], w: const bf16[3, 20, 32]) -> (y) {\n"
	         "  y[g < 3, i < 9, j < 20] = sum(k < 32) x[g, i, k] * w[g, j, k]\n}");
}

Test(matmul_narrow, bf16_second_factor_laid_out_in_pairs)
{
	run_both("task @t(a: bf16[33, 96], b: bf16[96, 80]) -> (y) { y[i < 33, j < 80] = sum(k < 96) a[i, k] * b[k, j] }");
	run_both("task @t(a: bf16[33, 20], b: bf16[20, 70]) -> (y) { y[i < 33, j < 70] = sum(k < 20) a[i, k] * b[k, j] }");
	run_both("task @t(a: bf16[33, 21], b: bf16[21, 64]) -> (y) { y[i < 33, j < 64] = sum(k < 21) a[i, k] * b[k, j] }");
}

Test(matmul_narrow, bf16_second_factor_transposed_in_squares)
{
	run_both("task @t(a: bf16[33, 64], b: bf16[70, 64]) -> (y) { y[i < 33, j < 70] = sum(k < 64) a[i, k] * b[j, k] }");
	run_both("task @t(x: bf16[2, 19, 192], m: f32[2, 19]) -> (y) {\n  y[n < 2, h < 2, i < 19, j < 19] = "
	         "f32(sum(k < 32) x[n, i, h * 32 + k] * x[n, j, h * 32 + k + 64]) * 0.25 + m[n, j]\n}");
}

Test(matmul_narrow, bf16_sum_over_heads_of_a_transposed_input)
{
	run_both("task @t(x: bf16[2, 3, 9, 32], w: const bf16[40, 96]) -> (y) {\n"
	         "  y[n < 2, i < 9, j < 40] = sum(k < 96) x[n, k // 32, i, k % 32] * w[j, k]\n}");
}

Test(matmul_narrow, bf16_several_axes_of_the_sum)
{
	run_both("task @t(x: bf16[2, 3, 9, 32], w: const bf16[40, 3, 32]) -> (y) {\n"
	         "  y[n < 2, i < 9, j < 40] = sum(h < 3, k < 32) x[n, h, i, k] * w[j, h, k]\n}");
	run_both("task @t(x: bf16[2, 9, 3, 5], w: const bf16[40, 3, 5]) -> (y) {\n"
	         "  y[n < 2, i < 9, j < 40] = sum(h < 3, k < 5) x[n, i, h, k] * w[j, h, k]\n}");
}

Test(matmul_narrow, bf16_first_factor_computed_ahead)
{
	run_both("task @t(x: bf16[2, 9, 24], s: bf16[24], w: const bf16[40, 24]) -> (y) {\n"
	         "  y[n < 2, i < 9, j < 40] = sum(k < 24) max(x[n, i, k] * s[k], 0.0) * w[j, k]\n}");
}

Test(matmul_narrow, bf16_any_number_of_rows)
{
	RUN_SIZES(OF_ANY_ROWS, SIZES(0), SIZES(1), SIZES(13), SIZES(33), SIZES(100));
	use_tiles();
	cr_expect(has(OF_ANY_ROWS, "tile_begin("));
	RUN_SIZES(OF_ANY_ROWS, SIZES(0), SIZES(1), SIZES(13), SIZES(33), SIZES(100));
}

Test(matmul_narrow, bf16_nothing_known)
{
	RUN_SIZES(OF_ANY_DEPTH, SIZES(8, 64, 64), SIZES(5, 1, 1), SIZES(0, 3, 3), SIZES(2000, 17, 33),
	          SIZES(771, 100, 100));
	use_tiles();
	RUN_SIZES(OF_ANY_DEPTH, SIZES(8, 64, 64), SIZES(5, 1, 1), SIZES(0, 3, 3), SIZES(2000, 17, 33),
	          SIZES(771, 100, 100));
}

#define OF_F32(value)                                            \
	"task @t(x: f32[40, 300], w: const f32[70, 300]) -> (y) {\n" \
	"  y[i < 40, j < 70] = sum(k < 300) " value "\n}"

/* Each factor is off by 2^-9 of itself at most, and the sum of 300 products by 300 times 2^-24 of their absolute values. */
Test(matmul_narrow, bf16_is_off_by_no_more_than_its_digits)
{
	const char *task = OF_F32("f32(bf16(x[i, k])) * f32(bf16(w[j, k]))");
	const char *exact = OF_F32("x[i, k] * w[j, k]"), *magnitude = OF_F32("abs(x[i, k] * w[j, k])");
	double factors = 2 * 0x1p-9 + 0x1p-18, sums = 300 * 0x1p-24;
	cr_expect(has(task, "dot_bf16("));
	run_within(task, exact, magnitude, factors + 1.01 * sums);
	use_tiles();
	cr_expect(has(task, "tile_dot_bf16("));
	run_within(task, exact, magnitude, factors + 1.01 * sums);
}

Test(matmul_narrow, f16_and_mixed_factors_as_f32)
{
	run("task @t(x: f16[37, 33], w: const f16[75, 33], b: f16[75]) -> (y) {\n"
	    "  y[i < 37, j < 75] = sum(k < 33) x[i, k] * w[j, k] + b[j]\n}");
	run("task @t(a: f16[33, 20], b: f16[20, 70]) -> (y) { y[i < 33, j < 70] = sum(k < 20) a[i, k] * b[k, j] }");
	run("task @t(a: f32[33, 20], b: bf16[20, 70]) -> (y) {\n"
	    "  y[i < 33, j < 70] = sum(k < 20) a[i, k] * f32(b[k, j])\n}");
}

Test(matmul_narrow, i8_in_i32)
{
	cr_expect(has(I8(64, 96, 64), "dot_i8(") && has(I8(64, 96, 64), "constant begin["));
	run_both(I8(64, 96, 64));
	run_both(I8(37, 75, 33));
	run_both(I8(3, 5, 7));
	run_both(I8(1, 130, 64));
	run_choices(I8(20, 40, 8000), 1, 4);
}

Test(matmul_narrow, i8_with_several_axes_of_the_sum_and_what_is_fused)
{
	run_both("task @t(x: i8[9, 3, 64], w: const i8[40, 3, 64], s: f32[40]) -> (y) {\n"
	         "  y[i < 9, j < 40] = f32(sum(h < 3, k < 64) i32(x[i, h, k]) * i32(w[j, h, k])) * s[j]\n}");
}

Test(matmul_narrow, i8_of_no_constant_needs_tiles)
{
	const char *task = "task @t(a: i8[33, 64], b: i8[64, 80]) -> (y) {\n"
					   "  y[i < 33, j < 80] = sum(k < 64) i32(a[i, k]) * i32(b[k, j])\n}";
	cr_expect_str_eq(reason_against(task), "its second factor, of i8, is not constant");
	use_tiles();
	run(task);
}

Test(matmul_narrow, what_wraps_in_i8_is_declined)
{
	cr_expect_str_eq(reason_against("task @t(x: i8[8, 4], w: i8[6, 4]) -> (y) {\n"
	                                "  y[i < 8, j < 6] = sum(k < 4) x[i, k] * w[j, k]\n}"),
	                 "its products are neither of floats up to f32 nor of i8 in i32");
	cr_expect_str_eq(reason_against("task @t(x: f64[8, 4], w: f64[6, 4]) -> (y) {\n"
	                                "  y[i < 8, j < 6] = sum(k < 4) x[i, k] * w[j, k]\n}"),
	                 "its products are neither of floats up to f32 nor of i8 in i32");
}
