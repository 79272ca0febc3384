/* fixture.h: the scheduler of products on the processor under test. */
#ifndef TESTS_UNIT_SCHED_MATMUL_FIXTURE_H
#define TESTS_UNIT_SCHED_MATMUL_FIXTURE_H

#include "../shared/scheduler.h"

extern const hdt_scheduler hdt_scheduler_matmul_cpu;

/* From here on schedulers are told that the processor has tiles; what stands for them then runs, wherever it has not. */
void use_tiles(void);
/* The same data through three tasks, which give f32: what the scheduler makes of the first differs from the second one by at most `bound` times the
 * third one. */
void run_within(const char *task, const char *exact, const char *magnitude, double bound);

#endif
