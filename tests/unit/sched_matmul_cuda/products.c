/* What the templates for products compute, choice by choice, on the simulator against the reference evaluator; and what they decline. Sizes leave
 * something over at every edge where the name says so. */
#include "../shared/cuda_template.h"

#include <string.h>

extern const hdt_scheduler hdt_scheduler_matmul_mma, hdt_scheduler_matmul_simt;

enum { MOST_CHOICES = 1000 };
static hdt_choice choices[MOST_CHOICES];

TestSuite(products, .init = set_up, .fini = tear_down);

static hdt_program *build(const hdt_scheduler *s, const hdt_task *task, const hdt_target_info *target,
                          const hdt_choice *choice)
{
	return check_program(s->build_choice(task, target, choice));
}

/* ---- matrix instructions ---- */

#define MMA &hdt_scheduler_matmul_mma

static const char with_edges[] =
	"task @t(x: f16[72, 96], w: f16[96, 40]) -> (y) { y[i < 72, j < 40] = sum(k < 96) x[i, k] * w[k, j] }";

Test(products, mma_of_every_kind_of_tile)
{
	check_choices(MMA, with_edges, NULL, 2, 23);
}

Test(products, mma_of_factors_that_lie_either_way)
{
	check_choices(
		MMA, "task @t(x: f16[40, 64], w: f16[48, 64]) -> (y) { y[i < 40, j < 48] = sum(k < 64) x[i, k] * w[j, k] }",
		NULL, 1, 4);
	check_choices(
		MMA, "task @t(x: bf16[64, 40], w: bf16[64, 48]) -> (y) { y[i < 40, j < 48] = sum(k < 64) x[k, i] * w[k, j] }",
		NULL, 1, 4);
}

Test(products, mma_with_something_done_to_the_sum)
{
	check_choices(MMA,
	              "task @t(x: f16[48, 64], w: f16[40, 64], c: f32[40], r: f16[48, 40]) -> (y) {\n"
	              "y[i < 48, j < 40] = f16(max(f32(sum(k < 64) x[i, k] * w[j, k]) + c[j], 0.0) + f32(r[i, j])) }",
	              NULL, 1, 4);
}

Test(products, mma_with_something_done_to_a_factor)
{
	check_choices(MMA,
	              "task @t(x: f16[48, 64], w: f16[40, 64]) -> (y) {\n"
	              "y[i < 48, j < 40] = sum(k < 64) max(x[i, k], f16(0.0)) * w[j, k] }",
	              NULL, 0, 1);
}

Test(products, mma_of_factors_that_no_copy_takes)
{
	check_choices(
		MMA, "task @t(x: f16[37, 51], w: f16[51, 43]) -> (y) { y[i < 37, j < 43] = sum(k < 51) x[i, k] * w[k, j] }",
		NULL, 0, 1);
}

Test(products, mma_of_sizes_known_when_run)
{
	check_choices(MMA,
	              "task @t(x: f16[m, 64], w: f16[64, 48]) -> (y) where m in 1..512 {\n"
	              "y[i < m, j < 48] = sum(k < 64) x[i, k] * w[k, j] }",
	              SIZES(45), 0, 1);
	check_choices(MMA,
	              "task @t(x: f16[m, n], w: f16[n, p]) -> (y) where m in 1..512, n in 1..512, p in 1..512 {\n"
	              "y[i < m, j < p] = sum(k < n) x[i, k] * w[k, j] }",
	              SIZES(45, 37, 19), 0, 1);
}

Test(products, mma_of_a_batch)
{
	check_choices(MMA,
	              "task @t(x: f16[2, 32, 3, 32], w: f16[2, 3, 32, 32]) -> (y) {\n"
	              "y[n < 2, h < 3, i < 32, j < 32] = sum(k < 32) x[n, i, h, k] * w[n, h, j, k] }",
	              NULL, 1, 5);
}

Test(products, mma_of_a_convolution)
{
	check_choices(MMA,
	              "task @t(x: f16[1, 9, 9, 16], w: f16[32, 3, 3, 16]) -> (y) {\n"
	              "y[n < 1, h < 9, v < 9, o < 32] = sum(c < 16, p < 3, q < 3)\n"
	              "select(h + p >= 1 && h + p < 10 && v + q >= 1 && v + q < 10, x[n, h + p - 1, v + q - 1, c], "
	              "f16(0.0)) * w[o, p, q, c] }",
	              NULL, 0, 1);
}

