/* fixture.h: tasks from their text to programs, and their results on this processor against the reference evaluator. */
#ifndef TESTS_UNIT_SCHED_MATMUL_FIXTURE_H
#define TESTS_UNIT_SCHED_MATMUL_FIXTURE_H

#include "../shared/tasks.h"

extern const hdt_target_info *machine; /* of this processor */
/* From here on schedulers are told that the processor has tiles; what stands for them then runs, wherever it has not. */
void use_tiles(void);
void set_up(void);
void tear_down(void);

extern const hdt_scheduler hdt_scheduler_matmul_cpu;
extern const hdt_target hdt_target_cpu;

/* Each fails the test on a fault. */
/* Of what the scheduler thinks best, verified, as text. */
const char *program_text_of(const char *task);
/* Why the scheduler declines it. */
const char *reason_against(const char *task);

/* Run what the scheduler makes of the task on made-up data, for each of `count` sets of values of the symbols (in the order of their names), and
 * compare with the reference evaluator. Memory ends where a page ends that nobody may touch. */
void run_sizes(const char *task, const int64_t *const *sizes, int count);
/* The same for sizes that are all known; and by each choice of the tuning space at this level, `step` by `step`. */
void run(const char *task);
void run_choices(const char *task, int level, int step);
/* The same data through three tasks, which give f32: what the scheduler makes of the first differs from the second one by at most `bound` times the
 * third one. */
void run_within(const char *task, const char *exact, const char *magnitude, double bound);

#endif
