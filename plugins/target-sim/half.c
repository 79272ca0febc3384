/* half.c: conversions of 16-bit floats by their bits: to nearest, ties to even. */
#include "sim.h"

#include <string.h>

static float float_of(uint32_t bits)
{
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static uint32_t bits_of(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

float sim_half_to_float(uint16_t bits)
{
	uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
	if (magnitude >= 0x7c00)
		return float_of(sign | 0x7f800000u | (magnitude & 0x3ff) << 13);
	/* Read with the exponent's bias of f32, the value is 2^112 too small; the product is exact, subnormals included. */
	float value = float_of(magnitude << 13) * 0x1p112f;
	return sign ? -value : value;
}

uint16_t sim_half_from_float(float value)
{
	uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
	if (magnitude > 0x7f800000u)
		return (uint16_t)(sign | 0x7e00);
	if (magnitude >= 0x477ff000u)
		return (uint16_t)(sign | 0x7c00);
	if (magnitude < 0x38800000u) {
		/* A subnormal: adding 0.5 leaves its units of 2^-24 in the low bits, rounded by the addition. */
		return (uint16_t)(sign | (bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u));
	}
	uint32_t odd = magnitude >> 13 & 1;
	return (uint16_t)(sign | (magnitude - (112u << 23) + 0xfff + odd) >> 13);
}

float sim_bfloat_to_float(uint16_t bits)
{
	return float_of((uint32_t)bits << 16);
}

uint16_t sim_bfloat_from_float(float value)
{
	uint32_t bits = bits_of(value);
	if ((bits & 0x7fffffffu) > 0x7f800000u)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
