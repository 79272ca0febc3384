/* lanes_integer.c: operations on bool and integers over the lanes: they wrap, division by zero gives 0.
 *
 * A lane holds its value sign or zero extended to 64 bits; each operation reads it as the dtype's C type and puts the
 * result back so. */
#include "lanes_tables.h"

/* ---- what C leaves undefined, or means otherwise ---- */

static int64_t floor_divide(int64_t x, int64_t y)
{
	if (y == 0 || y == -1)
		return y == 0 ? 0 : (int64_t)(0 - (uint64_t)x);
	return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static int64_t floor_modulo(int64_t x, int64_t y)
{
	if (y == 0 || y == -1)
		return 0;
	int64_t r = x % y;
	return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static int64_t truncate_divide(int64_t x, int64_t y)
{
	return y == 0 ? 0 : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y;
}

static int64_t truncate_modulo(int64_t x, int64_t y)
{
	return y == 0 || y == -1 ? 0 : x % y;
}

static uint64_t power(uint64_t x, uint64_t y)
{
	uint64_t result = 1;
	for (; y; y >>= 1, x *= x)
		if (y & 1)
			result *= x;
	return result;
}

static int64_t signed_power(int64_t x, int64_t y)
{
	if (y < 0)
		return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
	return (int64_t)power((uint64_t)x, (uint64_t)y);
}

/* ---- the operations: X(op, value) with operands x and y, of the C type T, whose width is B bits ---- */

#define SHARED_OPERATIONS(X)                          \
	X(ADD, (uint64_t)x + (uint64_t)y)                 \
	X(SUB, (uint64_t)x - (uint64_t)y)                 \
	X(MUL, (uint64_t)x *(uint64_t)y)                  \
	X(NEG, 0 - (uint64_t)x)                           \
	X(MIN, x < y ? x : y)                             \
	X(MAX, x > y ? x : y)                             \
	X(BIT_AND, x &y)                                  \
	X(BIT_OR, x | y)                                  \
	X(BIT_XOR, x ^ y)                                 \
	X(SHL, (uint64_t)x << ((uint64_t)y & (BITS - 1))) \
	X(SHR, x >> ((uint64_t)y & (BITS - 1)))           \
	X(FLOOR, x)                                       \
	X(CEIL, x)                                        \
	X(ROUND, x)                                       \
	X(TRUNC, x)

#define SIGNED_OPERATIONS(X)                      \
	X(BIT_NOT, ~x)                                \
	X(FLOORDIV, floor_divide(x, y))               \
	X(MOD, floor_modulo(x, y))                    \
	X(TRUNCDIV, truncate_divide(x, y))            \
	X(FMOD, truncate_modulo(x, y))                \
	X(POW, signed_power(x, y))                    \
	X(ABS, x < 0 ? 0 - (uint64_t)x : (uint64_t)x) \
	X(SIGN, (x > 0) - (x < 0))

#define UNSIGNED_OPERATIONS(X) \
	X(BIT_NOT, ~x)             \
	X(FLOORDIV, y ? x / y : 0) \
	X(MOD, y ? x % y : 0)      \
	X(TRUNCDIV, y ? x / y : 0) \
	X(FMOD, y ? x % y : 0)     \
	X(POW, power(x, y))        \
	X(ABS, x)                  \
	X(SIGN, x != 0)

#define BOOL_OPERATIONS(X) \
	X(BIT_NOT, !x)         \
	X(FLOORDIV, y ? x : 0) \
	X(MOD, 0)              \
	X(TRUNCDIV, y ? x : 0) \
	X(FMOD, 0)             \
	X(POW, power(x, y))    \
	X(ABS, x)              \
	X(SIGN, x)

#define TESTS(X)     \
	X(EQ, x == y)    \
	X(NE, x != y)    \
	X(LT, x < y)     \
	X(LE, x <= y)    \
	X(AND, (x && y)) \
	X(OR, x || y)    \
	X(NOT, !x)       \
	X(ISNAN, 0)      \
	X(ISINF, 0)      \
	X(ISFINITE, 1)

#define NAME_OF(op, dtype) op##_of_##dtype
#define NAME(op, dtype) NAME_OF(op, dtype)

#define DEFINE(op, value)                                                                                             \
	static void NAME(op, DTYPE)(sim_lanes * d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count) \
	{                                                                                                                 \
		(void)c;                                                                                                      \
		for (int l = 0; l < count; l++) {                                                                             \
			TYPE x = (TYPE)a->i[l], y = (TYPE)b->i[l];                                                                \
			(void)x, (void)y;                                                                                         \
			d->i[l] = (int64_t)FROM(value);                                                                           \
		}                                                                                                             \
	}
#define DEFINE_TEST(op, value)                                                                                        \
	static void NAME(op, DTYPE)(sim_lanes * d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count) \
	{                                                                                                                 \
		(void)c;                                                                                                      \
		for (int l = 0; l < count; l++) {                                                                             \
			TYPE x = (TYPE)a->i[l], y = (TYPE)b->i[l];                                                                \
			(void)x, (void)y;                                                                                         \
			d->i[l] = (value);                                                                                        \
		}                                                                                                             \
	}
#define ROW(op, value) [HDT_OP_##op] = NAME(op, DTYPE),

#define FROM(value) ((TYPE)(value))
#define KIND_OPERATIONS SIGNED_OPERATIONS
#define DTYPE i8
#define TYPE int8_t
#define BITS 8
#include "lanes_integer.inc"
#define DTYPE i16
#define TYPE int16_t
#define BITS 16
#include "lanes_integer.inc"
#define DTYPE i32
#define TYPE int32_t
#define BITS 32
#include "lanes_integer.inc"
#define DTYPE i64
#define TYPE int64_t
#define BITS 64
#include "lanes_integer.inc"
#undef KIND_OPERATIONS

#define KIND_OPERATIONS UNSIGNED_OPERATIONS
#define DTYPE u8
#define TYPE uint8_t
#define BITS 8
#include "lanes_integer.inc"
#define DTYPE u16
#define TYPE uint16_t
#define BITS 16
#include "lanes_integer.inc"
#define DTYPE u32
#define TYPE uint32_t
#define BITS 32
#include "lanes_integer.inc"
#define DTYPE u64
#define TYPE uint64_t
#define BITS 64
#include "lanes_integer.inc"
#undef KIND_OPERATIONS
#undef FROM

#define FROM(value) ((value) != 0)
#define KIND_OPERATIONS BOOL_OPERATIONS
#define DTYPE truth
#define TYPE uint8_t
#define BITS 8
#include "lanes_integer.inc"
