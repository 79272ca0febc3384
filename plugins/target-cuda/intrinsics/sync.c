/* sync: barriers of blocks and warps, fences, time. */
#include "texts.h"

/* clang-format off */

const char cuda_text_sync[] =
	CODE(HIDET_INLINE void hidet_syncthreads() { __syncthreads(); })
	CODE(HIDET_INLINE bool hidet_syncthreads_and(bool predicate) { return __syncthreads_and(predicate) != 0; })
	CODE(HIDET_INLINE bool hidet_syncthreads_or(bool predicate) { return __syncthreads_or(predicate) != 0; })
	CODE(HIDET_INLINE int32_t hidet_syncthreads_count(bool predicate) { return __syncthreads_count(predicate); })
	CODE(HIDET_INLINE void hidet_syncwarp() { __syncwarp(); })
	CODE(HIDET_INLINE void hidet_bar_sync(int32_t id, int32_t threads) {
		asm volatile("bar.sync %0, %1;" :: "r"(id), "r"(threads) : "memory");
	})
	CODE(HIDET_INLINE void hidet_bar_arrive(int32_t id, int32_t threads) {
		asm volatile("bar.arrive %0, %1;" :: "r"(id), "r"(threads) : "memory");
	})
	CODE(HIDET_INLINE void hidet_threadfence() { __threadfence(); })
	CODE(HIDET_INLINE void hidet_threadfence_block() { __threadfence_block(); })
	CODE(HIDET_INLINE void hidet_threadfence_system() { __threadfence_system(); })
	CODE(HIDET_INLINE int64_t hidet_clock() { return clock64(); })
	CODE(HIDET_INLINE void hidet_nanosleep(uint32_t nanoseconds) { __nanosleep(nanoseconds); });
