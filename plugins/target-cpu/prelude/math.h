/* math.h: functions of f32 as short polynomials without calls or branches, so that loops over them become vectors.
 * Errors are a few units in the last place; infinities, NaN, zeros and subnormals come out as from C's functions. The
 * coefficients interpolate the function at Chebyshev nodes of the interval that is named. */
#if defined(__FMA__) || defined(__aarch64__)
#define HIDET_FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define HIDET_FMA(a, b, c) ((a) * (b) + (c))
#endif

HIDET_INLINE float hidet_float_of_bits(uint32_t bits)
{
	float f;
	__builtin_memcpy(&f, &bits, 4);
	return f;
}
HIDET_INLINE uint32_t hidet_bits_of_float(float f)
{
	uint32_t bits;
	__builtin_memcpy(&bits, &f, 4);
	return bits;
}

/* Added and taken away again, this rounds a small float to an integer, which then stands in the low bits of the sum. */
#define HIDET_ROUNDER 12582912.0f
HIDET_INLINE int32_t hidet_rounded(float sum)
{
	return (int32_t)(hidet_bits_of_float(sum) - 0x4b400000u);
}

/* x * 2^n for n in -250..254, in two steps: the power itself may be beyond the range. */
HIDET_INLINE float hidet_scale_f32(float x, int32_t n)
{
	int32_t half = n >> 1;
	return x * hidet_float_of_bits((uint32_t)(half + 127) << 23) *
		   hidet_float_of_bits((uint32_t)(n - half + 127) << 23);
}

/* (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2 */
HIDET_INLINE float hidet_exp_tail(float r)
{
	float p = 0.000198911035f;
	p = HIDET_FMA(p, r, 0.00139337514f);
	p = HIDET_FMA(p, r, 0.00833331082f);
	p = HIDET_FMA(p, r, 0.041666464f);
	p = HIDET_FMA(p, r, 0.166666667f);
	return HIDET_FMA(p, r, 0.5f);
}

/* x = n * ln(2) + r */
HIDET_INLINE float hidet_exp_split(float x, int32_t *n)
{
	float sum = HIDET_FMA(x, 1.44269504f, HIDET_ROUNDER), whole = sum - HIDET_ROUNDER;
	*n = hidet_rounded(sum);
	return HIDET_FMA(whole, 2.12194440e-4f, HIDET_FMA(whole, -0.693359375f, x));
}

HIDET_INLINE float hidet_exp_f32(float x)
{
	int32_t n;
	float in = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x; /* beyond: infinity and 0 */
	float r = hidet_exp_split(in, &n);
	return hidet_scale_f32(HIDET_FMA(r * r, hidet_exp_tail(r), r) + 1.0f, n);
}

HIDET_INLINE float hidet_exp2_f32(float x)
{
	float in = x > 129.0f ? 129.0f : x < -151.0f ? -151.0f : x;
	float sum = in + HIDET_ROUNDER;
	float r = (in - (sum - HIDET_ROUNDER)) * 0.693147181f;
	return hidet_scale_f32(HIDET_FMA(r * r, hidet_exp_tail(r), r) + 1.0f, hidet_rounded(sum));
}

HIDET_INLINE float hidet_expm1_f32(float x)
{
	int32_t n;
	float in = x > 89.0f ? 89.0f : x < -40.0f ? -40.0f : x;
	float r = hidet_exp_split(in, &n);
	float q = HIDET_FMA(r * r, hidet_exp_tail(r), r);
	float half_power = hidet_float_of_bits((uint32_t)(n + 126) << 23); /* 2^(n-1): 2^128 is none */
	float y = 2.0f * HIDET_FMA(half_power, q, half_power - 0.5f);
	return __builtin_fabsf(x) < 1e-4f ? HIDET_FMA(x * x, 0.5f, x) : y; /* keeps -0 and subnormals */
}

/* log(1 + f) for 1 + f in sqrt(1/2)..sqrt(2) */
HIDET_INLINE float hidet_log_tail(float f)
{
	float p = 0.0697161147f;
	p = HIDET_FMA(p, f, -0.114797338f);
	p = HIDET_FMA(p, f, 0.116854199f);
	p = HIDET_FMA(p, f, -0.124256873f);
	p = HIDET_FMA(p, f, 0.142490576f);
	p = HIDET_FMA(p, f, -0.166678023f);
	p = HIDET_FMA(p, f, 0.200007157f);
	p = HIDET_FMA(p, f, -0.24999997f);
	p = HIDET_FMA(p, f, 0.333333312f);
	return HIDET_FMA(f * p, f * f, -0.5f * (f * f)); /* without f itself */
}

