/* Tests of the prelude: every helper on every dtype against scalar_apply, which says what the operations mean, over
 * edge values, compiled for every instruction set level of this machine. */
#include "values.h"

#include "base/text.h"
#include "ir/expr.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

/* Helpers of integers and of floats; `ulps` is the allowed error of f32 in units in the last place. */
static const struct {
	hdt_scalar_op op;
	int arity;
	bool integers, floats;
	double ulps;
} helpers[] = {
	{HDT_OP_ADD, 2, true, false, 0},     {HDT_OP_SUB, 2, true, false, 0},      {HDT_OP_MUL, 2, true, false, 0},
	{HDT_OP_NEG, 1, true, false, 0},     {HDT_OP_FLOORDIV, 2, true, true, 0},  {HDT_OP_MOD, 2, true, true, 0},
	{HDT_OP_TRUNCDIV, 2, true, true, 0}, {HDT_OP_FMOD, 2, true, true, 0},      {HDT_OP_MIN, 2, true, true, 0},
	{HDT_OP_MAX, 2, true, true, 0},      {HDT_OP_POW, 2, true, true, 1},       {HDT_OP_ABS, 1, true, true, 0},
	{HDT_OP_SIGN, 1, true, true, 0},     {HDT_OP_SHL, 2, true, false, 0},      {HDT_OP_SHR, 2, true, false, 0},
	{HDT_OP_ATAN2, 2, false, true, 1},   {HDT_OP_FLOOR, 1, false, true, 0},    {HDT_OP_CEIL, 1, false, true, 0},
	{HDT_OP_ROUND, 1, false, true, 0},   {HDT_OP_TRUNC, 1, false, true, 0},    {HDT_OP_ISNAN, 1, false, true, 0},
	{HDT_OP_ISINF, 1, false, true, 0},   {HDT_OP_ISFINITE, 1, false, true, 0}, {HDT_OP_SQRT, 1, false, true, 0},
	{HDT_OP_RSQRT, 1, false, true, 1},   {HDT_OP_EXP, 1, false, true, 2},      {HDT_OP_EXP2, 1, false, true, 2},
	{HDT_OP_EXPM1, 1, false, true, 3},   {HDT_OP_LOG, 1, false, true, 2},      {HDT_OP_LOG2, 1, false, true, 3},
	{HDT_OP_LOG10, 1, false, true, 3},   {HDT_OP_LOG1P, 1, false, true, 4},    {HDT_OP_SIN, 1, false, true, 1},
	{HDT_OP_COS, 1, false, true, 1},     {HDT_OP_TAN, 1, false, true, 2},      {HDT_OP_SINH, 1, false, true, 3},
	{HDT_OP_COSH, 1, false, true, 3},    {HDT_OP_TANH, 1, false, true, 7},     {HDT_OP_ASIN, 1, false, true, 2},
	{HDT_OP_ACOS, 1, false, true, 2},    {HDT_OP_ATAN, 1, false, true, 2},     {HDT_OP_ASINH, 1, false, true, 3},
	{HDT_OP_ACOSH, 1, false, true, 3},   {HDT_OP_ATANH, 1, false, true, 4},    {HDT_OP_ERF, 1, false, true, 7},
	{HDT_OP_ERFC, 1, false, true, 4},
};
enum { HELPER_COUNT = sizeof helpers / sizeof *helpers };

static const struct {
	hdt_dtype dtype;
	const char *type;
} types[] = {
	{HDT_U8, "uint8_t"},  {HDT_U16, "uint16_t"}, {HDT_U32, "uint32_t"}, {HDT_U64, "uint64_t"}, {HDT_I8, "int8_t"},
	{HDT_I16, "int16_t"}, {HDT_I32, "int32_t"},  {HDT_I64, "int64_t"},  {HDT_F32, "float"},    {HDT_F64, "double"},
};
enum { TYPE_COUNT = sizeof types / sizeof *types };

static void lower_name(hdt_scalar_op op, char name[16])
{
	const char *upper = scalar_op_of(op)->name;
	size_t i = 0;
	for (; upper[i] && i < 15; i++)
		name[i] = (char)tolower((unsigned char)upper[i]);
	name[i] = 0;
}

static bool has_helper(int h, hdt_dtype dtype)
{
	return hdt_is_float(dtype) ? helpers[h].floats : helpers[h].integers;
}

static hdt_dtype result_of(hdt_scalar_op op, hdt_dtype dtype)
{
	return scalar_op_of(op)->result == OP_RESULT_BOOL ? HDT_BOOL : dtype;
}

