/* float.h: functions of floats: the full-precision ones that CUDA has built in. T the type, S the suffix of their
 * names. */
/* clang-format off */
#define HIDET_FLOAT(N, T, S, INFINITE)                                                        \
	HIDET_INLINE T hidet_min_##N(T x, T y) { return y != y ? y : (x > y ? y : x); }           \
	HIDET_INLINE T hidet_max_##N(T x, T y) { return y != y ? y : (x < y ? y : x); }           \
	HIDET_INLINE T hidet_abs_##N(T x) { return fabs##S(x); }                                  \
	HIDET_INLINE T hidet_sign_##N(T x) { return x != x ? x : (T)((x > 0) - (x < 0)); }        \
	HIDET_INLINE T hidet_floor_##N(T x) { return floor##S(x); }                               \
	HIDET_INLINE T hidet_ceil_##N(T x) { return ceil##S(x); }                                 \
	HIDET_INLINE T hidet_trunc_##N(T x) { return trunc##S(x); }                               \
	HIDET_INLINE T hidet_round_##N(T x) { return rint##S(x); }                                \
	HIDET_INLINE bool hidet_isnan_##N(T x) { return x != x; }                                 \
	HIDET_INLINE bool hidet_isinf_##N(T x) { return fabs##S(x) == INFINITE; }                 \
	HIDET_INLINE bool hidet_isfinite_##N(T x) { return fabs##S(x) < INFINITE; }               \
	HIDET_INLINE T hidet_pow_##N(T x, T y) { return pow##S(x, y); }                           \
	HIDET_INLINE T hidet_atan2_##N(T y, T x) { return atan2##S(y, x); }                       \
	HIDET_INLINE T hidet_fmod_##N(T x, T y) { return fmod##S(x, y); }                         \
	HIDET_INLINE T hidet_mod_##N(T x, T y)                                                    \
	{                                                                                         \
		T r = fmod##S(x, y);                                                                  \
		return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? copysign##S((T)0, y) : r;      \
	}                                                                                         \
	/* Of the true quotient: x / y rounded may have reached the next integer. */              \
	HIDET_INLINE T hidet_floordiv_##N(T x, T y)                                               \
	{                                                                                         \
		double r = fmod##S(x, y), q = ((double)x - r) / y;                                    \
		q = q - (r != 0 && (r < 0) != (y < 0));                                               \
		return y == 0 ? x / y : q == 0 ? copysign##S((T)0, x / y) : (T)rint(q);               \
	}                                                                                         \
	HIDET_INLINE T hidet_truncdiv_##N(T x, T y)                                               \
	{                                                                                         \
		return y == 0 ? x / y : (T)rint(((double)x - fmod##S(x, y)) / y);                     \
	}

HIDET_FLOAT(f32, float, f, __builtin_inff())
HIDET_FLOAT(f64, double, , __builtin_inf())

HIDET_INLINE float hidet_sqrt_f32(float x) { return __fsqrt_rn(x); }
HIDET_INLINE float hidet_rsqrt_f32(float x) { return __frcp_rn(__fsqrt_rn(x)); }
HIDET_INLINE double hidet_sqrt_f64(double x) { return __dsqrt_rn(x); }
HIDET_INLINE double hidet_rsqrt_f64(double x) { return __drcp_rn(__dsqrt_rn(x)); }
HIDET_INLINE float hidet_fma_f32(float x, float y, float z) { return __fmaf_rn(x, y, z); }
HIDET_INLINE double hidet_fma_f64(double x, double y, double z) { return __fma_rn(x, y, z); }

#define HIDET_FUNCTION(name)                                            \
	HIDET_INLINE float hidet_##name##_f32(float x) { return name##f(x); } \
	HIDET_INLINE double hidet_##name##_f64(double x) { return name(x); }
HIDET_FUNCTION(exp) HIDET_FUNCTION(exp2) HIDET_FUNCTION(expm1)
HIDET_FUNCTION(log) HIDET_FUNCTION(log2) HIDET_FUNCTION(log10) HIDET_FUNCTION(log1p)
HIDET_FUNCTION(sin) HIDET_FUNCTION(cos) HIDET_FUNCTION(tan)
HIDET_FUNCTION(sinh) HIDET_FUNCTION(cosh) HIDET_FUNCTION(tanh)
HIDET_FUNCTION(asin) HIDET_FUNCTION(acos) HIDET_FUNCTION(atan)
HIDET_FUNCTION(asinh) HIDET_FUNCTION(acosh) HIDET_FUNCTION(atanh)
HIDET_FUNCTION(erf) HIDET_FUNCTION(erfc)
/* clang-format on */
