/* schedule.h: from groups of nodes to tensor programs. */
#ifndef CORE_EXEC_SCHEDULE_H
#define CORE_EXEC_SCHEDULE_H

#include "base/explain.h"
#include "base/map.h"
#include "exec/candidate.h"

/* Programs made so far: groups of equal tasks share one, which is then lowered and emitted once. */
typedef struct schedules {
	map made; /* interned text of the task -> its schedule */
} schedules;

typedef struct schedule_options {
	schedules *known;     /* of the same context and options */
	const char *findings; /* the folder of what tuning has found; NULL: none */
	const candidate
		*fixed; /* for each group who builds it, or a candidate without a scheduler: the best; NULL: the best for all */
	const candidate *
		by; /* computes what its scheduler applies to, the first of it by the choice that is set; HDT_UNSUPPORTED when that is
	                       * nothing; NULL: nobody in particular */
	explanation *explain; /* who schedules what, and why not others; NULL: nobody asked */
} schedule_options;

void schedules_init(schedules *s, hdt_context *context);

/* The step of one group: by what tuning found, else by the scheduler with the lowest estimate of those that apply to its task; equal ones: the
 * higher rank, then the name. HDT_UNSUPPORTED tells every reason when none applies. `function` of the step is left NULL. */
hdt_status schedule_group(const fusion_group *group, const loaded *on, const schedule_options *options, step *out);
/* The same for every group, or by those that are fixed. */
hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on,
                           const schedule_options *options, step **steps, int *count);

#endif
