/* auto.h: what the files of the rule-based schedulers share.
 *
 * The way of a task on the CPU: inline.c decides which tensors are computed into memory (stages) and puts the others into their readers;
 * stages.c and share.c make more of them where that saves work; group.c joins stages that work row by row on the same rows; loops.c writes one function for each group, with merge.c making long loops of
 * short ones; tile.c and lanes.c compute blocks of neighbouring elements, panel.c lays out what they share; hoist.c takes checks of indices out of loops; reduce.c makes loops of
 * reductions, chains.c and chains_arg.c of long ones, scan.c of running ones. */
#ifndef SCHED_AUTO_AUTO_H
#define SCHED_AUTO_AUTO_H

#include "walk.h"

/* Of hidet/scheduler.h; short, because much is reckoned with it here. */
enum { WORKERS = HDT_RECKONED_WORKERS };

/* A tensor that is computed into memory. */
typedef struct stage {
	const hdt_tensor *tensor;
	const hdt_expr *value;    /* over tensor->axes; reads inputs and the tensors of earlier stages */
	const hdt_tensor *memory; /* where it goes */
	int rows;                 /* leading dimensions that `memory` lacks: it holds one row of its group */
	const hdt_expr *slot; /* index before those of the row, where `memory` holds rows of several teams; NULL: none */
	bool output;
	bool alone; /* no group is to have it with others */
} stage;

/* Stages computed in one function: for each index of the first `rows` dimensions, which they share, one after the other. */
typedef struct group {
	int first, count;
	int rows;
} group;

/* What groups are to keep to. */
typedef struct group_rules {
	int64_t row_bytes;  /* of a row that is kept near its reader, at most */
	int64_t rows;       /* of a group, at least, */
	int64_t small_work; /* unless it has fewer elements than this */
	/* Is the stage's reduction, of `length` terms for each of its `elements`, to be done in parts? In how many, and is the part the first index of
	 * theirs or the last? */
	bool (*is_long)(const struct stage *s, const hdt_expr *reduce, int64_t elements, int64_t length);
	int64_t parts;
	bool part_first;
	bool share_reductions; /* one that several elements share becomes a stage */
} group_rules;

typedef struct plan {
	const hdt_task *task;
	const hdt_target_info *target;
	const group_rules *rules;
	hdt_context *context;
	hdt_program *program;
	stage *stages;
	int stage_count;
	group *groups;
	int group_count;
} plan;

/* Where code is being written. */
typedef struct nest {
	plan *plan;
	hdt_function *function;
	hdt_context *context;
	expr_list open;    /* axes whose loops are open */
	struct team *team; /* threads that compute reductions together (cuda.h); NULL: each thread its own */
	const group *
		rereads; /* its rows are being computed, what is read for one has been read before, and nobody has asked for the next; or NULL */
} nest;

/* cost.c: elements of a tensor; bytes that the task reads and writes; and operations for one element with this value. */
typedef struct cost_weights {
	double function; /* operations that exp and its like count as, */
	double strided;  /* and a read whose elements do not lie side by side */
} cost_weights;
double cost_elements(const hdt_tensor *t);
double cost_bytes(const hdt_task *task);
double cost_operations(const hdt_expr *value, const cost_weights *weights);
/* cost_cpu.c: estimated microseconds on a CPU. */
double cost_cpu_us(const hdt_task *task);
/* guard.c */
const hdt_expr *guard_reductions(const hdt_expr *value);
/* Can it be computed whenever its axes are in range: are its reads, and does it divide by nothing that may be 0? */
bool guard_needless(const hdt_expr *e);
/* inline.c: fills in the stages. The others return false after a fault, too. */
bool plan_stages(plan *p);
stage *plan_find(const plan *p, const hdt_tensor *tensor);
/* stages.c: more stages where the rules ask for them. */
bool stages_divide(plan *p);
/* A computed tensor of this plan alone. */
const hdt_tensor *stages_tensor(plan *p, const char *name, hdt_list axes, const hdt_expr *value);
/* share.c: a function of a row that a reduction and a later stage both compute becomes a stage before them. */
bool share_functions(plan *p);
/* group.c: fills in the groups and gives every stage its memory, but for those that hold one row (`rows` is set). */
bool plan_groups(plan *p);
/* Product of the estimated sizes of dimensions first .. last - 1. */
int64_t plan_elements(const hdt_tensor *t, int first, int last);
/* memory.c: the stage's value with its reads of stages going to their memory; and the buffers that a group's function reads and writes. */
const hdt_expr *plan_redirect(plan *p, const hdt_expr *value);
void group_use_buffers(nest *n, const group *g);
/* hoist.c: name the checks of indices in `value` that depend on open axes only. */
const hdt_expr *hoist_checks(nest *n, const hdt_expr *value);
/* loops.c */
bool emit_group(plan *p, const group *g);

