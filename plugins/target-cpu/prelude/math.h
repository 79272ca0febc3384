/* math.h: functions of f32 as short polynomials without calls or branches. The text stands in a unit twice, for one float
 * and for a vector of them, in the words of one.h and vector.h: a lane has the bits that the scalar function gives.
 * Errors are a few units in the last place; infinities, NaN, zeros and subnormals come out as from C's functions. The
 * coefficients interpolate the function at Chebyshev nodes of the interval that is named. */

HIDET_INLINE HIDET_F HIDET_NAME(copysign)(HIDET_F x, HIDET_F sign)
{
	return HIDET_NAME(of_bits)((HIDET_NAME(bits)(x) & 0x7fffffff) | (HIDET_NAME(bits)(sign) & (int32_t)0x80000000));
}

/* HIDET_ROUNDER, added and taken away again, rounds a small float to an integer, which stands in the low bits of the sum. */
HIDET_INLINE HIDET_I HIDET_NAME(rounded)(HIDET_F sum)
{
	return HIDET_NAME(bits)(sum) - 0x4b400000;
}

/* (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2 */
HIDET_INLINE HIDET_F HIDET_NAME(exp_tail)(HIDET_F r)
{
	HIDET_F p = HIDET_OF(0.000198911035f);
	p = HIDET_STEP(p, r, 0.00139337514f);
	p = HIDET_STEP(p, r, 0.00833331082f);
	p = HIDET_STEP(p, r, 0.041666464f);
	p = HIDET_STEP(p, r, 0.166666667f);
	return HIDET_STEP(p, r, 0.5f);
}

/* x * 2^n for an integer n in -250..254, in two steps: the power itself may be beyond the range. */
HIDET_INLINE HIDET_F HIDET_NAME(scale)(HIDET_F x, HIDET_F n)
{
#ifdef HIDET_SCALE
	return HIDET_SCALE(x, n);
#else
	HIDET_I whole = HIDET_NAME(rounded)(n + HIDET_ROUNDER), half = whole >> 1;
	return x * HIDET_NAME(of_bits)((half + 127) << 23) * HIDET_NAME(of_bits)((whole - half + 127) << 23);
#endif
}

/* x = n * ln(2) + r, n an integer */
HIDET_INLINE HIDET_F HIDET_NAME(exp_split)(HIDET_F x, HIDET_F *n)
{
	*n = HIDET_FMA(x, HIDET_OF(1.44269504f), HIDET_OF(HIDET_ROUNDER)) - HIDET_ROUNDER;
	return HIDET_FMA(*n, HIDET_OF(2.12194440e-4f), HIDET_FMA(*n, HIDET_OF(-0.693359375f), x));
}

/* x, but no smaller and no larger than these; NaN stays. */
HIDET_INLINE HIDET_F HIDET_NAME(within)(HIDET_F x, HIDET_F smallest, HIDET_F largest)
{
	return HIDET_NAME(lower)(largest, HIDET_NAME(higher)(smallest, x));
}

HIDET_INLINE HIDET_F HIDET_NAME(exp)(HIDET_F x)
{
	HIDET_F n; /* beyond the bounds: infinity and 0 */
	HIDET_F r = HIDET_NAME(exp_split)(HIDET_NAME(within)(x, HIDET_OF(-104.0f), HIDET_OF(89.0f)), &n);
	return HIDET_NAME(scale)(HIDET_FMA(r * r, HIDET_NAME(exp_tail)(r), r) + 1.0f, n);
}

HIDET_INLINE HIDET_F HIDET_NAME(exp2)(HIDET_F x)
{
	HIDET_F in = HIDET_NAME(within)(x, HIDET_OF(-151.0f), HIDET_OF(129.0f)), n = in + HIDET_ROUNDER - HIDET_ROUNDER;
	HIDET_F r = (in - n) * 0.693147181f;
	return HIDET_NAME(scale)(HIDET_FMA(r * r, HIDET_NAME(exp_tail)(r), r) + 1.0f, n);
}

HIDET_INLINE HIDET_F HIDET_NAME(expm1)(HIDET_F x)
{
	HIDET_F n;
	HIDET_F r = HIDET_NAME(exp_split)(HIDET_NAME(within)(x, HIDET_OF(-40.0f), HIDET_OF(89.0f)), &n);
	HIDET_F q = HIDET_FMA(r * r, HIDET_NAME(exp_tail)(r), r);
	/* 2^(n-1): 2^128 is none */
	HIDET_F half_power = HIDET_NAME(of_bits)((HIDET_NAME(rounded)(n + HIDET_ROUNDER) + 126) << 23);
	HIDET_F y = 2.0f * HIDET_FMA(half_power, q, half_power - 0.5f);
	/* keeps -0 and subnormals */
	return HIDET_NAME(select)(HIDET_NAME(abs)(x) < 1e-4f, HIDET_FMA(x * x, HIDET_OF(0.5f), x), y);
}

