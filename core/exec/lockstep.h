/* lockstep.h: two compiled forms of one graph, run step by step on the same inputs and compared after each.
 *
 * Behind each step the reference's results take the place of the other's, so that a wrong step does not blame those after it. */
#ifndef CORE_EXEC_LOCKSTEP_H
#define CORE_EXEC_LOCKSTEP_H

#include "exec/compiled.h"

typedef enum step_state {
	STEP_UNKNOWN,
	STEP_RUNS, /* what was found there after a crash was its doing */
	STEP_RIGHT,
	STEP_WRONG /* on entry: it is not to be run again */
} step_state;

/* `states`, one for each step of a run, is written as the run goes on; it may lie in memory shared with another process. Both graphs were made of
 * the same groups. Differences up to `scale` times the dtype's tolerance are right. A step that the target fails is wrong. */
hdt_status compiled_lockstep(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics,
                             const hdt_array *inputs, double scale, volatile int *states);

#endif