/* Parts of a sum of 512 with 2, 3, 4, 6 and 8 blocks of a cluster; some blocks then have more slices than others. */
Test(products, mma_with_parts_of_the_sum)
{
	const hdt_task *task = parse_task("task @t(x: f16[40, 544], w: f16[24, 544], c: f16[24]) -> (y) {\n"
	                                  "y[i < 40, j < 24] = (sum(k < 544) x[i, k] * w[j, k]) + c[j] }");
	static const int64_t splits[] = {2, 4, 8};
	for (int i = 0; i < 3; i++) {
		const hdt_choice choice = {{32, 32, 64, 2, 2, 3, splits[i]}};
		run_program_and_compare(task, build(MMA, task, &hopper, &choice), NULL);
	}
	const hdt_choice uneven = {{48, 32, 32, 1, 2, 4, 3}};
	run_program_and_compare(task, build(MMA, task, &hopper, &uneven), NULL);
}

/* Sizes of bench/tasks/matmul.hds, and the choice that was the fastest of some sixty on an H100, or within 2 % of it. */
Test(products, mma_takes_the_choice_measured_as_fastest)
{
	static const struct {
		const char *task;
		hdt_choice fastest;
	} measured[] = {
		{"task @t(x: f16[2048, 2048], w: f16[2048, 2048]) -> (y) {\n"
	     "y[i < 2048, j < 2048] = sum(k < 2048) x[i, k] * w[k, j] }",
	     {{256, 128, 64, 4, 2, 3, 1}}},
		{"task @t(x: f16[1024, 1024], w: f16[1024, 1024]) -> (y) {\n"
	     "y[i < 1024, j < 1024] = sum(k < 1024) x[i, k] * w[k, j] }",
	     {{128, 64, 64, 2, 2, 4, 1}}},
		{"task @t(x: f16[128, 768], w: f16[768, 768]) -> (y) { y[i < 128, j < 768] = sum(k < 768) x[i, k] * w[j, k] }",
	     {{32, 32, 64, 2, 2, 4, 1}}},
		{"task @t(x: f16[128, 768], w: f16[3072, 768]) -> (y) {\n"
	     "y[i < 128, j < 3072] = sum(k < 768) x[i, k] * w[j, k] }",
	     {{64, 64, 64, 2, 2, 4, 1}}},
		{"task @t(x: f16[128, 3072], w: f16[768, 3072]) -> (y) {\n"
	     "y[i < 128, j < 768] = sum(k < 3072) x[i, k] * w[j, k] }",
	     {{64, 64, 64, 2, 2, 4, 4}}},
	};
	for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
		cr_assert_eq((MMA)->space(parse_task(measured[i].task), &hopper, 0, choices, MOST_CHOICES), 1);
		for (int v = 0; v < 7; v++)
			cr_expect_eq(choices[0].values[v], measured[i].fastest.values[v], "task %zu, value %d", i, v);
	}
}

Test(products, mma_moves_sixteen_bytes_at_once)
{
	const hdt_choice choice = {{64, 64, 64, 2, 2, 4, 1}};
	const char *shown = program_text(build(MMA,
	                                       parse_task("task @t(x: f16[128, 64], w: f16[64, 64]) -> (y) {\n"
	                                                  "y[i < 128, j < 64] = sum(k < 64) x[i, k] * w[k, j] }"),
	                                       &hopper, &choice));
	cr_assert(strstr(shown, "&x[side, depth], 8, "), "%s", shown);
	cr_assert(strstr(shown, "&w[depth, side], 8, "), "%s", shown);
	cr_assert(strstr(shown, "store_vector(&y[row, column], &results[0], 8);"), "%s", shown);
}

