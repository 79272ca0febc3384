/* plan.h: placing buffers of known sizes and lifetimes in one block of memory. */
#ifndef CORE_EXEC_PLAN_H
#define CORE_EXEC_PLAN_H

#include <hidet/base.h>

enum { PLAN_ALIGNMENT = 256 }; /* what kernels may count on: docs/emitted-kernels.md */

/* A buffer that is needed from step `first` to step `last`, both included. Zero bytes take no place. */
typedef struct plan_buffer {
	int64_t bytes;
	int first, last;
	int64_t offset; /* result: a multiple of PLAN_ALIGNMENT */
} plan_buffer;

typedef struct plan_size {
	int64_t bytes;       /* of the block */
	int64_t lower_bound; /* largest sum of sizes alive in one step: no plan is smaller */
} plan_size;

/* Choose the offsets; buffers alive in a common step never overlap. HDT_OUT_OF_MEMORY without a diagnostic when memory
 * for the planning is out or the sizes do not fit 62 bits. Deterministic. */
hdt_status plan_place(plan_buffer *buffers, int count, int step_count, plan_size *out) HDT_MUST_CHECK;

#endif
