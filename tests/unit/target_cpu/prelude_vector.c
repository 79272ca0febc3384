/* Tests of the prelude's vectors: a lane has the bits that the scalar helper gives (which the tests of the prelude hold
 * against the reference), at every instruction set level of this machine, by each compiler that is found. */
#include "helpers.h"
#include "values.h"

#include "base/text.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LANES = 16 };

static const char *const of_one[] = {
	"abs",   "sign",  "floor", "ceil", "trunc", "round", "sqrt",  "rsqrt",    "exp",      "exp2",      "expm1", "log",
	"log2",  "log10", "log1p", "sin",  "cos",   "tan",   "sinh",  "cosh",     "tanh",     "asin",      "acos",  "atan",
	"asinh", "acosh", "atanh", "erf",  "erfc",  "isnan", "isinf", "isfinite", "cast_f16", "cast_bf16",
};
static const char *const of_two[] = {"min", "max", "pow", "atan2", "fmod", "mod", "floordiv", "truncdiv"};
enum { ONE_COUNT = sizeof of_one / sizeof *of_one, TWO_COUNT = sizeof of_two / sizeof *of_two };

/* Ways through memory: what is loaded as `dtype` and stored again is unchanged. */
static const struct {
	hdt_dtype dtype;
	const char *type;
} stored[] = {
	{HDT_F32, "float"},   {HDT_F16, "uint16_t"}, {HDT_BF16, "uint16_t"},
	{HDT_I32, "int32_t"}, {HDT_I8, "int8_t"},    {HDT_U8, "uint8_t"},
};
enum { STORED_COUNT = sizeof stored / sizeof *stored };

#define EACH "for (int64_t i = 0; i + HIDET_LANES <= n; i += HIDET_LANES) "
#define SIGNATURE "(const float *x, const float *y, float *out, int64_t n) { "

static bool is_test(const char *name)
{
	return strncmp(name, "is", 2) == 0;
}

/* s_NAME by the scalar helper, v_NAME by the vector's. Tests give 1.0 or 0.0. */
static void add_helper(text *t, const char *name, int arity)
{
	const char *more = arity == 2 ? ", y[i]" : "", *more_lanes = arity == 2 ? ", hidet_v_load_f32(y + i)" : "";
	text_format(t, "void s_%s" SIGNATURE "for (int64_t i = 0; i < n; ++i) out[i] = hidet_%s_f32(x[i]%s); }\n", name,
	            name, more);
	text_format(t, "void v_%s" SIGNATURE EACH "hidet_v_store_f32(out + i, ", name);
	if (is_test(name))
		text_format(t, "hidet_v_cast_f32_i32(-hidet_v_%s_f32(hidet_v_load_f32(x + i)))", name);
	else
		text_format(t, "hidet_v_%s_f32(hidet_v_load_f32(x + i)%s)", name, more_lanes);
	text_add(t, "); }\n");
}

