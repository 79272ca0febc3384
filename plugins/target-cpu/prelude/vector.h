/* vector.h: vectors of floats, as wide as the processor's registers, in the compiler's own types; and the words of
 * one.h for them. A mask is a vector of integers, 0 or -1. */
#if defined(__AVX512F__)
#define HIDET_LANES 16
#elif defined(__AVX2__)
#define HIDET_LANES 8
#else
#define HIDET_LANES 4
#endif
typedef float hidet_v_f32 __attribute__((vector_size(HIDET_LANES * 4)));
typedef int32_t hidet_v_i32 __attribute__((vector_size(HIDET_LANES * 4)));
typedef int16_t hidet_v_i16 __attribute__((vector_size(HIDET_LANES * 2)));
typedef uint16_t hidet_v_u16 __attribute__((vector_size(HIDET_LANES * 2)));
typedef uint8_t hidet_v_u8 __attribute__((vector_size(HIDET_LANES)));
typedef int8_t hidet_v_i8 __attribute__((vector_size(HIDET_LANES)));

#define HIDET_EACH_LANE for (int hidet_lane = 0; hidet_lane < HIDET_LANES; ++hidet_lane)

/* Without arithmetic: x - 0 is x, of -0 and NaN too, and the compilers know it. */
HIDET_INLINE hidet_v_f32 hidet_v_of_f32(float x)
{
	return x - (hidet_v_f32){0};
}
HIDET_INLINE hidet_v_i32 hidet_v_of_i32(int32_t x)
{
	return x - (hidet_v_i32){0};
}
/* 0, 1, 2, ... */
HIDET_INLINE hidet_v_i32 hidet_v_iota_i32(void)
{
#if HIDET_LANES == 16
	return (hidet_v_i32){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif HIDET_LANES == 8
	return (hidet_v_i32){0, 1, 2, 3, 4, 5, 6, 7};
#else
	return (hidet_v_i32){0, 1, 2, 3};
#endif
}

/* What the vector types have no operator for. */
#if HIDET_LANES == 16
#define HIDET_SCALE(x, n) __builtin_ia32_scalefps512_mask(x, n, (hidet_v_f32){0}, -1, 4)
#endif
#if HIDET_LANES == 16 && defined(__clang__)
#define HIDET_V_FMA(x, y, z) __builtin_ia32_vfmaddps512_mask(x, y, z, (unsigned short)-1, 4)
#define HIDET_V_SQRT(x) __builtin_ia32_sqrtps512(x, 4)
#define HIDET_V_LOWER(x, y) __builtin_ia32_minps512(x, y, 4)
#define HIDET_V_HIGHER(x, y) __builtin_ia32_maxps512(x, y, 4)
#elif HIDET_LANES == 16
#define HIDET_V_FMA(x, y, z) __builtin_ia32_vfmaddps512_mask(x, y, z, -1, 4)
#define HIDET_V_SQRT(x) __builtin_ia32_sqrtps512_mask(x, (hidet_v_f32){0}, -1, 4)
#define HIDET_V_LOWER(x, y) __builtin_ia32_minps512_mask(x, y, (hidet_v_f32){0}, -1, 4)
#define HIDET_V_HIGHER(x, y) __builtin_ia32_maxps512_mask(x, y, (hidet_v_f32){0}, -1, 4)
#elif HIDET_LANES == 8
#ifdef __FMA__
#define HIDET_V_FMA(x, y, z) __builtin_ia32_vfmaddps256(x, y, z)
#endif
#define HIDET_V_SQRT(x) __builtin_ia32_sqrtps256(x)
#define HIDET_V_LOWER(x, y) __builtin_ia32_minps256(x, y)
#define HIDET_V_HIGHER(x, y) __builtin_ia32_maxps256(x, y)
#elif defined(__SSE2__)
#define HIDET_V_SQRT(x) __builtin_ia32_sqrtps(x)
#define HIDET_V_LOWER(x, y) __builtin_ia32_minps(x, y)
#define HIDET_V_HIGHER(x, y) __builtin_ia32_maxps(x, y)
#endif

HIDET_INLINE hidet_v_f32 hidet_v_fma_f32(hidet_v_f32 x, hidet_v_f32 y, hidet_v_f32 z)
{
#ifdef HIDET_V_FMA
	return HIDET_V_FMA(x, y, z);
#else
	hidet_v_f32 result;
	HIDET_UNROLL(HIDET_LANES)
	HIDET_EACH_LANE
		result[hidet_lane] = hidet_fma_f32(x[hidet_lane], y[hidet_lane], z[hidet_lane]);
	return result;
#endif
}
HIDET_INLINE hidet_v_f32 hidet_v_sqrt_f32(hidet_v_f32 x)
{
#ifdef HIDET_V_SQRT
	return HIDET_V_SQRT(x);
#else
	hidet_v_f32 result;
	HIDET_UNROLL(HIDET_LANES)
	HIDET_EACH_LANE
		result[hidet_lane] = __builtin_sqrtf(x[hidet_lane]);
	return result;
#endif
}
HIDET_INLINE hidet_v_f32 hidet_v_select_f32(hidet_v_i32 mask, hidet_v_f32 yes, hidet_v_f32 no)
{
	return (hidet_v_f32)((mask & (hidet_v_i32)yes) | (~mask & (hidet_v_i32)no));
}
HIDET_INLINE hidet_v_i32 hidet_v_select_i32(hidet_v_i32 mask, hidet_v_i32 yes, hidet_v_i32 no)
{
	return (mask & yes) | (~mask & no);
}
/* The second operand when they are equal or one is NaN. */
HIDET_INLINE hidet_v_f32 hidet_v_lower_f32(hidet_v_f32 x, hidet_v_f32 y)
{
#ifdef HIDET_V_LOWER
	return HIDET_V_LOWER(x, y);
#else
	return hidet_v_select_f32(x < y, x, y);
#endif
}
HIDET_INLINE hidet_v_f32 hidet_v_higher_f32(hidet_v_f32 x, hidet_v_f32 y)
{
#ifdef HIDET_V_HIGHER
	return HIDET_V_HIGHER(x, y);
#else
	return hidet_v_select_f32(x > y, x, y);
#endif
}

/* ---- the words of one.h ---- */
#undef HIDET_F
#undef HIDET_I
#undef HIDET_U16
#undef HIDET_NAME
#undef HIDET_HALF
#undef HIDET_OF
#define HIDET_F hidet_v_f32
#define HIDET_I hidet_v_i32
#define HIDET_U16 hidet_v_u16
#define HIDET_NAME(name) hidet_v_##name##_f32
#define HIDET_HALF(name) hidet_v_bits_##name /* in a vector, not in memory */
#define HIDET_OF(number) hidet_v_of_f32(number)

HIDET_INLINE hidet_v_i32 hidet_v_bits_f32(hidet_v_f32 x)
{
	return (hidet_v_i32)x;
}
HIDET_INLINE hidet_v_f32 hidet_v_of_bits_f32(hidet_v_i32 bits)
{
	return (hidet_v_f32)bits;
}
HIDET_INLINE hidet_v_i32 hidet_v_choose_f32(hidet_v_i32 mask, hidet_v_i32 yes, hidet_v_i32 no)
{
	return hidet_v_select_i32(mask, yes, no);
}
HIDET_INLINE _Bool hidet_v_any_f32(hidet_v_i32 mask)
{
	int32_t any = 0;
	HIDET_EACH_LANE
		any |= mask[hidet_lane];
	return any != 0;
}
HIDET_INLINE hidet_v_f32 hidet_v_whole_f32(hidet_v_i32 n)
{
	return __builtin_convertvector(n, hidet_v_f32);
}
HIDET_INLINE hidet_v_i32 hidet_v_widen_f32(hidet_v_u16 bits)
{
	return __builtin_convertvector(bits, hidet_v_i32);
}
HIDET_INLINE hidet_v_u16 hidet_v_narrow_f32(hidet_v_i32 bits)
{
	return __builtin_convertvector(bits, hidet_v_u16);
}
HIDET_INLINE hidet_v_f32 hidet_v_abs_f32(hidet_v_f32 x)
{
	return (hidet_v_f32)((hidet_v_i32)x & 0x7fffffff);
}
/* Some lane is an angle too large for math.h. */
static __attribute__((noinline, unused)) hidet_v_f32 hidet_v_far_sin_f32(hidet_v_f32 x)
{
	HIDET_EACH_LANE
		x[hidet_lane] = hidet_sin_f32(x[hidet_lane]);
	return x;
}
static __attribute__((noinline, unused)) hidet_v_f32 hidet_v_far_cos_f32(hidet_v_f32 x)
{
	HIDET_EACH_LANE
		x[hidet_lane] = hidet_cos_f32(x[hidet_lane]);
	return x;
}
