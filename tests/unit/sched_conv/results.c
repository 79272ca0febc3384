/* results.c: what the programs of all ways compute, against the reference evaluator: aligned and unaligned channels, tiny maps, borders, steps,
 * groups, and several choices of tiles. */
#include "fixture.h"

#include "exec/candidate.h"
#include <stdlib.h>
#include <string.h>

TestSuite(results, .init = set_up, .fini = tear_down);

static const double sums = 2e-6;

/* Of n convolutions one after the other in shape, made from a number. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*state >> 33) % below;
}

static layer random_layer(uint64_t *state)
{
	static const int64_t counts[] = {1, 3, 15, 16, 17, 24, 40};
	layer s = {
		.count = 1 + (int)draw(state, 3), .batch = 1 + (int64_t)draw(state, 2), .groups = draw(state, 5) ? 1 : 3};
	s.channels = counts[draw(state, 6)];
	s.columns = counts[draw(state, 7)];
	s.channels_first = draw(state, 2);
	s.constant = draw(state, 2);
	s.scaled = !draw(state, 4);
	for (int d = 0; d < s.count; d++) {
		s.kernel[d] = 1 + (int64_t)draw(state, 3);
		s.stride[d] = 1 + (int64_t)draw(state, 2);
		s.dilation[d] = 1 + (int64_t)draw(state, 3);
		s.padding[d] = (int64_t)draw(state, 3);
		s.size[d] = 1 + (int64_t)draw(state, s.count < 3 ? 8 : 4);
		int64_t reach = (s.kernel[d] - 1) * s.dilation[d] + 1 - 2 * s.padding[d];
		s.size[d] = s.size[d] < reach ? reach : s.size[d];
	}
	return s;
}

static bool is_product(const layer *s)
{
	bool product = true;
	for (int d = 0; d < s->count; d++)
		product = product && s->kernel[d] == 1 && s->padding[d] == 0;
	return product;
}

Test(results, convolutions_of_random_shapes)
{
	uint64_t state = 1;
	for (int i = 0; i < 24; i++) {
		layer s = random_layer(&state);
		/* Sums of one product and plain products of matrices are others' business. */
		if (!is_product(&s) && !reason_of(&hdt_scheduler_conv_cpu, conv_text(&s)))
			sweep_add(&hdt_scheduler_conv_cpu, 0, 1, conv_text(&s));
	}
	sweep_run(sums);
}

/* Of each phase there is to be a result, and a tap. */
static layer random_transposed_layer(uint64_t *state)
{
	layer s = random_layer(state);
	s.transposed = true;
	for (int d = 0; d < s.count; d++) {
		s.stride[d] = 1 + (int64_t)draw(state, s.count < 3 ? 3 : 2);
		s.kernel[d] = s.stride[d] + (int64_t)draw(state, 3);
		s.dilation[d] = s.stride[d] == 2 ? 1 + 2 * (int64_t)draw(state, 2) : 1 + (int64_t)draw(state, 2);
		s.padding[d] = s.kernel[d] > 1 ? (int64_t)draw(state, 2) : 0;
		s.size[d] += 1;
	}
	return s;
}

Test(results, transposed_convolutions_of_random_shapes)
{
	uint64_t state = 7;
	for (int i = 0; i < 24; i++) {
		layer s = random_transposed_layer(&state);
		const char *reason = reason_of(&hdt_scheduler_conv_cpu, conv_text(&s));
		cr_expect(!reason || s.channels == 1 || s.columns == 1, "%s\n%s", reason, conv_text(&s));
		if (!reason)
			sweep_add(&hdt_scheduler_conv_cpu, 0, 1, conv_text(&s));
	}
	sweep_run(sums);
}

Test(results, transposed_depthwise)
{
	static const int64_t kernels[] = {2, 3, 4, 5};
	for (int i = 0; i < 8; i++) {
		long long k = kernels[i % 4], c = i < 4 ? 32 : 21, size = 3 + i, out = (size - 1) * 2 + k - 1;
		const char *shifted[2] = {"(h - r + 1)", "(v - s)"};
		sweep_add(&hdt_scheduler_conv_depthwise_cpu, i % 3, 3,
		          hdt_format(context,
		                     "task @t(x: f32[2, %lld, %lld, %lld], w: const f32[%lld, %lld, %lld]) -> (y) {\n"
		                     "y[n < 2, h < %lld, v < %lld, c < %lld] = sum(r < %lld, s < %lld) select(0 <= %s && "
		                     "%s // 2 < %lld && %s %% 2 == 0 && 0 <= %s && %s // 2 < %lld && %s %% 2 == 0, "
		                     "x[n, %s // 2, %s // 2, c], 0.0) * w[c, r, s] }",
		                     size, size, c, c, k, k, out, out, c, k, k, shifted[0], shifted[0], size, shifted[0],
		                     shifted[1], shifted[1], size, shifted[1], shifted[0], shifted[1]));
	}
	sweep_run(sums);
}

