/* What kernels the rule-based scheduler makes of a task: their number, form and size. What they compute is
 * tested in results.c. */
#include "fixture.h"

#include <string.h>

TestSuite(cuda, .init = set_up, .fini = tear_down);

/* ---- a thread for an element -------------------------------------------------------------------------------------- */

Test(cuda, elements_are_a_flat_index_guarded_at_the_end)
{
	hdt_program *p =
		schedule("task @relu(x: f32[n, 99]) -> (y) where n in 1..64 { y[i < n, j < 99] = max(x[i, j], 0.0) }");
	cr_assert_str_eq(program_text(p), "program @relu(x: f32[n, 99], y: f32[n, 99]) where n in 1..64 {\n"
	                                  "  fn @y(x, y) cuda grid((n * 99 + 255) // 256) block(256) {\n"
	                                  "    let index = blockIdx.x * 256 + threadIdx.x;\n"
	                                  "    if index < n * 99 {\n"
	                                  "      y[index // 99, index % 99] = max(x[index // 99, index % 99], 0.0);\n"
	                                  "    }\n"
	                                  "  }\n"
	                                  "}\n");
}

Test(cuda, neighbours_are_moved_by_one_access)
{
	hdt_program *p = schedule(
		"task @sum(x: f16[n, 96], c: f32[96]) -> (y) where n in 1..64 { y[i < n, j < 96] = f16(f32(x[i, j]) + c[j]) }");
	const char *shown = program_text(p);
	cr_assert(strstr(shown, "grid((n * 96 // 8 + 255) // 256)") || strstr(shown, "grid((n * 12 + 255) // 256)"), "%s",
	          shown);
	cr_assert(strstr(shown, "load_vector(&v[0], &x[index // 12, first], 8);"), "%s", shown);
	cr_assert(strstr(shown, "load_vector(&v_1[4], &c[first + 4], 4);"), "%s", shown);
	cr_assert(strstr(shown, "store_vector(&y[index // 12, first], &elements[0], 8);"), "%s", shown);
}

Test(cuda, what_is_read_for_some_neighbours_only_is_not_moved_with_the_others)
{
	const char *shown =
		program_text(schedule("task @edge(x: f32[8, 64]) -> (y) {\n"
	                          "y[i < 8, j < 64] = select(j < 61, x[i, j], 0.0) + select(i < 7, x[i, j], 1.0) }"));
	cr_assert_eq(count_of(shown, "load_vector"), 0, "%s", shown);
	shown =
		program_text(schedule("task @edge(x: f32[8, 64]) -> (y) { y[i < 8, j < 64] = select(i < 7, x[i, j], 1.0) }"));
	cr_assert_eq(count_of(shown, "load_vector"), 1, "%s", shown);
}

Test(cuda, rows_of_unaligned_elements_are_moved_one_by_one)
{
	const char *shown = program_text(schedule("task @shift(x: f32[8, 65]) -> (y) { y[i < 8, j < 64] = x[i, j + 1] }"));
	cr_assert_eq(count_of(shown, "_vector"), 0, "%s", shown);
}

Test(cuda, full_blocks_need_no_guard)
{
	hdt_program *p = schedule("task @copy(x: f32[512]) -> (y) { y[i < 512] = x[i] }");
	const char *shown = lowered(p, HDT_LANGUAGE_C);
	cr_assert_not(strstr(shown, "  if "), "%s", shown);
}

Test(cuda, few_elements_get_a_small_block)
{
	hdt_program *p = schedule("task @few(x: f32[5]) -> (y) { y[i < 5] = x[i] }");
	cr_assert_eq(blocks_of(p, 0), 1);
	cr_assert_eq(threads_of(p, 0), 32);
}

Test(cuda, many_elements_are_several_for_each_thread)
{
	hdt_program *p = schedule("task @many(x: f32[8388608]) -> (y) { y[i < 8388608] = x[i] }");
	cr_assert_eq(blocks_of(p, 0), 8388608 / 4096); /* four pieces of four */
	cr_assert_eq(threads_of(p, 0), 256);
}

Test(cuda, no_elements_are_no_blocks)
{
	hdt_program *p = schedule("task @none(x: f32[0, 4]) -> (y) { y[i < 0, j < 4] = x[i, j] }");
	cr_assert_eq(blocks_of(p, 0), 0);
}