static const char others[] =
	"void v_fma" SIGNATURE EACH "hidet_v_store_f32(out + i, hidet_v_fma_f32(hidet_v_load_f32(x + i), "
	"hidet_v_load_f32(y + i), hidet_v_of_f32(y[0]))); }\n"
	"void s_fma" SIGNATURE "for (int64_t i = 0; i < n; ++i) out[i] = hidet_fma_f32(x[i], y[i], y[0]); }\n"
	"void v_less" SIGNATURE EACH "hidet_v_store_f32(out + i, hidet_v_select_f32(hidet_v_load_f32(x + i) < "
	"hidet_v_load_f32(y + i), hidet_v_of_f32(x[0]), hidet_v_of_f32(-0.0f))); }\n"
	"void s_less" SIGNATURE "for (int64_t i = 0; i < n; ++i) out[i] = x[i] < y[i] ? x[0] : -0.0f; }\n"
	"void v_whole" SIGNATURE EACH
	"hidet_v_store_i32((int32_t *)out + i, hidet_v_cast_i32_f32(hidet_v_load_f32(x + i))); }\n"
	"void s_whole" SIGNATURE "for (int64_t i = 0; i < n; ++i) ((int32_t *)out)[i] = hidet_cast_i32_f32(x[i]); }\n"
	"void widen_i16(const int16_t *x, const void *y, int32_t *out, int64_t n) { " EACH
	"hidet_v_store_i32(out + i, hidet_v_load_i16(x + i)); }\n"
	"void widen_u16(const uint16_t *x, const void *y, int32_t *out, int64_t n) { " EACH
	"hidet_v_store_i32(out + i, hidet_v_load_u16(x + i)); }\n"
	"void v_truth(const uint8_t *x, const void *y, uint8_t *out, int64_t n) { " EACH
	"hidet_v_store_bool(out + i, hidet_v_load_bool(x + i)); }\n"
	"void count(const void *x, const void *y, float *out, int64_t n) { " EACH
	"hidet_v_store_f32(out + i, hidet_v_cast_f32_i32(hidet_v_iota_i32() + hidet_v_of_i32(i))); }\n"
	"void reduce(const float *x, const int64_t *y, float *out, int64_t n) { hidet_v_f32 v = hidet_v_load_f32(x);"
	"out[0] = hidet_v_reduce_sum_f32(v); out[1] = hidet_v_reduce_max_f32(v); out[2] = hidet_v_reduce_min_f32(v);"
	"out[3] = HIDET_LANES; }\n";

static const char *make_text(hdt_context *context)
{
	text t = {0};
	text_add(&t, others);
	for (int i = 0; i < ONE_COUNT; i++)
		add_helper(&t, of_one[i], 1);
	for (int i = 0; i < TWO_COUNT; i++)
		add_helper(&t, of_two[i], 2);
	for (int i = 0; i < STORED_COUNT; i++) {
		const char *name = hdt_dtype_of(stored[i].dtype)->name, *type = stored[i].type;
		text_format(&t,
		            "void copy_%s(const %s *x, const void *y, %s *out, int64_t n) { " EACH
		            "hidet_v_store_%s(out + i, hidet_v_load_%s(x + i)); }\n",
		            name, type, type, name, name);
	}
	return text_finish(&t, context);
}

static float scalars[MOST_VALUES], lanes[MOST_VALUES + 1];

/* Not where the aligned vectors are. */
static float *unaligned(void)
{
	return lanes + 1;
}

static void check_pair(hdt_object *object, const char *name, int n, const float *x, const float *y)
{
	char function[32];
	n -= n % MOST_LANES;
	snprintf(function, sizeof function, "s_%s", name);
	values_call(object, function, x, y, scalars, n);
	snprintf(function, sizeof function, "v_%s", name);
	values_call(object, function, x, y, unaligned(), n);
	for (int i = 0; i < n; i++)
		cr_expect(memcmp(&scalars[i], &unaligned()[i], 4) == 0 || (isnan(scalars[i]) && isnan(unaligned()[i])),
		          "%s(%.9g, %.9g): a lane gives %.9g, the scalar helper %.9g", name, (double)x[i], (double)y[i],
		          (double)unaligned()[i], (double)scalars[i]);
}

static void check_pairs(hdt_object *object)
{
	const float *x = (const float *)values_x_memory, *y = (const float *)values_y_memory;
	int n = values_fill(HDT_F32, 1);
	for (int i = 0; i < ONE_COUNT; i++)
		check_pair(object, of_one[i], n, x, y);
	check_pair(object, "whole", n, x, y);
	n = values_fill(HDT_F32, 2);
	for (int i = 0; i < TWO_COUNT; i++)
		check_pair(object, of_two[i], n, x, y);
	check_pair(object, "fma", n, x, y);
	check_pair(object, "less", n, x, y);
}