/* log(1 + f) - f for 1 + f in sqrt(1/2)..sqrt(2) */
HIDET_INLINE HIDET_F HIDET_NAME(log_tail)(HIDET_F f)
{
	HIDET_F p = HIDET_OF(0.0697161147f);
	p = HIDET_STEP(p, f, -0.114797338f);
	p = HIDET_STEP(p, f, 0.116854199f);
	p = HIDET_STEP(p, f, -0.124256873f);
	p = HIDET_STEP(p, f, 0.142490576f);
	p = HIDET_STEP(p, f, -0.166678023f);
	p = HIDET_STEP(p, f, 0.200007157f);
	p = HIDET_STEP(p, f, -0.24999997f);
	p = HIDET_STEP(p, f, 0.333333312f);
	return HIDET_FMA(f * p, f * f, -0.5f * (f * f));
}

/* x = 2^e * (1 + f); x above 0 */
HIDET_INLINE HIDET_F HIDET_NAME(log_split)(HIDET_F x, HIDET_F *e)
{
	HIDET_I tiny = x < 0x1p-126f;
	HIDET_I bits = HIDET_NAME(bits)(HIDET_NAME(select)(tiny, x * 0x1p23f, x)) - 0x3f3504f3; /* sqrt(1/2) */
	*e = HIDET_NAME(whole)(bits >> 23) - HIDET_NAME(select)(tiny, HIDET_OF(23.0f), HIDET_OF(0.0f));
	return HIDET_NAME(of_bits)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
}

/* The value y of a logarithm, or what it is at the ends. */
HIDET_INLINE HIDET_F HIDET_NAME(log_ends)(HIDET_F x, HIDET_F y)
{
	HIDET_F below = HIDET_NAME(select)(x == 0.0f, HIDET_OF(-__builtin_inff()), HIDET_OF(__builtin_nanf("")));
	HIDET_F inside = HIDET_NAME(select)(x < __builtin_inff(), y, x);
	return HIDET_NAME(select)(x > 0.0f, inside, below);
}

HIDET_INLINE HIDET_F HIDET_NAME(log)(HIDET_F x)
{
	HIDET_F e, f = HIDET_NAME(log_split)(x, &e);
	HIDET_F small = HIDET_FMA(e, HIDET_OF(-2.12194440e-4f), HIDET_NAME(log_tail)(f));
	return HIDET_NAME(log_ends)(x, HIDET_FMA(e, HIDET_OF(0.693359375f), f + small));
}

HIDET_INLINE HIDET_F HIDET_NAME(log2)(HIDET_F x)
{
	HIDET_F e, f = HIDET_NAME(log_split)(x, &e);
	return HIDET_NAME(log_ends)(x, HIDET_FMA(f + HIDET_NAME(log_tail)(f), HIDET_OF(1.44269504f), e));
}

HIDET_INLINE HIDET_F HIDET_NAME(log10)(HIDET_F x)
{
	HIDET_F e, f = HIDET_NAME(log_split)(x, &e), y = (f + HIDET_NAME(log_tail)(f)) * 0.434294482f;
	/* e * log10(2), its upper part exact in the product */
	y = HIDET_FMA(e, HIDET_OF(0.301025391f), HIDET_FMA(e, HIDET_OF(4.60503907e-6f), y));
	return HIDET_NAME(log_ends)(x, y);
}

HIDET_INLINE HIDET_F HIDET_NAME(log1p)(HIDET_F x)
{
	/* What rounding 1 + x lost is made good by the factor. */
	HIDET_F u = 1.0f + x, y = HIDET_NAME(log)(u);
	HIDET_F corrected = HIDET_NAME(select)((u < __builtin_inff()) & (u > 0.0f), y * (x / (u - 1.0f)), y);
	return HIDET_NAME(select)(u == 1.0f, x, corrected);
}

/* The last step of an odd function that goes to 1: x * p / q, no further from 0 than 1. */
HIDET_INLINE HIDET_F HIDET_NAME(odd_quotient)(HIDET_F x, HIDET_F p, HIDET_F q)
{
	return HIDET_NAME(within)(x * p / q, HIDET_OF(-1.0f), HIDET_OF(1.0f));
}