Test(cuda, short_reductions_stay_in_their_thread)
{
	hdt_program *p = schedule("task @short(x: f32[100000, 4]) -> (y) { y[i < 100000] = sum(k < 4) x[i, k] }");
	cr_assert_eq(blocks_of(p, 0), 391);
	cr_assert_eq(count_of(program_text(p), "shfl_xor"), 0);
}

/* ---- teams -------------------------------------------------------------------------------------------------------- */

static const char softmax[] = "task @softmax(x: f32[64, 1000]) -> (y) {\n"
							  "m[i < 64] = max(k < 1000) x[i, k]\n"
							  "e[i < 64, j < 1000] = exp(x[i, j] - m[i]) + exp(x[i, 999 - j] - m[i])\n"
							  "s[i < 64] = sum(k < 1000) e[i, k]\n"
							  "y[i < 64, j < 1000] = e[i, j] / s[i] }";

Test(cuda, stages_that_share_rows_are_one_kernel_with_a_block_for_each_row)
{
	hdt_program *p = schedule(softmax);
	const char *shown = program_text(p);
	cr_assert_eq(p->function_count, 1, "%s", shown);
	cr_assert_eq(p->workspace_count, 0, "%s", shown);
	cr_assert_eq(blocks_of(p, 0), 64);
	cr_assert(strstr(shown, "register e: f32[4, 4];"), "%s", shown);
	cr_assert(strstr(shown, "register m: f32;"), "%s", shown);
	cr_assert_not(strstr(shown, "shared e"), "%s", shown);
}

/* A batch of one is part of every model's values. */
Test(cuda, rows_of_a_batch_of_one_are_kept_in_registers)
{
	hdt_program *p =
		schedule("task @norm(x: f16[1, 128, 768]) -> (y) {\n"
	             "m[n < 1, i < 128] = avg(k < 768) f32(x[n, i, k])\n"
	             "v[n < 1, i < 128] = avg(k < 768) (f32(x[n, i, k]) - m[n, i]) * (f32(x[n, i, k]) - m[n, i])\n"
	             "y[n < 1, i < 128, j < 768] = f16((f32(x[n, i, j]) - m[n, i]) * rsqrt(v[n, i] + 0.001)) }");
	const char *shown = program_text(p);
	cr_assert_eq(threads_of(p, 0), 32, "%s", shown);
	cr_assert_not(strstr(shown, "syncthreads"), "%s", shown);
}

Test(cuda, rows_that_are_read_at_other_places_go_to_shared_memory)
{
	const char *shown = program_text(schedule("task @t(x: f32[64, 1000]) -> (y) {\n"
	                                          "e[i < 64, j < 1000] = exp(x[i, j]) + exp(x[i, 999 - j])\n"
	                                          "s[i < 64] = sum(k < 1000) e[i, k]\n"
	                                          "y[i < 64, j < 1000] = e[i, 999 - j] / s[i] }"));
	cr_assert(strstr(shown, "shared e: f32[1000];"), "%s", shown);
}

Test(cuda, what_several_reductions_read_is_read_once)
{
	const char *shown =
		program_text(schedule("task @norm(x: f16[300, 768], g: f16[768]) -> (y) {\n"
	                          "m[i < 300] = avg(k < 768) f32(x[i, k])\n"
	                          "v[i < 300] = avg(k < 768) (f32(x[i, k]) - m[i]) * (f32(x[i, k]) - m[i])\n"
	                          "y[i < 300, j < 768] = f16((f32(x[i, j]) - m[i]) * rsqrt(v[i]) * f32(g[j])) }"));
	cr_assert_eq(count_of(shown, "&x["), 1, "%s", shown);
	cr_assert_eq(count_of(shown, "&g["), 1, "%s", shown);
	cr_assert_eq(count_of(shown, "syncthreads"), 0, "%s", shown); /* a warp for each row */
}