/* merge.c: dimensions of a stage from `first` on, as loops: neighbours that every read walks alike are one loop. */
typedef struct dims {
	const hdt_expr *axes[HDT_MAX_RANK]; /* of the loops */
	int count;
	const hdt_expr *at[HDT_MAX_RANK]; /* per dimension of the tensor: its index, of axes and of what is bound outside */
	const hdt_expr *value;            /* the stage's value over them */
} dims;
bool merge_dims(const stage *s, int first, const hdt_expr *value, dims *out);
/* Of the axes of a reduction: make one of the last ones where every read walks them alike. The value over the new axes; NULL after a fault. */
const hdt_expr *merge_last(const hdt_expr **axes, int *count, const hdt_expr *value);

/* tile.c: how the innermost loops of a stage are cut. */
typedef struct tile {
	int lane, row;       /* index into dims.axes of the loops that are cut into blocks; -1: none */
	int64_t lanes, rows; /* elements of a block along each */
	bool vector;         /* lanes lie side by side in memory */
	bool whole;          /* one block of lanes covers the loop */
	bool transposed;     /* reads across the lanes go through tiles; the loop over blocks of rows is the inner one */
	bool panel; /* what the rows share is laid out before the loop over blocks of rows, which is then the inner one */
} tile;
tile tile_choose(const plan *p, const dims *d);
/* The reductions of `value` that depend on `axis`. False when one cannot run in lanes along it. */
bool lane_reductions(const hdt_expr *value, const hdt_expr *axis, expr_list *out);
/* The factor of `axis` in `index` when it is linear in it. */
bool linear_factor(const hdt_expr *index, const hdt_expr *axis, int64_t *factor);
/* Does the read walk side by side along the axis? And how many of the reduction do, of those that its axes move? */
bool read_is_along(const hdt_expr *load, const hdt_expr *axis);
int reads_along(const hdt_expr *reduce, const hdt_expr *axis);

/* ahead.c: is it worth to ask for the next row within the loop over blocks of lanes, which are then cut for it? And to do so. */
bool ahead_applies(const nest *n, const dims *d, tile *t);
void ahead_fetch(nest *n, const group *g, const dims *d, const tile *t, const hdt_expr *lane_block);

/* lanes.c: writes the blocks. */
/* Lay out the panel of a block of lanes: the value then reads it. */
const hdt_expr *tile_panel(nest *n, const dims *d, const tile *t, const hdt_expr *lane_block);
/* Compute and store one block, at the given numbers of blocks (NULL: there is no such loop). */
void tile_emit(nest *n, const stage *s, dims d, const tile *t, const hdt_expr *row_block, const hdt_expr *lane_block);

/* panel.c */
typedef struct panel_span {
	const hdt_expr *axis, *first, *count; /* the lanes first .. first + count - 1 of the axis */
	int64_t most;                         /* lanes of a block */
} panel_span;
/* The parts of `value` that all rows read alike along the lanes, and not side by side. */
void panel_parts(const hdt_expr *value, const hdt_expr *lane, const hdt_expr *row, expr_list *out);
/* Can those of a reduction be laid out for all its axes at once? */
bool panel_fits(const hdt_expr *reduce, const hdt_expr *lane, const hdt_expr *row, int64_t lanes);
/* Lay out the parts found in `reduce` for all its axes (NULL: those in `value`, for the open loops) and give `value` reading them. */
const hdt_expr *panel_fill(nest *n, const hdt_expr *value, const hdt_expr *reduce, const panel_span *lane,
                           const hdt_expr *row);

