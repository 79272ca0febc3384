/* Every helper of docs/emitted-c.md, called once for each of its dtypes. */
#define BINARY(op, N) y[n++] = hidet_##op##_##N(a, b);
#define UNARY(op, N) y[n++] = hidet_##op##_##N(a);

#define INTEGER(N, T)                                                                                             \
	HIDET_KERNEL(32, 0) void helpers_##N(const T *restrict x, T *restrict y, const hidet_runtime rt)              \
	{                                                                                                             \
		const T a = x[HIDET_THREAD_X], b = x[32 + HIDET_THREAD_X];                                                \
		int n = 0;                                                                                                \
		BINARY(add, N) BINARY(sub, N) BINARY(mul, N) BINARY(floordiv, N) BINARY(mod, N) BINARY(truncdiv, N)       \
		BINARY(fmod, N) BINARY(min, N) BINARY(max, N) BINARY(pow, N) BINARY(shl, N) BINARY(shr, N)                \
		UNARY(neg, N) UNARY(abs, N) UNARY(sign, N)                                                                \
	}                                                                                                             \
	HIDET_KERNEL(32, 0) void casts_##N(const float *restrict f, const double *restrict d, T *restrict y, const hidet_runtime rt) \
	{                                                                                                             \
		y[0] = hidet_cast_##N##_f32(f[0]);                                                                        \
		y[1] = hidet_cast_##N##_f64(d[0]);                                                                        \
	}
INTEGER(u8, uint8_t)
INTEGER(u16, uint16_t)
INTEGER(u32, uint32_t)
INTEGER(u64, uint64_t)
INTEGER(i8, int8_t)
INTEGER(i16, int16_t)
INTEGER(i32, int32_t)
INTEGER(i64, int64_t)

#define FLOAT(N, T)                                                                                               \
	HIDET_KERNEL(32, 0) void helpers_##N(const T *restrict x, T *restrict y, uint8_t *restrict z, const hidet_runtime rt) \
	{                                                                                                             \
		const T a = x[HIDET_THREAD_X], b = x[32 + HIDET_THREAD_X];                                                \
		int n = 0;                                                                                                \
		BINARY(floordiv, N) BINARY(mod, N) BINARY(truncdiv, N) BINARY(fmod, N) BINARY(min, N) BINARY(max, N)      \
		BINARY(pow, N) BINARY(atan2, N)                                                                           \
		UNARY(abs, N) UNARY(sign, N) UNARY(floor, N) UNARY(ceil, N) UNARY(trunc, N) UNARY(round, N)               \
		UNARY(sqrt, N) UNARY(rsqrt, N) UNARY(exp, N) UNARY(exp2, N) UNARY(expm1, N) UNARY(log, N)                 \
		UNARY(log2, N) UNARY(log10, N) UNARY(log1p, N) UNARY(sin, N) UNARY(cos, N) UNARY(tan, N)                  \
		UNARY(sinh, N) UNARY(cosh, N) UNARY(tanh, N) UNARY(asin, N) UNARY(acos, N) UNARY(atan, N)                 \
		UNARY(asinh, N) UNARY(acosh, N) UNARY(atanh, N) UNARY(erf, N) UNARY(erfc, N)                              \
		const _Bool isnan = hidet_isnan_##N(a), isinf = hidet_isinf_##N(a), isfinite = hidet_isfinite_##N(a);     \
		z[0] = isnan | isinf & !isfinite;                                                                         \
	}
FLOAT(f32, float)
FLOAT(f64, double)

HIDET_KERNEL(32, 0) void halves(const uint16_t *restrict x, uint16_t *restrict y, const hidet_runtime rt)
{
	y[0] = hidet_store_f16(hidet_cast_f16_f32(hidet_load_f16(x[0])));
	y[1] = hidet_store_bf16(hidet_cast_bf16_f32(hidet_load_bf16(x[1])));
}

HIDET_KERNEL(32, 0) void constants(float *restrict x, double *restrict y, const hidet_runtime rt)
{
	x[0] = __builtin_inff();
	x[1] = -__builtin_nanf("");
	x[2] = 0x1.8p-3f;
	y[0] = -__builtin_inf();
	y[1] = __builtin_nan("");
}