Test(cuda, rows_too_long_for_shared_memory_are_workspace)
{
	hdt_program *p = schedule("task @wide(x: f32[64, 20000]) -> (y) {\n"
	                          "e[i < 64, j < 20000] = exp(x[i, j]) + exp(x[i, 19999 - j])\n"
	                          "s[i < 64] = sum(k < 20000) e[i, k]\n"
	                          "y[i < 64, j < 20000] = e[i, j] / s[i] }");
	cr_assert_eq(p->function_count, 1);
	cr_assert_eq(p->workspace_count, 1, "%s", program_text(p));
}

Test(cuda, few_rows_with_much_in_them_are_kernels_of_their_own)
{
	hdt_program *p = schedule("task @one(x: f32[1, 100000]) -> (y) {\n"
	                          "m[i < 1] = max(k < 1000) x[i, k]\n"
	                          "y[i < 1, j < 100000] = exp(x[i, j] - m[i]) }");
	cr_assert_eq(p->function_count, 2, "%s", program_text(p));
	cr_assert_gt(blocks_of(p, 1), 90);
}

Test(cuda, short_rows_share_a_block)
{
	hdt_program *p = schedule("task @rows(x: f32[100000, 40]) -> (y) { y[i < 100000] = sum(k < 40) x[i, k] }");
	cr_assert_eq(threads_of(p, 0), 256);
	cr_assert_eq(blocks_of(p, 0), 12500); /* a warp for each row */
	cr_assert_eq(count_of(program_text(p), "syncthreads"), 0);
}

Test(cuda, reductions_across_rows_read_side_by_side)
{
	hdt_program *p = schedule("task @columns(x: f32[3000, 64]) -> (y) { y[j < 64] = sum(k < 3000) x[k, j] }");
	const char *shown = program_text(p);
	cr_assert(strstr(shown, "let slot = threadIdx.x % 16;"), "%s", shown);
	cr_assert(strstr(shown, "let worker = threadIdx.x // 16;"), "%s", shown);
}

Test(cuda, sums_of_f32_stay_in_f32)
{
	cr_assert_not(strstr(program_text(schedule(softmax)), "f64"));
}

Test(cuda, sums_of_f16_are_kept_in_f32)
{
	hdt_program *p = schedule("task @half(x: f16[64, 400]) -> (y) { y[i < 64] = sum(k < 400) x[i, k] }");
	cr_assert(strstr(program_text(p), "register acc: f32;"), "%s", program_text(p));
}

Test(cuda, small_values_travel_as_i32)
{
	hdt_program *p = schedule("task @bytes(x: u8[64, 400]) -> (y) { y[i < 64] = max(k < 400) x[i, k] }");
	cr_assert(strstr(program_text(p), "shfl_xor(i32(acc), "), "%s", program_text(p));
}

Test(cuda, a_reduction_with_axes_that_depend_on_each_other_is_one_threads)
{
	hdt_program *p = schedule("task @ragged(x: f32[40, 40]) -> (y) { y[i < 1] = sum(a < 40, b < a + 1) x[a, b] }");
	cr_assert_eq(count_of(program_text(p), "shfl_xor"), 0);
}

Test(cuda, a_reduction_that_elements_share_is_computed_once)
{
	hdt_program *p =
		schedule("task @centre(x: f32[64, 100]) -> (y) { y[i < 64, j < 100] = x[i, j] - avg(k < 100) x[i, k] }");
	cr_assert_eq(p->function_count, 1, "%s", program_text(p));
	cr_assert_eq(blocks_of(p, 0), 64);
	p = schedule("task @scale(x: f32[64, 100]) -> (y) { y[i < 64, j < 100] = x[i, j] / max(k < 64, l < 100) x[k, l] }");
	cr_assert_eq(p->function_count, 2, "%s", program_text(p));
	cr_assert_eq(blocks_of(p, 0), 1);
}

/* ---- very long reductions ----------------------------------------------------------------------------------------- */

Test(cuda, a_long_reduction_to_one_element_is_parts_and_their_sum)
{
	hdt_program *p = schedule("task @all(x: f32[2000, 1000]) -> (y) { y[] = sum(a < 2000, b < 1000) x[a, b] }");
	cr_assert_eq(p->function_count, 2, "%s", program_text(p));
	cr_assert_eq(p->workspace_count, 1);
	cr_assert_geq(blocks_of(p, 0), 128);
	cr_assert_eq(blocks_of(p, 1), 1);
}