Test(products, mma_has_no_clusters_on_older_devices)
{
	hdt_target_info ampere = hopper;
	ampere.architecture = 80;
	ampere.cluster_blocks = 0;
	ampere.shared_bytes_asked = 163 * 1024;
	const hdt_task *task = parse_task(
		"task @t(x: f16[64, 2048], w: f16[2048, 64]) -> (y) { y[i < 64, j < 64] = sum(k < 2048) x[i, k] * w[k, j] }");
	int count = hdt_scheduler_matmul_mma.space(task, &ampere, 2, choices, MOST_CHOICES);
	cr_assert_gt(count, 10);
	for (int i = 0; i < count; i++)
		cr_assert_eq(choices[i].values[6], 1);
	ampere.architecture = 75;
	cr_assert_not(hdt_scheduler_matmul_mma.query(task, &ampere).applies);
}

Test(products, mma_splits_long_sums_of_few_tiles)
{
	const hdt_task *task = parse_task(
		"task @t(x: f16[64, 4096], w: f16[4096, 64]) -> (y) { y[i < 64, j < 64] = sum(k < 4096) x[i, k] * w[k, j] }");
	cr_assert_eq(hdt_scheduler_matmul_mma.space(task, &hopper, 0, choices, MOST_CHOICES), 1);
	cr_assert_gt(choices[0].values[6], 1);
}

Test(products, mma_wants_channels_last)
{
	const hdt_task *task = parse_task(
		"task @t(x: f16[1, 64, 9, 9], w: const f16[32, 64, 3, 3]) -> (y) {\n"
		"y[n < 1, o < 32, h < 7, v < 7] = sum(c < 64, p < 3, q < 3) x[n, c, h + p, v + q] * w[o, c, p, q] }");
	const hdt_tensor *const tensors[] = {task->inputs[0], task->outputs[0]};
	for (int i = 0; i < 2; i++) {
		int dims[HDT_MAX_RANK];
		cr_assert(hdt_scheduler_matmul_mma.order(task, &hopper, tensors[i], dims), "%s", tensors[i]->name);
		cr_assert(dims[0] == 0 && dims[1] == 2 && dims[2] == 3 && dims[3] == 1, "%s", tensors[i]->name);
	}
	task = parse_task(
		"task @t(x: f16[64, 40], w: f16[64, 48]) -> (y) { y[i < 40, j < 48] = sum(k < 64) x[k, i] * w[k, j] }");
	int dims[HDT_MAX_RANK];
	cr_assert_not(hdt_scheduler_matmul_mma.order(task, &hopper, task->inputs[0], dims));
	cr_assert_not(hdt_scheduler_matmul_mma.order(task, &hopper, task->outputs[0], dims));
}

Test(products, mma_packs_weights_that_do_not_lie_well)
{
	const hdt_choice choice = {{32, 32, 32, 2, 2, 4, 1}};
	const char *shown = program_text(
		build(MMA,
	          parse_task(
				  "task @t(x: f16[1, 9, 9, 16], w: const f16[32, 16, 3, 3]) -> (y) {\n"
				  "y[n < 1, h < 7, v < 7, o < 32] = sum(c < 16, p < 3, q < 3) x[n, h + p, v + q, c] * w[o, c, p, q] }"),
	          &hopper, &choice));
	cr_assert(strstr(shown, "constant right_packed[i < 32, k < 144] = w[i, k % 16, k // 48, k // 16 % 3];"), "%s",
	          shown);
	cr_assert(strstr(shown, "&right_packed[side_1, depth_1], 8, "), "%s", shown);
}

Test(products, mma_declines)
{
	check_declined(
		MMA, "task @t(x: f32[64, 64], w: f32[64, 64]) -> (y) { y[i < 64, j < 64] = sum(k < 64) x[i, k] * w[k, j] }",
		"other dtypes");
	check_declined(MMA,
	               "task @t(x: f16[64, 64], w: f16[64, 64]) -> (y) { y[i < 64, j < 64] = sum(k < 64) (x[i, k] * x[i, "
	               "k]) * w[k, j] }",
	               "would round");
	check_declined(MMA,
	               "task @t(x: f16[4, 64], w: f16[64, 4]) -> (y) { y[i < 4, j < 4] = sum(k < 64) x[i, k] * w[k, j] }",
	               "too small");
	check_declined(MMA, "task @t(x: f16[64, 64]) -> (y) { y[i < 64] = sum(k < 64) x[i, k] }", "products");
}

