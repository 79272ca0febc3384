/* fixture.h: tasks from their text through the scheduler to C text, and on to results. */
#ifndef TESTS_UNIT_EMIT_FIXTURE_H
#define TESTS_UNIT_EMIT_FIXTURE_H

#include "../shared/tasks.h"
#include "emit/emit.h"

void set_up(void);
void tear_down(void);

extern const hdt_scheduler hdt_scheduler_auto_cpu;
extern hdt_target_info machine; /* 2 threads, 32-byte vectors */

/* Each fails the test on a fault. */
const hdt_program *schedule(const hdt_task *task);
const char *c_text(const hdt_program *program);

/* The address of k in the text behind the prelude, compiled by this command, which then stays loaded. Fails the test when refused. */
void *compile_text(const char *compiler, const char *source);

/* Schedule, emit, compile with cc, run on made-up data and compare with the reference evaluator. `sizes` are the values of the
 * task's symbols in the order of their names. Returns the status that the run ends with. */
hdt_status run_and_compare(const char *source, const int64_t *sizes);

#endif