Test(cuda, an_index_is_not_found_in_parts)
{
	hdt_program *p = schedule("task @best(x: f32[2000000]) -> (y) { y[] = argmax(a < 2000000) x[a] }");
	cr_assert_eq(p->function_count, 1);
	cr_assert_eq(threads_of(p, 0), 1024);
}

/* ---- products ----------------------------------------------------------------------------------------------------- */

Test(cuda, products_of_matrices_are_tiles_in_shared_memory)
{
	hdt_program *p = schedule("task @matmul(x: f32[2048, 512], w: f32[512, 2048]) -> (y) {\n"
	                          "y[i < 2048, j < 2048] = max(sum(k < 512) x[i, k] * w[k, j], 0.0) }");
	const char *shown = program_text(p);
	cr_assert_eq(blocks_of(p, 0), 256, "%s", shown);
	cr_assert(strstr(shown, "shared left: f32[16, 132];"), "%s", shown);
	cr_assert_not(strstr(shown, "  if "), "%s", shown);
	cr_assert_not(strstr(shown, "select"), "%s", shown);
}

Test(cuda, tiles_that_stand_out_are_guarded)
{
	hdt_program *p =
		schedule("task @matmul(x: f32[m, k], w: f32[n, k]) -> (y) where k in 1..64, m in 1..64, n in 1..64 {\n"
	             "y[i < m, j < n] = sum(p < k) x[i, p] * w[j, p] }");
	const char *shown = program_text(p);
	cr_assert_eq(count_of(shown, "select("), 2, "%s", shown);
	cr_assert(strstr(shown, "shared left: "), "%s", shown);
}

Test(cuda, small_products_get_small_tiles)
{
	hdt_program *p = schedule("task @matmul(x: f32[3, 64, 64], w: f32[3, 64, 64]) -> (y) {\n"
	                          "y[b < 3, i < 64, j < 64] = sum(k < 64) x[b, i, k] * w[b, k, j] }");
	cr_assert_eq(blocks_of(p, 0), 12, "%s", program_text(p));
}

Test(cuda, f64_products_keep_fewer_accumulators)
{
	hdt_program *p = schedule("task @matmul(x: f64[4096, 512], w: f64[512, 4096]) -> (y) {\n"
	                          "y[i < 4096, j < 4096] = sum(k < 512) x[i, k] * w[k, j] }");
	cr_assert(strstr(program_text(p), "register acc: f64[4, 4] = "), "%s", program_text(p));
}

Test(cuda, convolutions_are_products)
{
	hdt_program *p = schedule(
		"task @conv(x: f32[2, 16, 30, 30], w: f32[32, 16, 3, 3]) -> (y) {\n"
		"y[n < 2, o < 32, h < 28, v < 28] = sum(c < 16, r < 3, s < 3) x[n, c, h + r, v + s] * w[o, c, r, s] }");
	cr_assert(strstr(program_text(p), "shared right: "), "%s", program_text(p));
}

Test(cuda, a_matrix_times_a_vector_is_teams)
{
	hdt_program *p = schedule("task @gemv(x: f32[1, 4096], w: f32[4096, 4096]) -> (y) {\n"
	                          "y[i < 1, j < 4096] = sum(k < 4096) x[i, k] * w[j, k] }");
	cr_assert_not(strstr(program_text(p), "shared left"), "%s", program_text(p));
	cr_assert(strstr(program_text(p), "shfl_xor"), "%s", program_text(p));
}

/* ---- running sums ------------------------------------------------------------------------------------------------- */

Test(cuda, running_sums_of_many_rows_are_one_thread_each)
{
	hdt_program *p =
		schedule("task @scan(x: f32[50000, 100]) -> (y) { y[i < 50000, j < 100] = sum(k < j + 1) x[i, k] }");
	cr_assert_eq(count_of(program_text(p), "syncthreads"), 0);
	cr_assert_eq(blocks_of(p, 0), 782);
}

Test(cuda, running_sums_of_few_rows_are_a_block_each)
{
	hdt_program *p = schedule("task @scan(x: f32[5, 10000]) -> (y) { y[i < 5, j < 10000] = sum(k < j + 1) x[i, k] }");
	cr_assert_eq(blocks_of(p, 0), 5);
	cr_assert(strstr(program_text(p), "shared sums: f64[256];"), "%s", program_text(p));
}

