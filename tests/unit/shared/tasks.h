/* tasks.h: what tests of schedulers have in common: a context that knows one target, tasks from their text, programs checked and as text. Each
 * function fails the test on a fault. */
#ifndef TESTS_UNIT_SHARED_TASKS_H
#define TESTS_UNIT_SHARED_TASKS_H

#include "script/script.h"
#include "task/task.h"
#include <criterion/criterion.h>
#include <hidet/scheduler.h>

extern hdt_context *context;
void context_begin(const hdt_target *target);
void context_end(void);

const hdt_task *parse_task(const char *source);
const char *program_text(const hdt_program *program);
/* What a scheduler has built, finished and verified. */
hdt_program *check_program(hdt_program *program);
/* That the program's elements of the output `t` are those wanted, floats to twice the tolerance of their dtype. */
void check_elements(const hdt_tensor *t, const void *got, const void *wanted, int64_t bytes,
                    const hdt_program *program);

/* Values of a task's symbols, in the order of their names. */
#define SIZES(...) ((const int64_t[]){__VA_ARGS__})

#endif
