/* values.c: the prelude's functions on the device against libm's in f64, over magnitudes, signs and special values. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 4096 };

typedef struct function {
	const char *name;
	double (*unary)(double x);
	double (*binary)(double x, double y);
	double units; /* of the last place that it may differ */
} function;

static double rsqrt_of(double x)
{
	return 1 / sqrt(x);
}
static double mod_of(double x, double y)
{
	double r = fmod(x, y);
	return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? copysign(0, y) : r;
}
static double floordiv_of(double x, double y)
{
	double r = fmod(x, y), q = (x - r) / y - (r != 0 && (r < 0) != (y < 0));
	return y == 0 ? x / y : rint(q);
}
static double min_of(double x, double y)
{
	return isnan(y) ? y : x > y ? y : x;
}
static double max_of(double x, double y)
{
	return isnan(y) ? y : x < y ? y : x;
}

static const function functions[] = {
	{"sqrt", sqrt, NULL, 0.5}, {"rsqrt", rsqrt_of, NULL, 1.5},
	{"exp", exp, NULL, 2},     {"exp2", exp2, NULL, 2},
	{"expm1", expm1, NULL, 2}, {"log", log, NULL, 2},
	{"log2", log2, NULL, 2},   {"log10", log10, NULL, 3},
	{"log1p", log1p, NULL, 2}, {"sin", sin, NULL, 3},
	{"cos", cos, NULL, 3},     {"tan", tan, NULL, 5},
	{"sinh", sinh, NULL, 4},   {"cosh", cosh, NULL, 3},
	{"tanh", tanh, NULL, 3},   {"asin", asin, NULL, 4},
	{"acos", acos, NULL, 4},   {"atan", atan, NULL, 3},
	{"asinh", asinh, NULL, 4}, {"acosh", acosh, NULL, 5},
	{"atanh", atanh, NULL, 4}, {"erf", erf, NULL, 3},
	{"erfc", erfc, NULL, 5},   {"floor", floor, NULL, 0},
	{"ceil", ceil, NULL, 0},   {"trunc", trunc, NULL, 0},
	{"round", rint, NULL, 0},  {"pow", NULL, pow, 10},
	{"atan2", NULL, atan2, 4}, {"fmod", NULL, fmod, 0},
	{"mod", NULL, mod_of, 1},  {"floordiv", NULL, floordiv_of, 1},
	{"min", NULL, min_of, 0},  {"max", NULL, max_of, 0},
};

/* Distance in units of the last place of `want`, rounded to f32; NaN and infinities must agree. */
static double distance(float got, double want)
{
	float rounded = (float)want;
	if (isnan(rounded) || isinf(rounded) || isnan(got) || isinf(got))
		return (isnan(rounded) && isnan(got)) || rounded == got      ? 0
		       : isinf(rounded) != isinf(got) && fabs(want) > 3.4e38 ? 1
		                                                             : INFINITY;
	float unit = nextafterf(fabsf(rounded), INFINITY) - fabsf(rounded);
	return fabs(got - want) / (unit > 0 ? unit : 1e-45f);
}

static void make_inputs(float *x)
{
	const float special[] = {0.0f,    -0.0f,   1.0f, -1.0f, INFINITY, -INFINITY, NAN,  1e-45f,
	                         -1e-40f, 3.4e38f, 0.5f, 2.0f,  88.8f,    -104.0f,   1e5f, 3.0f};
	for (int i = 0; i < COUNT; i++)
		x[i] = (i % 2 ? -1.0f : 1.0f) * exp2f((float)(i % 512) / 16.0f - 16.0f) * (1.0f + (float)(i % 97) / 97.0f);
	memcpy(x, special, sizeof special);
}

static void check_function(gpu *g, const function *f, const float *x, void *on_device, void *result)
{
	char kernel[32];
	static float y[COUNT];
	double worst = 0;
	int at = 0;
	snprintf(kernel, sizeof kernel, "%s_f32", f->name);
	call c = {.kernel = kernel,
	          .grid = COUNT / 128,
	          .buffers = {on_device, result},
	          .buffer_count = 2,
	          .symbols = {COUNT},
	          .symbol_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, result, sizeof y);
	for (int i = 0; i < COUNT; i++) {
		double want = f->unary ? f->unary(x[i]) : f->binary(x[i], x[COUNT - 1 - i]), d = distance(y[i], want);
		if (d > worst) {
			worst = d;
			at = i;
		}
	}
	expect(status == HDT_OK && worst <= f->units + 0.5, "%-8s within %.2f units of the last place (at %g, %g: %g)",
	       f->name, worst, (double)x[at], (double)x[COUNT - 1 - at], (double)y[at]);
}

/* No product is fused with a sum: each is rounded. */
static void check_roundings(gpu *g, const float *x, void *on_device, void *result)
{
	static float y[COUNT];
	int wrong = 0;
	call c = {.kernel = "product_and_sum",
	          .grid = COUNT / 128,
	          .buffers = {on_device, result},
	          .buffer_count = 2,
	          .symbols = {COUNT},
	          .symbol_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, result, sizeof y);
	for (int i = 0; i < COUNT; i++) {
		volatile float product = x[i] * x[COUNT - 1 - i];
		float want = product + 1.0f;
		wrong += !(want == y[i] || (isnan(want) && isnan(y[i])));
	}
	expect(status == HDT_OK && !wrong, "products and sums are rounded one by one (%d wrong)", wrong);
}

static void check_integers(gpu *g, const float *x, void *on_device, void *result)
{
	static int32_t y[COUNT];
	int wrong = 0;
	call c = {.kernel = "to_integer",
	          .grid = COUNT / 128,
	          .buffers = {on_device, result},
	          .buffer_count = 2,
	          .symbols = {COUNT},
	          .symbol_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, result, sizeof y);
	for (int i = 0; i < COUNT; i++) {
		int32_t wide = isnan(x[i]) ? 0 : x[i] < -0x1p31f ? INT32_MIN : x[i] >= 0x1p31f ? INT32_MAX : (int32_t)x[i];
		int32_t narrow = isnan(x[i]) ? 0 : x[i] < -128.0f ? -128 : x[i] >= 128.0f ? 127 : (int8_t)x[i];
		wrong += y[i] != (wide ^ narrow);
	}
	expect(status == HDT_OK && !wrong, "floats become integers toward zero, at the ends the nearest (%d wrong)", wrong);
}

/* Every 16-bit float is exact in f32, and comes back; a NaN may come back as another one. */
static void check_half(gpu *g, const char *kernel, int exponent)
{
	static uint16_t y[65536];
	int wrong = 0;
	call c = {.kernel = kernel, .grid = 512, .buffers = {gpu_new(g, sizeof y)}, .buffer_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, c.buffers[0], sizeof y);
	for (int i = 0; i < 65536; i++)
		wrong += (i & 0x7fff) > exponent ? (y[i] & 0x7fff) <= exponent : y[i] != i;
	expect(status == HDT_OK && !wrong, "%s: all 65536 (%d wrong; %s)", kernel, wrong, g->fault.message);
}

void check_values(gpu *g)
{
	static float x[COUNT];
	make_inputs(x);
	void *on_device = gpu_with(g, x, sizeof x), *result = gpu_new(g, sizeof x);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		check_function(g, &functions[i], x, on_device, result);
	check_roundings(g, x, on_device, result);
	check_integers(g, x, on_device, result);
	check_half(g, "f16_there_and_back", 0x7c00);
	check_half(g, "bf16_there_and_back", 0x7f80);
}
