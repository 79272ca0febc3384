/* cluster: barriers of a cluster, and the shared memory of its other blocks by mapa. */
#include "texts.h"

/* clang-format off */

#define BARRIER(name, instruction) CODE(HIDET_INLINE void hidet_##name() { asm volatile(instruction : : : "memory"); })
#define NUMBER(name, special) \
	CODE(HIDET_INLINE int32_t hidet_##name() { \
		int32_t number; \
		asm("mov.u32 %0, %%" special ";" : "=r"(number)); \
		return number; \
	})
#define OUT1 "=r"(r[0])
#define OUT2 OUT1, "=r"(r[1])
#define OUT4 OUT2, "=r"(r[2]), "=r"(r[3])
#define IN1 "r"(r[0])
#define IN2 IN1, "r"(r[1])
#define IN4 IN2, "r"(r[2]), "r"(r[3])
/* Moves of 1, 2 or 4 registers `r` between this thread and address `at` of another block; `complete` is the barrier
 * there. */
#define WORDS(words, vector, loaded, stored, outputs, inputs, after, complete) \
	CODE(template <> struct hidet_remote<words> { \
		HIDET_INLINE void load(uint32_t *r, uint32_t at) { \
			asm volatile("ld.shared::cluster" vector ".b32 {" loaded "}, [" after "];" : outputs : "r"(at) : "memory"); \
		} \
		HIDET_INLINE void store(uint32_t at, const uint32_t *r) { \
			asm volatile("st.shared::cluster" vector ".b32 [%0], {" stored "};" :: "r"(at), inputs : "memory"); \
		} \
		HIDET_INLINE void store_async(uint32_t at, const uint32_t *r, uint32_t barrier) { \
			asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes" vector ".b32 " \
			             "[%0], {" stored "}, [" complete "];" \
			             :: "r"(at), inputs, "r"(barrier) : "memory"); \
		} \
	};)

const char cuda_text_cluster[] =
	BARRIER(cluster_sync, "barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;")
	BARRIER(cluster_arrive, "barrier.cluster.arrive.aligned;")
	BARRIER(cluster_arrive_relaxed, "barrier.cluster.arrive.relaxed.aligned;")
	BARRIER(cluster_wait, "barrier.cluster.wait.aligned;")
	NUMBER(cluster_rank, "cluster_ctarank")
	NUMBER(cluster_blocks, "cluster_nctarank")
	CODE(HIDET_INLINE uint32_t hidet_remote_address(const void *address, int32_t rank) {
		uint32_t remote;
		asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(hidet_shared_address(address)), "r"(rank));
		return remote;
	})
	CODE(template <int words> struct hidet_remote;)
	WORDS(1, "", "%0", "%1", OUT1, IN1, "%1", "%2")
	WORDS(2, ".v2", "%0, %1", "%1, %2", OUT2, IN2, "%2", "%3")
	WORDS(4, ".v4", "%0, %1, %2, %3", "%1, %2, %3, %4", OUT4, IN4, "%4", "%5")
	CODE(template <int n, class T> HIDET_INLINE void hidet_cluster_load_of(T *to, const T *from, int32_t rank) {
		hidet_remote<n * sizeof(T) / 4>::load((uint32_t *)to, hidet_remote_address(from, rank));
	})
	LINE("#define hidet_cluster_load(to, from, n, rank) hidet_cluster_load_of<(n)>(to, from, rank)")
	CODE(template <int n, class T> HIDET_INLINE void hidet_cluster_store_of(T *to, const T *from, int32_t rank) {
		hidet_remote<n * sizeof(T) / 4>::store(hidet_remote_address(to, rank), (const uint32_t *)from);
	})
	LINE("#define hidet_cluster_store(to, from, n, rank) hidet_cluster_store_of<(n)>(to, from, rank)")
	CODE(template <int n, class T>
	HIDET_INLINE void hidet_cluster_store_async_of(T *to, const T *from, uint64_t *barrier, int32_t rank) {
		hidet_remote<n * sizeof(T) / 4>::store_async(hidet_remote_address(to, rank), (const uint32_t *)from,
		                                             hidet_remote_address(barrier, rank));
	})
	LINE("#define hidet_cluster_store_async(to, from, n, barrier, rank) "
	     "hidet_cluster_store_async_of<(n)>(to, from, barrier, rank)")
	/* Without a scope: with that of the cluster the compiler puts a fence of the whole device before it. */
	CODE(HIDET_INLINE void hidet_cluster_mbarrier_arrive(uint64_t *barrier, int32_t rank) {
		asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" :: "r"(hidet_remote_address(barrier, rank)) : "memory");
	});
