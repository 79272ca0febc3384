/* machine.h: evaluates expressions at index after index: the engine of the reference evaluator and of the verifier's
 * probes. */
#ifndef CORE_TASK_MACHINE_H
#define CORE_TASK_MACHINE_H

#include "task/task.h"

enum { MACHINE_MAX_AXES = 63 }; /* in one tensor's definition: sets of axes are bits of a word */

/* The memory of a tensor that expressions load from. */
typedef struct machine_tensor {
	const hdt_tensor *tensor;
	const void *data; /* NULL: loading from it is a fault */
	int64_t shape[HDT_MAX_RANK];
} machine_tensor;

typedef struct machine machine;

/* What a machine is made from; all of it is borrowed. */
typedef struct machine_plan {
	hdt_context *context;
	const char *name; /* put before messages */
	const bindings *symbols;
	const machine_tensor *tensors;
	int tensor_count;
	const hdt_expr *const *axes; /* the index variables that the caller sets, the slowest one first */
	int axis_count;
	const hdt_expr *const *roots; /* what is to be evaluated */
	int root_count;
} machine_plan;

/* NULL after a fault, as HDT_OUT_OF_MEMORY or a symbol without value. No expression may be made while the machine
 * lives. */
machine *machine_new(const machine_plan *plan);
void machine_free(machine *m);
void machine_set_axis(machine *m, int axis, int64_t value);
/* The root at the current indices. After a fault (HDT_BAD_INPUT: a BOUNDED index that is not; HDT_INTERNAL: a load out
 * of range) `machine_failed` is true and values are 0. */
scalar machine_value(machine *m, int root);
bool machine_failed(const machine *m);

#endif
