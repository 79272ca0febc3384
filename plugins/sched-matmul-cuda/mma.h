/* mma.h: the template matmul-mma: products of f16 and bf16 by the matrix instructions of a warp (mma.sync), from a ring of slices that
 * asynchronous copies fill.
 *
 *   matmul_mma.c      which tasks, which choices, what they cost
 *   mma_loop.c   the loop over slices
 *   mma_store.c  from accumulators to memory */
#ifndef SCHED_MATMUL_MMA_H
#define SCHED_MATMUL_MMA_H

#include "tile.h"

enum { MMA_ROWS = 16, MMA_COLUMNS = 8, MMA_DEPTH = 16 };

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
	const hdt_tensor *left, *right;                /* fragments: [2, down, 8], [2, across, 4] */
} mma;

/* mma_loop.c: the accumulators' sums. */
void mma_multiply(mma *m);
/* mma_store.c */
void mma_store(mma *m);
/* Shared memory that mma_store needs, in bytes. */
int64_t mma_store_bytes(const mma_choice *how);

#endif
