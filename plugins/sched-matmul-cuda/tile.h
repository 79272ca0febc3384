/* tile.h: what the templates for products on CUDA share: a block of threads computes a tile of the result, slice by slice of the sum, from
 * slices of both factors in shared memory.
 *
 *   operand.c   a factor: how its elements are got; brings slices of it into a ring of shared memory
 *   place.c     which tile a block has, what is inside
 *   order.c     how its tensors should lie in memory
 *   result.c    from sums to the task's output, with what was fused behind the product */
#ifndef SCHED_MATMUL_TILE_H
#define SCHED_MATMUL_TILE_H

#include "../sched-auto/cuda_vector.h"

enum { WARP = 32, PROCESSORS = 132 /* to reckon with, whatever the machine has */ };

/* Axes that are counted through as one number. */
typedef struct span {
	const hdt_expr *const *axes;
	hdt_list shape;         /* their extents */
	const hdt_expr *extent; /* of all together */
	int64_t size;           /* that to reckon with */
	const hdt_expr *storage[HDT_MAX_RANK];
} span;

typedef struct operand {
	const hdt_expr *factor; /* without casts to a wider type */
	const span *side;       /* the rows or the columns that it has */
	hdt_dtype dtype;        /* in shared memory */
	const hdt_expr *load,
		*condition;   /* the factor is a load, where the condition (NULL: true) holds, else 0. NULL: it is computed */
	bool along_depth; /* neighbours in memory are neighbours in the sum; else in the side */
	bool side_dense;  /* in shared memory, neighbours of the side lie side by side; else those of the sum */
	int64_t vector;   /* elements that a thread brings at once */
	bool copied;      /* by asynchronous copies */
	int64_t tile;     /* elements of the side in a slice */
	const hdt_expr *first;    /* of the tile, in the side */
	bool constant;            /* known before a run: laid out as [side, depth] when the graph is made ready; */
	const hdt_tensor *packed; /* which the kernel reads in place of the factor */
	const hdt_tensor *ring;   /* shared[stages, tile, slice], or [stages, slice, tile] where the side is dense */
} operand;

/* The problem: what stays the same for all choices. */
typedef struct product {
	const hdt_task *task;
	hdt_context *context;
	hdt_contraction c;
	span rows, columns, batch, depth;
	operand a, b;
	hdt_dtype dtype; /* of both factors in shared memory */
} product;

/* Find the product in the task, both of whose factors are of one dtype accepted by `takes`. False with the reason. */
bool product_find(const hdt_task *task, const hdt_target_info *target,
                  bool (*takes)(hdt_dtype, const hdt_target_info *), product *out, const char **reason);

/* order.c: how a tensor of the task should lie; see hdt_scheduler.order. */
bool product_order(const product *p, const hdt_tensor *tensor, int dims[HDT_MAX_RANK]);

/* A kernel being written. */
typedef struct kernel {
	const product *product;
	hdt_context *context;
	hdt_function *function;
	operand a, b;
	int64_t tile_rows, tile_columns, slice, stages, threads, splits;
	const hdt_expr *thread;
	const hdt_expr *batch[HDT_MAX_RANK];              /* where the block is in the batch */
	const hdt_expr *first_slice, *slices, *depth_end; /* of the sum, for this block */
	const hdt_expr *split;                            /* which part of the sum */
} kernel;

/* place.c: a program for the task with one kernel of `k`'s sizes, begun: its grid, the tile of each block. `cluster`: the parts of a sum are a
 * cluster. NULL after a fault. */
hdt_program *kernel_program(kernel *k, const char *name, bool cluster);
/* The indices of a position in the span. */
bool span_at(const span *s, const hdt_expr *position, const hdt_expr **out);
/* Is `index` within the span? NULL when tiles of `size` cover it exactly. */
const hdt_expr *span_within(const span *s, const hdt_expr *index, int64_t size);
/* Conjunction of what may be NULL, for true. */
const hdt_expr *both(const hdt_expr *a, const hdt_expr *b);
void guard_begin(hdt_function *f, const hdt_expr *condition);
void guard_end(hdt_function *f, const hdt_expr *condition);

/* operand.c: the ring of `stages` slices; and bring slice number `index` into `slot` of it. The copies that it starts are to be waited for. */
const hdt_tensor *operand_ring(const kernel *k, const operand *o, const char *name);
/* The same with `pad` more columns in place of the swizzle. */
const hdt_tensor *operand_ring_padded(const kernel *k, const operand *o, const char *name, int64_t pad);
void operand_bring(const kernel *k, const operand *o, const hdt_expr *slot, const hdt_expr *index);
/* The address of ring elements: of a place in the side and one in the depth of the slice. */
const hdt_expr *operand_address(const operand *o, const hdt_expr *slot, const hdt_expr *side, const hdt_expr *depth);

/* result.c: store the results of `width` neighbouring columns from (row, column) on, of the whole product; sums[lane] are their sums. */
void result_store(const kernel *k, const hdt_expr *row, const hdt_expr *column, const hdt_tensor *sums, int64_t width);
/* The same where both are inside of the matrix. */
void result_store_inside(const kernel *k, const hdt_expr *row, const hdt_expr *column, const hdt_tensor *sums,
                         int64_t width);
/* How many columns can be stored at once. */
int64_t result_width(const product *p);

#endif
