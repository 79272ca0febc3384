/* tune_check.h: does a compiled graph compute what another one does? Asked in a process of its own where kernels run in the host's. */
#ifndef CORE_TUNE_CHECK_H
#define CORE_TUNE_CHECK_H

#include "exec/compiled.h"
#include "exec/lockstep.h"

typedef enum check_result {
	CHECK_DONE,    /* `states` tells of every step */
	CHECK_CRASHED, /* step *at ended the process; the others were not all asked */
	CHECK_HUNG,    /* step *at took longer than the limit */
	CHECK_FAILED   /* it could not be asked: the fault is in `diagnostics` */
} check_result;

/* `states` as compiled_lockstep has them; `seconds`: the limit of the whole. */
check_result check_steps(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics,
                         const hdt_array *inputs, int step_count, double seconds, int *states, int *at);

#endif
