/* mma.h: the template matmul-mma: products of f16 and bf16, and of f32 rounded to tf32 where that is asked for, by the matrix instructions of a warp
 * (mma.sync), from a ring of slices that asynchronous copies fill.
 *
 *   matmul_mma.c      which tasks, which choices, what they cost
 *   mma_loop.c   the loop over slices
 *   mma_store.c  from accumulators to memory */
#ifndef SCHED_MATMUL_MMA_H
#define SCHED_MATMUL_MMA_H

#include "tile.h"

/* Of one instruction: m16n8k16, or m16n8k8 for tf32. */
enum { MMA_ROWS = 16, MMA_COLUMNS = 8, MMA_DEPTH_BYTES = 32 };

enum { MMA_RING_PAD = 8 /* elements behind a row of a ring that is not swizzled */ };

/* The params of the template, in this order. */
typedef struct mma_choice {
	int64_t rows, columns, depth; /* of a block's tile, and of a slice */
	int64_t warps_down, warps_across;
	int64_t stages; /* slices in the ring */
	int64_t splits; /* parts of the sum, which blocks of a cluster compute */
} mma_choice;

typedef struct mma {
	kernel k;
	mma_choice how;
	int64_t down, across;                          /* instructions of a warp along rows and columns */
	const hdt_expr *lane, *warp_row, *warp_column; /* of this thread; the warp's part of the tile */
	const hdt_tensor *acc;                         /* f32[down, across, 4] */
	int64_t depth;                                 /* of an instruction, in elements */
	const hdt_tensor *left, *right;                /* fragments: [2, down, depth / 2], [2, across, depth / 4] */
} mma;

/* mma_loop.c: the rings that it reads; the accumulators' sums. */
void mma_make_rings(mma *m);
void mma_multiply(mma *m);
/* mma_store.c */
void mma_store(mma *m);
/* Shared memory that mma_store needs, in bytes. */
int64_t mma_store_bytes(const mma_choice *how);

#endif
