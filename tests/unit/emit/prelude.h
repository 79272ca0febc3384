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
	static inline T hidet_fma_##name(T x, T y, T z) { return fma##s(x, y, z); }                                            \
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

/* ---- vectors: each helper does what its scalar form does, lane by lane ---- */

#ifndef HIDET_LANES
#define HIDET_LANES 4
#endif
typedef float hidet_v_f32 __attribute__((vector_size(HIDET_LANES * 4)));
typedef int32_t hidet_v_i32 __attribute__((vector_size(HIDET_LANES * 4)));
#define EACH_LANE for (int lane = 0; lane < HIDET_LANES; lane++)

#define VECTOR_UNARY(V, name, scalar)     \
	static inline V name(hidet_v_f32 x)   \
	{                                     \
		V result = {0};                         \
		EACH_LANE result[lane] = scalar(x[lane]); \
		return result;                    \
	}
#define VECTOR_BINARY(name)                                                            \
	static inline hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x, hidet_v_f32 y)       \
	{                                                                                  \
		hidet_v_f32 result = {0};                                                            \
		EACH_LANE result[lane] = hidet_##name##_f32(x[lane], y[lane]);                 \
		return result;                                                                 \
	}
#define VECTOR_FUNCTION(name) VECTOR_UNARY(hidet_v_f32, hidet_v_##name##_f32, hidet_##name##_f32)
#define VECTOR_TEST(name) VECTOR_UNARY(hidet_v_i32, hidet_v_##name##_f32, -hidet_##name##_f32)
VECTOR_FUNCTION(sqrt) VECTOR_FUNCTION(rsqrt) VECTOR_FUNCTION(exp) VECTOR_FUNCTION(exp2) VECTOR_FUNCTION(expm1)
VECTOR_FUNCTION(log) VECTOR_FUNCTION(log2) VECTOR_FUNCTION(log10) VECTOR_FUNCTION(log1p)
VECTOR_FUNCTION(sin) VECTOR_FUNCTION(cos) VECTOR_FUNCTION(tan) VECTOR_FUNCTION(sinh) VECTOR_FUNCTION(cosh)
VECTOR_FUNCTION(tanh) VECTOR_FUNCTION(asin) VECTOR_FUNCTION(acos) VECTOR_FUNCTION(atan) VECTOR_FUNCTION(asinh)
VECTOR_FUNCTION(acosh) VECTOR_FUNCTION(atanh) VECTOR_FUNCTION(erf) VECTOR_FUNCTION(erfc) VECTOR_FUNCTION(floor)
VECTOR_FUNCTION(ceil) VECTOR_FUNCTION(round) VECTOR_FUNCTION(trunc) VECTOR_FUNCTION(abs) VECTOR_FUNCTION(sign)
VECTOR_TEST(isnan) VECTOR_TEST(isinf) VECTOR_TEST(isfinite)
VECTOR_BINARY(min) VECTOR_BINARY(max) VECTOR_BINARY(pow) VECTOR_BINARY(atan2)
VECTOR_BINARY(fmod) VECTOR_BINARY(mod) VECTOR_BINARY(floordiv) VECTOR_BINARY(truncdiv)
VECTOR_UNARY(hidet_v_f32, hidet_v_cast_f16_f32, hidet_cast_f16_f32)
VECTOR_UNARY(hidet_v_f32, hidet_v_cast_bf16_f32, hidet_cast_bf16_f32)
VECTOR_UNARY(hidet_v_i32, hidet_v_cast_i32_f32, hidet_cast_i32_f32)
static inline hidet_v_f32 hidet_v_fma_f32(hidet_v_f32 x, hidet_v_f32 y, hidet_v_f32 z)
{
	EACH_LANE z[lane] = fmaf(x[lane], y[lane], z[lane]);
	return z;
}
static inline hidet_v_f32 hidet_v_of_f32(float x)
{
	hidet_v_f32 result = {0};
	EACH_LANE result[lane] = x;
	return result;
}
static inline hidet_v_i32 hidet_v_of_i32(int32_t x)
{
	hidet_v_i32 result = {0};
	EACH_LANE result[lane] = x;
	return result;
}
static inline hidet_v_i32 hidet_v_iota_i32(void)
{
	hidet_v_i32 result = {0};
	EACH_LANE result[lane] = lane;
	return result;
}
static inline hidet_v_f32 hidet_v_select_f32(hidet_v_i32 mask, hidet_v_f32 yes, hidet_v_f32 no)
{
	EACH_LANE no[lane] = mask[lane] ? yes[lane] : no[lane];
	return no;
}
static inline hidet_v_i32 hidet_v_select_i32(hidet_v_i32 mask, hidet_v_i32 yes, hidet_v_i32 no)
{
	EACH_LANE no[lane] = mask[lane] ? yes[lane] : no[lane];
	return no;
}
#define VECTOR_LOAD(V, name, T, value)                      \
	static inline V hidet_v_load_##name(const T *x)         \
	{                                                       \
		V result = {0};                                           \
		EACH_LANE result[lane] = value(x[lane]);            \
		return result;                                      \
	}                                                       \
	static inline V hidet_v_load_part_##name(const T *x, int count) \
	{                                                       \
		V result = {0};                                     \
		for (int lane = 0; lane < count; lane++)            \
			result[lane] = value(x[lane]);                  \
		return result;                                      \
	}
