/* scheduler.h: one scheduler for the processor, from tasks as text to its programs, and their results against the reference evaluator. Each function
 * fails the test on a fault. */
#ifndef TESTS_UNIT_SHARED_SCHEDULER_H
#define TESTS_UNIT_SHARED_SCHEDULER_H

#include "processor.h"

/* The tests' own: whose programs these are. */
extern const hdt_scheduler *const scheduler_under_test;

/* The program that it thinks best, verified; and as text. */
hdt_program *best_program(const hdt_task *task);
const char *program_text_of(const char *task);
/* Why the scheduler declines it. */
const char *reason_against(const char *task);

/* Run what the scheduler makes of the task on made-up data, for each of `count` sets of values of the symbols (in the order of their names), and
 * compare with the reference evaluator. */
void run_sizes(const char *task, const int64_t *const *sizes, int count);
#define RUN_SIZES(task, ...)                                      \
	do {                                                          \
		const int64_t *const sets[] = {__VA_ARGS__};              \
		run_sizes(task, sets, (int)(sizeof sets / sizeof *sets)); \
	} while (0)
/* The same for sizes that are all known; and by each choice of the tuning space at this level, `step` by `step`. */
void run(const char *task);
void run_choices(const char *task, int level, int step);

#endif
