/* atomic: by the compiler's own functions, which become reductions where the result is not used. Overloads for each
 * type, so that a number is converted to the memory's type. */
#include "texts.h"

/* clang-format off */

/* `A`: the type for which the compiler has its function. */
#define ATOMIC(name, function, T, A) \
	CODE(HIDET_INLINE T hidet_##name(T *address, T value) { return (T)function((A *)address, (A)value); })
#define CAS(T, A) \
	CODE(HIDET_INLINE T hidet_atomic_cas(T *address, T expected, T value) { \
		return (T)atomicCAS((A *)address, (A)expected, (A)value); \
	})

const char cuda_text_atomic[] =
	ATOMIC(atomic_add, atomicAdd, int32_t, int)
	ATOMIC(atomic_add, atomicAdd, uint32_t, unsigned)
	ATOMIC(atomic_add, atomicAdd, int64_t, unsigned long long)
	ATOMIC(atomic_add, atomicAdd, uint64_t, unsigned long long)
	ATOMIC(atomic_add, atomicAdd, float, float)
	ATOMIC(atomic_add, atomicAdd, double, double)
	ATOMIC(atomic_min, atomicMin, int32_t, int)
	ATOMIC(atomic_min, atomicMin, uint32_t, unsigned)
	ATOMIC(atomic_min, atomicMin, int64_t, long long)
	ATOMIC(atomic_min, atomicMin, uint64_t, unsigned long long)
	ATOMIC(atomic_max, atomicMax, int32_t, int)
	ATOMIC(atomic_max, atomicMax, uint32_t, unsigned)
	ATOMIC(atomic_max, atomicMax, int64_t, long long)
	ATOMIC(atomic_max, atomicMax, uint64_t, unsigned long long)
	ATOMIC(atomic_and, atomicAnd, uint32_t, unsigned)
	ATOMIC(atomic_or, atomicOr, uint32_t, unsigned)
	ATOMIC(atomic_xor, atomicXor, uint32_t, unsigned)
	ATOMIC(atomic_exchange, atomicExch, int32_t, int)
	ATOMIC(atomic_exchange, atomicExch, uint32_t, unsigned)
	ATOMIC(atomic_exchange, atomicExch, int64_t, unsigned long long)
	ATOMIC(atomic_exchange, atomicExch, uint64_t, unsigned long long)
	ATOMIC(atomic_exchange, atomicExch, float, float)
	CAS(int32_t, int)
	CAS(uint32_t, unsigned)
	CAS(int64_t, unsigned long long)
	CAS(uint64_t, unsigned long long)
	CODE(HIDET_INLINE void hidet_red_add_f16x2(uint16_t *address, const uint16_t *value) {
		asm volatile("red.add.noftz.f16x2 [%0], %1;" :: "l"(address), "r"(*(const uint32_t *)value) : "memory");
	})
	CODE(HIDET_INLINE void hidet_red_add_bf16x2(uint16_t *address, const uint16_t *value) {
		asm volatile("red.add.noftz.bf16x2 [%0], %1;" :: "l"(address), "r"(*(const uint32_t *)value) : "memory");
	})
	CODE(HIDET_INLINE void hidet_red_add_f32x2(float *address, const float *value) {
		asm volatile("red.global.add.v2.f32 [%0], {%1, %2};"
		             :: "l"(__cvta_generic_to_global(address)), "f"(value[0]), "f"(value[1]) : "memory");
	})
	CODE(HIDET_INLINE void hidet_red_add_f32x4(float *address, const float *value) {
		asm volatile("red.global.add.v4.f32 [%0], {%1, %2, %3, %4};"
		             :: "l"(__cvta_generic_to_global(address)), "f"(value[0]), "f"(value[1]), "f"(value[2]), "f"(value[3])
		             : "memory");
	});
