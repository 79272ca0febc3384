/* cpu.h: a sum of products on a processor: what is known of the task, how its loops are cut, and the program being written.
 *
 *     y[i, j] = relu(sum(k) x[i, k] * w[j, k] + bias[j])
 *  -> for task in .. parallel {                                    a block of rows and some panels of columns
 *       for panel, slice of k, tile of rows {
 *         acc[height, width] += x[row, k] * packed[panel, k, ..]   in registers
 *         y[row, column] = relu(sums[..] + bias[column]) } }       behind the last slice
 *
 * Factors are f32, bf16 or i8. Two bf16 or four i8 fill 32 bits, and one instruction adds their products to a sum: a step of the sum takes that
 * many of its elements, which are neighbours in the first factor, and in the panel.
 *
 * The columns are cut into panels as wide as a tile, and what the second factor gives to a panel lies side by side: packed before the first run
 * when it is constant, else laid out by each task, or read where it is. Rows and columns are the task's axes as far as they lie in one line; the
 * others are loops around. The first factor is read where it lies, when it is memory at all; else it is computed ahead, into workspace. */
#ifndef MATMUL_CPU_H
#define MATMUL_CPU_H

#include <hidet/plugin.h>

enum { MOST_AXES = 2 * HDT_MAX_RANK }; /* those of the result and those of the sum */

/* Axes of the task taken as one, the last one varying fastest. */
typedef struct span {
	const hdt_expr *axes[MOST_AXES];
	const hdt_expr *extents[MOST_AXES];
	int count;
	const hdt_expr *extent; /* their product */
	int64_t size;           /* of it, as costs are reckoned */
	bool fixed;             /* it is constant */
} span;

typedef enum left_kind {
	LEFT_IN_PLACE, /* a load, linear in the rows and the sum, whose steps lie in one piece */
	LEFT_STAGED    /* computed ahead, into workspace[batch, row, depth], the last step filled up with zeros */
} left_kind;

typedef enum right_kind {
	RIGHT_PACKED,   /* constant[panel, step, width, group] */
	RIGHT_LAID_OUT, /* by each task for each panel: panel[step, width, group] */
	RIGHT_IN_PLACE  /* a load of f32 side by side along the columns */
} right_kind;

typedef struct problem {
	const hdt_task *task;
	hdt_context *context;
	hdt_contraction c;
	span units; /* axes with one element only */
	span batch; /* in both factors */
	span outer_rows, rows;
	span outer_columns, columns;
	span depth; /* axes of the sum, in the order of their loops */
	hdt_dtype factor, sum;
	int group;         /* factors in 32 bits: elements of the sum that a step takes */
	int step_work;     /* instructions that add the products of a step */
	bool tiles;        /* by the processor's tiles of 16 x 16 sums, which take 16 steps at once */
	bool flat;         /* the axes of the sum are one, whose last step may be filled up */
	span steps;        /* extents of the loops over the steps, outermost first; it has no axes */
	int64_t row_pitch; /* LEFT_IN_PLACE with tiles: elements from one row to the next */
	left_kind left;
	right_kind right;
	enum right_reads {
		READS_ALONG,   /* laying it out, neighbouring columns are read side by side */
		READS_SQUARES, /* apart, but steps of the sum are: squares of both are transposed */
		READS_ACROSS,  /* apart */
		READS_ANYHOW   /* computed, or found by division */
	} right_reads;
	int64_t right_stride; /* READS_SQUARES: elements from one column to the next */
	int lanes;            /* sums of a vector */
	int registers;        /* vector registers there are */
	bool fused;           /* a product is added in one instruction */
} problem;

/* How the loops are cut: what can be chosen. */
typedef struct blocking {
	int64_t height, width; /* rows and columns of a tile in registers */
	int64_t depth;         /* steps of the first loop over the sum in a slice */
	int64_t tiles;         /* tiles of rows of a task */
	int64_t panels;        /* panels of columns of a task */
	bool by_columns;       /* neighbouring tasks have the same columns, not the same rows */
} blocking;

/* cpu_problem.c: false with the reason when it is nothing for this scheduler. */
bool problem_find(const hdt_task *task, const hdt_target_info *target, problem *out, const char **reason);
/* Where the axes of a span stand. */
typedef struct place {
	const hdt_expr *from[MOST_AXES], *to[MOST_AXES];
	int count;
} place;
void place_put(place *at, const span *s, const hdt_expr *const *values);
/* The same by the position in the span. */
void place_put_position(place *at, const span *s, const hdt_expr *position);
const hdt_expr *place_value(const place *at, const hdt_expr *e);

