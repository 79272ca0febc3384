/* cpu.c: sums of products of all shapes on this processor: aligned, odd, tiny, symbolic, in batches, transposed, with what is fused around them. */
#include "fixture.h"

#include <string.h>

TestSuite(matmul_cpu, .init = set_up, .fini = tear_down, .timeout = 300);

/* ---- constant weights --------------------------------------------------------------------------------------------- */

#define LINEAR(m, n, k)                                                                        \
	"task @t(x: f32[" #m ", " #k "], w: const f32[" #n ", " #k "], b: f32[" #n "]) -> (y) {\n" \
	"  y[i < " #m ", j < " #n "] = max(sum(k < " #k ") x[i, k] * w[j, k] + b[j], 0.0)\n}"

Test(matmul_cpu, whole_tiles)
{
	run(LINEAR(64, 96, 64));
}

Test(matmul_cpu, rows_and_columns_that_no_tile_divides)
{
	run(LINEAR(37, 75, 33));
}

Test(matmul_cpu, fewer_than_a_vector_of_each)
{
	run(LINEAR(3, 5, 7));
	run(LINEAR(2, 3, 2));
}

Test(matmul_cpu, one_row)
{
	run(LINEAR(1, 130, 64));
}

Test(matmul_cpu, every_choice_of_the_space)
{
	run_choices(LINEAR(40, 70, 24), 2, 5);
}

Test(matmul_cpu, long_sum_in_slices)
{
	run_choices(LINEAR(20, 40, 1636), 1, 4);
}

Test(matmul_cpu, weights_from_columns_and_offsets)
{
	run("task @t(x: f32[20, 12], w: const f32[12, 100]) -> (y) { y[i < 20, j < 40] = sum(k < 12) x[i, k] * w[k, j + "
	    "30] }");
}

Test(matmul_cpu, weights_for_each_of_a_batch)
{
	run("task @t(x: f32[3, 9, 8], w: const f32[3, 20, 8]) -> (y) {\n"
	    "  y[g < 3, i < 9, j < 20] = sum(k < 8) x[g, i, k] * w[g, j, k]\n}");
}

Test(matmul_cpu, convolution_of_single_pixels)
{
	run("task @t(x: f32[2, 5, 6, 8], w: const f32[20, 8, 1, 1], b: f32[20]) -> (y) {\n"
	    "  y[n < 2, h < 5, v < 6, o < 20] = sum(c < 8) x[n, h, v, c] * w[o, c, 0, 0] + b[o]\n}");
	run("task @t(x: f32[2, 8, 5, 6], w: const f32[20, 8, 1, 1], b: f32[20]) -> (y) {\n"
	    "  y[n < 2, o < 20, h < 5, v < 6] = sum(c < 8) x[n, c, h, v] * w[o, c, 0, 0] + b[o]\n}");
}

Test(matmul_cpu, convolution_with_several_axes_of_the_sum)
{
	run("task @t(x: f32[2, 7, 9, 8], w: const f32[20, 8, 3, 3]) -> (y) {\n"
	    "  y[n < 2, h < 5, v < 7, o < 20] = sum(c < 8, p < 3, q < 3) x[n, h + p, v + q, c] * w[o, c, p, q]\n}");
	run("task @t(x: f32[1, 11, 11, 4], w: const f32[20, 4, 3, 3]) -> (y) {\n"
	    "  y[n < 1, h < 5, v < 5, o < 20] = sum(c < 4, p < 3, q < 3) x[n, h * 2 + p, v * 2 + q, c] * w[o, c, p, q]\n}");
}

Test(matmul_cpu, windows_of_one_pixel_read_in_one_line)
{
	const char *task = "task @t(x: f32[1, 5, 6, 8], w: const f32[20, 8, 1, 1]) -> (y) {\n  y[n < 1, h < 5, v < 6, o < "
					   "20] = sum(c < 8, p < "
					   "1, q < 1) x[n, h + p, v + q, c] * w[o, c, p, q]\n}";
	cr_expect(strstr(program_text_of(task), "* 8, 22)"), "30 rows in tiles of 8: %s", program_text_of(task));
	run(task);
}