HIDET_INLINE HIDET_F HIDET_NAME(tanh)(HIDET_F x)
{
	/* tanh(a) / a of z = a^2 for |a| <= 9.02, where it has become 1 */
	HIDET_F a = HIDET_NAME(within)(x, HIDET_OF(-9.02f), HIDET_OF(9.02f)), z = a * a;
	HIDET_F p = HIDET_OF(-1.58748437e-11f);
	p = HIDET_STEP(p, z, 3.54038381e-08f);
	p = HIDET_STEP(p, z, 2.99657199e-05f);
	p = HIDET_STEP(p, z, 0.00396408893f);
	p = HIDET_STEP(p, z, 0.137560196f);
	p = HIDET_STEP(p, z, 1.0f);
	HIDET_F q = HIDET_OF(1.4256418e-06f);
	q = HIDET_STEP(q, z, 0.000410837493f);
	q = HIDET_STEP(q, z, 0.0275952655f);
	q = HIDET_STEP(q, z, 0.47089353f);
	q = HIDET_STEP(q, z, 1.0f);
	return HIDET_NAME(odd_quotient)(a, p, q);
}

HIDET_INLINE HIDET_F HIDET_NAME(erf)(HIDET_F x)
{
	/* erf(a) / a of z = a^2 for |a| <= 3.93, where it has become 1 */
	HIDET_F a = HIDET_NAME(within)(x, HIDET_OF(-3.93f), HIDET_OF(3.93f)), z = a * a;
	HIDET_F p = HIDET_OF(-1.49004382e-08f);
	p = HIDET_STEP(p, z, 5.03410655e-06f);
	p = HIDET_STEP(p, z, 0.000391574493f);
	p = HIDET_STEP(p, z, 0.00383311078f);
	p = HIDET_STEP(p, z, 0.0544354533f);
	p = HIDET_STEP(p, z, 0.183842284f);
	p = HIDET_STEP(p, z, 1.12837918f);
	HIDET_F q = HIDET_OF(6.6425496e-05f);
	q = HIDET_STEP(q, z, 0.0013203461f);
	q = HIDET_STEP(q, z, 0.0154704336f);
	q = HIDET_STEP(q, z, 0.11366059f);
	q = HIDET_STEP(q, z, 0.496259635f);
	q = HIDET_STEP(q, z, 1.0f);
	return HIDET_NAME(odd_quotient)(a, p, q);
}

/* The sine of x when `turn` is 0, its cosine when it is 1: x is n quarters of a turn and r, |r| <= pi / 4, which is exact
 * to the last bit for |x| <= HIDET_MOST_ANGLE. The parts of pi / 2 have one sign, which keeps that of a zero. */
HIDET_INLINE HIDET_F HIDET_NAME(sine)(HIDET_F x, int32_t turn)
{
	HIDET_F sum = HIDET_FMA(x, HIDET_OF(0.636619772f), HIDET_OF(HIDET_ROUNDER)), n = sum - HIDET_ROUNDER;
	HIDET_F r = HIDET_NAME(fma)(n, HIDET_OF(-1.57079625f), x);
	r = HIDET_NAME(fma)(n, HIDET_OF(-7.54978942e-08f), r);
	r = HIDET_NAME(fma)(n, HIDET_OF(-5.39030253e-15f), r);
	HIDET_F z = r * r;
	/* (sin(r) / r - 1) / r^2 */
	HIDET_F s = HIDET_OF(2.72496201e-06f);
	s = HIDET_STEP(s, z, -0.000198400844f);
	s = HIDET_STEP(s, z, 0.00833333187f);
	s = HIDET_STEP(s, z, -0.166666667f);
	s = HIDET_FMA(s * z, r, r);
	/* (cos(r) - 1 + r^2 / 2) / r^4 */
	HIDET_F c = HIDET_OF(-2.73007042e-07f);
	c = HIDET_STEP(c, z, 2.48005984e-05f);
	c = HIDET_STEP(c, z, -0.00138888877f);
	c = HIDET_STEP(c, z, 0.0416666667f);
	c = HIDET_FMA(c * z, z, HIDET_STEP(HIDET_OF(-0.5f), z, 1.0f));
	HIDET_I quarter = HIDET_NAME(rounded)(sum) + turn;
	HIDET_F y = HIDET_NAME(select)((quarter & 1) != 0, c, s);
	return HIDET_NAME(of_bits)(HIDET_NAME(bits)(y) ^ (quarter >> 1 << 31));
}

/* Larger angles need more digits of pi than it is worth to carry here. */
HIDET_INLINE HIDET_F HIDET_NAME(sin)(HIDET_F x)
{
	HIDET_I far = HIDET_NAME(abs)(x) > HIDET_MOST_ANGLE;
	return __builtin_expect(HIDET_NAME(any)(far), 0) ? HIDET_NAME(far_sin)(x) : HIDET_NAME(sine)(x, 0);
}
HIDET_INLINE HIDET_F HIDET_NAME(cos)(HIDET_F x)
{
	HIDET_I far = HIDET_NAME(abs)(x) > HIDET_MOST_ANGLE;
	return __builtin_expect(HIDET_NAME(any)(far), 0) ? HIDET_NAME(far_cos)(x) : HIDET_NAME(sine)(x, 1);
}