/* ---- all of them -------------------------------------------------------------------------------------------------- */

static const char *const tasks[] = {
	softmax,
	"task @scalar(x: f32[]) -> (y) { y[] = exp(x[]) }",
	"task @two(x: f32[30, 300], z: f32[30, 200]) -> (y) { y[i < 30] = sum(a < 300) x[i, a] * x[i, a] + max(b < 200) "
	"z[i, b] }",
	"task @nested(x: f32[30, 300, 8]) -> (y) { y[i < 30] = sum(a < 300) exp(sum(b < 8) x[i, a, b]) }",
	"task @small(x: f32[n, 9]) -> (y) where n in 1..64 { m[i < n] = max(a < 9) x[i, a]\n"
	"e[i < n, j < 9] = exp(x[i, j] - m[i]) + exp(x[i, 8 - j] - m[i])\n"
	"y[i < n, j < 9] = e[i, j] / sum(a < 9) e[i, a] }",
	"task @both(x: f32[30, 100]) -> (y, m) { m[i < 30] = max(a < 100) x[i, a]\n"
	"y[i < 30, j < 100] = x[i, j] - m[i] }",
	"task @best(x: i64[30, 3000]) -> (y) { y[i < 30] = argmin(a < 3000) x[i, a] }",
	"task @column(x: f16[3000, 30]) -> (y) { y[i < 30] = argmax(a < 3000) x[a, i] }",
	"task @any(x: f32[30, 100]) -> (y) { y[i < 30] = any(a < 100) (x[i, a] < 0.5) }",
	"task @mean(x: i32[3, 400000]) -> (y) { y[i < 3] = avg(a < 400000) x[i, a] }",
	"task @gather(x: f32[n, 4], at: i64[7]) -> (y) where n in 1..64 { y[i < 7, j < 4] = x[bounded(at[i], n), j] }",
	"task @scan(x: f32[5, n]) -> (y) where n in 1..64 { y[i < 5, j < n] = prod(k < j + 1) x[i, k] }",
	"task @product(x: f16[m, 40], w: f16[40, n], b: f16[n]) -> (y) where m in 1..64, n in 1..64 {\n"
	"y[i < m, j < n] = f16(sum(k < 40) f32(x[i, k]) * f32(w[k, j])) + b[j] }",
	"task @integers(x: i8[33, 40], w: i8[50, 40]) -> (y) { y[i < 33, j < 50] = sum(k < 40) x[i, k] * w[j, k] }",
};
enum { TASKS = sizeof tasks / sizeof *tasks };

Test(cuda, every_form_of_kernel_can_be_lowered_and_emitted)
{
	for (int i = 0; i < TASKS; i++) {
		const char *shown = kernel_text(schedule(tasks[i]));
		cr_assert_gt(count_of(shown, "HIDET_KERNEL("), 0, "%s", tasks[i]);
	}
}

Test(cuda, every_form_of_kernel_can_be_lowered_to_script)
{
	for (int i = 0; i < TASKS; i++)
		cr_assert(strstr(lowered(schedule(tasks[i]), HDT_LANGUAGE_SCRIPT), "cuda grid("), "%s", tasks[i]);
}

Test(cuda, equal_tasks_give_equal_programs)
{
	for (int i = 0; i < TASKS; i++)
		cr_assert_str_eq(program_text(schedule(tasks[i])), program_text(schedule(tasks[i])));
}

Test(cuda, more_work_costs_more)
{
	static const char *const sizes[] = {"100", "100000", "100000000"};
	double last = 0;
	for (int i = 0; i < 3; i++) {
		const hdt_task *task =
			parse_task(hdt_format(context, "task @t(x: f32[%s]) -> (y) { y[i < %s] = x[i] }", sizes[i], sizes[i]));
		hdt_answer answer = hdt_scheduler_auto_cuda.query(task, NULL);
		cr_assert(answer.applies);
		cr_assert_gt(answer.cost_us, last);
		last = answer.cost_us;
	}
	cr_assert_lt(last, 100000);
}
