/* mma: mma.sync, d += a b, on fragments as 32-bit registers. */
#include "texts.h"

/* clang-format off */

#define A1 "r"(a[0])
#define A2 A1, "r"(a[1])
#define A4 A2, "r"(a[2]), "r"(a[3])
#define B1 "r"(b[0])
#define B2 B1, "r"(b[1])
#define D2(constraint) constraint(d[0]), constraint(d[1])
#define D4(constraint) D2(constraint), constraint(d[2]), constraint(d[3])

/* How PTX lists them: d, a, b, and d again as what is added. The name tells how many registers each has. */
#define LIST_442 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3}"
#define LIST_421 "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3}"
#define LIST_242 "{%0, %1}, {%2, %3, %4, %5}, {%6, %7}, {%0, %1}"
#define LIST_221 "{%0, %1}, {%2, %3}, {%4}, {%0, %1}"
#define LIST_211 "{%0, %1}, {%2}, {%3}, {%0, %1}"

/* `M`: type of d's elements in memory, `T`: of its registers. */
#define MMA(name, M, T, instruction, list, outputs, ...) \
	CODE(HIDET_INLINE void hidet_mma_##name(M *to, const void *left, const void *right) { \
		T *d = (T *)to; \
		const uint32_t *a = (const uint32_t *)left; \
		const uint32_t *b = (const uint32_t *)right; \
		asm volatile("mma.sync.aligned." instruction " " list ";" : outputs : __VA_ARGS__); \
	})
#define MMA_F32(name, instruction, list, ...) MMA(name, float, float, instruction, list, D4("+f"), __VA_ARGS__)
#define MMA_F16(name, instruction, list, ...) MMA(name, uint16_t, uint32_t, instruction, list, D2("+r"), __VA_ARGS__)

const char cuda_text_mma[] =
	MMA_F32(m16n8k8_f16, "m16n8k8.row.col.f32.f16.f16.f32", LIST_421, A2, B1)
	MMA_F16(m16n8k8_f16, "m16n8k8.row.col.f16.f16.f16.f16", LIST_221, A2, B1)
	MMA_F32(m16n8k16_f16, "m16n8k16.row.col.f32.f16.f16.f32", LIST_442, A4, B2)
	MMA_F16(m16n8k16_f16, "m16n8k16.row.col.f16.f16.f16.f16", LIST_242, A4, B2)
	MMA_F32(m16n8k8_bf16, "m16n8k8.row.col.f32.bf16.bf16.f32", LIST_421, A2, B1)
	MMA_F32(m16n8k16_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32", LIST_442, A4, B2)
	MMA_F32(m16n8k4_tf32, "m16n8k4.row.col.f32.tf32.tf32.f32", LIST_421, A2, B1)
	MMA_F32(m16n8k8_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32", LIST_442, A4, B2)
	MMA(m8n8k16_i8, int32_t, int32_t, "m8n8k16.row.col.s32.s8.s8.s32", LIST_211, D2("+r"), A1, B1)
	MMA(m16n8k16_i8, int32_t, int32_t, "m16n8k16.row.col.s32.s8.s8.s32", LIST_421, D4("+r"), A2, B1)
	MMA(m16n8k32_i8, int32_t, int32_t, "m16n8k32.row.col.s32.s8.s8.s32", LIST_442, D4("+r"), A4, B2);
