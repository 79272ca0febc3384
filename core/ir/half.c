/* half.c: conversions of IEEE binary16 and bfloat16 by their bits. */
#include "ir/half.h"
#include <string.h>

static float float_of_bits(uint32_t bits)
{
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static uint32_t bits_of_float(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

/* `value` without its low `shift` bits, rounded to nearest, ties to even. */
static uint32_t round_off(uint32_t value, int shift)
{
	uint32_t half = UINT32_C(1) << (shift - 1), rest = value & ((half << 1) - 1);
	uint32_t kept = value >> shift;
	return kept + (rest > half || (rest == half && (kept & 1)));
}

float half_to_float(uint16_t bits)
{
	uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
	if (exponent == 0) {
		float magnitude = (float)mantissa * (1.0f / 16777216.0f); /* denormal: units of 2^-24 */
		return sign ? -magnitude : magnitude;
	}
	if (exponent == 0x1f)
		return float_of_bits(sign | 0x7f800000 | mantissa << 13);
	return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

uint16_t half_from_float(float value)
{
	uint32_t bits = bits_of_float(value), magnitude = bits & 0x7fffffff;
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
	if (magnitude > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (magnitude >= 0x477ff000) /* 65520, the tie between the largest value and the next, or more */
		return (uint16_t)(sign | 0x7c00);
	if (magnitude >= 0x38800000) /* 2^-14: a carry out of the mantissa raises the exponent, as it should */
		return (uint16_t)(sign | round_off(magnitude - (UINT32_C(112) << 23), 13));
	int shift = 126 - (int)(magnitude >> 23); /* denormal: count units of 2^-24 */
	if (shift > 25)
		return sign;
	return (uint16_t)(sign | round_off((magnitude & 0x7fffff) | 0x800000, shift));
}

float bfloat_to_float(uint16_t bits)
{
	return float_of_bits((uint32_t)bits << 16);
}

uint16_t bfloat_from_float(float value)
{
	uint32_t bits = bits_of_float(value);
	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x0040);
	return (uint16_t)round_off(bits, 16);
}