Test(matmul_cpu, more_axes_of_one_element_than_dimensions)
{
	run("task @t(x: f32[6, 8], w: const f32[20, 8]) -> (y) {\n  y[n < 1, m < 1, i < 6, p < 1, j < 20, q < 1] = sum(k < "
	    "8, a < 1, b < 1, c < 1, "
	    "d < 1, e < 1) x[i + n + a + b + c, k] * w[j + p + d + e, k]\n}");
}

Test(matmul_cpu, pooled_features_with_axes_of_one_element)
{
	run("task @t(x: f32[2, 24, 1, 1], w: const f32[10, 24, 1, 1]) -> (y) {\n"
	    "  y[n < 2, o < 10, h < 1, v < 1] = sum(c < 24) x[n, c, h, v] * w[o, c, 0, 0]\n}");
}

/* ---- no constants ------------------------------------------------------------------------------------------------- */

Test(matmul_cpu, second_factor_side_by_side)
{
	run("task @t(a: f32[33, 20], b: f32[20, 70]) -> (y) { y[i < 33, j < 70] = sum(k < 20) a[i, k] * b[k, j] }");
}

Test(matmul_cpu, second_factor_across)
{
	run("task @t(a: f32[33, 20], b: f32[70, 20]) -> (y) { y[i < 33, j < 70] = sum(k < 20) a[i, k] * b[j, k] }");
}

Test(matmul_cpu, second_factor_across_in_squares)
{
	run("task @t(a: f32[33, 32], b: f32[70, 32]) -> (y) { y[i < 33, j < 70] = sum(k < 32) a[i, k] * b[j, k] }");
	RUN_SIZES("task @t(x: f32[2, s, 96], m: f32[2, s]) -> (y) where s in 1..150 {\n  y[n < 2, h < 2, i < s, j < s] = "
	          "(sum(k < 16) x[n, i, h "
	          "* 16 + k] * x[n, j, h * 16 + k + 32]) * 0.25 + m[n, j]\n}",
	          SIZES(1), SIZES(19), SIZES(80), SIZES(150));
}

Test(matmul_cpu, second_factor_in_place_for_one_row)
{
	run("task @t(a: f32[2, 1, 20], b: f32[2, 20, 64]) -> (y) {\n"
	    "  y[n < 2, i < 1, j < 64] = sum(k < 20) a[n, i, k] * b[n, k, j]\n}");
}

Test(matmul_cpu, attention_scores_read_in_place_of_one_projection)
{
	run("task @t(x: f32[2, 19, 96], m: f32[2, 19]) -> (y) {\n  y[n < 2, h < 4, i < 19, j < 19] = (sum(k < 8) x[n, i, h "
	    "* 8 "
	    "+ k] * x[n, j, h * 8 + k + 32]) * 0.35 + m[n, j]\n}");
}

Test(matmul_cpu, attention_values_to_heads_side_by_side)
{
	run("task @t(x: f32[2, 19, 96], a: f32[2, 4, 19, 19]) -> (y) {\n"
	    "  y[n < 2, i < 19, h < 4, d < 8] = sum(k < 19) a[n, h, i, k] * x[n, k, h * 8 + d + 64]\n}");
}

Test(matmul_cpu, long_sum_of_what_is_laid_out_in_slices)
{
	run("task @t(a: f32[30, 1700], b: f32[1700, 40]) -> (y) { y[i < 30, j < 40] = sum(k < 1700) a[i, k] * b[k, j] }");
}

/* ---- what is fused ------------------------------------------------------------------------------------------------- */

Test(matmul_cpu, the_sum_used_twice_and_values_of_rows_and_columns)
{
	run("task @t(x: f32[18, 16], w: const f32[40, 16], s: f32[18], b: f32[40], r: f32[18, 40]) -> (y) {\n  y[i < 18, j "
	    "< "
	    "40] = (sum(k < 16) x[i, k] * w[j, k] + b[j]) * (erf(sum(k < 16) x[i, k] * w[j, k] + b[j]) + s[i]) + r[i, "
	    "j]\n}");
}

