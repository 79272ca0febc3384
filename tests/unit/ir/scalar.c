/* scalar.c: the meaning of operations on single elements: conversions at the edges, 16-bit floats, integer corner
 * cases. */
#include "ir/expr.h"
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

static scalar of_float(double f)
{
	scalar v = {.f = f};
	return v;
}

static scalar of_integer(int64_t i)
{
	scalar v = {.i = i};
	return v;
}

static int64_t to_integer(double f, hdt_dtype to)
{
	return scalar_cast(of_float(f), HDT_F64, to).i;
}

Test(scalar, floats_to_integers_truncate_and_saturate_and_nan_is_zero)
{
	cr_expect_eq(to_integer(-2.9, HDT_I32), -2);
	cr_expect_eq(to_integer(2.9, HDT_U8), 2);
	cr_expect_eq(to_integer(300, HDT_U8), 255);
	cr_expect_eq(to_integer(-1, HDT_U8), 0);
	cr_expect_eq(to_integer(-1e9, HDT_I8), -128);
	cr_expect_eq(to_integer(INFINITY, HDT_I32), INT32_MAX);
	cr_expect_eq(to_integer(-INFINITY, HDT_I64), INT64_MIN);
	cr_expect_eq(to_integer(9223372036854775808.0, HDT_I64), INT64_MAX);
	cr_expect_eq((uint64_t)to_integer(1e30, HDT_U64), UINT64_MAX);
	cr_expect_eq((uint64_t)to_integer(9223372036854775808.0, HDT_U64), UINT64_C(1) << 63);
	cr_expect_eq(to_integer(NAN, HDT_I64), 0);
	cr_expect_eq(to_integer(NAN, HDT_U64), 0);
	cr_expect_eq(to_integer(NAN, HDT_BOOL), 1);
	cr_expect_eq(to_integer(0.25, HDT_BOOL), 1);
	cr_expect_eq(to_integer(-0.0, HDT_BOOL), 0);
}

Test(scalar, integers_convert_by_their_low_bits)
{
	cr_expect_eq(scalar_cast(of_integer(300), HDT_I64, HDT_U8).i, 44);
	cr_expect_eq(scalar_cast(of_integer(200), HDT_I64, HDT_I8).i, -56);
	cr_expect_eq(scalar_cast(of_integer(-1), HDT_I8, HDT_U32).i, 4294967295);
	cr_expect_eq(scalar_cast(of_integer(-1), HDT_I64, HDT_U64).i, -1);
	cr_expect_eq(scalar_cast(of_integer(-1), HDT_U64, HDT_F64).f, 18446744073709551616.0);
	cr_expect_eq(scalar_cast(of_integer(16777217), HDT_I64, HDT_F32).f, 16777216.0);
	cr_expect_eq(scalar_cast(of_integer(256), HDT_I64, HDT_BOOL).i, 1);
}

static double half(double f)
{
	return scalar_cast(of_float(f), HDT_F32, HDT_F16).f;
}

Test(scalar, f16_rounds_to_nearest_even)
{
	cr_expect_eq(half(2049), 2048);     /* tie, down to even */
	cr_expect_eq(half(2051), 2052);     /* tie, up to even */
	cr_expect_eq(half(2049.001), 2050); /* just above the tie */
	cr_expect_eq(half(65504), 65504);   /* the largest */
	cr_expect_eq(half(65519.99), 65504);
	cr_expect_eq(half(65520), INFINITY); /* the tie beyond it */
	cr_expect_eq(half(-1e30), -INFINITY);
	cr_expect(isnan(half(NAN)));
	cr_expect(signbit(half(-0.0)));
}

Test(scalar, f16_denormals)
{
	double unit = ldexp(1, -24);
	cr_expect_eq(half(unit), unit);
	cr_expect_eq(half(unit / 2), 0); /* tie, to even */
	cr_expect_eq(half(unit * 0.5000001), unit);
	cr_expect_eq(half(unit * 1.5), unit * 2);       /* tie, to even */
	cr_expect_eq(half(unit * 1023.5), unit * 1024); /* rounds up into the normal numbers */
	cr_expect_eq(half(-unit * 3), -unit * 3);
	cr_expect_eq(half(unit / 4), 0);
}

