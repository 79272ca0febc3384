/* scalar.c: what each scalar operation means, on one element. The folder and the reference evaluator both call this,
 * and every target agrees with it.
 *
 * Floats are worked on in double and rounded to the compute dtype of the result after each operation: for + - * / and
 * sqrt this is the correctly rounded f32 result. 16-bit floats compute in f32 and are rounded to 16 bits only by a cast
 * or a store. Integers wrap. */
#include "ir/expr.h"
#include "ir/half.h"
#include <math.h>
#include <string.h>

static uint64_t low_bits(int64_t v, int bits)
{
	return bits < 64 ? (uint64_t)v & ((UINT64_C(1) << bits) - 1) : (uint64_t)v;
}

/* The value of an integer dtype (or bool) that has the low bits of v. */
static int64_t wrap(int64_t v, hdt_dtype dtype)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	int bits = info->bytes * 8;
	if (info->kind == HDT_KIND_BOOL)
		return v != 0;
	uint64_t low = low_bits(v, bits);
	if (info->kind == HDT_KIND_INT && bits < 64 && low >> (bits - 1))
		low |= ~UINT64_C(0) << bits;
	return (int64_t)low;
}

static double round_to(double v, hdt_dtype dtype)
{
	return hdt_dtype_of(dtype)->compute == HDT_F64 ? v : (double)(float)v;
}

/* ---- conversions ---- */

/* 16-bit floats are reached through f32, as on every target. */
static double narrow(float v, hdt_dtype to)
{
	return to == HDT_F16    ? half_to_float(half_from_float(v))
	       : to == HDT_BF16 ? bfloat_to_float(bfloat_from_float(v))
	                        : (double)v;
}

static double integer_to_float(int64_t v, hdt_dtype from, hdt_dtype to)
{
	if (to == HDT_F64)
		return from == HDT_U64 ? (double)(uint64_t)v : (double)v;
	return narrow(from == HDT_U64 ? (float)(uint64_t)v : (float)v, to);
}

static int64_t saturate(double v, double limit, int64_t min, int64_t max)
{
	return v >= limit ? max : v <= (double)min ? min : (int64_t)v;
}

/* Toward zero; NaN is 0; out of range is the nearest value. */
static int64_t float_to_integer(double v, hdt_dtype to)
{
	const hdt_dtype_info *info = hdt_dtype_of(to);
	int bits = info->bytes * 8;
	if (v != v)
		return 0;
	if (to == HDT_U64)
		return v <= 0 ? 0 : v >= 18446744073709551616.0 ? -1 : (int64_t)(uint64_t)v;
	if (to == HDT_I64)
		return saturate(v, 9223372036854775808.0, INT64_MIN, INT64_MAX);
	bits -= info->kind == HDT_KIND_INT;
	int64_t max = (INT64_C(1) << bits) - 1;
	return saturate(v, (double)max, info->kind == HDT_KIND_INT ? -max - 1 : 0, max);
}

scalar scalar_cast(scalar v, hdt_dtype from, hdt_dtype to)
{
	scalar r = {.i = 0};
	if (hdt_is_float(to))
		r.f = !hdt_is_float(from) ? integer_to_float(v.i, from, to) : to == HDT_F64 ? v.f : narrow((float)v.f, to);
	else if (to == HDT_BOOL)
		r.i = hdt_is_float(from) ? v.f != 0 : v.i != 0;
	else
		r.i = hdt_is_float(from) ? float_to_integer(v.f, to) : wrap(v.i, to);
	return r;
}

/* ---- integers ---- */

