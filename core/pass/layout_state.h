/* layout_state.h: orders while they are being chosen; shared by the files of this pass.
 *
 * Wishes of schedulers come first (layout_wishes.c), groups that do not care follow what they read (layout_follow.c), and where all that
 * would cost more than it gives it is undone (layout.c). */
#ifndef CORE_PASS_LAYOUT_STATE_H
#define CORE_PASS_LAYOUT_STATE_H

#include "base/explain.h"
#include "base/map.h"
#include "base/vec.h"
#include "pass/layout.h"

/* One wish for the order of a value. */
typedef struct vote {
	int dims[HDT_MAX_RANK];
	int count;
	const char *scheduler;
	int group; /* the first one that has it */
} vote;

/* A value that groups read or compute. */
typedef struct placed {
	const hdt_value *value;
	int group;    /* that computes it; -1: none */
	bool fixed;   /* its memory is seen as more than a tensor of groups: only an order of the same bytes is possible */
	bool ordered; /* `dims` is its order; else that of the value */
	int dims[HDT_MAX_RANK];
	VEC(vote) votes;
	int region; /* values of neighbouring groups have the same number; 0: it is not ordered */
	const char *why;
} placed;

typedef struct layouter {
	hdt_context *context;
	partition *groups;
	const layout_options *options;
	VEC(placed) values;
	map places;     /* value -> its place in `values`, plus 1 */
	double *before; /* per group: estimated time without any order; NAN: nobody has asked yet */
	/* Models repeat themselves: schedulers are asked once about equal tasks. */
	map costs;  /* interned text of a task -> its estimated time */
	map wishes; /* interned text of a task, and which tensors can be ordered -> the best wish (layout_wishes.c) */
} layouter;

static inline placed *placed_of(const layouter *l, const hdt_value *value)
{
	uintptr_t at = value ? (uintptr_t)map_get(&l->places, value) : 0;
	return at ? &l->values.items[at - 1] : NULL;
}
/* Of input (or, behind the inputs, output) `index` of a group; NULL for an input left out. */
placed *placed_at(const layouter *l, const fusion_group *g, int index);
static inline const hdt_tensor *tensor_at(const fusion_group *g, int index)
{
	return index < g->input_count ? g->task->inputs[index] : g->task->outputs[index - g->input_count];
}
static inline int tensor_count(const fusion_group *g)
{
	return g->input_count + g->output_count;
}

/* ---- orders ---- */

bool order_is_permutation(const int *dims, int rank);
/* Do the elements lie where they would without it? Dimensions of one element do not count. */
bool order_is_trivial(const int *dims, hdt_list shape);
bool order_equal(const int *a, const int *b, int rank);

/* ---- tasks ---- */

/* The task of the group with its values in their orders. NULL after a fault. */
const hdt_task *group_task(const layouter *l, int group);
/* Time of a task in microseconds by the scheduler that says it is fastest. Infinite: none applies. */
double task_cost(layouter *l, const hdt_task *task);
/* That of a group as it was. */
double cost_before(layouter *l, int group);

/* ---- the steps: false after a fault ---- */
bool layout_wishes(layouter *l);
bool layout_follow(layouter *l);

#endif