Test(results, transposed_in_one_direction_by_a_step_of_one_may_be_winograd)
{
	layer s = {.count = 2,
	           .batch = 1,
	           .groups = 1,
	           .channels = 32,
	           .columns = 16,
	           .size = {9, 12},
	           .kernel = {3, 3},
	           .stride = {1, 1},
	           .padding = {1, 1},
	           .dilation = {1, 1},
	           .constant = true,
	           .transposed = true};
	sweep_add(&hdt_scheduler_conv_winograd_cpu, 0, 1, conv_text(&s));
	sweep_run(2e-5);
}

Test(results, every_choice_of_tiles)
{
	sweep_add(&hdt_scheduler_conv_cpu, 2, 16,
	          conv_text(&(layer){THREE_BY_THREE, .channels = 12, .columns = 88, .size = {9, 15}, .constant = true}));
	sweep_run(sums);
}

Test(results, weights_fetched_ahead)
{
	sweep_add(&hdt_scheduler_conv_cpu, 0, 1,
	          conv_text(&(layer){THREE_BY_THREE, .channels = 256, .columns = 80, .size = {5, 7}, .constant = true}));
	sweep_run(5e-6);
}

/* Channels in pairs: even and odd numbers of them, one group and several, weights packed before or ahead. */
Test(results, convolutions_of_bf16_of_random_shapes)
{
	uint64_t state = 3;
	for (int i = 0; i < 24; i++) {
		layer s = i % 4 == 3 ? random_transposed_layer(&state) : random_layer(&state);
		s.dtype = "bf16";
		if (!reason_of(&hdt_scheduler_conv_cpu, conv_text(&s)))
			sweep_add(&hdt_scheduler_conv_cpu, 0, 1, conv_text(&s));
	}
	sweep_run(1e-2);
}

Test(results, windows_of_bf16)
{
	sweep_add(&hdt_scheduler_conv_depthwise_cpu, 1, 2,
	          "task @t(x: bf16[1, 13, 15, 40], w: const bf16[40, 3, 3]) -> (y) { y[n < 1, h < 13, v < 15, c < 40] = "
	          "sum(r < 3, s < 3) select(1 <= h + r && h + r < 14 && 1 <= v + s && v + s < 16, x[n, h + r - 1, v + s - "
	          "1, c], bf16(0.0)) * w[c, r, s] }");
	sweep_add(&hdt_scheduler_pool_cpu, 0, 1,
	          "task @t(x: bf16[2, 12, 12, 33]) -> (y) { y[n < 2, h < 6, w < 6, c < 33] = max(r < 2, s < 2) x[n, h * 2 "
	          "+ r, w * 2 + s, c] }");
	sweep_run(1e-2);
}

Test(results, without_such_an_instruction_nothing_is_fused_to_fma)
{
	hdt_target_info plain = *machine;
	const char *tasks[] = {
		conv_text(&(layer){THREE_BY_THREE, .channels = 32, .columns = 32, .size = {8, 8}, .constant = true}),
		"task @t(x: f32[1, 13, 15, 40], w: const f32[40, 3, 3]) -> (y) { y[n < 1, h < 11, v < 13, c < 40] = sum(r < 3, "
		"s < 3) x[n, h + r, v + s, c] * w[c, r, s] }"};
	const hdt_scheduler *schedulers[] = {&hdt_scheduler_conv_cpu, &hdt_scheduler_conv_winograd_cpu,
	                                     &hdt_scheduler_conv_depthwise_cpu};
	plain.fused_multiply_add = false;
	for (int i = 0; i < 3; i++) {
		hdt_program *program =
			candidate_program((candidate){.scheduler = schedulers[i]}, parse_task(tasks[i / 2]), &plain);
		cr_assert(program);
		cr_expect_null(strstr(program_text(program), "fma("), "%s", schedulers[i]->name);
	}
}

Test(results, sixteen_bit_elements_are_summed_in_f32)
{
	sweep_add(&hdt_scheduler_conv_cpu, 0, 1,
	          conv_text(&(layer){THREE_BY_THREE, .channels = 17, .columns = 20, .size = {5, 7}, .dtype = "f16"}));
	sweep_run(2e-2);
}

Test(results, depthwise)
{
	static const int64_t sizes[] = {1, 2, 3, 5, 7, 8, 14, 15, 29}, channels[] = {16, 17, 24, 33, 48};
	for (int i = 0; i < 18; i++) {
		int64_t size = sizes[i % 9], kernel = i % 2 ? 3 : 5, stride = 1 + i % 3 % 2, c = channels[i % 5];
		const char *task =
			hdt_format(context,
		               "task @t(x: f32[2, %lld, %lld, %lld], w: %sf32[%lld, %lld, %lld], b: f32[%lld]) -> (y) {\n"
		               "y[n < 2, h < %lld, v < %lld, c < %lld] = (sum(r < %lld, s < %lld) select(%lld <= h * %lld + r "
		               "&& h * %lld + r < %lld && "
		               "%lld <= v * %lld + s && v * %lld + s < %lld, x[n, h * %lld + r - %lld, v * %lld + s - %lld, "
		               "c], 0.0) * w[c, r, s]) + b[c] }",
		               (long long)size, (long long)size, (long long)c, i % 4 ? "const " : "", (long long)c,
		               (long long)kernel, (long long)kernel, (long long)c, (long long)((size - 1) / stride + 1),
		               (long long)((size - 1) / stride + 1), (long long)c, (long long)kernel, (long long)kernel,
		               (long long)(kernel / 2), (long long)stride, (long long)stride, (long long)(size + kernel / 2),
		               (long long)(kernel / 2), (long long)stride, (long long)stride, (long long)(size + kernel / 2),
		               (long long)stride, (long long)(kernel / 2), (long long)stride, (long long)(kernel / 2));
		sweep_add(&hdt_scheduler_conv_depthwise_cpu, i < 9 ? 0 : 2, 3, task);
	}
	sweep_run(sums);
}