/* transpose.c: does the value read across the lanes what lies along the rows? */
bool transpose_suits(const hdt_expr *value, const hdt_expr *lane, const hdt_expr *row);
/* Lay such reads out in tiles, of a whole block of so many rows as a vector has lanes, and give `value` reading them. */
const hdt_expr *transpose_fill(nest *n, const hdt_expr *value, const panel_span *lane, const panel_span *row);

/* reduce.c */
/* Compute every reduction in `value` that depends on open axes only, and give the value that reads the results. */
const hdt_expr *reduce_ready(nest *n, const hdt_expr *value);
bool reduce_is_ready(const nest *n, const hdt_expr *reduce);
/* A scalar on the stack with a first value. */
const hdt_tensor *reduce_scalar(nest *n, const char *name, const hdt_expr *value);
/* Does the extent of one of its axes depend on another one? */
bool reduce_is_ragged(const hdt_expr *reduce);
/* Is `value`, of the reduction's dtype, more extreme than `old`, so that an arg-reduction goes there? NaN is the most extreme. */
const hdt_expr *reduce_is_better(const hdt_expr *reduce, const hdt_expr *value, const hdt_expr *old);
/* The parts of a reduction: dtype and first value of its accumulator, one step, and the result. */
hdt_dtype reduce_dtype(const hdt_expr *reduce);
const hdt_expr *reduce_start(const hdt_expr *reduce);
const hdt_expr *reduce_step(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *value);
/* The same in the function at hand: a product is fused with its addition only where that is one instruction. */
const hdt_expr *reduce_step_in(const nest *n, const hdt_expr *reduce, const hdt_expr *accumulator,
                               const hdt_expr *value);
const hdt_expr *reduce_result(const hdt_expr *reduce, const hdt_expr *accumulator);
/* Of a sum so far and the number of its elements, the result. */
const hdt_expr *reduce_finish(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *count);
/* The same sum or product of f32, accumulated and given in f64; other reductions as they are. */
const hdt_expr *reduce_widened(const hdt_expr *reduce);
/* Replace nodes by what `map` has for them. */
const hdt_expr *replace_nodes(const hdt_expr *e, expr_map *map);
/* stages.c: the same for one node. */
const hdt_expr *replace_node(const hdt_expr *e, const hdt_expr *from, const hdt_expr *to);

/* chains.c: reductions on the CPU that are long enough for several accumulators side by side, and may be done so. */
bool chains_apply(const plan *p, const hdt_expr *reduce, const hdt_expr *value);
/* Do they also read side by side, so that a vector of one element's terms is better than vectors of elements? */
bool chains_suit(const plan *p, const hdt_expr *reduce);
/* Of one that chains_apply says yes to. */
const hdt_expr *chains_reduce(nest *n, const hdt_expr *reduce, const hdt_expr *value);
/* Elements of a vector of f32; and how many accumulators a loop of this extent gets, a multiple of it: whole vectors, few enough for registers, that
 * leave the least over. */
int64_t chains_lanes(const plan *p);
int64_t chains_width(const hdt_expr *extent, int64_t lanes);
/* chains_arg.c: the same for the place of an extreme. */
bool chains_arg_applies(const nest *n, const hdt_expr *reduce, const hdt_expr *value);
const hdt_expr *chains_arg(nest *n, const hdt_expr *reduce, const hdt_expr *value);

/* scan.c: a reduction over all that comes before an element along a loop, and its accumulator. */
typedef struct scan {
	const hdt_expr *reduce; /* NULL: there is none */
	int axis;               /* index into dims.axes of the loop, which is to be the innermost one; -1 */
	const hdt_tensor *acc;
} scan;
scan scan_find(const dims *d);
/* Before the loop is opened; and in it: the value that reads how far the scan has come. */
scan scan_begin(nest *n, const dims *d);
const hdt_expr *scan_step(nest *n, const scan *s, const hdt_expr *value, const hdt_expr *axis);

/* Open a loop and note it; close it again. */
void open_loop(nest *n, const hdt_expr *axis, hdt_loop_kind kind);
void close_loop(nest *n);

#endif
