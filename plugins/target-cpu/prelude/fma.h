/* fma.h: x * y + z rounded once. HIDET_HAS_FMA: the processor has an instruction for it; else the functions below take
 * the longer way, and the polynomials of math.h round twice. */
#if defined(__FMA__) || defined(__aarch64__)
#define HIDET_HAS_FMA 1
#endif

HIDET_INLINE double hidet_fma_f64(double x, double y, double z)
{
	return __builtin_fma(x, y, z);
}

#ifdef HIDET_HAS_FMA
HIDET_INLINE float hidet_fma_f32(float x, float y, float z)
{
	return __builtin_fmaf(x, y, z);
}
#else
/* The product is exact in double. Its sum with z is rounded to odd: when it is not exact its last bit is set, so that
 * the step to float cannot meet a tie that was none. */
HIDET_INLINE float hidet_fma_f32(float x, float y, float z)
{
	double product = (double)x * y, sum = product + z, back = sum - product;
	double lost = (product - (sum - back)) + (z - back);
	int64_t bits;
	__builtin_memcpy(&bits, &sum, 8);
	/* Away from the exact sum, toward which `lost` points, or one step on to it: whichever is odd. */
	int64_t step = (lost > 0) == (sum > 0) ? 0 : -1;
	int64_t odd = (bits + step) | 1;
	bits = lost != 0 && lost == lost ? odd : bits;
	__builtin_memcpy(&sum, &bits, 8);
	return (float)sum;
}
#endif