Test(results, poolings)
{
	sweep_add(&hdt_scheduler_pool_cpu, 2, 4,
	          "task @t(x: f32[1, 13, 15, 20]) -> (y) { y[n < 1, h < 7, w < 8, c < 20] = max(r < 3, s < 3) "
	          "select(1 <= h * 2 + r && h * 2 + r < 14 && 1 <= w * 2 + s && w * 2 + s < 16, x[n, h * 2 + r - 1, w * 2 "
	          "+ s - 1, c], -inf) }");
	sweep_add(&hdt_scheduler_pool_cpu, 0, 1,
	          "task @t(x: f32[2, 12, 12, 33]) -> (y) { y[n < 2, h < 6, w < 6, c < 33] = avg(r < 2, s < 2) x[n, h * 2 + "
	          "r, w * 2 + s, c] }");
	sweep_add(&hdt_scheduler_pool_cpu, 0, 1,
	          "task @t(x: f32[2, 7, 7, 40]) -> (y) { y[n < 2, h < 1, w < 1, c < 40] = avg(r < 7, s < 7) x[n, h * 7 + "
	          "r, w * 7 + s, c] }");
	sweep_add(&hdt_scheduler_pool_cpu, 0, 1,
	          "task @t(x: f32[9, 16]) -> (y) { y[h < 7, c < 16] = 1.0 - (min(r < 3) x[h + r, c]) }");
	sweep_run(sums);
}

static const char *three_by_three(int64_t batch, int64_t height, int64_t width, int64_t channels, int64_t columns,
                                  int64_t padding)
{
	return conv_text(&(layer){.count = 2,
	                          .batch = batch,
	                          .groups = 1,
	                          .channels = channels,
	                          .columns = columns,
	                          .size = {height, width},
	                          .kernel = {3, 3},
	                          .stride = {1, 1},
	                          .padding = {padding, padding},
	                          .dilation = {1, 1},
	                          .constant = true});
}

Test(results, winograd)
{
	static const int64_t heights[] = {4, 5, 8, 13, 14}, widths[] = {4, 7, 9, 12, 28};
	for (int i = 0; i < 10; i++)
		sweep_add(&hdt_scheduler_conv_winograd_cpu, 2, 5,
		          three_by_three(1 + i % 2, heights[i % 5], widths[(i + i / 5) % 5], i % 3 ? 16 : 32, i % 2 ? 48 : 16,
		                         i % 3));
	sweep_run(2e-5);
}

Test(results, winograd_with_few_results_a_tile_is_as_exact_as_sums_are)
{
	setenv("HIDET_WINOGRAD", "2", 1);
	sweep_add(&hdt_scheduler_conv_winograd_cpu, 2, 5, three_by_three(1, 14, 14, 64, 32, 1));
	unsetenv("HIDET_WINOGRAD");
	sweep_run(sums);
}

Test(results, winograd_can_be_forbidden)
{
	setenv("HIDET_WINOGRAD", "0", 1);
	const char *reason = reason_of(&hdt_scheduler_conv_winograd_cpu, three_by_three(1, 14, 14, 64, 32, 1));
	unsetenv("HIDET_WINOGRAD");
	cr_assert_str_eq(reason, "HIDET_WINOGRAD forbids it");
	cr_assert_null(reason_of(&hdt_scheduler_conv_winograd_cpu, three_by_three(1, 14, 14, 64, 32, 1)));
}

Test(results, what_is_declined)
{
	cr_expect_str_eq(
		reason_of(&hdt_scheduler_conv_cpu,
	              "task @t(x: f32[9, 4], w: f32[5, 4]) -> (y) { y[i < 9, j < 5] = sum(k < 4) x[i, k] * w[j, k] }"),
		"it is a plain product of matrices");
	cr_expect_str_eq(reason_of(&hdt_scheduler_conv_winograd_cpu, three_by_three(1, 14, 14, 18, 32, 1)),
	                 "its channels fill no vectors");
	cr_expect_str_eq(
		reason_of(&hdt_scheduler_pool_cpu, "task @t(x: f32[9, 3]) -> (y) { y[i < 7, c < 3] = max(r < 3) x[i + r, c] }"),
		"its channels fill no vector");
}
