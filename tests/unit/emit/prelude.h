/* prelude.h: what docs/emitted-c.md asks of a target, in the most obvious way: for tests of the emitter without a target. */
#include <math.h>
#include <stdint.h>

typedef struct hidet_runtime hidet_runtime;
typedef void hidet_body(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end);
struct hidet_runtime {
	void (*parallel)(const hidet_runtime *rt, hidet_body *body, void *const *buffers, const int64_t *symbols, int64_t count,
	                 int64_t cost);
	void (*bad_index)(const hidet_runtime *rt, int64_t index, int64_t extent);
	void (*assertion_failed)(const hidet_runtime *rt, int64_t line, const char *message);
	_Bool (*stops)(const hidet_runtime *rt);
};
#define hidet_assert(rt, condition, line, message)         \
	do {                                                   \
		if (!(condition)) {                                \
			(rt)->assertion_failed((rt), (line), message); \
			return;                                        \
		}                                                  \
	} while (0)
#define hidet_stop(rt)       \
	do {                     \
		if ((rt)->stops(rt)) \
			return;          \
	} while (0)
#define HIDET_VECTORISE
#define HIDET_UNROLL(n)

static inline int64_t hidet_bounded(const hidet_runtime *rt, int64_t index, int64_t extent)
{
	if (index >= 0 && index < extent)
		return index;
	rt->bad_index(rt, index, extent);
	return 0;
}