Test(scalar, every_f16_and_bf16_loads_and_stores_unchanged)
{
	for (int dtype = HDT_F16; dtype <= HDT_BF16; dtype++) {
		for (uint32_t bits = 0; bits < 65536; bits++) {
			uint16_t from = (uint16_t)bits, to = 0;
			scalar v = scalar_load(&from, (hdt_dtype)dtype, 0);
			scalar_store(&to, (hdt_dtype)dtype, 0, v);
			cr_assert(isnan(v.f) || from == to, "%x became %x", from, to);
			cr_assert(!isnan(v.f) || isnan(scalar_load(&to, (hdt_dtype)dtype, 0).f));
		}
	}
}

Test(scalar, bf16_rounds_to_nearest_even)
{
	cr_expect_eq(scalar_cast(of_float(257), HDT_F32, HDT_BF16).f, 256);
	cr_expect_eq(scalar_cast(of_float(259), HDT_F32, HDT_BF16).f, 260);
	cr_expect_eq(scalar_cast(of_float((double)FLT_MAX), HDT_F32, HDT_BF16).f, INFINITY);
	cr_expect(isnan(scalar_cast(of_float(NAN), HDT_F32, HDT_BF16).f));
}

Test(scalar, memory_of_every_dtype_reads_back)
{
	static const double values[] = {0, 1, 2, 100};
	unsigned char memory[64];
	for (int d = 0; d < HDT_DTYPE_COUNT; d++) {
		for (int i = 0; i < 4; i++) {
			scalar v = scalar_cast(of_float(values[i]), HDT_F64, (hdt_dtype)d);
			scalar_store(memory, (hdt_dtype)d, i, v);
			cr_expect_eq(memcmp(&v, (scalar[]){scalar_load(memory, (hdt_dtype)d, i)}, sizeof v), 0);
		}
	}
	scalar_store(memory, HDT_I8, 0, of_integer(-5));
	cr_expect_eq(scalar_load(memory, HDT_I8, 0).i, -5);
	cr_expect_eq(scalar_load(memory, HDT_U8, 0).i, 251);
}

static int64_t integers(hdt_scalar_op op, hdt_dtype dtype, int64_t x, int64_t y)
{
	bool ok = true;
	scalar args[2] = {{x}, {y}};
	return scalar_apply(op, dtype, scalar_op_of(op)->result == OP_RESULT_BOOL ? HDT_BOOL : dtype, args, &ok).i;
}

Test(scalar, integer_operations_at_the_edges)
{
	cr_expect_eq(integers(HDT_OP_FLOORDIV, HDT_I64, INT64_MIN, -1), INT64_MIN);
	cr_expect_eq(integers(HDT_OP_MOD, HDT_I64, INT64_MIN, -1), 0);
	cr_expect_eq(integers(HDT_OP_FLOORDIV, HDT_I32, 7, -2), -4);
	cr_expect_eq(integers(HDT_OP_MOD, HDT_I32, 7, -2), -1);
	cr_expect_eq(integers(HDT_OP_FMOD, HDT_I32, -7, 2), -1);
	cr_expect_eq(integers(HDT_OP_ABS, HDT_I8, -128, 0), -128);
	cr_expect_eq(integers(HDT_OP_SHL, HDT_I8, 1, 7), -128);
	cr_expect_eq(integers(HDT_OP_SHL, HDT_U8, 1, 9), 2);
	cr_expect_eq(integers(HDT_OP_SHR, HDT_U32, 4294967295, 31), 1);
	cr_expect_eq(integers(HDT_OP_SHR, HDT_I64, -1, 63), -1);
	cr_expect_eq(integers(HDT_OP_LT, HDT_U64, -1, 1), 0); /* 2^64 - 1 */
	cr_expect_eq(integers(HDT_OP_MAX, HDT_U64, -1, 1), -1);
	cr_expect_eq(integers(HDT_OP_MOD, HDT_U64, -1, 10), 5);
	cr_expect_eq(integers(HDT_OP_POW, HDT_I64, 0, 0), 1);
	cr_expect_eq(integers(HDT_OP_POW, HDT_I64, 2, -1), 0);
	cr_expect_eq(integers(HDT_OP_ADD, HDT_BOOL, 1, 1), 1);
}

