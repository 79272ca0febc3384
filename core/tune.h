/* tune.h: finds the fastest way to compute each task of a graph, by measuring.
 *
 * The graph is compiled several times: in variant r every task is computed by its r-th candidate, so that there are as many variants as the task with
 * the most candidates has, and each kernel is timed where it stands: cold weights, and the caches as its neighbours leave them. Variants take
 * turns with the baseline, what is chosen without tuning, so that a drifting clock cancels out. A kernel that crashes, hangs, gives
 * other results or does not compile is named and dropped. What was found is kept on disk as soon as it is known (exec/tuning.h). */
#ifndef CORE_TUNE_H
#define CORE_TUNE_H

#include "core/compile.h"

typedef struct tune_progress {
	int done, total; /* variants */
	int improved;    /* tasks, so far */
	double seconds, left_seconds;
} tune_progress;

typedef struct tune_options {
	int level;                                                      /* of the spaces: 1 or 2 */
	double seconds;                                                 /* begin nothing new after so long; 0: no limit */
	bool again;                                                     /* also what was tuned before at this level */
	bool (*progress)(void *closure, const tune_progress *progress); /* false: stop soon, keeping what is known; NULL */
	void *closure;
} tune_options;

/* One task, which several groups may have. Texts live in the graph's context. */
typedef struct tuned_task {
	const char *text;           /* for people: its first group */
	int groups;                 /* steps of a run that compute it */
	const char *before, *after; /* scheduler and choice */
	double before_us, after_us; /* of all its steps in a run */
	int tried, dropped;         /* candidates besides the baseline */
	bool known;                 /* tuned before, and not again */
} tuned_task;

typedef struct tune_report {
	tuned_task *tasks; /* in the graph's context */
	int count;
	double before_us, after_us; /* of all steps: after is reckoned from the parts */
	bool stopped;               /* before everything was tried */
} tune_report;

/* The inputs are those of a run. Needs a cache folder: HDT_USAGE without one. The graph is spent. */
hdt_status tune_graph(hdt_graph *graph, const hdt_compile_options *options, const hdt_array *inputs, int input_count,
                      const tune_options *how, tune_report *out);

#endif
