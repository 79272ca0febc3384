/* math: instructions that are faster than the exact functions; how exact each is stands in
 * hidet/cuda_intrinsics.def. */
#include "texts.h"

/* clang-format off */

#define UNARY(name, instruction) \
	CODE(HIDET_INLINE float hidet_##name(float x) { \
		float y; \
		asm(instruction " %0, %1;" : "=f"(y) : "f"(x)); \
		return y; \
	})
#define PAIR(name, type) \
	CODE(HIDET_INLINE void hidet_fma_##name(uint16_t *d, const uint16_t *x, const uint16_t *y, const uint16_t *z) { \
		asm("fma.rn." #type " %0, %1, %2, %3;" : "=r"(*(uint32_t *)d) \
		    : "r"(*(const uint32_t *)x), "r"(*(const uint32_t *)y), "r"(*(const uint32_t *)z)); \
	})

const char cuda_text_math[] =
	UNARY(exp2_fast, "ex2.approx.ftz.f32")
	UNARY(log2_fast, "lg2.approx.ftz.f32")
	UNARY(rcp_fast, "rcp.approx.ftz.f32")
	UNARY(sqrt_fast, "sqrt.approx.ftz.f32")
	UNARY(rsqrt_fast, "rsqrt.approx.ftz.f32")
	UNARY(sin_fast, "sin.approx.ftz.f32")
	UNARY(cos_fast, "cos.approx.ftz.f32")
	UNARY(tanh_fast, "tanh.approx.f32")
	CODE(HIDET_INLINE float hidet_exp_fast(float x) { return hidet_exp2_fast(x * 1.4426950408889634f); })
	CODE(HIDET_INLINE float hidet_div_fast(float x, float y) {
		float z;
		asm("div.approx.ftz.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
		return z;
	})
	CODE(HIDET_INLINE float hidet_round_tf32(float x) {
		uint32_t bits;
		asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
		return __uint_as_float(bits);
	})
	CODE(HIDET_INLINE int32_t hidet_popcount(uint32_t x) { return __popc(x); })
	LINE("#if __CUDA_ARCH__ >= 800")
	CODE(HIDET_INLINE void hidet_pack_f16x2(uint16_t *to, float x, float y) {
		asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(*(uint32_t *)to) : "f"(y), "f"(x));
	})
	LINE("#else")
	CODE(HIDET_INLINE void hidet_pack_f16x2(uint16_t *to, float x, float y) {
		asm("{ .reg .f16 l, h; cvt.rn.f16.f32 l, %1; cvt.rn.f16.f32 h, %2; mov.b32 %0, {l, h}; }"
		    : "=r"(*(uint32_t *)to) : "f"(x), "f"(y));
	})
	LINE("#endif")
	CODE(HIDET_INLINE void hidet_pack_bf16x2(uint16_t *to, float x, float y) {
		asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(*(uint32_t *)to) : "f"(y), "f"(x));
	})
	PAIR(f16x2, f16x2) PAIR(bf16x2, bf16x2);
