/* Tests of asking for the next row ahead, for which no target is loaded here that could: whether it is done shows as a fault. */
#include "fixture.h"

#include <string.h>

extern const hdt_scheduler hdt_scheduler_auto_cpu;

TestSuite(ahead, .init = set_up, .fini = tear_down);

static bool asks(const char *task)
{
	const hdt_target_info info = {.size = sizeof info, .target = "cpu", .vector_bytes = 16};
	(void)hdt_scheduler_auto_cpu.build(parse_task(task), &info);
	return strstr(context->message, "'prefetch'") != NULL;
}

Test(ahead, long_rows_that_are_read_again_are_asked_for)
{
	cr_assert(asks("task @t(x: f32[64, 4096]) -> (y) { m[i < 64] = f64(max(k < 4096) f64(x[i, k]))\n"
	               "y[i < 64, j < 4096] = x[i, j] - f32(m[i]) }"));
}

Test(ahead, short_rows_are_not)
{
	cr_assert_not(asks("task @t(x: f32[64, 400]) -> (y) { m[i < 64] = f64(max(k < 400) f64(x[i, k]))\n"
	                   "y[i < 64, j < 400] = x[i, j] - f32(m[i]) }"));
}

/* The row is one of the reduction's: its number is not known where the loop over blocks of columns stands. */
Test(ahead, rows_of_a_reduction_are_not)
{
	cr_assert_not(asks("task @t(x: f32[64, 70, 4096]) -> (y) { m[i < 64, j < 4096] = max(k < 70) x[i, k, j]\n"
	                   "s[i < 64, j < 4096] = sum(k < 70) exp(x[i, k, j] - m[i, j])\n"
	                   "y[i < 64, k < 70, j < 4096] = exp(x[i, k, j] - m[i, j]) / s[i, j] }"));
	cr_assert_eq(hdt_context_status(context), HDT_OK, "%s", context->message);
}
