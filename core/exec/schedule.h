/* schedule.h: from groups of nodes to tensor programs. */
#ifndef CORE_EXEC_SCHEDULE_H
#define CORE_EXEC_SCHEDULE_H

#include "exec/compiled.h"

/* A step for every group: of the schedulers for this target that apply to its task the
 * one with the lowest cost builds the program; equal costs: the higher rank, then the name. HDT_UNSUPPORTED tells every
 * reason when none applies. `function` of the steps is left NULL. */
hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on, step **steps, int *count);

#endif
