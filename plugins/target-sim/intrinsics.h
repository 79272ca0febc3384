/* intrinsics.h: the families, each a file intrinsics_<family>.c with a table ended by a row without a name. See
 * sim.h. */
#ifndef TARGET_SIM_INTRINSICS_H
#define TARGET_SIM_INTRINSICS_H

#include "sim.h"

#define SIM_FAMILIES(FAMILY) \
	FAMILY(sync)             \
	FAMILY(warp)             \
	FAMILY(atomic)           \
	FAMILY(memory)           \
	FAMILY(math)             \
	FAMILY(matrix)           \
	FAMILY(mma)              \
	FAMILY(copy_async)       \
	FAMILY(barrier)          \
	FAMILY(bulk)             \
	FAMILY(tensor)           \
	FAMILY(warpgroup)        \
	FAMILY(registers)        \
	FAMILY(cluster)          \
	FAMILY(cluster_async)    \
	FAMILY(launch)

#define DECLARE(family) extern const sim_intrinsic sim_##family##_intrinsics[];
SIM_FAMILIES(DECLARE)
#undef DECLARE

/* Bytes that are moved at once, at the most; bytes of n elements, 0 where they are none or more than that. */
enum { LARGEST_VECTOR = 16 };
static inline int vector_size(int64_t n, hdt_dtype dtype)
{
	int size = hdt_dtype_of(dtype)->bytes;
	return n >= 1 && n <= LARGEST_VECTOR / size ? (int)n * size : 0;
}

/* What the target says that it has: all of hidet/cuda_intrinsics.def, ended by NULL. */
extern const hdt_intrinsic *const sim_declared[];

#endif
