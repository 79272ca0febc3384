/* cuda_template.h: a template for CUDA, told that it is on a Hopper, tried out on the simulator. Each function fails the test on a fault. */
#ifndef TESTS_UNIT_SHARED_CUDA_TEMPLATE_H
#define TESTS_UNIT_SHARED_CUDA_TEMPLATE_H

#include "../sched_auto/fixture.h"

extern const hdt_target_info hopper;

/* Every `step`-th choice of the space at this level runs and is compared with the reference evaluator; a template that may keep operators keeps
 * this one. */
void check_choices(const hdt_scheduler *s, const char *task, const int64_t *sizes, int level, int step);
/* The template's reason against the task holds these words. */
void check_declined(const hdt_scheduler *s, const char *task, const char *reason);

#endif
