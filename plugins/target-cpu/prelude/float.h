/* float.h: what is exact or a single instruction for floats, and the functions of f64, which are those of libm.
 * T the type, S the suffix of C's functions. Selects of computed values, no branches: loops over them become
 * vectors. */
/* clang-format off */
#define HIDET_FLOAT(N, T, S)                                                                         \
	HIDET_INLINE T hidet_min_##N(T x, T y) { return y != y ? y : (x > y ? y : x); }                  \
	HIDET_INLINE T hidet_max_##N(T x, T y) { return y != y ? y : (x < y ? y : x); }                  \
	HIDET_INLINE T hidet_abs_##N(T x) { return __builtin_fabs##S(x); }                               \
	HIDET_INLINE T hidet_sign_##N(T x) { return x != x ? x : (T)((x > 0) - (x < 0)); }               \
	HIDET_INLINE T hidet_floor_##N(T x) { return __builtin_floor##S(x); }                            \
	HIDET_INLINE T hidet_ceil_##N(T x) { return __builtin_ceil##S(x); }                              \
	HIDET_INLINE T hidet_trunc_##N(T x) { return __builtin_trunc##S(x); }                            \
	HIDET_INLINE T hidet_round_##N(T x) { return __builtin_rint##S(x); }                             \
	HIDET_INLINE _Bool hidet_isnan_##N(T x) { return x != x; }                                       \
	HIDET_INLINE _Bool hidet_isinf_##N(T x) { return __builtin_fabs##S(x) == __builtin_inf##S(); }   \
	HIDET_INLINE _Bool hidet_isfinite_##N(T x) { return __builtin_fabs##S(x) < __builtin_inf##S(); } \
	HIDET_INLINE T hidet_sqrt_##N(T x) { return __builtin_sqrt##S(x); }                              \
	HIDET_INLINE T hidet_rsqrt_##N(T x) { return 1 / __builtin_sqrt##S(x); }                         \
	HIDET_INLINE T hidet_pow_##N(T x, T y) { return __builtin_pow##S(x, y); }                        \
	HIDET_INLINE T hidet_atan2_##N(T y, T x) { return __builtin_atan2##S(y, x); }

HIDET_FLOAT(f32, float, f)
HIDET_FLOAT(f64, double, )

/* Division with remainder, of the true quotient: x / y rounded may have reached the next integer. f32 is done in
 * f64. */
HIDET_INLINE double hidet_fmod_f64(double x, double y) { return __builtin_fmod(x, y); }
HIDET_INLINE double hidet_mod_f64(double x, double y)
{
	double r = __builtin_fmod(x, y);
	return r != 0 && (r < 0) != (y < 0) ? r + y : r == 0 ? __builtin_copysign(0.0, y) : r;
}
HIDET_INLINE double hidet_floordiv_f64(double x, double y)
{
	double r = __builtin_fmod(x, y), q = (x - r) / y;
	q = q - (r != 0 && (r < 0) != (y < 0));
	return y == 0 ? x / y : q == 0 ? __builtin_copysign(0.0, x / y) : __builtin_rint(q);
}
HIDET_INLINE double hidet_truncdiv_f64(double x, double y)
{
	return y == 0 ? x / y : __builtin_rint((x - __builtin_fmod(x, y)) / y);
}
HIDET_INLINE float hidet_fmod_f32(float x, float y) { return (float)hidet_fmod_f64(x, y); }
HIDET_INLINE float hidet_mod_f32(float x, float y) { return (float)hidet_mod_f64(x, y); }
HIDET_INLINE float hidet_floordiv_f32(float x, float y) { return (float)hidet_floordiv_f64(x, y); }
HIDET_INLINE float hidet_truncdiv_f32(float x, float y) { return (float)hidet_truncdiv_f64(x, y); }

#define HIDET_LIBM(name, N, T, S) HIDET_INLINE T hidet_##name##_##N(T x) { return __builtin_##name##S(x); }
#define HIDET_LIBM_BOTH(name) HIDET_LIBM(name, f32, float, f) HIDET_LIBM(name, f64, double, )
HIDET_LIBM_BOTH(tan) HIDET_LIBM_BOTH(sinh) HIDET_LIBM_BOTH(cosh)
HIDET_LIBM_BOTH(asin) HIDET_LIBM_BOTH(acos) HIDET_LIBM_BOTH(atan)
HIDET_LIBM_BOTH(asinh) HIDET_LIBM_BOTH(acosh) HIDET_LIBM_BOTH(atanh) HIDET_LIBM_BOTH(erfc)
HIDET_LIBM(exp, f64, double, ) HIDET_LIBM(exp2, f64, double, ) HIDET_LIBM(expm1, f64, double, )
HIDET_LIBM(log, f64, double, ) HIDET_LIBM(log2, f64, double, ) HIDET_LIBM(log10, f64, double, )
HIDET_LIBM(log1p, f64, double, ) HIDET_LIBM(tanh, f64, double, ) HIDET_LIBM(erf, f64, double, )
HIDET_LIBM(sin, f64, double, ) HIDET_LIBM(cos, f64, double, )
