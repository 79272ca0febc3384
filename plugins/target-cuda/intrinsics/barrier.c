/* barrier: mbarrier and the fences that go with it. */
#include "texts.h"

/* clang-format off */

/* An instruction on the barrier alone, or on it and a number. */
#define ON_BARRIER(name, instruction) \
	CODE(HIDET_INLINE void hidet_##name(uint64_t *barrier) { \
		asm volatile(instruction " [%0];" :: "r"(hidet_shared_address(barrier)) : "memory"); \
	})
#define ON_BARRIER_WITH(name, instruction) \
	CODE(HIDET_INLINE void hidet_##name(uint64_t *barrier, int32_t number) { \
		asm volatile(instruction " [%0], %1;" :: "r"(hidet_shared_address(barrier)), "r"(number) : "memory"); \
	})
#define ASK(name, instruction) \
	CODE(HIDET_INLINE bool hidet_##name(uint64_t *barrier, int32_t parity) { \
		uint32_t ended; \
		asm volatile("{ .reg .pred p; " instruction ".parity.shared.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" \
		             : "=r"(ended) : "r"(hidet_shared_address(barrier)), "r"(parity) : "memory"); \
		return ended != 0; \
	})
#define FENCE(name, instruction) CODE(HIDET_INLINE void hidet_##name() { asm volatile(instruction ";" ::: "memory"); })

const char cuda_text_barrier[] =
	ON_BARRIER_WITH(mbarrier_init, "mbarrier.init.shared.b64")
	ON_BARRIER(mbarrier_invalidate, "mbarrier.inval.shared.b64")
	CODE(HIDET_INLINE void hidet_mbarrier_arrive(uint64_t *barrier) {
		uint64_t state;
		asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(state) : "r"(hidet_shared_address(barrier)) : "memory");
	})
	ON_BARRIER_WITH(mbarrier_arrive_expect_tx, "mbarrier.arrive.expect_tx.shared.b64 _,")
	ON_BARRIER_WITH(mbarrier_expect_tx, "mbarrier.expect_tx.shared.b64")
	ASK(mbarrier_test, "mbarrier.test_wait")
	LINE("#if __CUDA_ARCH__ >= 900") /* waits a while before it answers no */
	ASK(mbarrier_try, "mbarrier.try_wait")
	LINE("#else")
	ASK(mbarrier_try, "mbarrier.test_wait")
	LINE("#endif")
	CODE(HIDET_INLINE void hidet_mbarrier_wait(uint64_t *barrier, int32_t parity) {
		while (!hidet_mbarrier_try(barrier, parity))
			;
	})
	FENCE(fence_mbarrier_init, "fence.mbarrier_init.release.cluster")
	FENCE(fence_proxy_async, "fence.proxy.async")
	FENCE(fence_proxy_async_shared, "fence.proxy.async.shared::cta");