/* Rounded once, whatever the processor has: ties that a double would move are among the random bits' low ends. */
static void check_fma(hdt_object *object)
{
	float x[MOST_LANES * 64], y[MOST_LANES * 64], out[MOST_LANES * 64];
	for (int i = 0; i < MOST_LANES * 64; i++) {
		x[i] = (float)(int)(values_random() % 4096) + 1.0f;
		y[i] = ldexpf((float)(values_random() % 4096), (int)(values_random() % 60) - 30);
	}
	y[0] = 1.0f + 0x1p-23f;
	values_call(object, "v_fma", x, y, out, MOST_LANES * 64);
	for (int i = 0; i < MOST_LANES * 64; i++) {
		float want = fmaf(x[i], y[i], y[0]);
		cr_expect(out[i] == want, "fma(%a, %a, %a) = %a, not %a", (double)x[i], (double)y[i], (double)y[0],
		          (double)out[i], (double)want);
	}
}

static void check_memory(hdt_object *object)
{
	static unsigned char from[MOST_LANES * 32 * 4 + 1], to[MOST_LANES * 32 * 4 + 1];
	for (int i = 0; i < STORED_COUNT; i++) {
		char function[32];
		int bytes = hdt_dtype_of(stored[i].dtype)->bytes;
		for (size_t k = 0; k < sizeof from; k++) /* no NaN among the floats: its payload may change */
			from[k] = (unsigned char)(values_random() & 0x3f);
		snprintf(function, sizeof function, "copy_%s", hdt_dtype_of(stored[i].dtype)->name);
		values_call(object, function, from + 1, NULL, to + 1, MOST_LANES * 32);
		cr_expect_arr_eq(from + 1, to + 1, (size_t)bytes * MOST_LANES * 32, "%s", function);
	}
	uint16_t narrow[MOST_LANES];
	int32_t wide[MOST_LANES], wide_unsigned[MOST_LANES];
	for (int i = 0; i < MOST_LANES; i++)
		narrow[i] = (uint16_t)(i * 0x1111);
	values_call(object, "widen_i16", narrow, NULL, wide, MOST_LANES);
	values_call(object, "widen_u16", narrow, NULL, wide_unsigned, MOST_LANES);
	for (int i = 0; i < MOST_LANES; i++) {
		cr_expect_eq(wide[i], (int16_t)narrow[i]);
		cr_expect_eq(wide_unsigned[i], narrow[i]);
	}
	for (size_t k = 0; k < sizeof from; k++)
		from[k] = values_random() & 1;
	values_call(object, "v_truth", from, NULL, to, MOST_LANES * 32);
	cr_expect_arr_eq(from, to, MOST_LANES * 32);
}

static void check_lanes(hdt_object *object)
{
	float numbers[MOST_LANES * 2], sums[4];
	values_call(object, "count", NULL, NULL, numbers, MOST_LANES * 2);
	for (int i = 0; i < MOST_LANES * 2; i++)
		cr_expect_eq(numbers[i], (float)i);
	for (int nan = -1; nan < MOST_LANES; nan++) {
		float x[MOST_LANES];
		for (int i = 0; i < MOST_LANES; i++)
			x[i] = i == nan ? NAN : (float)((i * 7 + 3) % 16);
		values_call(object, "reduce", x, NULL, sums, 0);
		int width = (int)sums[3];
		float sum = 0, largest = -1, smallest = 100;
		for (int i = 0; i < width; i++) {
			sum += x[i];
			largest = fmaxf(largest, x[i]);
			smallest = fminf(smallest, x[i]);
		}
		bool poisoned = nan >= 0 && nan < width;
		cr_expect(poisoned ? isnan(sums[0]) : sums[0] == sum);
		cr_expect(poisoned ? isnan(sums[1]) : sums[1] == largest);
		cr_expect(poisoned ? isnan(sums[2]) : sums[2] == smallest);
	}
}

static void check_all(hdt_object *object)
{
	check_pairs(object);
	check_fma(object);
	check_memory(object);
	check_lanes(object);
}

Test(prelude_vector, lanes_have_the_bits_of_the_scalar_helpers_by_gcc)
{
	check_levels(vector_levels, "gcc", make_text, check_all);
}

Test(prelude_vector, lanes_have_the_bits_of_the_scalar_helpers_by_clang)
{
	check_levels(vector_levels, "clang", make_text, check_all);
}
