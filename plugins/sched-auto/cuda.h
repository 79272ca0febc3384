/* cuda.h: what the files of the rule-based scheduler for CUDA functions share. See auto.h for what it has in common with the one for the CPU:
 * stages (inline.c, stages.c), groups (group.c), reductions within a thread (reduce.c).
 *
 * The way of a task: stages; groups; and then a kernel for each group by the first of these that
 * fits: cuda_matmul.c (tiles in shared memory), cuda_scan.c (a thread or a block for a row), cuda_registers.c (a team of threads that keeps a row in
 * registers), cuda_rows.c (a team of threads for a row), cuda_elements.c (a thread for an element). */
#ifndef SCHED_AUTO_CUDA_H
#define SCHED_AUTO_CUDA_H

#include "auto.h"

/* Of a device to reckon with, whatever the machine has: equal tasks give equal programs. */
enum {
	WARP = 32,
	BLOCK_THREADS = 256,
	DEVICE_PROCESSORS = 132,
	DEVICE_THREADS = DEVICE_PROCESSORS * 1024 /* that keep it busy */
};

/* ---- kernels (cuda_kernel.c) -------------------------------------------------------------------------------------- */

/* A function that reads and writes what the group needs, named after its last stage, of `blocks` blocks; block and thread index are open axes of
 * `n`. False after a fault. */
bool kernel_begin(nest *n, plan *p, const group *g, const hdt_expr *blocks, int64_t threads);
const hdt_expr *kernel_block(const nest *n);
const hdt_expr *kernel_thread(const nest *n);
/* Give a name to an index that is more than an axis or a constant. */
const hdt_expr *kernel_index(nest *n, const char *name, const hdt_expr *index);
/* The indices of a position in row-major `shape`. They have no names, so that the emitter can make a position of them again. */
bool kernel_unflatten(nest *n, hdt_list shape, const hdt_expr *position, const hdt_expr **out);
/* Does the read go to the next element in memory when the axis goes on by one? */
bool kernel_reads_along(const hdt_expr *load, const hdt_expr *axis);
/* Open an if, unless the condition is NULL or constantly true; kernel_unguard closes it. */
void kernel_guard(nest *n, const hdt_expr *condition);
void kernel_unguard(nest *n, const hdt_expr *condition);

/* As reduce_step; products of 16-bit floats, which f32 holds exactly, are added in one step, too. */
const hdt_expr *kernel_step(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *value);

/* cost_cuda.c: estimated microseconds on a GPU. */
double cost_cuda_us(const hdt_task *task);

/* ---- what a kernel can be ----------------------------------------------------------------------------------------- */

/* The product at the heart of a stage. */
typedef hdt_contraction matmul;
/* Is it one that tiles are good for? */
bool matmul_find(const stage *s, matmul *out);
bool matmul_emit(plan *p, const group *g);
/* The time that one takes, in microseconds, when the whole task is one. */
bool matmul_cost(const hdt_task *task, double *us);

/* Is there a reduction over all that comes before each element? */
bool scan_applies(const stage *s);
bool scan_emit(plan *p, const group *g);

/* Are several threads for each element better than one? */
bool rows_apply(const plan *p, const group *g);
/* Has it a reduction that a team cannot share out? */
bool rows_refuse(const stage *s);
bool rows_emit(plan *p, const group *g);

/* Are its rows such that a team can keep them in registers? */
bool registers_apply(plan *p, const group *g);
bool registers_emit(plan *p, const group *g);

bool elements_emit(plan *p, const group *g);

/* ---- teams (cuda_team.c) ------------------------------------------------------------------------------------------ */

/* A block is cut into teams of equally many threads, each of which computes one row. */
typedef struct team {
	int64_t count, workers; /* teams of the block, threads of a team: powers of two */
	bool side_by_side;      /* neighbouring threads are of neighbouring teams, else of the same one */
	const hdt_expr *slot;   /* of this thread: which team of the block; */
	const hdt_expr *worker; /* which thread of the team; */
	const hdt_expr *active; /* whether the team has a row; NULL: all have */
	const hdt_tensor *trees[HDT_DTYPE_COUNT], *places; /* shared memory in which results of threads are joined */
} team;

/* The team's place in the block, and the indices of its row in `shape`: a row for each team, in their order. */
bool team_begin_row(nest *n, team *t, hdt_list shape, const hdt_expr **row);
/* Can its axes be shared out? */
bool team_takes(const hdt_expr *reduce);
/* The one reduction in `value`, if it is a REDUCE that a team takes; NULL when there is none, another, or several. */
const hdt_expr *team_only_reduction(const hdt_expr *value);
/* The reduction by all threads of the team, each of which has the result. To be called where all threads of the block come. */
const hdt_expr *team_reduce(nest *n, const hdt_expr *reduce, const hdt_expr *value);
/* Join the accumulators of all threads of the team; each then has what all have together. To be called as team_reduce. */
bool team_join(nest *n, const hdt_expr *reduce, const hdt_tensor *acc);
/* Open a loop over the positions 0 .. count - 1 that are this worker's, and give the position. Only for active teams. */
const hdt_expr *team_begin(nest *n, const hdt_expr *count);
void team_end(nest *n);
void team_sync(nest *n);

#endif
