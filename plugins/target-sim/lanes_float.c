/* lanes_float.c: operations on floats over the lanes: as the reference evaluator, in double and rounded once where
 * f32 arithmetic would differ. */
#include "lanes_tables.h"

#include <math.h>

/* x - floor(x / y) * y: the exact remainder moved to the sign of y. */
static double modulo(double x, double y)
{
	double r = fmod(x, y);
	return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? copysign(0, y) : r;
}

/* The floor of the true quotient; x / y rounded may have reached the next integer. */
static double floor_divide(double x, double y)
{
	if (y == 0)
		return x / y;
	double r = fmod(x, y), q = (x - r) / y;
	if (r != 0 && (r < 0) != (y < 0))
		q -= 1;
	return q == 0 ? copysign(0, x / y) : nearbyint(q);
}

static double truncate_divide(double x, double y)
{
	return y == 0 ? x / y : nearbyint((x - fmod(x, y)) / y);
}

static double sign_of(double x)
{
	return isnan(x) ? x : (x > 0) - (x < 0);
}

/* X(op, value) with operands x, y and z of the C type; a double is rounded to it. */
#define OPERATIONS(X)                                    \
	X(ADD, x + y)                                        \
	X(SUB, x - y)                                        \
	X(MUL, x *y)                                         \
	X(DIV, x / y)                                        \
	X(FLOORDIV, floor_divide(x, y))                      \
	X(MOD, modulo(x, y))                                 \
	X(TRUNCDIV, truncate_divide(x, y))                   \
	X(FMOD, fmod(x, y))                                  \
	X(MIN, x != x || y != y ? (TYPE)NAN : x < y ? x : y) \
	X(MAX, x != x || y != y ? (TYPE)NAN : x > y ? x : y) \
	X(POW, pow(x, y))                                    \
	X(ATAN2, atan2(x, y))                                \
	X(NEG, -x)                                           \
	X(ABS, fabs((double)x))                              \
	X(SIGN, sign_of(x))                                  \
	X(FLOOR, floor(x))                                   \
	X(CEIL, ceil(x))                                     \
	X(ROUND, nearbyint(x))                               \
	X(TRUNC, trunc(x))                                   \
	X(SQRT, sqrt(x))                                     \
	X(RSQRT, 1 / sqrt(x))                                \
	X(EXP, exp(x))                                       \
	X(EXP2, exp2(x))                                     \
	X(EXPM1, expm1(x))                                   \
	X(LOG, log(x))                                       \
	X(LOG2, log2(x))                                     \
	X(LOG10, log10(x))                                   \
	X(LOG1P, log1p(x))                                   \
	X(SIN, sin(x))                                       \
	X(COS, cos(x))                                       \
	X(TAN, tan(x))                                       \
	X(SINH, sinh(x))                                     \
	X(COSH, cosh(x))                                     \
	X(TANH, tanh(x))                                     \
	X(ASIN, asin(x))                                     \
	X(ACOS, acos(x))                                     \
	X(ATAN, atan(x))                                     \
	X(ASINH, asinh(x))                                   \
	X(ACOSH, acosh(x))                                   \
	X(ATANH, atanh(x))                                   \
	X(ERF, erf(x))                                       \
	X(ERFC, erfc(x))                                     \
	X(FMA, FUSED(x, y, z))

#define TESTS(X)            \
	X(EQ, x == y)           \
	X(NE, x != y)           \
	X(LT, x < y)            \
	X(LE, x <= y)           \
	X(ISNAN, isnan(x) != 0) \
	X(ISINF, isinf(x) != 0) \
	X(ISFINITE, isfinite(x) != 0)

#define NAME_OF(op, dtype) op##_of_##dtype
#define NAME(op, dtype) NAME_OF(op, dtype)
#define DEFINE_INTO(member, op, value)                                                                                \
	static void NAME(op, DTYPE)(sim_lanes * d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count) \
	{                                                                                                                 \
		for (int l = 0; l < count; l++) {                                                                             \
			TYPE x = a->FIELD[l], y = b->FIELD[l], z = c->FIELD[l];                                                   \
			(void)x, (void)y, (void)z;                                                                                \
			d->member;                                                                                                \
		}                                                                                                             \
	}
#define DEFINE(op, value) DEFINE_INTO(FIELD[l] = (TYPE)(value), op, value)
#define DEFINE_TEST(op, value) DEFINE_INTO(i[l] = (value), op, value)
#define ROW(op, value) [HDT_OP_##op] = NAME(op, DTYPE),

#define DTYPE f32
#define TYPE float
#define FIELD f
#define FUSED fmaf
OPERATIONS(DEFINE)
TESTS(DEFINE_TEST)
lane_op *const lanes_of_f32[HDT_OP_COUNT] = {OPERATIONS(ROW) TESTS(ROW)};
#undef DTYPE
#undef TYPE
#undef FIELD
#undef FUSED

#define DTYPE f64
#define TYPE double
#define FIELD d
#define FUSED fma
OPERATIONS(DEFINE)
TESTS(DEFINE_TEST)
lane_op *const lanes_of_f64[HDT_OP_COUNT] = {OPERATIONS(ROW) TESTS(ROW)};