/* void add_i8(const int8_t *x, const int8_t *y, int8_t *out, long n), and so on. */
static const char *make_text(hdt_context *context)
{
	text t = {0};
	for (int h = 0; h < HELPER_COUNT; h++) {
		char name[16];
		lower_name(helpers[h].op, name);
		for (int k = 0; k < TYPE_COUNT; k++) {
			const char *dtype = hdt_dtype_of(types[k].dtype)->name, *type = types[k].type;
			if (!has_helper(h, types[k].dtype))
				continue;
			text_format(&t,
						"void %s_%s(const %s *x, const %s *y, %s *restrict out, int64_t n)\n{ HIDET_VECTORISE for "
						"(int64_t i = 0; i < n; ++i) "
						"out[i] = hidet_%s_%s(x[i]%s); }\n",
						name, dtype, type, type,
						result_of(helpers[h].op, types[k].dtype) == HDT_BOOL ? "uint8_t" : type, name, dtype,
						helpers[h].arity == 2 ? ", y[i]" : "");
		}
	}
	for (int k = 0; k < TYPE_COUNT; k++)
		for (int f = 0; f < 2 && !hdt_is_float(types[k].dtype); f++)
			text_format(&t,
						"void cast_%s_f%d(const %s *x, const void *y, %s *restrict out, int64_t n)\n{ for (int64_t i = "
						"0; i < n; ++i) "
						"out[i] = hidet_cast_%s_f%d(x[i]); }\n",
						hdt_dtype_of(types[k].dtype)->name, f ? 64 : 32, f ? "double" : "float", types[k].type,
						hdt_dtype_of(types[k].dtype)->name, f ? 64 : 32);
	for (int h = 0; h < 2; h++) {
		const char *half = h ? "bf16" : "f16";
		text_format(&t,
					"void load_%s(const uint16_t *x, const void *y, float *restrict out, int64_t n)\n{ for (int64_t i "
					"= 0; i < n; ++i) "
					"out[i] = hidet_load_%s(x[i]); }\n",
					half, half);
		text_format(&t,
					"void store_%s(const float *x, const void *y, uint16_t *restrict out, int64_t n)\n{ for (int64_t i "
					"= 0; i < n; ++i) "
					"out[i] = hidet_store_%s(x[i]); }\n",
					half, half);
		text_format(&t,
					"void round_%s(const float *x, const void *y, float *restrict out, int64_t n)\n{ for (int64_t i = "
					"0; i < n; ++i) "
					"out[i] = hidet_cast_%s_f32(x[i]); }\n",
					half, half);
	}
	return text_finish(&t, context);
}

/* Distance in units in the last place of the wanted value; 0 for NaN beside NaN, infinite where the special cases
 * differ. */
static double ulps_between(double got, double want, hdt_dtype dtype)
{
	if (isnan(got) || isnan(want))
		return isnan(got) && isnan(want) ? 0 : INFINITY;
	if (got == want)
		return 0;
	int digits = dtype == HDT_F64 ? 53 : 24, exponent;
	/* Half a unit beyond the largest is infinity: the neighbours of overflow may fall on either side. */
	double largest = dtype == HDT_F64 ? DBL_MAX : FLT_MAX;
	if (isinf(got) || isinf(want))
		return fabs(isinf(got) ? want : got) >= largest * (1 - 1e-6) ? 1 : INFINITY;
	frexp(want, &exponent);
	int lowest = dtype == HDT_F64 ? -1074 : -149;
	int unit = exponent - digits < lowest ? lowest : exponent - digits;
	return fabs(got - want) / ldexp(1, unit);
}

static void check_value(hdt_scalar_op helper, const char *name, hdt_dtype dtype, hdt_dtype result, const void *out,
						int i, scalar want, double ulps, scalar x, scalar y)
{
	scalar got = scalar_load(out, result, i);
	const char *d = hdt_dtype_of(dtype)->name;
	if (hdt_is_float(result)) {
		double distance = ulps_between(got.f, want.f, result);
		bool sign_counts = want.f == 0 && ulps == 0 && helper != HDT_OP_MIN && helper != HDT_OP_MAX;
		cr_expect(distance <= ulps && (!sign_counts || !signbit(want.f) == !signbit(got.f)),
				  "%s_%s(%.9g, %.9g) = %.9g, not %.9g: %.1f ulp", name, d, x.f, y.f, got.f, want.f, distance);
	} else if (hdt_is_float(dtype)) {
		cr_expect_eq(got.i, want.i, "%s_%s(%.9g, %.9g) = %lld, not %lld", name, d, x.f, y.f, (long long)got.i,
					 (long long)want.i);
	} else {
		cr_expect_eq(got.i, want.i, "%s_%s(%lld, %lld) = %lld, not %lld", name, d, (long long)x.i, (long long)y.i,
					 (long long)got.i, (long long)want.i);
	}
}

