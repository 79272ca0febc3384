/* Tests of the time that the rule-based scheduler for the CPU reckons with: what counts, against each other. */
#include "fixture.h"

extern const hdt_scheduler hdt_scheduler_auto_cpu;

TestSuite(cost_cpu, .init = set_up, .fini = tear_down);

static double cost_of(const char *task)
{
	const hdt_target_info info = {.size = sizeof info};
	hdt_answer answer = hdt_scheduler_auto_cpu.query(parse_task(task), &info);
	cr_assert(answer.applies);
	return answer.cost_us;
}

#define SUM_OF(...) "task @t(x: f32[4096, 512]) -> (y) { y[i < 4096] = sum(k < 512) " __VA_ARGS__ " }"

Test(cost_cpu, arithmetic_on_indices_costs_nothing)
{
	cr_assert_float_eq(cost_of(SUM_OF("x[i, k]")), cost_of(SUM_OF("x[(i * 7 + 3) % 4096, k]")), 1e-9);
}

Test(cost_cpu, functions_cost_more_than_sums)
{
	cr_assert_gt(cost_of(SUM_OF("exp(x[i, k])")), 2 * cost_of(SUM_OF("x[i, k]")));
}

Test(cost_cpu, what_does_not_lie_side_by_side_costs_more)
{
	cr_assert_gt(cost_of("task @t(x: f32[1024, 1024]) -> (y) { y[i < 1024] = sum(k < 512) x[i, k * 2] }"),
	             1.5 * cost_of("task @t(x: f32[1024, 1024]) -> (y) { y[i < 1024] = sum(k < 512) x[i, k] }"));
}

Test(cost_cpu, sums_side_by_side_add_up)
{
	const char *two = "task @t(x: f32[4096, 512]) -> (y) { y[i < 4096] = (sum(k < 512) exp(x[i, k])) + (sum(k < 512) "
					  "exp(0.0 - x[i, k])) }";
	double one = cost_of(SUM_OF("exp(x[i, k])")), both = cost_of(two);
	cr_assert(both > 1.5 * one && both < 3 * one, "%g and %g", one, both);
}

Test(cost_cpu, little_work_is_not_shared_out)
{
	cr_assert_lt(cost_of("task @t(x: f32[16]) -> (y) { y[i < 16] = x[i] + x[i] }"), 1);
}