#define VECTOR_STORE(V, name, T, value)                     \
	static inline void hidet_v_store_##name(T *x, V v)      \
	{                                                       \
		EACH_LANE x[lane] = value(v[lane]);                 \
	}                                                       \
	static inline void hidet_v_store_part_##name(T *x, V v, int count) \
	{                                                       \
		for (int lane = 0; lane < count; lane++)            \
			x[lane] = value(v[lane]);                       \
	}
VECTOR_LOAD(hidet_v_f32, f32, float, ) VECTOR_LOAD(hidet_v_f32, f16, uint16_t, hidet_load_f16)
VECTOR_LOAD(hidet_v_f32, bf16, uint16_t, hidet_load_bf16) VECTOR_LOAD(hidet_v_i32, bool, uint8_t, -!!)
VECTOR_LOAD(hidet_v_i32, i32, int32_t, ) VECTOR_LOAD(hidet_v_i32, i16, int16_t, ) VECTOR_LOAD(hidet_v_i32, u16, uint16_t, )
VECTOR_LOAD(hidet_v_i32, i8, int8_t, ) VECTOR_LOAD(hidet_v_i32, u8, uint8_t, )
VECTOR_STORE(hidet_v_f32, f32, float, ) VECTOR_STORE(hidet_v_f32, f16, uint16_t, hidet_store_f16)
VECTOR_STORE(hidet_v_f32, bf16, uint16_t, hidet_store_bf16) VECTOR_STORE(hidet_v_i32, bool, uint8_t, !!)
VECTOR_STORE(hidet_v_i32, i32, int32_t, )

/* The intrinsics of the cpu target. */
#define hidet_prefetch(address) ((void)(address))
#define JOIN_LANES(name, JOIN)                                            \
	static inline float hidet_##name##_lanes(const float *x, int lanes)   \
	{                                                                     \
		float y = x[0];                                                   \
		for (int lane = 1; lane < lanes; lane++)                          \
			y = JOIN(y, x[lane]);                                         \
		return y;                                                         \
	}
#define SUM(x, y) ((x) + (y))
JOIN_LANES(sum, SUM) JOIN_LANES(max, hidet_max_f32) JOIN_LANES(min, hidet_min_f32)
static inline void hidet_transpose_lanes(float *to, int64_t to_stride, const float *from, int64_t stride, int lanes)
{
	for (int i = 0; i < lanes; i++)
		for (int j = 0; j < lanes; j++)
			to[j * to_stride + i] = from[i * stride + j];
}