/* ---- f32 rounded to tf32 ---- */

static void check_tf32(const char *source, const int64_t *sizes, int level, int step)
{
	hdt_target_info rounding = hopper;
	rounding.tf32 = true;
	const hdt_task *task = parse_task(source);
	hdt_answer answer = hdt_scheduler_matmul_mma.query(task, &rounding);
	cr_assert(answer.applies, "%s: %s", source, answer.reason);
	int count = hdt_scheduler_matmul_mma.space(task, &rounding, level, choices, MOST_CHOICES);
	for (int i = 0; i < count; i += step) {
		hdt_program *program = build(MMA, task, &rounding, &choices[i]);
		cr_assert_gt(count_of(program_text(program), "mma_m16n8k8_tf32"), 0);
		run_program_and_compare(task, program, sizes);
	}
}

/* Results are f16, whose tolerance is that of tf32. */
Test(products, tf32_of_factors_that_lie_any_way)
{
	check_tf32("task @t(x: f32[72, 48], w: f32[40, 48]) -> (y) { y[i < 72, j < 40] = f16((sum(k < 48) x[i, k] * w[j, "
	           "k]) * 0.25) }",
	           NULL, 2, 29);
	check_tf32("task @t(x: f32[72, 48], w: f32[48, 40]) -> (y) { y[i < 72, j < 40] = f16((sum(k < 48) x[i, k] * w[k, "
	           "j]) * 0.25) }",
	           NULL, 1, 9);
	check_tf32("task @t(x: f32[48, 72], w: f32[48, 40]) -> (y) { y[i < 72, j < 40] = f16((sum(k < 48) x[k, i] * w[k, "
	           "j]) * 0.25) }",
	           NULL, 1, 9);
}

Test(products, tf32_of_edges_batches_and_sizes_known_when_run)
{
	check_tf32("task @t(x: f32[37, 51], w: f32[51, 43]) -> (y) { y[i < 37, j < 43] = f16((sum(k < 51) x[i, k] * w[k, "
	           "j]) * 0.25) }",
	           NULL, 0, 1);
	check_tf32("task @t(x: f32[2, m, 32], w: f32[2, 32, 32]) -> (y) where m in 1..512 {\n"
	           "y[n < 2, i < m, j < 32] = f16((sum(k < 32) x[n, i, k] * w[n, j, k]) * 0.25) }",
	           SIZES(45), 0, 1);
}

/* ---- without ---- */

#define SIMT &hdt_scheduler_matmul_simt

Test(products, simt_of_every_kind_of_tile)
{
	check_choices(
		SIMT, "task @t(x: f32[72, 36], w: f32[36, 40]) -> (y) { y[i < 72, j < 40] = sum(k < 36) x[i, k] * w[k, j] }",
		NULL, 2, 9);
}

Test(products, simt_with_edges_and_something_done_to_the_sum)
{
	check_choices(SIMT,
	              "task @t(x: f32[37, 51], w: f32[43, 51], c: f32[43]) -> (y) {\n"
	              "y[i < 37, j < 43] = max((sum(k < 51) x[i, k] * w[j, k]) + c[j], 0.0) }",
	              NULL, 1, 5);
}

Test(products, simt_with_something_done_to_a_factor)
{
	check_choices(
		SIMT,
		"task @t(x: f32[40, 48], w: f32[48, 32]) -> (y) { y[i < 40, j < 32] = sum(k < 48) exp(x[i, k]) * w[k, j] }",
		NULL, 0, 1);
}

Test(products, simt_of_a_convolution)
{
	check_choices(SIMT,
	              "task @t(x: f32[1, 4, 9, 9], w: f32[16, 4, 3, 3]) -> (y) {\n"
	              "y[n < 1, o < 16, h < 9, v < 9] = sum(c < 4, p < 3, q < 3)\n"
	              "select(h + p >= 1 && h + p < 10 && v + q >= 1 && v + q < 10, x[n, c, h + p - 1, v + q - 1], 0.0) * "
	              "w[o, c, p, q] }",
	              NULL, 0, 1);
}
