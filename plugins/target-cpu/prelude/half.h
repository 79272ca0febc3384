/* half.h: 16-bit floats, which are memory formats only: arithmetic on them is f32's. As math.h for one float and for
 * vectors. Integer forms on every processor: they give the bits that its own conversions give, and loops over them
 * become vectors, which gcc 12 does not manage for its type _Float16 (on AVX-512 0.37 against 0.55 ns for an element
 * there and back). */
HIDET_INLINE HIDET_F HIDET_HALF(load_f16)(HIDET_U16 half)
{
	HIDET_I bits = HIDET_NAME(widen)(half), sign = (bits & 0x8000) << 16, rest = (bits & 0x7fff) << 13;
	/* 2^112 moves the exponent's bias and makes subnormals normal, exactly. */
	HIDET_I finite = HIDET_NAME(bits)(HIDET_NAME(of_bits)(rest) * 0x1p112f);
	HIDET_I quiet = HIDET_NAME(choose)(rest > 0x0f800000, rest | 0x00400000, rest); /* of NaN */
	return HIDET_NAME(of_bits)(sign | HIDET_NAME(choose)(rest >= 0x0f800000, quiet | 0x7f800000, finite));
}
HIDET_INLINE HIDET_U16 HIDET_HALF(store_f16)(HIDET_F x)
{
	HIDET_I bits = HIDET_NAME(bits)(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
	/* Below 2^-14 the addition rounds to the subnormals' unit, 2^-24. */
	HIDET_I small = HIDET_NAME(bits)(HIDET_NAME(of_bits)(rest) + 0.5f) - 0x3f000000;
	HIDET_I normal = (rest - 0x38000000 + 0xfff + (rest >> 13 & 1)) >> 13;
	HIDET_I large = HIDET_NAME(choose)((rest >= 0x47800000) | (normal > 0x7c00), (HIDET_I){0} + 0x7c00, normal);
	HIDET_I finite = HIDET_NAME(choose)(rest < 0x38800000, small, large);
	HIDET_I nan = 0x7e00 | (rest >> 13 & 0x3ff);
	return HIDET_NAME(narrow)(sign | HIDET_NAME(choose)(rest > 0x7f800000, nan, finite));
}

HIDET_INLINE HIDET_F HIDET_HALF(load_bf16)(HIDET_U16 half)
{
	return HIDET_NAME(of_bits)(HIDET_NAME(widen)(half) << 16);
}
/* The nearest bf16 in the upper half, ties to even; NaN stays NaN. */
HIDET_INLINE HIDET_I HIDET_NAME(round_bf16)(HIDET_F x)
{
	HIDET_I bits = HIDET_NAME(bits)(x), rounded = bits + 0x7fff + (bits >> 16 & 1);
	return HIDET_NAME(choose)(x != x, bits | 0x400000, rounded);
}
HIDET_INLINE HIDET_U16 HIDET_HALF(store_bf16)(HIDET_F x)
{
	return HIDET_NAME(narrow)(HIDET_NAME(round_bf16)(x) >> 16);
}

HIDET_INLINE HIDET_F HIDET_NAME(cast_f16)(HIDET_F x)
{
	return HIDET_HALF(load_f16)(HIDET_HALF(store_f16)(x));
}
HIDET_INLINE HIDET_F HIDET_NAME(cast_bf16)(HIDET_F x)
{
	return HIDET_NAME(of_bits)(HIDET_NAME(round_bf16)(x) & -65536);
}