Test(matmul_cpu, rows_of_two_axes_and_what_repeats_along_one)
{
	run("task @t(x: f32[3, 7, 16], w: const f32[40, 16], p: f32[7, 40]) -> (y) {\n"
	    "  y[n < 3, i < 7, j < 40] = sum(k < 16) x[n, i, k] * w[j, k] + p[i, j]\n}");
}

Test(matmul_cpu, heads_that_a_transposition_puts_apart)
{
	run("task @t(x: f32[2, 7, 16], w: const f32[48, 16], b: f32[48]) -> (y) {\n"
	    "  y[n < 2, h < 3, i < 7, d < 16] = sum(k < 16) x[n, i, k] * w[h * 16 + d, k] + b[h * 16 + d]\n}");
}

Test(matmul_cpu, heads_side_by_side)
{
	run("task @t(x: f32[2, 7, 16], w: const f32[48, 16], b: f32[48]) -> (y) {\n"
	    "  y[n < 2, i < 7, h < 3, d < 16] = sum(k < 16) x[n, i, k] * w[h * 16 + d, k] + b[h * 16 + d]\n}");
}

Test(matmul_cpu, first_factor_computed_ahead)
{
	run("task @t(x: f32[2, 9, 24], s: f32[24], w: const f32[40, 24]) -> (y) {\n"
	    "  y[n < 2, i < 9, j < 40] = sum(k < 24) max(x[n, i, k] * s[k], 0.0) * w[j, k]\n}");
}

Test(matmul_cpu, rows_picked_by_an_index)
{
	run("task @t(x: f32[5, 24], at: i64[12], w: const f32[40, 24]) -> (y) {\n"
	    "  y[i < 12, j < 40] = sum(k < 24) x[bounded(at[i], 5), k] * w[j, k]\n}");
}

Test(matmul_cpu, sum_over_heads_of_a_transposed_input)
{
	run("task @t(x: f32[2, 3, 9, 8], w: const f32[40, 24]) -> (y) {\n"
	    "  y[n < 2, i < 9, j < 40] = sum(k < 24) x[n, k // 8, i, k % 8] * w[j, k]\n}");
}

Test(matmul_cpu, rows_that_no_factor_has)
{
	run("task @t(x: f32[9, 24], w: const f32[40, 24], r: f32[3, 9, 40]) -> (y) {\n"
	    "  y[z < 3, i < 9, j < 40] = sum(k < 24) x[i, k] * w[j, k] + r[z, i, j]\n}");
}

Test(matmul_cpu, result_of_another_dtype)
{
	run("task @t(x: f32[9, 24], w: const f32[40, 24]) -> (y) { y[i < 9, j < 40] = f16(sum(k < 24) x[i, k] * w[j, k]) "
	    "}");
}

/* ---- sizes known at run time --------------------------------------------------------------------------------------- */

Test(matmul_cpu, any_number_of_rows)
{
	RUN_SIZES("task @t(x: f32[m, 24], w: const f32[40, 24], b: f32[40]) -> (y) where m in 0..100 {\n"
	          "  y[i < m, j < 40] = sum(k < 24) x[i, k] * w[j, k] + b[j]\n}",
	          SIZES(0), SIZES(1), SIZES(13), SIZES(28), SIZES(100));
}

Test(matmul_cpu, at_least_a_tile_of_rows)
{
	RUN_SIZES("task @t(x: f32[m, 24], w: const f32[40, 24]) -> (y) where m in 32..100 {\n"
	          "  y[i < m, j < 40] = sum(k < 24) x[i, k] * w[j, k]\n}",
	          SIZES(32), SIZES(33), SIZES(100));
}

