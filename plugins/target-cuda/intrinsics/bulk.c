/* bulk: rows of bytes by the copy engine. */
#include "texts.h"

/* clang-format off */

const char cuda_text_bulk[] =
	CODE(HIDET_INLINE void hidet_bulk_load(void *to, const void *from, int32_t bytes, uint64_t *barrier) {
		asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
		             :: "r"(hidet_shared_address(to)), "l"(__cvta_generic_to_global(from)), "r"(bytes),
		                "r"(hidet_shared_address(barrier)) : "memory");
	})
	CODE(HIDET_INLINE void hidet_bulk_store(void *to, const void *from, int32_t bytes) {
		asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;"
		             :: "l"(__cvta_generic_to_global(to)), "r"(hidet_shared_address(from)), "r"(bytes) : "memory");
	})
	CODE(HIDET_INLINE void hidet_bulk_prefetch_l2(const void *from, int32_t bytes) {
		asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" :: "l"(__cvta_generic_to_global(from)), "r"(bytes));
	})
	CODE(HIDET_INLINE void hidet_bulk_commit_group() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); })
	CODE(template <int n> HIDET_INLINE void hidet_bulk_wait_group_of() {
		asm volatile("cp.async.bulk.wait_group %0;" :: "n"(n) : "memory");
	})
	LINE("#define hidet_bulk_wait_group(n) hidet_bulk_wait_group_of<(n)>()")
	CODE(template <int n> HIDET_INLINE void hidet_bulk_wait_group_read_of() {
		asm volatile("cp.async.bulk.wait_group.read %0;" :: "n"(n) : "memory");
	})
	LINE("#define hidet_bulk_wait_group_read(n) hidet_bulk_wait_group_read_of<(n)>()");