/* cpu_steps.c: what is multiplied, and how many at once. NULL, or why it cannot be. */
const char *steps_find_factors(problem *p, const hdt_target_info *target);
/* Is what the first factor reads in one step one piece of memory, for every step? */
bool steps_are_pieces(const problem *p);
/* When it is known how the first factor is read. */
void steps_finish(problem *p);
enum { STEPS_OF_TILE = 16 };
/* Are there elements of the last step that are none of the sum's? */
bool steps_fill_up(const problem *p);
/* Put the axes of the sum at element `part` of the step at these indices of the loops. */
void place_put_step(place *at, const problem *p, const hdt_expr *const *steps, const hdt_expr *part);
/* Is that an element of the sum? NULL: always. */
const hdt_expr *step_exists(const problem *p, const hdt_expr *const *steps, const hdt_expr *part);
/* The position among all steps. */
const hdt_expr *step_position(const problem *p, const hdt_expr *const *steps);

/* cpu_machine.c: microseconds with that many workers. */
double machine_time(const problem *p, const blocking *b, int workers);
/* Elements of a depth slice, rows, panels and tasks that follow from the sizes. */
typedef struct extents {
	double slices, depth; /* depth: steps of all slices */
	double row_tiles, row_blocks, panels, panel_groups;
	double around; /* batch, outer rows and outer columns */
} extents;
extents blocking_extents(const problem *p, const blocking *b);

/* cpu_space.c: a blocking as a choice, by these names. */
extern const char *const blocking_params[];
blocking blocking_of(const hdt_choice *choice);
/* Choices worth trying, the best first; returns their number. */
int space_list(const problem *p, int level, hdt_choice *out, int most);
bool space_takes(const problem *p, const blocking *b);

/* ---- the program being written ---- */

typedef struct nest {
	const problem *p;
	const blocking *b;
	hdt_context *context;
	hdt_function *function;
	const hdt_tensor *output;
	const hdt_tensor *left;              /* LEFT_STAGED: the workspace */
	const hdt_tensor *right;             /* RIGHT_PACKED: the constant; RIGHT_LAID_OUT: the panel at hand */
	const hdt_tensor *begin;             /* i8: [panel, lane]: where sums begin; NULL: at 0 */
	const hdt_tensor *sums;              /* [rows, width]: of a tile, or with several slices of all tiles of the task */
	place at;                            /* of batch, outer rows, outer columns and units */
	const hdt_expr *left_batch;          /* LEFT_STAGED: the first index of the workspace */
	const hdt_expr *right_first;         /* RIGHT_PACKED: of the first panel of these columns */
	const hdt_expr *panel_count, *panel; /* of the columns */
	const hdt_expr *first_column;
	const hdt_expr *slice_count, *slice, *slice_first, *slice_depth; /* of the first loop over steps */
	const hdt_expr *tile;                                            /* of rows, in the task */
	const hdt_expr *first_row;
	bool clamped;   /* the tile may reach beyond the last row */
	bool one_slice; /* the whole sum is one */
} nest;

/* One step of the sum. */
typedef struct step {
	const hdt_expr *at[HDT_MAX_RANK]; /* of each loop */
	const hdt_expr *in_slice;         /* of the first one, from where the slice begins */
} step;

/* cpu_program.c */
hdt_program *matmul_program(const problem *p, const blocking *b);
/* A name for an index, unless it is one. */
const hdt_expr *nest_index(nest *n, const char *name, const hdt_expr *index);
bool nest_failed(const nest *n);

/* cpu_panel.c: lays out the panel at hand, of the slice at hand. */
void panel_fill(nest *n);
/* The second factor for the column `lane` of the panel; of a group its first element. */
const hdt_expr *panel_at(nest *n, const step *k, const hdt_expr *lane);

/* cpu_tile.c: one tile over the slice at hand; its sums go to `sums`. */
void tile_multiply(nest *n);
/* The row of `sums` that has the first row of the tile. */
const hdt_expr *tile_first_sum(nest *n);

/* cpu_store.c: what the task makes of the sums of the tile goes to the output. */
void store_tile(nest *n);

#endif
