/* half.h: 16-bit floats, which are memory formats only: arithmetic on them is f32's. Integer forms on every processor:
 * they give the bits that its own conversions give, and loops over them become vectors, which gcc 12 does not manage
 * for its type _Float16 (on AVX-512 0.37 against 0.55 ns for an element there and back). */
HIDET_INLINE float hidet_load_f16(uint16_t bits)
{
	uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, rest = (uint32_t)(bits & 0x7fffu) << 13;
	/* 2^112 moves the exponent's bias and makes subnormals normal, exactly. */
	uint32_t finite = hidet_bits_of_float(hidet_float_of_bits(rest) * 0x1p112f);
	uint32_t beyond = rest | 0x7f800000u | (rest > 0x0f800000u ? 0x00400000u : 0u); /* infinity, NaN made quiet */
	return hidet_float_of_bits(sign | (rest >= 0x0f800000u ? beyond : finite));
}
HIDET_INLINE uint16_t hidet_store_f16(float x)
{
	uint32_t bits = hidet_bits_of_float(x), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
	/* Below 2^-14 the addition rounds to the subnormals' unit, 2^-24. */
	uint32_t small = hidet_bits_of_float(hidet_float_of_bits(rest) + 0.5f) - 0x3f000000u;
	uint32_t normal = (rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13;
	uint32_t finite = rest < 0x38800000u ? small : rest >= 0x47800000u || normal > 0x7c00u ? 0x7c00u : normal;
	uint32_t nan = 0x7e00u | (rest >> 13 & 0x3ffu);
	return (uint16_t)(sign | (rest > 0x7f800000u ? nan : finite));
}

HIDET_INLINE float hidet_load_bf16(uint16_t bits)
{
	return hidet_float_of_bits((uint32_t)bits << 16);
}
HIDET_INLINE uint16_t hidet_store_bf16(float x)
{
	uint32_t bits = hidet_bits_of_float(x);
	uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, nan = bits >> 16 | 0x40u;
	return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

HIDET_INLINE float hidet_cast_f16_f32(float x)
{
	return hidet_load_f16(hidet_store_f16(x));
}
HIDET_INLINE float hidet_cast_bf16_f32(float x)
{
	return hidet_load_bf16(hidet_store_bf16(x));
}
