/* fixture.h: tasks from their text to kernels, and questions about these. */
#ifndef TESTS_UNIT_SCHED_AUTO_FIXTURE_H
#define TESTS_UNIT_SCHED_AUTO_FIXTURE_H

#include "../shared/tasks.h"
#include "emit/emit.h"
#include "lower/lower.h"

void set_up(void);
void tear_down(void);

extern const hdt_scheduler hdt_scheduler_auto_cuda;
extern const hdt_target hdt_target_sim;

/* Each fails the test on a fault. */
/* The program of the rule-based scheduler for the task, verified. */
hdt_program *schedule(const char *task);
/* Lower the program, for a target that takes C or one that takes script, and give its text. */
const char *lowered(hdt_program *program, hdt_language language);
/* Lowered for a target that takes C, its kernels. */
const char *kernel_text(hdt_program *program);

/* Of function `index`: the blocks and threads that it is launched with, which are constant. */
int64_t blocks_of(const hdt_program *program, int index);
int64_t threads_of(const hdt_program *program, int index);
/* run.c: schedule, run on the simulator on made-up data, and compare with the reference evaluator. `sizes` are the values of the task's symbols
 * in the order of their names. */
void run_and_compare(const char *task, const int64_t *sizes);
/* The same of any program for the task, finished and not lowered. */
void run_program_and_compare(const hdt_task *task, hdt_program *program, const int64_t *sizes);

/* How often a string stands in a text. */
int count_of(const char *haystack, const char *needle);

#endif
