/* integer.h: arithmetic of integers that wraps, and division that never traps.
 * T the type, W an unsigned type no narrower than T and int, in which arithmetic is done. */
/* clang-format off */
/* Where signed sums wrap anyhow (-fwrapv, as kernels are compiled) they are plain: gcc 12 vectorises sums over rows of two columns wrongly when
 * each step converts to an unsigned type and back. */
#ifdef HIDET_SIGNED_WRAPS
#define HIDET_WRAPPED_SUM(T, W, x, y) ((T)((x) + (y)))
#else
#define HIDET_WRAPPED_SUM(T, W, x, y) ((T)((W)(x) + (W)(y)))
#endif
#define HIDET_INTEGER(N, T, W, BITS, SIGNED)                                                            \
	HIDET_INLINE T hidet_add_##N(T x, T y) { return HIDET_WRAPPED_SUM(T, W, x, y); }                    \
	HIDET_INLINE T hidet_sub_##N(T x, T y) { return (T)((W)x - (W)y); }                                 \
	HIDET_INLINE T hidet_mul_##N(T x, T y) { return (T)((W)x * (W)y); }                                 \
	HIDET_INLINE T hidet_neg_##N(T x) { return (T)(0 - (W)x); }                                         \
	/* The divisor, or 1 where the processor would trap: by 0, and the smallest by -1. */               \
	HIDET_INLINE T hidet_divisor_##N(T y) { return y == 0 || (SIGNED && y == (T)-1) ? (T)1 : y; }       \
	HIDET_INLINE T hidet_truncdiv_##N(T x, T y)                                                         \
	{                                                                                                   \
		T q = (T)(x / hidet_divisor_##N(y));                                                            \
		return y == 0 ? (T)0 : SIGNED && y == (T)-1 ? hidet_neg_##N(x) : q;                             \
	}                                                                                                   \
	HIDET_INLINE T hidet_fmod_##N(T x, T y) { return (T)(x % hidet_divisor_##N(y)); }                   \
	HIDET_INLINE T hidet_floordiv_##N(T x, T y)                                                         \
	{                                                                                                   \
		T r = hidet_fmod_##N(x, y);                                                                     \
		return (T)(hidet_truncdiv_##N(x, y) - (SIGNED && r != 0 && (r < 0) != (y < 0)));                \
	}                                                                                                   \
	HIDET_INLINE T hidet_mod_##N(T x, T y)                                                              \
	{                                                                                                   \
		T r = hidet_fmod_##N(x, y);                                                                     \
		return SIGNED && r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;                                 \
	}                                                                                                   \
	HIDET_INLINE T hidet_min_##N(T x, T y) { return x < y ? x : y; }                                    \
	HIDET_INLINE T hidet_max_##N(T x, T y) { return x > y ? x : y; }                                    \
	HIDET_INLINE T hidet_abs_##N(T x) { return SIGNED && x < 0 ? hidet_neg_##N(x) : x; }                \
	HIDET_INLINE T hidet_sign_##N(T x) { return (T)((x > 0) - (SIGNED && x < 0)); }                     \
	HIDET_INLINE T hidet_shl_##N(T x, T y) { return (T)((W)x << ((W)y & (BITS - 1))); }                 \
	HIDET_INLINE T hidet_shr_##N(T x, T y) { return (T)(x >> ((W)y & (BITS - 1))); }                    \
	static inline __attribute__((unused)) T hidet_pow_##N(T x, T y)                                     \
	{                                                                                                   \
		if (SIGNED && y < 0)                                                                            \
			return x == 1 ? (T)1 : x == (T)-1 ? (y & 1 ? (T)-1 : (T)1) : (T)0;                          \
		W power = (W)x, result = 1;                                                                     \
		for (W left = (W)y; left; left >>= 1, power *= power)                                           \
			result *= left & 1 ? power : 1;                                                             \
		return (T)result;                                                                               \
	}

HIDET_INTEGER(u8, uint8_t, uint32_t, 8, 0)
HIDET_INTEGER(u16, uint16_t, uint32_t, 16, 0)
HIDET_INTEGER(u32, uint32_t, uint32_t, 32, 0)
HIDET_INTEGER(u64, uint64_t, uint64_t, 64, 0)
HIDET_INTEGER(i8, int8_t, uint32_t, 8, 1)
HIDET_INTEGER(i16, int16_t, uint32_t, 16, 1)
HIDET_INTEGER(i32, int32_t, uint32_t, 32, 1)
HIDET_INTEGER(i64, int64_t, uint64_t, 64, 1)

/* To an integer, toward zero: NaN gives 0, what is out of range the nearest end. LOW is the smallest value, END one
 * beyond the largest; both are exact in either float type. */
#define HIDET_TO_INTEGER(N, T, LOW, END, LARGEST)                                                       \
	HIDET_INLINE T hidet_cast_##N##_f32(float x)                                                        \
	{                                                                                                   \
		return x != x ? (T)0 : x < (float)(LOW) ? (T)(LOW) : x >= (float)(END) ? (T)(LARGEST) : (T)x;   \
	}                                                                                                   \
	HIDET_INLINE T hidet_cast_##N##_f64(double x)                                                       \
	{                                                                                                   \
		return x != x ? (T)0 : x < (double)(LOW) ? (T)(LOW) : x >= (double)(END) ? (T)(LARGEST) : (T)x; \
	}

HIDET_TO_INTEGER(u8, uint8_t, 0, 0x1p8, 0xff)
HIDET_TO_INTEGER(u16, uint16_t, 0, 0x1p16, 0xffff)
HIDET_TO_INTEGER(u32, uint32_t, 0, 0x1p32, 0xffffffffu)
HIDET_TO_INTEGER(u64, uint64_t, 0, 0x1p64, 0xffffffffffffffffull)
HIDET_TO_INTEGER(i8, int8_t, -0x1p7, 0x1p7, 0x7f)
HIDET_TO_INTEGER(i16, int16_t, -0x1p15, 0x1p15, 0x7fff)
HIDET_TO_INTEGER(i32, int32_t, -0x1p31, 0x1p31, 0x7fffffff)
HIDET_TO_INTEGER(i64, int64_t, -0x1p63, 0x1p63, 0x7fffffffffffffffll)
