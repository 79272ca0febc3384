/* vector_float.h: what kernels do with vectors beside math.h: memory, the functions of float.h lane by lane with equal
 * bits, sums over the lanes. */
/* clang-format off */
/* At any alignment; the memory may have any type. */
#define HIDET_V_MEMORY(N, T)                                                                                 \
	typedef T hidet_v_##N##_memory __attribute__((vector_size(HIDET_LANES * sizeof(T)), aligned(1), may_alias)); \
	HIDET_INLINE hidet_v_##N hidet_v_fetch_##N(const T *from) { return *(const hidet_v_##N##_memory *)from; }    \
	HIDET_INLINE void hidet_v_put_##N(T *to, hidet_v_##N v) { *(hidet_v_##N##_memory *)to = v; }
HIDET_V_MEMORY(f32, float)
HIDET_V_MEMORY(i32, int32_t)
HIDET_V_MEMORY(i16, int16_t)
HIDET_V_MEMORY(u16, uint16_t)
HIDET_V_MEMORY(i8, int8_t)
HIDET_V_MEMORY(u8, uint8_t)

/* In memory and in arithmetic: 16-bit floats are f32, narrow integers i32, truth values masks. */
#define HIDET_V_LOAD(N, V, T, VALUE) HIDET_INLINE V hidet_v_load_##N(const T *from) { return VALUE; }
HIDET_V_LOAD(f32, hidet_v_f32, float, hidet_v_fetch_f32(from))
HIDET_V_LOAD(f16, hidet_v_f32, uint16_t, hidet_v_bits_load_f16(hidet_v_fetch_u16(from)))
HIDET_V_LOAD(bf16, hidet_v_f32, uint16_t, hidet_v_bits_load_bf16(hidet_v_fetch_u16(from)))
HIDET_V_LOAD(i32, hidet_v_i32, int32_t, hidet_v_fetch_i32(from))
HIDET_V_LOAD(i16, hidet_v_i32, int16_t, __builtin_convertvector(hidet_v_fetch_i16(from), hidet_v_i32))
HIDET_V_LOAD(u16, hidet_v_i32, uint16_t, __builtin_convertvector(hidet_v_fetch_u16(from), hidet_v_i32))
/* gcc 12 converts bytes one by one. */
#if HIDET_LANES == 16 && !defined(__clang__)
typedef char hidet_v_bytes __attribute__((vector_size(16)));
#define HIDET_V_WIDEN_BYTES(sign, x) __builtin_ia32_pmov##sign##xbd512_mask((hidet_v_bytes)(x), (hidet_v_i32){0}, -1)
#else
#define HIDET_V_WIDEN_BYTES(sign, x) __builtin_convertvector(x, hidet_v_i32)
#endif
HIDET_V_LOAD(i8, hidet_v_i32, int8_t, HIDET_V_WIDEN_BYTES(s, hidet_v_fetch_i8(from)))
HIDET_V_LOAD(u8, hidet_v_i32, uint8_t, HIDET_V_WIDEN_BYTES(z, hidet_v_fetch_u8(from)))
HIDET_V_LOAD(bool, hidet_v_i32, uint8_t, hidet_v_load_u8(from) != 0)

#define HIDET_V_STORE(N, V, T, M, VALUE) HIDET_INLINE void hidet_v_store_##N(T *to, V v) { hidet_v_put_##M(to, VALUE); }
HIDET_V_STORE(f32, hidet_v_f32, float, f32, v)
HIDET_V_STORE(f16, hidet_v_f32, uint16_t, u16, hidet_v_bits_store_f16(v))
HIDET_V_STORE(bf16, hidet_v_f32, uint16_t, u16, hidet_v_bits_store_bf16(v))
HIDET_V_STORE(i32, hidet_v_i32, int32_t, i32, v)
HIDET_V_STORE(i8, hidet_v_i32, int8_t, i8, __builtin_convertvector(v, hidet_v_i8))
HIDET_V_STORE(u8, hidet_v_i32, uint8_t, u8, __builtin_convertvector(v, hidet_v_u8))
HIDET_V_STORE(bool, hidet_v_i32, uint8_t, u8, __builtin_convertvector(v & 1, hidet_v_u8))

#define HIDET_V_1(name, VALUE) HIDET_INLINE hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x) { return VALUE; }
#define HIDET_V_2(name, VALUE) HIDET_INLINE hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x, hidet_v_f32 y) { return VALUE; }
#define HIDET_V_TEST(name, VALUE) HIDET_INLINE hidet_v_i32 hidet_v_##name##_f32(hidet_v_f32 x) { return VALUE; }
HIDET_V_2(min, hidet_v_select_f32(y != y, y, hidet_v_lower_f32(y, x)))
HIDET_V_2(max, hidet_v_select_f32(y != y, y, hidet_v_higher_f32(y, x)))
HIDET_V_1(neg, -x)
HIDET_V_1(sign, hidet_v_select_f32(x != x, x, hidet_v_whole_f32((x < 0) - (x > 0))))
HIDET_V_1(rsqrt, 1 / hidet_v_sqrt_f32(x))
HIDET_V_TEST(isnan, x != x)
HIDET_V_TEST(isinf, hidet_v_abs_f32(x) == __builtin_inff())
HIDET_V_TEST(isfinite, hidet_v_abs_f32(x) < __builtin_inff())
HIDET_INLINE hidet_v_f32 hidet_v_cast_f32_i32(hidet_v_i32 x) { return hidet_v_whole_f32(x); }
/* NaN gives 0, what is out of range the nearest end. */
HIDET_INLINE hidet_v_i32 hidet_v_cast_i32_f32(hidet_v_f32 x)
{
	hidet_v_f32 in = hidet_v_select_f32(x < 0x1p31f, hidet_v_higher_f32(x, hidet_v_of_f32(-0x1p31f)), (hidet_v_f32){0});
	return hidet_v_select_i32(x >= 0x1p31f, hidet_v_of_i32(0x7fffffff), __builtin_convertvector(in, hidet_v_i32));
}

