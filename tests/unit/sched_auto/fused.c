/* Tests that a product is added with one rounding only where the processor has an instruction for that: elsewhere it is a slow call. */
#include "fixture.h"

#include <string.h>

extern const hdt_scheduler hdt_scheduler_auto_cpu;

TestSuite(fused, .init = set_up, .fini = tear_down);

static const char *cpu_text(const char *task, bool fused)
{
	const hdt_target_info info = {
		.size = sizeof info, .target = "cpu", .vector_bytes = 16, .fused_multiply_add = fused};
	hdt_program *program = hdt_scheduler_auto_cpu.build(parse_task(task), &info);
	cr_assert(program, "%s", context->message);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	return program_text(program);
}

Test(fused, products_are_added_in_one_instruction_or_in_two)
{
	static const char *const tasks[] = {
		"task @blocks(x: f32[64, 32], w: f32[32, 48]) -> (y) { y[i < 64, j < 48] = sum(k < 32) x[i, k] * w[k, j] }",
		"task @in_order(x: f32[7, 3], w: f64[7, 3]) -> (y) { y[i < 7] = sum(k < 3) f64(x[i, k]) * w[i, k] }",
	};
	for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
		cr_assert(strstr(cpu_text(tasks[i], true), "fma("), "%s", cpu_text(tasks[i], true));
		cr_assert_not(strstr(cpu_text(tasks[i], false), "fma("), "%s", cpu_text(tasks[i], false));
	}
}

Test(fused, a_fused_product_that_the_task_asks_for_stays)
{
	cr_assert(strstr(cpu_text("task @t(x: f32[64]) -> (y) { y[i < 64] = fma(x[i], x[i], 1.0) }", false), "fma("));
}
