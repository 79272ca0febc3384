/* task_mapping.h: which worker does which tasks, and in which order.
 *
 * A task mapping sends each worker 0..workers-1 to a list of tasks: index tuples within a box of constant extents. It
 * is built from spatial (each worker one task) and repeat (one worker, all tasks) by composition: the outer mapping
 * places copies of the inner one.
 *
 *     const int64_t times[] = {2, 2}, workers[] = {2, 3};
 *     const hdt_task_mapping *m = hdt_mapping_compose(hdt_repeat(c, times, 2), hdt_spatial(c, workers, 2));
 *
 * is  repeat(2, 2) * spatial(2, 3)  in text: six workers on a box of 4 x 6, four tasks each, those of worker 4 being
 * (1, 1), (1, 4), (3, 1) and (3, 4). docs/mappings.md explains the algebra. Mappings are immutable; NULL after a fault,
 * and given NULL. */
#ifndef HIDET_TASK_MAPPING_H
#define HIDET_TASK_MAPPING_H

#include <hidet/expr.h>

HDT_BEGIN

/* Made only by the functions below; read it freely. */
typedef struct hdt_task_mapping {
	hdt_context *context;
	int rank;
	int64_t shape[HDT_MAX_RANK]; /* of the box of tasks */
	int64_t workers;
	int64_t tasks; /* of each worker */
} hdt_task_mapping;

/* How the loop over a dimension of a repeat, or of a grid of loops, is to be run. As text, one for each dimension in a
 * row, or one for all of them: "u+." and "p8.". */
typedef enum hdt_loop_style_kind {
	HDT_STYLE_PLAIN,   /* .      a loop */
	HDT_STYLE_ADVISED, /* u, u4  a loop that the target's compiler is asked to unroll, by this factor if any */
	HDT_STYLE_UNROLL,  /* u+     copies of its body; the default where the extent is less than 4 */
	HDT_STYLE_PARALLEL /* p, p8  iterations shared out among threads, so many if it is said */
} hdt_loop_style_kind;

typedef struct hdt_loop_style {
	hdt_loop_style_kind kind;
	int64_t factor; /* 0: not said */
} hdt_loop_style;

/* The last dimension varies fastest from one worker, or one task, to the next. Extents are at least 1. */
const hdt_task_mapping *hdt_spatial(hdt_context *context, const int64_t *shape, int rank);
const hdt_task_mapping *hdt_repeat(hdt_context *context, const int64_t *shape, int rank);
/* ranks[d] is the significance of dimension d, 0 varying slowest: a permutation of 0..rank-1. NULL: 0, 1, 2, ...
 * `styles`: as above; NULL for the defaults. */
const hdt_task_mapping *hdt_spatial_ranked(hdt_context *context, const int64_t *shape, int rank, const int *ranks);
const hdt_task_mapping *hdt_repeat_ranked(hdt_context *context, const int64_t *shape, int rank, const int *ranks,
                                          const char *styles);

/* Worker w does, for each task f of outer at w / inner->workers and for each task g of inner at w % inner->workers, the
 * task f * inner->shape + g. Associative; the ranks are equal. */
const hdt_task_mapping *hdt_mapping_compose(const hdt_task_mapping *outer, const hdt_task_mapping *inner);
/* The same workers and as many tasks, with the given dimensions of each task forced to 0 and of extent 1. */
const hdt_task_mapping *hdt_mapping_project(const hdt_task_mapping *mapping, const int *dims, int count);

/* Share out a box to exactly so many workers, neighbours in the dimension of greatest rank first, as a composition of a
 * repeat with a spatial. When the number of tasks is not a multiple of the workers: NULL and *reason, or a fault when
 * `reason` is NULL. */
const hdt_task_mapping *hdt_auto_map(hdt_context *context, const int64_t *shape, int rank, int64_t workers,
                                     const int *ranks, const char **reason);
/* As hdt_auto_map for any number of workers: at most `workers` of them get tasks, the others none (see `guard`). */
const hdt_task_mapping *hdt_auto_map_predicated(hdt_context *context, const int64_t *shape, int rank, int64_t workers,
                                                const int *ranks);

/* The tasks of a worker as loops: for axes { if guard, do task `indices` }. */
typedef struct hdt_mapped_tasks {
	const hdt_expr *guard;        /* bool: is 0 <= worker < workers? The constant true where its bounds prove it */
	const hdt_expr *const *axes;  /* one for each dimension of a repeat with extent above 1, outermost first */
	const hdt_loop_style *styles; /* of each axis */
	int axis_count;
	const hdt_expr *const *indices; /* the mapping's rank, over worker and axes; they hold where the guard does */
} hdt_mapped_tasks;

/* The mapping on `worker`, an integer expression. A fault when its bounds prove that some tasks have no worker (a
 * constant worker is taken for one of them, picked on purpose). */
const hdt_mapped_tasks *hdt_mapping_on(const hdt_task_mapping *mapping, const hdt_expr *worker);
/* The one task of `worker` into indices[0..rank-1]; false and a fault when each worker has several. */
bool hdt_mapping_task(const hdt_task_mapping *mapping, const hdt_expr *worker, const hdt_expr **indices);

/* Canonical text, in the arena of the context; "<fault>" for NULL. */
const char *hdt_mapping_text(const hdt_task_mapping *mapping);

HDT_END
#endif