Test(scalar, fma_rounds_once)
{
	bool ok = true;
	float x = 1 + 0x1p-12f;
	scalar squares[] = {of_float((double)x), of_float((double)x), of_float(-1)};
	cr_expect_eq(scalar_apply(HDT_OP_FMA, HDT_F32, HDT_F32, squares, &ok).f, 0x1p-11 + 0x1p-24, "the product is exact");
	/* The sum is rounded to f32 at once: by way of f64 it would be a tie. */
	scalar sum[] = {of_float(1 + 0x1p-23), of_float(64 - 0x1p-17), of_float(0x1p30 + 128)};
	cr_expect_eq(scalar_apply(HDT_OP_FMA, HDT_F32, HDT_F32, sum, &ok).f, 0x1p30 + 128);
	scalar wide[] = {of_float(1 + 0x1p-30), of_float(1 + 0x1p-30), of_float(-1)};
	cr_expect_eq(scalar_apply(HDT_OP_FMA, HDT_F64, HDT_F64, wide, &ok).f, 0x1p-29 + 0x1p-60);
}

static double floats(hdt_scalar_op op, hdt_dtype dtype, double x, double y)
{
	bool ok = true;
	scalar args[2] = {{.f = x}, {.f = y}};
	return scalar_apply(op, dtype, dtype, args, &ok).f;
}

Test(scalar, float_operations_round_once_to_the_compute_dtype)
{
	cr_expect_eq(floats(HDT_OP_ADD, HDT_F32, 16777216, 1), 16777216);
	cr_expect_eq(floats(HDT_OP_ADD, HDT_F16, 2048, 1), 2049); /* f32 until it is stored */
	cr_expect_eq(floats(HDT_OP_MUL, HDT_F32, 1e30, 1e30), INFINITY);
	cr_expect_eq(floats(HDT_OP_MUL, HDT_F64, 1e30, 1e30), 1e30 * 1e30);
	cr_expect_eq(floats(HDT_OP_DIV, HDT_F32, 1, 3), (double)(1.0f / 3.0f));
	cr_expect_eq(floats(HDT_OP_MOD, HDT_F32, -1, 3), 2);
	cr_expect_eq(floats(HDT_OP_FLOORDIV, HDT_F32, -1, 3), -1);
	cr_expect_eq(floats(HDT_OP_FLOORDIV, HDT_F64, 1, 0.1), 9);
	cr_expect(isnan(floats(HDT_OP_MIN, HDT_F32, NAN, 1)));
	cr_expect(isnan(floats(HDT_OP_MAX, HDT_F32, 1, NAN)));
	cr_expect_eq(floats(HDT_OP_ROUND, HDT_F32, 2.5, 0), 2);
	cr_expect(isnan(floats(HDT_OP_SIGN, HDT_F32, NAN, 0)));
}

Test(scalar, functions_of_integers_convert_to_f32_first)
{
	bool ok = true;
	scalar args[2] = {{7}, {2}};
	cr_expect_eq(scalar_apply(HDT_OP_DIV, HDT_I64, HDT_F32, args, &ok).f, 3.5);
	cr_expect_eq(scalar_apply(HDT_OP_SQRT, HDT_I32, HDT_F32, args, &ok).f, (double)(float)sqrt(7));
}

Test(scalar, bounded_reports_what_is_outside)
{
	bool ok = true;
	scalar inside[2] = {{3}, {4}}, outside[2] = {{4}, {4}};
	cr_expect_eq(scalar_apply(HDT_OP_BOUNDED, HDT_I64, HDT_I64, inside, &ok).i, 3);
	cr_expect(ok);
	cr_expect_eq(scalar_apply(HDT_OP_BOUNDED, HDT_I64, HDT_I64, outside, &ok).i, 0);
	cr_expect_not(ok);
}
