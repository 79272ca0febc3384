/* tensor: boxes of a tensor by the copy engine. PTX lists coordinates with the dense dimension first, the intrinsics
 * last. */
#include "texts.h"

/* clang-format off */

#define PARAMETERS_1 int32_t i
#define PARAMETERS_2 PARAMETERS_1, int32_t j
#define PARAMETERS_3 PARAMETERS_2, int32_t k
#define PARAMETERS_4 PARAMETERS_3, int32_t l
#define PARAMETERS_5 PARAMETERS_4, int32_t m
#define OPERANDS_1 "r"(i)
#define OPERANDS_2 "r"(j), OPERANDS_1
#define OPERANDS_3 "r"(k), OPERANDS_2
#define OPERANDS_4 "r"(l), OPERANDS_3
#define OPERANDS_5 "r"(m), OPERANDS_4

/* The copies of one rank: the coordinates are the first operands, in PTX's order; p, q, r, s are those behind. */
#define RANK(rank, parameters, operands, at, p, q, r, s) \
	CODE(HIDET_INLINE void hidet_tensor_load(void *to, const void *map, uint64_t *barrier, parameters) { \
		asm volatile("cp.async.bulk.tensor." rank ".shared::cluster.global.mbarrier::complete_tx::bytes " \
		             "[" p "], [" q ", {" at "}], [" r "];" \
		             :: operands, "r"(hidet_shared_address(to)), "l"(map), "r"(hidet_shared_address(barrier)) : "memory"); \
	}) \
	CODE(HIDET_INLINE void hidet_tensor_load_multicast(void *to, const void *map, uint64_t *barrier, uint32_t blocks, \
	                                                   parameters) { \
		asm volatile("cp.async.bulk.tensor." rank ".shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster " \
		             "[" p "], [" q ", {" at "}], [" r "], " s ";" \
		             :: operands, "r"(hidet_shared_address(to)), "l"(map), "r"(hidet_shared_address(barrier)), \
		                "h"((uint16_t)blocks) : "memory"); \
	}) \
	CODE(HIDET_INLINE void hidet_tensor_store(const void *map, const void *from, parameters) { \
		asm volatile("cp.async.bulk.tensor." rank ".global.shared::cta.bulk_group [" p ", {" at "}], [" q "];" \
		             :: operands, "l"(map), "r"(hidet_shared_address(from)) : "memory"); \
	}) \
	CODE(HIDET_INLINE void hidet_tensor_prefetch_l2(const void *map, parameters) { \
		asm volatile("cp.async.bulk.prefetch.tensor." rank ".L2.global [" p ", {" at "}];" :: operands, "l"(map)); \
	})

const char cuda_text_tensor[] =
	CODE(HIDET_INLINE void hidet_tensor_map_prefetch(const void *map) {
		asm volatile("prefetch.tensormap [%0];" :: "l"(map) : "memory");
	})
	RANK("1d", PARAMETERS_1, OPERANDS_1, "%0", "%1", "%2", "%3", "%4")
	RANK("2d", PARAMETERS_2, OPERANDS_2, "%0, %1", "%2", "%3", "%4", "%5")
	RANK("3d", PARAMETERS_3, OPERANDS_3, "%0, %1, %2", "%3", "%4", "%5", "%6")
	RANK("4d", PARAMETERS_4, OPERANDS_4, "%0, %1, %2, %3", "%4", "%5", "%6", "%7")
	RANK("5d", PARAMETERS_5, OPERANDS_5, "%0, %1, %2, %3, %4", "%5", "%6", "%7", "%8");
