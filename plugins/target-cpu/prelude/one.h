/* one.h: the words in which math.h and half.h are written, for one float. Those files stand in a unit twice: behind
 * this one, and behind vector.h, which has the same words for vectors. A comparison is a mask; masks are joined with
 * & and |. */
#define HIDET_F float
#define HIDET_I int32_t
#define HIDET_U16 uint16_t
#define HIDET_NAME(name) hidet_##name##_f32
#define HIDET_HALF(name) hidet_##name
#define HIDET_OF(number) (number) /* a number as HIDET_F */
#ifdef HIDET_HAS_FMA
#define HIDET_FMA(a, b, c) HIDET_NAME(fma)(a, b, c)
#else
#define HIDET_FMA(a, b, c) ((a) * (b) + (c))
#endif
/* A step of Horner's rule; `c` is a number. */
#define HIDET_STEP(p, x, c) HIDET_FMA(p, x, HIDET_OF(c))
#define HIDET_ROUNDER 12582912.0f
#define HIDET_MOST_ANGLE 100000.0f

HIDET_INLINE int32_t hidet_bits_f32(float x)
{
	int32_t bits;
	__builtin_memcpy(&bits, &x, 4);
	return bits;
}
HIDET_INLINE float hidet_of_bits_f32(int32_t bits)
{
	float x;
	__builtin_memcpy(&x, &bits, 4);
	return x;
}
HIDET_INLINE float hidet_select_f32(int32_t mask, float yes, float no)
{
	return mask ? yes : no;
}
HIDET_INLINE int32_t hidet_choose_f32(int32_t mask, int32_t yes, int32_t no)
{
	return mask ? yes : no;
}
HIDET_INLINE _Bool hidet_any_f32(int32_t mask)
{
	return mask != 0;
}
/* The second operand when they are equal or one is NaN. */
HIDET_INLINE float hidet_lower_f32(float x, float y)
{
	return x < y ? x : y;
}
HIDET_INLINE float hidet_higher_f32(float x, float y)
{
	return x > y ? x : y;
}
HIDET_INLINE float hidet_whole_f32(int32_t n)
{
	return (float)n;
}
HIDET_INLINE int32_t hidet_widen_f32(uint16_t bits)
{
	return bits;
}
HIDET_INLINE uint16_t hidet_narrow_f32(int32_t bits)
{
	return (uint16_t)bits;
}
/* Angles too large for math.h. */
HIDET_INLINE float hidet_far_sin_f32(float x)
{
	return __builtin_sinf(x);
}
HIDET_INLINE float hidet_far_cos_f32(float x)
{
	return __builtin_cosf(x);
}