static void check_helpers(hdt_object *object)
{
	for (int h = 0; h < HELPER_COUNT; h++) {
		char name[16], function[32];
		lower_name(helpers[h].op, name);
		for (int k = 0; k < TYPE_COUNT; k++) {
			hdt_dtype dtype = types[k].dtype, result = result_of(helpers[h].op, dtype);
			if (!has_helper(h, dtype))
				continue;
			int n = values_fill(dtype, helpers[h].arity);
			snprintf(function, sizeof function, "%s_%s", name, hdt_dtype_of(dtype)->name);
			values_call(object, function, values_x_memory, values_y_memory, values_out_memory, n);
			for (int i = 0; i < n; i++) {
				bool ok = true;
				scalar args[] = {values_x[i], values_y[i]};
				scalar want = scalar_apply(helpers[h].op, dtype, result, args, &ok);
				check_value(helpers[h].op, name, dtype, result, values_out_memory, i, want, helpers[h].ulps, values_x[i], values_y[i]);
			}
		}
	}
}

static void check_casts(hdt_object *object)
{
	for (int k = 0; k < TYPE_COUNT; k++)
		for (int f = 0; f < 2 && !hdt_is_float(types[k].dtype); f++) {
			char function[32];
			hdt_dtype from = f ? HDT_F64 : HDT_F32;
			int n = values_fill(from, 1);
			snprintf(function, sizeof function, "cast_%s_f%d", hdt_dtype_of(types[k].dtype)->name, f ? 64 : 32);
			values_call(object, function, values_x_memory, NULL, values_out_memory, n);
			for (int i = 0; i < n; i++)
				check_value(HDT_OP_CAST, function, from, types[k].dtype, values_out_memory, i,
							scalar_cast(values_x[i], from, types[k].dtype), 0, values_x[i], values_x[i]);
		}
}

static void check_halves(hdt_object *object)
{
	static uint16_t bits[65536], stored[65536];
	static float values[65536];
	for (int i = 0; i < 65536; i++)
		bits[i] = (uint16_t)i;
	for (int h = 0; h < 2; h++) {
		hdt_dtype half = h ? HDT_BF16 : HDT_F16;
		values_call(object, h ? "load_bf16" : "load_f16", bits, NULL, values, 65536);
		values_call(object, h ? "store_bf16" : "store_f16", values, NULL, stored, 65536);
		for (int i = 0; i < 65536; i++) {
			double want = scalar_load(bits, half, i).f;
			cr_expect((isnan(want) && isnan(values[i])) ||
						  ((double)values[i] == want && !signbit(values[i]) == !signbit(want)),
					  "%s of bits %04x is %g, not %g", h ? "bf16" : "f16", (unsigned)i, (double)values[i], want);
			cr_expect(isnan(want) || stored[i] == bits[i], "bits %04x came back as %04x", (unsigned)i,
					  (unsigned)stored[i]);
		}
		int n = values_fill(HDT_F32, 1);
		/* Random patterns reach every exponent, and ties come from the upper bits alone. */
		for (int i = n / 2; i < n; i++) {
			uint32_t pattern = (uint32_t)values_random() & (i % 2 ? 0xfffff000u : 0xffffffffu);
			memcpy(values_x_memory + 4 * i, &pattern, 4);
		}
		values_call(object, h ? "store_bf16" : "store_f16", values_x_memory, NULL, stored, n);
		values_call(object, h ? "round_bf16" : "round_f16", values_x_memory, NULL, values, n);
		for (int i = 0; i < n; i++) {
			uint16_t want;
			scalar x = scalar_load(values_x_memory, HDT_F32, i);
			scalar_store(&want, half, 0, x);
			double rounded = scalar_cast(x, HDT_F32, half).f;
			cr_expect(stored[i] == want || (isnan(x.f) && isnan(scalar_load(stored, half, i).f)),
					  "%.9g stored as %04x, not %04x", x.f, (unsigned)stored[i], (unsigned)want);
			cr_expect((double)values[i] == rounded || (isnan(values[i]) && isnan(rounded)),
					  "%.9g rounded to %.9g, not %.9g", x.f, (double)values[i], rounded);
		}
	}
}

static void check_all(hdt_object *object)
{
	check_helpers(object);
	check_casts(object);
	check_halves(object);
}

#if defined(__x86_64__)
Test(prelude, means_what_the_reference_means_on_x86_64)
{
	check_level("x86-64", NULL, make_text, check_all);
}
Test(prelude, means_what_the_reference_means_on_x86_64_v2)
{
	check_level("x86-64-v2", NULL, make_text, check_all);
}
Test(prelude, means_what_the_reference_means_on_x86_64_v3)
{
	check_level("x86-64-v3", NULL, make_text, check_all);
}
Test(prelude, means_what_the_reference_means_on_x86_64_v4)
{
	check_level("x86-64-v4", NULL, make_text, check_all);
}
#else
Test(prelude, means_what_the_reference_means)
{
	check_level(isa_detect(false)->name, NULL, make_text, check_all);
}
#endif