Test(matmul_cpu, any_batch_of_rows)
{
	RUN_SIZES("task @t(x: f32[n, s, 24], w: const f32[40, 24], p: f32[s, 40]) -> (y) where n in 1..9, s in 1..50 {\n"
	          "  y[b < n, i < s, j < 40] = sum(k < 24) x[b, i, k] * w[j, k] + p[i, j]\n}",
	          SIZES(1, 1), SIZES(3, 7), SIZES(2, 50));
}

Test(matmul_cpu, nothing_known)
{
	RUN_SIZES("task @t(a: f32[m, k], b: f32[k, n]) -> (y) where k in 0..2000, m in 1..100, n in 1..100 {\n"
	          "  y[i < m, j < n] = sum(p < k) a[i, p] * b[p, j] + 1.0\n}",
	          SIZES(8, 64, 64), SIZES(5, 1, 1), SIZES(0, 3, 3), SIZES(2000, 17, 33), SIZES(770, 100, 100));
}

Test(matmul_cpu, attention_of_any_length)
{
	RUN_SIZES("task @t(x: f32[2, s, 96], a: f32[2, 4, s, s]) -> (y) where s in 1..80 {\n"
	          "  y[n < 2, i < s, h < 4, d < 8] = sum(k < s) a[n, h, i, k] * x[n, k, h * 8 + d + 64]\n}",
	          SIZES(1), SIZES(19), SIZES(80));
}

Test(matmul_cpu, first_factor_of_any_length_computed_ahead)
{
	RUN_SIZES("task @t(x: f32[n, s, 24], w: const f32[40, 24]) -> (y) where n in 1..9, s in 1..50 {\n"
	          "  y[b < n, i < s, j < 40] = sum(k < 24) max(x[b, i, k], 0.0) * w[j, k]\n}",
	          SIZES(1, 1), SIZES(3, 7), SIZES(2, 50));
}

/* ---- what it is told and tells ------------------------------------------------------------------------------------- */

Test(matmul_cpu, others_are_declined_with_the_reason)
{
	cr_expect_str_eq(reason_against("task @t(x: f32[8, 4]) -> (y) { y[i < 8] = sum(k < 4) x[i, k] }"),
	                 "it does not add up products");
	cr_expect_str_eq(
		reason_against("task @t(x: i32[8, 4], w: i32[6, 4]) -> (y) { y[i < 8, j < 6] = sum(k < 4) x[i, k] * w[j, k] }"),
		"its products are neither of floats up to f32 nor of i8 in i32");
	cr_expect_str_eq(
		reason_against("task @t(x: f32[1, 9, 9, 8], w: const f32[3, 3, 8]) -> (y) {\n"
	                   "  y[n < 1, h < 7, v < 7, c < 8] = sum(p < 3, q < 3) x[n, h + p, v + q, c] * w[p, q, c]\n}"),
		"the last dimension of its result is in both factors");
	cr_expect_str_eq(
		reason_against("task @t(x: f32[1, 9, 9, 8], w: const f32[20, 3, 3, 8]) -> (y) {\n  y[n < 1, h < 9, v < "
	                   "9, o < 20] = sum(p < 3, q < 3, c < 8) select(0 < h + p && h + p < 10, x[n, h + p - 1, v, c], "
	                   "0.0) * w[o, p, q, c]\n}"),
		"its first factor would be computed many times over");
}

Test(matmul_cpu, constant_weights_are_packed_ahead_and_never_read)
{
	const char *program = program_text_of(LINEAR(64, 96, 64));
	cr_expect(strstr(program, "constant packed["), "%s", program);
	cr_expect_not(strstr(program, "fn @multiply(x, w"), "%s", program);
}

Test(matmul_cpu, refuses_a_choice_that_does_not_fit)
{
	const hdt_task *task = parse_task(LINEAR(64, 96, 64));
	hdt_choice wide = {{14, 4096, 64, 1, 1, 0}};
	cr_expect_null(hdt_scheduler_matmul_cpu.build_choice(task, machine, &wide));
	cr_expect(strstr(hdt_context_message(context), "does not take this choice"));
}
