/* Whole tasks: the compiled program gives what the reference evaluator gives. */
#include "fixture.h"

TestSuite(run, .init = set_up, .fini = tear_down);

static void good(const char *source, const int64_t *sizes)
{
	cr_assert_eq(run_and_compare(source, sizes), HDT_OK);
}

Test(run, elementwise_with_broadcast)
{
	good("task @f(x: f32[3, 5, 7], b: f32[7]) -> (y) { y[i < 3, j < 5, k < 7] = max(x[i, j, k] + b[k], 0.0) }", NULL);
}

Test(run, row_softmax_with_symbolic_rows)
{
	good("task @softmax(x: f32[n, 33]) -> (y) where n in 1..64 {\n"
	     "  m[i < n] = max(k < 33) x[i, k]\n"
	     "  e[i < n, j < 33] = exp(x[i, j] - m[i])\n"
	     "  s[i < n] = sum(k < 33) e[i, k]\n"
	     "  y[i < n, j < 33] = e[i, j] / s[i]\n"
	     "}", SIZES(5));
}

Test(run, matrix_product_with_tails)
{
	good("task @matmul(a: f32[13, 9], b: f32[9, 21]) -> (y) {\n"
	     "  y[i < 13, j < 21] = sum(k < 9) a[i, k] * b[k, j]\n"
	     "}", NULL);
}
