/* measure.h: what each step of a run takes, for those who make it faster. */
#ifndef CORE_EXEC_MEASURE_H
#define CORE_EXEC_MEASURE_H

#include "exec/compiled.h"

/* One step of a run. Texts live as long as the compiled graph. */
typedef struct step_measure {
	const fusion_group *group;
	const char *text;      /* for people: "matmul + add (decoder.0)" */
	const char *kernel;    /* emitted name: steps of one kernel share it */
	const char *scheduler; /* who built it; "" when nobody did */
	int launches;
	int64_t flops;              /* of its task, as hdt_task counts them; -1: not known */
	int64_t bytes;              /* read and written at least: of its inputs and outputs once; -1: not known */
	double begin_us, median_us; /* since the begin of the last round; of all rounds */
} step_measure;

int compiled_step_count(const compiled_graph *c);

/* Run once, then `rounds` times with a clock around every step, in the order of a run: caches are as in a run. Where the host has no part in
 * the work, the target's own clock times each step repeated instead. `out` has room for all steps. */
hdt_status compiled_measure(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, int input_count,
                            int rounds, step_measure *out);

#endif