/* Integers: T, its dtype's name, the unsigned type to wrap in, and whether it has a sign. */
#define INTEGER(T, name, U, is_signed)                                                                                     \
	static inline T hidet_add_##name(T x, T y) { return (T)((U)x + (U)y); }                                                \
	static inline T hidet_sub_##name(T x, T y) { return (T)((U)x - (U)y); }                                                \
	static inline T hidet_mul_##name(T x, T y) { return (T)((U)x * (U)y); }                                                \
	static inline T hidet_neg_##name(T x) { return (T)(0 - (U)x); }                                                        \
	static inline T hidet_truncdiv_##name(T x, T y) { return y == 0 ? 0 : is_signed && y == (T)-1 ? (T)(0 - (U)x) : (T)(x / y); } \
	static inline T hidet_fmod_##name(T x, T y) { return y == 0 || (is_signed && y == (T)-1) ? 0 : (T)(x % y); }           \
	static inline T hidet_mod_##name(T x, T y)                                                                             \
	{                                                                                                                      \
		T r = hidet_fmod_##name(x, y);                                                                                     \
		return is_signed && r != 0 && (r < 0) != (y < 0) ? (T)(r + y) : r;                                                 \
	}                                                                                                                      \
	static inline T hidet_floordiv_##name(T x, T y)                                                                        \
	{                                                                                                                      \
		T r = hidet_fmod_##name(x, y);                                                                                     \
		return (T)(hidet_truncdiv_##name(x, y) - (is_signed && r != 0 && (r < 0) != (y < 0)));                             \
	}                                                                                                                      \
	static inline T hidet_min_##name(T x, T y) { return x < y ? x : y; }                                                   \
	static inline T hidet_max_##name(T x, T y) { return x > y ? x : y; }                                                   \
	static inline T hidet_abs_##name(T x) { return x < 0 ? (T)(0 - (U)x) : x; }                                            \
	static inline T hidet_sign_##name(T x) { return (T)((x > 0) - (x < 0)); }                                              \
	static inline T hidet_shl_##name(T x, T y) { return (T)((U)x << ((U)y & (sizeof(T) * 8 - 1))); }                       \
	static inline T hidet_shr_##name(T x, T y) { return (T)(x >> ((U)y & (sizeof(T) * 8 - 1))); }                          \
	static inline T hidet_pow_##name(T x, T y)                                                                             \
	{                                                                                                                      \
		U r = 1, f = (U)x;                                                                                                 \
		if (is_signed && y < 0)                                                                                            \
			return x == 1 ? 1 : is_signed && x == (T)-1 ? (T)(y % 2 ? -1 : 1) : 0;                                         \
		for (; y; y = (T)(y >> 1), f *= f)                                                                                 \
			if (y & 1)                                                                                                     \
				r *= f;                                                                                                    \
		return (T)r;                                                                                                       \
	}                                                                                                                      \
	static inline T hidet_cast_##name##_f64(double x)                                                                      \
	{                                                                                                                      \
		double low = is_signed ? -ldexp(1, sizeof(T) * 8 - 1) : 0, high = ldexp(1, sizeof(T) * 8 - is_signed);             \
		T most = (T)(is_signed ? (U)-1 >> (sizeof(U) - sizeof(T)) * 8 >> 1 : (U)-1);                                       \
		return isnan(x) ? 0 : x <= low ? (T)low : x >= high ? most : (T)x;                                                 \
	}                                                                                                                      \
	static inline T hidet_cast_##name##_f32(float x) { return hidet_cast_##name##_f64(x); }

INTEGER(uint8_t, u8, uint32_t, 0)
INTEGER(uint16_t, u16, uint32_t, 0)
INTEGER(uint32_t, u32, uint32_t, 0)
INTEGER(uint64_t, u64, uint64_t, 0)
INTEGER(int8_t, i8, uint32_t, 1)
INTEGER(int16_t, i16, uint32_t, 1)
INTEGER(int32_t, i32, uint32_t, 1)
INTEGER(int64_t, i64, uint64_t, 1)

#define FUNCTION(T, name, f, c)                                                                                            \
	static inline T hidet_##f##_##name(T x) { return c(x); }
#define FLOATING(T, name, s)                                                                                               \
	FUNCTION(T, name, sqrt, sqrt##s)                                                                                       \
	FUNCTION(T, name, exp, exp##s)                                                                                         \
	FUNCTION(T, name, exp2, exp2##s)                                                                                       \
	FUNCTION(T, name, expm1, expm1##s)                                                                                     \
	FUNCTION(T, name, log, log##s)                                                                                         \
	FUNCTION(T, name, log2, log2##s)                                                                                       \
	FUNCTION(T, name, log10, log10##s)                                                                                     \
	FUNCTION(T, name, log1p, log1p##s)                                                                                     \
	FUNCTION(T, name, sin, sin##s)                                                                                         \
	FUNCTION(T, name, cos, cos##s)                                                                                         \
	FUNCTION(T, name, tan, tan##s)                                                                                         \
	FUNCTION(T, name, sinh, sinh##s)                                                                                       \
	FUNCTION(T, name, cosh, cosh##s)                                                                                       \
	FUNCTION(T, name, tanh, tanh##s)                                                                                       \
	FUNCTION(T, name, asin, asin##s)                                                                                       \
	FUNCTION(T, name, acos, acos##s)                                                                                       \
	FUNCTION(T, name, atan, atan##s)                                                                                       \
	FUNCTION(T, name, asinh, asinh##s)                                                                                     \
	FUNCTION(T, name, acosh, acosh##s)                                                                                     \
	FUNCTION(T, name, atanh, atanh##s)                                                                                     \
	FUNCTION(T, name, erf, erf##s)                                                                                         \
	FUNCTION(T, name, erfc, erfc##s)                                                                                       \
	FUNCTION(T, name, floor, floor##s)                                                                                     \
	FUNCTION(T, name, ceil, ceil##s)                                                                                       \
	FUNCTION(T, name, round, rint##s)                                                                                      \
	FUNCTION(T, name, trunc, trunc##s)                                                                                     \
	FUNCTION(T, name, abs, fabs##s)                                                                                        \
	static inline _Bool hidet_isnan_##name(T x) { return isnan(x); }                                                       \
	static inline _Bool hidet_isinf_##name(T x) { return isinf(x); }                                                       \
	static inline _Bool hidet_isfinite_##name(T x) { return isfinite(x); }                                                 \
	static inline T hidet_rsqrt_##name(T x) { return 1 / sqrt##s(x); }                                                     \
	static inline T hidet_sign_##name(T x) { return isnan(x) ? x : (T)((x > 0) - (x < 0)); }                               \
	static inline T hidet_min_##name(T x, T y) { return isnan(y) ? y : y < x ? y : x; }                                    \
	static inline T hidet_max_##name(T x, T y) { return isnan(y) ? y : y > x ? y : x; }                                    \
	static inline T hidet_pow_##name(T x, T y) { return pow##s(x, y); }                                                    \
	static inline T hidet_atan2_##name(T x, T y) { return atan2##s(x, y); }                                                \
	static inline T hidet_fmod_##name(T x, T y) { return fmod##s(x, y); }                                                  \
	static inline T hidet_truncdiv_##name(T x, T y) { return y == 0 ? x / y : rint##s((x - fmod##s(x, y)) / y); }          \
	static inline T hidet_mod_##name(T x, T y)                                                                             \
	{                                                                                                                      \
		T r = fmod##s(x, y);                                                                                               \
		return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? copysign##s(0, y) : r;                                      \
	}                                                                                                                      \
	static inline T hidet_floordiv_##name(T x, T y)                                                                        \
	{                                                                                                                      \
		T r = fmod##s(x, y), q = (x - r) / y;                                                                              \
		return y == 0 ? x / y : rint##s(r != 0 && (r < 0) != (y < 0) ? q - 1 : q);                                         \
	}
FLOATING(float, f32, f)
FLOATING(double, f64, )

static inline float hidet_load_bf16(uint16_t bits)
{
	union { uint32_t i; float f; } u = {.i = (uint32_t)bits << 16};
	return u.f;
}
static inline uint16_t hidet_store_bf16(float x)
{
	union { float f; uint32_t i; } u = {.f = x};
	return isnan(x) ? 0x7fc0 : (uint16_t)((u.i + 0x7fff + (u.i >> 16 & 1)) >> 16);
}
static inline float hidet_load_f16(uint16_t bits)
{
	int exponent = bits >> 10 & 31, mantissa = bits & 1023;
	float size = exponent == 31 ? (mantissa ? NAN : INFINITY)
	                            : ldexpf((float)(exponent ? mantissa + 1024 : mantissa), (exponent ? exponent : 1) - 25);
	return bits >> 15 ? -size : size;
}
static inline uint16_t hidet_store_f16(float x)
{
	uint16_t sign = signbit(x) ? 0x8000 : 0;
	float size = fabsf(x);
	if (isnan(x))
		return 0x7e00;
	if (size >= 65520.0f)
		return sign | 0x7c00;
	int exponent;
	frexpf(size, &exponent);
	if (size < 0x1p-14f)
		return sign | (uint16_t)rintf(ldexpf(size, 24));
	return sign | (uint16_t)(((exponent + 13) << 10) + (int)rintf(ldexpf(size, 11 - exponent)));
}
static inline float hidet_cast_f16_f32(float x) { return hidet_load_f16(hidet_store_f16(x)); }
static inline float hidet_cast_bf16_f32(float x) { return hidet_load_bf16(hidet_store_bf16(x)); }