/* x = 2^e * (1 + f); x above 0 */
HIDET_INLINE float hidet_log_split(float x, float *e)
{
	_Bool tiny = x < 0x1p-126f;
	uint32_t bits = hidet_bits_of_float(tiny ? x * 0x1p23f : x) - 0x3f3504f3u; /* sqrt(1/2) */
	*e = (float)(((int32_t)bits >> 23) - (tiny ? 23 : 0));
	return hidet_float_of_bits((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
}

/* The value y of a logarithm, or what it is at the ends. */
HIDET_INLINE float hidet_log_ends(float x, float y)
{
	float below = x == 0.0f ? -__builtin_inff() : __builtin_nanf("");
	return x > 0.0f ? (x < __builtin_inff() ? y : x) : below;
}

HIDET_INLINE float hidet_log_f32(float x)
{
	float e, f = hidet_log_split(x, &e);
	float y = HIDET_FMA(e, 0.693359375f, f + HIDET_FMA(e, -2.12194440e-4f, hidet_log_tail(f)));
	return hidet_log_ends(x, y);
}

HIDET_INLINE float hidet_log2_f32(float x)
{
	float e, f = hidet_log_split(x, &e);
	return hidet_log_ends(x, HIDET_FMA(f + hidet_log_tail(f), 1.44269504f, e));
}

HIDET_INLINE float hidet_log10_f32(float x)
{
	float e, f = hidet_log_split(x, &e);
	/* e * log10(2), its upper part exact in the product */
	float y = HIDET_FMA(e, 0.301025391f, HIDET_FMA(e, 4.60503907e-6f, (f + hidet_log_tail(f)) * 0.434294482f));
	return hidet_log_ends(x, y);
}

HIDET_INLINE float hidet_log1p_f32(float x)
{
	/* What rounding 1 + x lost is made good by the factor. */
	float u = 1.0f + x, y = hidet_log_f32(u);
	float corrected = y * (x / (u - 1.0f));
	return u == 1.0f ? x : u < __builtin_inff() && u > 0.0f ? corrected : y;
}

HIDET_INLINE float hidet_tanh_f32(float x)
{
	float a = __builtin_fabsf(x), z = x * x;
	/* (tanh(x) / x - 1) / x^2 for |x| <= 0.625 */
	float p = 0.00229274482f;
	p = HIDET_FMA(p, z, -0.00834394552f);
	p = HIDET_FMA(p, z, 0.0217689187f);
	p = HIDET_FMA(p, z, -0.0539592596f);
	p = HIDET_FMA(p, z, 0.133333036f);
	p = HIDET_FMA(p, z, -0.333333332f);
	float small = x * HIDET_FMA(p, z, 1.0f);
	float large = 1.0f - 2.0f / (hidet_exp_f32(a + a) + 1.0f);
	return a < 0.625f ? small : __builtin_copysignf(large, x);
}

HIDET_INLINE float hidet_erf_f32(float x)
{
	float a = __builtin_fabsf(x), z = x * x;
	/* erf(x) / x for |x| <= 0.95 */
	float p = 8.20416969e-05f;
	p = HIDET_FMA(p, z, -0.000810291556f);
	p = HIDET_FMA(p, z, 0.00519748723f);
	p = HIDET_FMA(p, z, -0.0268579591f);
	p = HIDET_FMA(p, z, 0.112836695f);
	p = HIDET_FMA(p, z, -0.37612632f);
	p = HIDET_FMA(p, z, 1.12837917f);
	/* log(1 - erf(a)) for a in 0.9..4; from 4 on erf is 1 */
	float b = a > 4.0f ? 4.0f : a, q = 1.64306366e-06f;
	q = HIDET_FMA(q, b, -4.61638586e-05f);
	q = HIDET_FMA(q, b, 0.00059758577f);
	q = HIDET_FMA(q, b, -0.00476262583f);
	q = HIDET_FMA(q, b, 0.0264276372f);
	q = HIDET_FMA(q, b, -0.110087166f);
	q = HIDET_FMA(q, b, -0.631823918f);
	q = HIDET_FMA(q, b, -1.13023106f);
	q = HIDET_FMA(q, b, 0.000318539662f);
	return a < 0.92f ? x * p : __builtin_copysignf(1.0f - hidet_exp_f32(q), x);
}