static int64_t floor_quotient(int64_t a, int64_t b)
{
	if (b == 0 || b == -1)
		return b == 0 ? 0 : (int64_t)(0 - (uint64_t)a);
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t floor_remainder(int64_t a, int64_t b)
{
	if (b == 0 || b == -1)
		return 0;
	int64_t r = a % b;
	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static int64_t integer_power(int64_t x, int64_t y, bool is_unsigned)
{
	uint64_t result = 1, factor = (uint64_t)x, exponent = (uint64_t)y;
	if (y < 0 && !is_unsigned)
		return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
	for (; exponent; exponent >>= 1, factor *= factor)
		if (exponent & 1)
			result *= factor;
	return (int64_t)result;
}

static int64_t shift_right(int64_t x, int amount)
{
	uint64_t sign = x < 0 ? ~UINT64_C(0) : 0;
	return amount == 0 ? x : (int64_t)((uint64_t)x >> amount | sign << (64 - amount));
}

/* u64 where the bits of int64_t would mislead. False: as for the others. */
static bool apply_u64(hdt_scalar_op op, uint64_t x, uint64_t y, int64_t *out)
{
	switch (op) {
	case HDT_OP_FLOORDIV:
	case HDT_OP_TRUNCDIV:
		*out = (int64_t)(y ? x / y : 0);
		return true;
	case HDT_OP_MOD:
	case HDT_OP_FMOD:
		*out = (int64_t)(y ? x % y : 0);
		return true;
	case HDT_OP_MIN:
		*out = (int64_t)(x < y ? x : y);
		return true;
	case HDT_OP_MAX:
		*out = (int64_t)(x > y ? x : y);
		return true;
	case HDT_OP_LT:
		*out = x < y;
		return true;
	case HDT_OP_LE:
		*out = x <= y;
		return true;
	case HDT_OP_SHR:
		*out = (int64_t)(x >> (y & 63));
		return true;
	case HDT_OP_ABS:
		*out = (int64_t)x;
		return true;
	case HDT_OP_SIGN:
		*out = x != 0;
		return true;
	default:
		return false;
	}
}

static int64_t apply_integer(hdt_scalar_op op, hdt_dtype dtype, int64_t x, int64_t y)
{
	int64_t r;
	int amount = (int)((uint64_t)y & (uint64_t)(hdt_dtype_of(dtype)->bytes * 8 - 1));
	if (dtype == HDT_U64 && apply_u64(op, (uint64_t)x, (uint64_t)y, &r))
		return r;
	switch (op) {
	case HDT_OP_ADD:
		return (int64_t)((uint64_t)x + (uint64_t)y);
	case HDT_OP_SUB:
		return (int64_t)((uint64_t)x - (uint64_t)y);
	case HDT_OP_MUL:
		return (int64_t)((uint64_t)x * (uint64_t)y);
	case HDT_OP_FLOORDIV:
		return floor_quotient(x, y);
	case HDT_OP_MOD:
		return floor_remainder(x, y);
	case HDT_OP_TRUNCDIV:
		return y == 0 ? 0 : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y;
	case HDT_OP_FMOD:
		return y == 0 || y == -1 ? 0 : x % y;
	case HDT_OP_MIN:
		return x < y ? x : y;
	case HDT_OP_MAX:
		return x > y ? x : y;
	case HDT_OP_POW:
		return integer_power(x, y, hdt_dtype_of(dtype)->kind != HDT_KIND_INT);
	case HDT_OP_NEG:
		return (int64_t)(0 - (uint64_t)x);
	case HDT_OP_ABS:
		return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
	case HDT_OP_SIGN:
		return (x > 0) - (x < 0);
	case HDT_OP_EQ:
		return x == y;
	case HDT_OP_NE:
		return x != y;
	case HDT_OP_LT:
		return x < y;
	case HDT_OP_LE:
		return x <= y;
	case HDT_OP_AND:
		return x && y;
	case HDT_OP_OR:
		return x || y;
	case HDT_OP_NOT:
		return !x;
	case HDT_OP_BIT_AND:
		return x & y;
	case HDT_OP_BIT_OR:
		return x | y;
	case HDT_OP_BIT_XOR:
		return x ^ y;
	case HDT_OP_BIT_NOT:
		return dtype == HDT_BOOL ? !x : ~x;
	case HDT_OP_SHL:
		return (int64_t)((uint64_t)x << amount);
	case HDT_OP_SHR:
		return shift_right(x, amount);
	case HDT_OP_ISFINITE:
		return 1;
	case HDT_OP_ISNAN:
	case HDT_OP_ISINF:
		return 0;
	default: /* floor, ceil, round, trunc */
		return x;
	}
}

/* ---- floats ---- */

static bool apply_test(hdt_scalar_op op, double x, double y, bool *out)
{
	switch (op) {
	case HDT_OP_EQ:
		*out = x == y;
		return true;
	case HDT_OP_NE:
		*out = x != y;
		return true;
	case HDT_OP_LT:
		*out = x < y;
		return true;
	case HDT_OP_LE:
		*out = x <= y;
		return true;
	case HDT_OP_ISNAN:
		*out = isnan(x);
		return true;
	case HDT_OP_ISINF:
		*out = isinf(x);
		return true;
	case HDT_OP_ISFINITE:
		*out = isfinite(x);
		return true;
	default:
		return false;
	}
}

/* x - floor(x / y) * y without rounding in between: the remainder of fmod moved to the sign of y. */
static double modulo(double x, double y)
{
	double r = fmod(x, y);
	return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? copysign(0, y) : r;
}

/* The floor of the true quotient; x / y rounded may have reached the next integer. */
static double floor_of_quotient(double x, double y)
{
	if (y == 0)
		return x / y;
	double r = fmod(x, y), q = (x - r) / y;
	if (r != 0 && (r < 0) != (y < 0))
		q -= 1;
	return q == 0 ? copysign(0, x / y) : nearbyint(q);
}

static double sign_of(double x)
{
	return isnan(x) ? x : (x > 0) - (x < 0);
}

static double apply_float(hdt_scalar_op op, double x, double y)
{
	switch (op) {
	case HDT_OP_ADD:
		return x + y;
	case HDT_OP_SUB:
		return x - y;
	case HDT_OP_MUL:
		return x * y;
	case HDT_OP_DIV:
		return x / y;
	case HDT_OP_FLOORDIV:
		return floor_of_quotient(x, y);
	case HDT_OP_MOD:
		return modulo(x, y);
	case HDT_OP_TRUNCDIV:
		return y == 0 ? x / y : nearbyint((x - fmod(x, y)) / y);
	case HDT_OP_FMOD:
		return fmod(x, y);
	case HDT_OP_MIN:
		return x != x || y != y ? NAN : x < y ? x : y;
	case HDT_OP_MAX:
		return x != x || y != y ? NAN : x > y ? x : y;
	case HDT_OP_POW:
		return pow(x, y);
	case HDT_OP_ATAN2:
		return atan2(x, y);
	case HDT_OP_NEG:
		return -x;
	case HDT_OP_ABS:
		return fabs(x);
	case HDT_OP_SIGN:
		return sign_of(x);
	case HDT_OP_FLOOR:
		return floor(x);
	case HDT_OP_CEIL:
		return ceil(x);
	case HDT_OP_ROUND:
		return nearbyint(x);
	case HDT_OP_TRUNC:
		return trunc(x);
	case HDT_OP_SQRT:
		return sqrt(x);
	case HDT_OP_RSQRT:
		return 1 / sqrt(x);
	case HDT_OP_EXP:
		return exp(x);
	case HDT_OP_EXP2:
		return exp2(x);
	case HDT_OP_EXPM1:
		return expm1(x);
	case HDT_OP_LOG:
		return log(x);
	case HDT_OP_LOG2:
		return log2(x);
	case HDT_OP_LOG10:
		return log10(x);
	case HDT_OP_LOG1P:
		return log1p(x);
	case HDT_OP_SIN:
		return sin(x);
	case HDT_OP_COS:
		return cos(x);
	case HDT_OP_TAN:
		return tan(x);
	case HDT_OP_SINH:
		return sinh(x);
	case HDT_OP_COSH:
		return cosh(x);
	case HDT_OP_TANH:
		return tanh(x);
	case HDT_OP_ASIN:
		return asin(x);
	case HDT_OP_ACOS:
		return acos(x);
	case HDT_OP_ATAN:
		return atan(x);
	case HDT_OP_ASINH:
		return asinh(x);
	case HDT_OP_ACOSH:
		return acosh(x);
	case HDT_OP_ATANH:
		return atanh(x);
	case HDT_OP_ERF:
		return erf(x);
	case HDT_OP_ERFC:
		return erfc(x);
	default:
		return NAN;
	}
}

/* x * y + z, rounded once to the compute dtype. */
static double fused(const scalar *args, hdt_dtype dtype)
{
	double x = args[0].f, y = args[1].f, z = args[2].f;
	return hdt_dtype_of(dtype)->compute == HDT_F64 ? fma(x, y, z) : (double)fmaf((float)x, (float)y, (float)z);
}

scalar scalar_apply(hdt_scalar_op op, hdt_dtype operand, hdt_dtype result, const scalar *args, bool *ok)
{
	scalar r = {.i = 0}, x = args[0], y = {.i = 0};
	bool test;
	if (op == HDT_OP_SELECT)
		return args[0].i ? args[1] : args[2];
	if (op == HDT_OP_CAST)
		return scalar_cast(x, operand, result);
	if (op == HDT_OP_FMA) {
		r.f = fused(args, result);
		return r;
	}
	if (scalar_op_of(op)->arity == 2)
		y = args[1];
	if (op == HDT_OP_BOUNDED) {
		bool inside = x.i >= 0 && x.i < y.i;
		*ok = *ok && inside;
		r.i = inside ? x.i : 0;
		return r;
	}
	if (!hdt_is_float(operand) && scalar_op_of(op)->result == OP_RESULT_FLOAT) {
		x = scalar_cast(x, operand, result);
		y = scalar_cast(y, operand, result);
		operand = result;
	}
	if (!hdt_is_float(operand))
		r.i = wrap(apply_integer(op, operand, x.i, y.i), result);
	else if (apply_test(op, x.f, y.f, &test))
		r.i = test;
	else
		r.f = round_to(apply_float(op, x.f, scalar_op_of(op)->arity == 2 ? y.f : 0), result);
	return r;
}

bool scalar_overflows(hdt_scalar_op op, const scalar *args)
{
	int64_t r;
	switch (op) {
	case HDT_OP_ADD:
		return __builtin_add_overflow(args[0].i, args[1].i, &r);
	case HDT_OP_SUB:
		return __builtin_sub_overflow(args[0].i, args[1].i, &r);
	case HDT_OP_MUL:
		return __builtin_mul_overflow(args[0].i, args[1].i, &r);
	case HDT_OP_NEG:
	case HDT_OP_ABS:
		return args[0].i == INT64_MIN;
	case HDT_OP_FLOORDIV:
	case HDT_OP_TRUNCDIV:
		return args[0].i == INT64_MIN && args[1].i == -1;
	default:
		return false;
	}
}

/* ---- memory ---- */

#define LOAD_AS(type, field)                  \
	do {                                      \
		type element;                         \
		memcpy(&element, at, sizeof element); \
		v.field = element;                    \
	} while (0)

scalar scalar_load(const void *data, hdt_dtype dtype, int64_t index)
{
	const unsigned char *at = (const unsigned char *)data + index * hdt_dtype_of(dtype)->bytes;
	scalar v = {.i = 0};
	uint16_t bits;
	switch (dtype) {
	case HDT_BOOL:
		v.i = *at != 0;
		break;
	case HDT_U8:
		LOAD_AS(uint8_t, i);
		break;
	case HDT_U16:
		LOAD_AS(uint16_t, i);
		break;
	case HDT_U32:
		LOAD_AS(uint32_t, i);
		break;
	case HDT_U64:
	case HDT_I64:
		LOAD_AS(int64_t, i);
		break;
	case HDT_I8:
		LOAD_AS(int8_t, i);
		break;
	case HDT_I16:
		LOAD_AS(int16_t, i);
		break;
	case HDT_I32:
		LOAD_AS(int32_t, i);
		break;
	case HDT_F16:
	case HDT_BF16:
		memcpy(&bits, at, sizeof bits);
		v.f = dtype == HDT_F16 ? half_to_float(bits) : bfloat_to_float(bits);
		break;
	case HDT_F32:
		LOAD_AS(float, f);
		break;
	case HDT_F64:
		LOAD_AS(double, f);
		break;
	default:
		break;
	}
	return v;
}

#define STORE_AS(type, field)                 \
	do {                                      \
		type element = (type)v.field;         \
		memcpy(at, &element, sizeof element); \
	} while (0)

void scalar_store(void *data, hdt_dtype dtype, int64_t index, scalar v)
{
	unsigned char *at = (unsigned char *)data + index * hdt_dtype_of(dtype)->bytes;
	uint16_t bits;
	switch (dtype) {
	case HDT_BOOL:
		*at = v.i != 0;
		break;
	case HDT_U8:
	case HDT_I8:
		STORE_AS(uint8_t, i);
		break;
	case HDT_U16:
	case HDT_I16:
		STORE_AS(uint16_t, i);
		break;
	case HDT_U32:
	case HDT_I32:
		STORE_AS(uint32_t, i);
		break;
	case HDT_U64:
	case HDT_I64:
		STORE_AS(int64_t, i);
		break;
	case HDT_F16:
	case HDT_BF16:
		bits = dtype == HDT_F16 ? half_from_float((float)v.f) : bfloat_from_float((float)v.f);
		memcpy(at, &bits, sizeof bits);
		break;
	case HDT_F32:
		STORE_AS(float, f);
		break;
	case HDT_F64:
		STORE_AS(double, f);
		break;
	default:
		break;
	}
}
