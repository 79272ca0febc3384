/* attention_mma.h: the template attention-mma: attention of f16 and bf16 in one kernel, by the matrix instructions of warps (mma.sync). A block has some
 * rows of queries of one head, keeps their sums in registers, and takes tile after tile of keys and values from a ring in shared memory:
 *
 *     bring q; for tile of keys { scores = score(q k^T) * log2 e; new top of each row; weights = 2^(scores - top) in registers;
 *                                 sums = sums * 2^(old top - top) + weights v }  y = result(sums / total)
 *
 *   attention_mma_cuda.c  which tasks, which choices, what they cost; the kernel's frame
 *   bring_cuda.c          from memory to shared memory
 *   flash_cuda.c          scores, weights and sums of a tile; the result */
#ifndef SCHED_ATTENTION_MMA_H
#define SCHED_ATTENTION_MMA_H

#include "attention.h"

enum {
	LANES = 32,
	MMA_ROWS = 16,
	MMA_COLUMNS = 8,
	MMA_DEPTH = 16,
	MOST_WIDE = 256, /* columns of a head */
	MOST_KEPT = 12   /* fragments of queries that a lane keeps, of four registers */
};

/* q, k or v: rows of heads. */
typedef struct factor {
	const hdt_expr *value;        /* an element, over the batch and these axes */
	const hdt_expr *row, *column; /* the axis of queries or keys; that of the head */
	int64_t columns;              /* extent of `column`; in shared memory rounded up to what instructions take, */
	int64_t padded;
	int64_t vector; /* elements brought at once, */
	bool copied;    /* by asynchronous copies; else they are computed */
} factor;

/* The problem: what stays the same for all choices. */
typedef struct heads {
	attention a;
	hdt_context *context;
	hdt_dtype dtype; /* of the factors in shared memory */
	factor q, k, v;
	const hdt_expr *queries, *keys, *batch; /* how many */
} heads;

/* The params of the template, in this order. */
typedef struct flash_choice {
	int64_t warps, down; /* a warp has `down` times 16 rows of queries */
	int64_t keys;        /* of a tile */
	int64_t stages;      /* tiles in the ring */
} flash_choice;

typedef struct flash {
	const heads *h;
	flash_choice how;
	hdt_context *context;
	hdt_function *function;
	const hdt_expr *batch[HDT_MAX_RANK];      /* where the block is in the batch */
	const hdt_expr *first_row, *tiles;        /* its first query; tiles of keys that it looks at */
	const hdt_expr *thread, *lane, *warp_row; /* the warp's first row in the block */
	const hdt_tensor *q_tile, *k_ring,
		*v_ring;                          /* shared: [rows, depth], [stages, keys, depth], [stages, keys, width] */
	const hdt_tensor *queries;            /* fragments [down, depth / 16, 8]; NULL: read again for each tile */
	const hdt_tensor *sums, *top, *total; /* [down, width / 8, 4]; [down, 2]: of rows lane / 4 and 8 more */
} flash;

static inline const hdt_expr *flash_number(const flash *m, int64_t value)
{
	return hdt_int(m->context, value);
}
static inline int64_t flash_rows(const flash_choice *how)
{
	return how->warps * how->down * MMA_ROWS;
}

/* bring_cuda.c */
/* How the factor is brought. */
void factor_choose_way(factor *o, hdt_dtype dtype);
/* Shared memory for `rows` rows of it, in `stages` slots (0: there is one and no index for it). */
const hdt_tensor *factor_ring(const flash *m, const factor *o, const char *name, int64_t stages, int64_t rows);
/* Bring rows first .. first + rows - 1, zeros where they are not below `limit`. */
void factor_bring(const flash *m, const factor *o, const hdt_tensor *ring, const hdt_expr *slot, int64_t rows,
                  const hdt_expr *first, const hdt_expr *limit);

/* flash_cuda.c: the registers; what a tile in `slot` adds; and the results. */
void flash_begin(flash *m);
void flash_add_tile(flash *m, const hdt_expr *tile, const hdt_expr *slot);
void flash_store(flash *m);

#endif
