/* schedule.h: from groups of nodes to tensor programs. */
#ifndef CORE_EXEC_SCHEDULE_H
#define CORE_EXEC_SCHEDULE_H

#include "base/explain.h"
#include "exec/candidate.h"

typedef struct schedule_options {
	const char *directory; /* where findings of tuning are; NULL: nowhere */
	const candidate
		*fixed; /* for each group who builds it, or a candidate without a scheduler: the best; NULL: the best for all */
	explanation *explain; /* who schedules what, and why not others; NULL: nobody asked */
} schedule_options;

/* The step of one group: by what tuning found, else by the scheduler with the lowest estimate of those that apply to its task; equal ones: the
 * higher rank, then the name. HDT_UNSUPPORTED tells every reason when none applies. `function` of the step is left NULL. */
hdt_status schedule_group(const fusion_group *group, const loaded *on, const schedule_options *options, step *out);
/* The same for every group. */
hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on,
                           const schedule_options *options, step **steps, int *count);

#endif
