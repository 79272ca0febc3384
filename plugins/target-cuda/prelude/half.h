/* half.h: 16-bit floats, which are memory formats only: arithmetic on them is f32's. */
HIDET_INLINE float hidet_load_f16(uint16_t bits)
{
	float x;
	asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
	return x;
}
HIDET_INLINE uint16_t hidet_store_f16(float x)
{
	uint16_t bits;
	asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
	return bits;
}

HIDET_INLINE float hidet_load_bf16(uint16_t bits)
{
	return __uint_as_float((uint32_t)bits << 16);
}
HIDET_INLINE uint16_t hidet_store_bf16(float x)
{
#if __CUDA_ARCH__ >= 800
	uint16_t stored;
	asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(stored) : "f"(x));
	return stored;
#else
	uint32_t bits = __float_as_uint(x);
	uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
	return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : rounded);
#endif
}

HIDET_INLINE float hidet_cast_f16_f32(float x)
{
	return hidet_load_f16(hidet_store_f16(x));
}
HIDET_INLINE float hidet_cast_bf16_f32(float x)
{
	return hidet_load_bf16(hidet_store_bf16(x));
}
