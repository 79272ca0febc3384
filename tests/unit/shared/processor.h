/* processor.h: what tests of schedulers for the processor have in common: their programs compiled and run on this one. Each function fails the test
 * on a fault. */
#ifndef TESTS_UNIT_SHARED_PROCESSOR_H
#define TESTS_UNIT_SHARED_PROCESSOR_H

#include "exec/compiled.h"
#include "tasks.h"

extern const hdt_target hdt_target_cpu;
extern const hdt_target_info *machine; /* of this processor */
void set_up(void);
void tear_down(void);

/* The buffers of a program, each of which ends where a page ends that nobody may touch. */
enum { MOST_BUFFERS = 64 };
typedef struct memory {
	void *data[MOST_BUFFERS];
	int64_t bytes[MOST_BUFFERS];
	int count;
} memory;
/* The first `inputs` buffers are the task's inputs: made-up numbers, the same ones every time. */
memory memory_new(const hdt_program *p, int inputs, const bindings *sizes);
void memory_free(memory *m);

/* What the reference evaluator gives for the task's output from the inputs in `m`; for free(). */
void *wanted_of(const hdt_task *task, const memory *m, const bindings *sizes);

/* Lower and compile the programs of all steps, in place of what was compiled before. */
void processor_compile(step *steps, int count);
/* Run one of them: the program's constants first, from their tasks, then its kernels. */
void processor_run(const step *s, memory *m, const bindings *sizes);

#endif
