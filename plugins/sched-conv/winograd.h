/* winograd.h: what the files of conv-winograd-cpu share: convolutions of 3 x 3 by fewer multiplications (Winograd; Lavin and Gray 2015).
 *
 * A tile of m x m results, m being 2 or 4, sees (m + 2) x (m + 2) inputs. With d these, g the weights of a channel and a column, and constant
 * matrices A, B, G:   results = A' (sum over channels of (G g G') * (B' d B)) A,   where * goes element by element: for each of the (m + 2)^2
 * elements a product of matrices [tiles, channels] x [channels, columns]. That takes 9 m^2 / (m + 2)^2 times fewer multiplications: 2.25, 4.
 *
 *     inputs[element, tile, channel] = B' d B      products[element, tile, column] = inputs * packed      y = relu(A' products A + bias)
 *
 * Small weights: each task does all three for a block of tiles, on its stack. Larger ones: three functions, so that each worker reads a part of
 * the weights only.
 *
 * Rounding: with m = 2 results are about as exact as sums of products are; with m = 4 they lose one digit: errors up to 1e-5 of the largest
 * result, against 1e-6. HIDET_WINOGRAD=0 forbids it, 2 allows m = 2 alone. */
#ifndef SCHED_CONV_WINOGRAD_H
#define SCHED_CONV_WINOGRAD_H

#include "conv.h"
#include "cut.h"

enum { WINOGRAD_MOST = 6 }; /* inputs of a tile along one direction */

typedef struct winograd_plan {
	conv c;
	int x, y; /* the dimensions of the windows */
	conv_limits border;
	int lanes, registers;
	bool fused; /* a product is added in one instruction */
	/* what can be chosen: */
	int64_t results; /* m */
	int64_t vectors; /* of a panel of columns */
	int64_t block;   /* lines of tiles of a task; 0: three functions */
} winograd_plan;

/* winograd_plan.c */
bool winograd_find(const hdt_task *task, const hdt_target_info *target, winograd_plan *out, const char **reason);
extern const char *const winograd_params[];
int winograd_space(const winograd_plan *p, int level, hdt_choice *out, int most);
bool winograd_choose(winograd_plan *p, const hdt_choice *choice);
double winograd_time(const winograd_plan *p, int workers);

/* winograd_transform.c: the constant matrices. One step: register `to` = register x * factor + register y (y -1: nothing is added).
 * Registers: first the inputs, then the outputs, then others. */
typedef struct winograd_step {
	int to, x;
	double factor;
	int y;
} winograd_step;
typedef struct winograd_transform {
	int inputs, outputs, registers;
	const winograd_step *steps;
	int step_count;
} winograd_transform;
const winograd_transform *winograd_input(int64_t results);  /* B' */
const winograd_transform *winograd_output(int64_t results); /* A' */
/* The weight of taps that belongs to element [i, j], i and j being axes: an element of G g G'. */
const hdt_expr *winograd_weight(const winograd_plan *p, const conv_place *at, const hdt_expr *i, const hdt_expr *j);

/* winograd_program.c */
hdt_program *winograd_program(const hdt_task *task, const winograd_plan *p);

static inline int64_t tile_inputs(const winograd_plan *p)
{
	return p->results + 2;
}
static inline int64_t tiles_along(const winograd_plan *p, int dim)
{
	return (p->c.dims[dim].outs + p->results - 1) / p->results;
}

#endif
