/* Tests of the time that the rule-based scheduler for CUDA functions reckons with, against what its kernels take on an H100. */
#include "fixture.h"

TestSuite(cost_cuda, .init = set_up, .fini = tear_down);

static double cost_of(const char *task)
{
	hdt_answer answer = hdt_scheduler_auto_cuda.query(parse_task(task), NULL);
	cr_assert(answer.applies);
	return answer.cost_us;
}

#define SOFTMAX(rows, columns)                                 \
	"task @t(x: f32[" rows ", " columns "]) -> (y) {\n"        \
	"m[i < " rows "] = max(k < " columns ") x[i, k]\n"         \
	"e[i < " rows ", j < " columns "] = exp(x[i, j] - m[i])\n" \
	"s[i < " rows "] = sum(k < " columns ") e[i, k]\n"         \
	"y[i < " rows ", j < " columns "] = e[i, j] / s[i] }"
#define SQUARE(dtype, size)                                                                  \
	"task @t(a: " dtype "[" size ", " size "], b: " dtype "[" size ", " size "]) -> (y) {\n" \
	"y[i < " size ", j < " size "] = sum(k < " size ") a[i, k] * b[k, j] }"

static const struct {
	const char *task;
	double us;
} measured[] = {
	{"task @copy(x: f32[67108864]) -> (y) { y[i < 67108864] = x[i] + 1.0 }", 180.7},
	{"task @bias_gelu(x: f16[16384, 3072], c: f16[3072]) -> (y) { y[i < 16384, j < 3072] =\n"
     "f16(f32(x[i, j] + c[j]) * 0.5 * (1.0 + erf(f32(x[i, j] + c[j]) * 0.70710678))) }",
     71.5},
	{"task @norm(x: f16[16384, 768], r: f16[16384, 768], g: f16[768], c: f16[768]) -> (y) {\n"
     "t[i < 16384, j < 768] = f32(x[i, j]) + f32(r[i, j])\n"
     "m[i < 16384] = avg(k < 768) t[i, k]\n"
     "v[i < 16384] = avg(k < 768) (t[i, k] - m[i]) * (t[i, k] - m[i])\n"
     "y[i < 16384, j < 768] = f16((t[i, j] - m[i]) * rsqrt(v[i] + 0.00001) * f32(g[j]) + f32(c[j])) }",
     28},
	{SOFTMAX("32768", "768"), 68.2},
	{SOFTMAX("8192", "4096"), 90.6},
	{"task @transpose(x: f32[8192, 8192]) -> (y) { y[i < 8192, j < 8192] = x[j, i] }", 565},
	{"task @depthwise(x: f16[16, 56, 56, 256], w: f16[3, 3, 256]) -> (y) {\n"
     "y[n < 16, h < 54, v < 54, c < 256] = sum(p < 3, q < 3) x[n, h + p, v + q, c] * w[p, q, c] }",
     26.2},
	{SQUARE("f16", "4096"), 3203},
	{SQUARE("f16", "2048"), 407},
	{SQUARE("f16", "1024"), 74},
	{SQUARE("f32", "2048"), 407},
	{"task @widening(x: f16[128, 768], w: f16[3072, 768], c: f16[3072]) -> (y) {\n"
     "y[i < 128, j < 3072] = max((sum(k < 768) x[i, k] * w[j, k]) + c[j], f16(0.0)) }",
     42.2},
	{"task @narrowing(x: f16[128, 3072], w: f16[768, 3072], c: f16[768]) -> (y) {\n"
     "y[i < 128, j < 768] = (sum(k < 3072) x[i, k] * w[j, k]) + c[j] }",
     84.6},
	{"task @projection(x: f32[128, 768], w: f32[768, 768]) -> (y) {\n"
     "y[i < 128, j < 768] = sum(k < 768) x[i, k] * w[j, k] }",
     22.6},
	{"task @convolution(x: f16[1, 58, 58, 64], w: f16[64, 3, 3, 64]) -> (y) {\n"
     "y[n < 1, h < 56, v < 56, o < 64] = max(sum(c < 64, p < 3, q < 3) x[n, h + p, v + q, c] * w[o, p, q, c], "
     "f16(0.0)) }",
     56.2},
};

Test(cost_cuda, estimates_are_within_a_factor_of_two_of_what_was_measured)
{
	for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
		double us = cost_of(measured[i].task);
		cr_expect(us < 2 * measured[i].us && us > measured[i].us / 2, "%.1f us, not %.1f: %s", us, measured[i].us,
		          measured[i].task);
	}
}

Test(cost_cuda, arithmetic_on_indices_costs_nothing)
{
	cr_assert_float_eq(
		cost_of("task @t(x: f32[512, 4096]) -> (y) { y[i < 4096] = sum(k < 512) x[k, i] }"),
		cost_of("task @t(x: f32[512, 4096]) -> (y) { y[i < 4096] = sum(k < 512) x[(k * 7 + 3) % 512, i] }"), 1e-9);
}

/* One row is the work of one team of threads, whatever the rest of the device does. */
Test(cost_cuda, a_single_row_costs_more_than_its_share_of_many)
{
	cr_assert_gt(cost_of(SOFTMAX("1", "4096")), cost_of(SOFTMAX("1024", "4096")) / 64);
	cr_assert_lt(cost_of(SOFTMAX("1", "4096")), cost_of(SOFTMAX("1024", "4096")));
}
