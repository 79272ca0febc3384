/* copy_async: cp.async, from global to shared memory by the thread that waits for it. */
#include "texts.h"

/* clang-format off */

/* Copies of 16 bytes pass L1; smaller ones cannot. `more` and the operands behind: bytes to be read. */
#define COPY(name, parameters, more, ...) \
	CODE(template <int n, class T> HIDET_INLINE void hidet_##name##_of(parameters) { \
		constexpr int bytes = n * (int)sizeof(T); \
		static_assert(bytes == 4 || bytes == 8 || bytes == 16, #name ": 4, 8 or 16 bytes at once"); \
		if (bytes == 16) \
			asm volatile("cp.async.cg.shared.global [%0], [%1], %2" more ";" :: __VA_ARGS__ : "memory"); \
		else \
			asm volatile("cp.async.ca.shared.global [%0], [%1], %2" more ";" :: __VA_ARGS__ : "memory"); \
	})
#define COMMON "r"(hidet_shared_address(to)), "l"(__cvta_generic_to_global(from)), "n"(bytes)
#define TO_FROM T *to, const T *from
#define TO_FROM_VALID T *to, const T *from, int32_t valid

const char cuda_text_copy_async[] =
	COPY(cp_async, TO_FROM, "", COMMON)
	LINE("#define hidet_cp_async(to, from, n) hidet_cp_async_of<(n)>(to, from)")
	COPY(cp_async_zero, TO_FROM_VALID, ", %3", COMMON, "r"(valid * (int)sizeof(T)))
	LINE("#define hidet_cp_async_zero(to, from, n, valid) hidet_cp_async_zero_of<(n)>(to, from, valid)")
	CODE(HIDET_INLINE void hidet_cp_async_commit_group() { asm volatile("cp.async.commit_group;" ::: "memory"); })
	CODE(template <int n> HIDET_INLINE void hidet_cp_async_wait_group_of() {
		asm volatile("cp.async.wait_group %0;" :: "n"(n) : "memory");
	})
	LINE("#define hidet_cp_async_wait_group(n) hidet_cp_async_wait_group_of<(n)>()")
	CODE(HIDET_INLINE void hidet_cp_async_wait_all() { asm volatile("cp.async.wait_all;" ::: "memory"); })
	CODE(HIDET_INLINE void hidet_cp_async_mbarrier_arrive(uint64_t *barrier) {
		asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" :: "r"(hidet_shared_address(barrier)) : "memory");
	});