/* Lane by lane; of the first four the compilers make an instruction where there is one. */
#define HIDET_V_EACH(name)                                                                             \
	HIDET_INLINE hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x)                                       \
	{                                                                                                  \
		hidet_v_f32 y;                                                                                 \
		HIDET_UNROLL(HIDET_LANES)                                                                      \
		HIDET_EACH_LANE y[hidet_lane] = hidet_##name##_f32(x[hidet_lane]);                             \
		return y;                                                                                      \
	}
HIDET_V_EACH(floor) HIDET_V_EACH(ceil) HIDET_V_EACH(trunc) HIDET_V_EACH(round)

#define HIDET_V_CALLS(name)                                                                            \
	static __attribute__((noinline, unused)) hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x)           \
	{                                                                                                  \
		HIDET_EACH_LANE x[hidet_lane] = hidet_##name##_f32(x[hidet_lane]);                             \
		return x;                                                                                      \
	}
HIDET_V_CALLS(tan) HIDET_V_CALLS(sinh) HIDET_V_CALLS(cosh) HIDET_V_CALLS(erfc)
HIDET_V_CALLS(asin) HIDET_V_CALLS(acos) HIDET_V_CALLS(atan)
HIDET_V_CALLS(asinh) HIDET_V_CALLS(acosh) HIDET_V_CALLS(atanh)

#define HIDET_V_CALLS_2(name)                                                                          \
	static __attribute__((noinline, unused)) hidet_v_f32 hidet_v_##name##_f32(hidet_v_f32 x, hidet_v_f32 y) \
	{                                                                                                  \
		HIDET_EACH_LANE x[hidet_lane] = hidet_##name##_f32(x[hidet_lane], y[hidet_lane]);              \
		return x;                                                                                      \
	}
HIDET_V_CALLS_2(pow) HIDET_V_CALLS_2(atan2)
HIDET_V_CALLS_2(fmod) HIDET_V_CALLS_2(mod) HIDET_V_CALLS_2(floordiv) HIDET_V_CALLS_2(truncdiv)

/* Over the lanes, by halving: lane i with lane i + LANES / 2, and so on. */
typedef float hidet_v_quarter __attribute__((vector_size(16)));
typedef float hidet_v_half __attribute__((vector_size(32)));
#if HIDET_LANES == 16
#define HIDET_V_HALVE(STEP)                                                                            \
	union { hidet_v_f32 whole; hidet_v_half half[2]; } a = {v};                                        \
	union { hidet_v_half whole; hidet_v_quarter half[2]; } b = {STEP(a.half[0], a.half[1], hidet_v_half)}; \
	hidet_v_quarter q = STEP(b.half[0], b.half[1], hidet_v_quarter);
#elif HIDET_LANES == 8
#define HIDET_V_HALVE(STEP)                                                                            \
	union { hidet_v_half whole; hidet_v_quarter half[2]; } b = {v};                                    \
	hidet_v_quarter q = STEP(b.half[0], b.half[1], hidet_v_quarter);
#else
#define HIDET_V_HALVE(STEP) hidet_v_quarter q = v;
#endif
#define HIDET_V_ADD(x, y, V) ((x) + (y))
HIDET_INLINE float hidet_v_reduce_sum_f32(hidet_v_f32 v)
{
	HIDET_V_HALVE(HIDET_V_ADD)
	return (q[0] + q[2]) + (q[1] + q[3]);
}
/* As the scalar functions: NaN when a lane is NaN. */
typedef int32_t hidet_v_quarter_mask __attribute__((vector_size(16)));
typedef int32_t hidet_v_half_mask __attribute__((vector_size(32)));
#define HIDET_V_CHOOSE(m, x, y, V) ((V)(((m) & (V##_mask)(x)) | (~(m) & (V##_mask)(y))))
#define HIDET_V_MAX(x, y, V) HIDET_V_CHOOSE(((x) > (y)) | ((x) != (x)), x, y, V)
#define HIDET_V_MIN(x, y, V) HIDET_V_CHOOSE(((x) < (y)) | ((x) != (x)), x, y, V)
HIDET_INLINE float hidet_v_reduce_max_f32(hidet_v_f32 v)
{
	HIDET_V_HALVE(HIDET_V_MAX)
	return hidet_max_f32(hidet_max_f32(q[0], q[2]), hidet_max_f32(q[1], q[3]));
}
HIDET_INLINE float hidet_v_reduce_min_f32(hidet_v_f32 v)
{
	HIDET_V_HALVE(HIDET_V_MIN)
	return hidet_min_f32(hidet_min_f32(q[0], q[2]), hidet_min_f32(q[1], q[3]));
}
