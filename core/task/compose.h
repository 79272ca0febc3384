/* compose.h: one task made of several that read each other's outputs.
 *
 * First a composition: the tensors of all members, their reads of what another member computes going to that member's tensor, and
 * then those tensors written into their readers for which that repeats no work, or hardly any. It can be looked at, to decide whether it
 * is worth having, and then be made a task of. */
#ifndef CORE_TASK_COMPOSE_H
#define CORE_TASK_COMPOSE_H

#include "base/vec.h"
#include "task/task.h"

/* A task and what its inputs and outputs are: pointers that are equal when the values are. */
typedef struct task_member {
	const hdt_task *task;
	const void *const *inputs; /* NULL: left out */
	const hdt_expr *const
		*numbers; /* per input: its only element where that is a known constant, else NULL. May be NULL: none is */
	const void *const *outputs;
} task_member;

typedef struct composed_input {
	const hdt_tensor *tensor;
	const void *what;
} composed_input;

typedef struct composed_tensor {
	hdt_tensor *tensor;    /* what others read */
	const hdt_expr *value; /* its element at the axes of `tensor`, with what has been written into it */
	const void *what;      /* the value of which it is the output; NULL: of none */
	bool needed;           /* an output of the composition */
	bool gone;             /* written into its readers, or read by none */
} composed_tensor;

typedef struct composition {
	hdt_context *context;
	VEC(composed_input) inputs;
	VEC(composed_tensor) tensors; /* each after those it reads */
	VEC(hdt_assertion) assertions;
} composition;

/* The members come in an order in which each follows those it reads. `needed`: the values that are to be outputs. False after a fault. */
bool compose(composition *c, hdt_context *context, const task_member *members, int member_count,
             const void *const *needed, int needed_count);

/* The same in two steps, for what grows. A draft has tensors that are read once written into their readers, nothing more; more members
 * can be put before those of a draft, which repeats none of what was done for these. `also`: one more value to be an output, or NULL.
 * compose_before is false, too, when one of the new members reads what the draft computes: then it has to be made anew. */
bool compose_draft(composition *c, hdt_context *context, const task_member *members, int member_count,
                   const void *const *needed, int needed_count);
bool compose_before(const composition *draft, const task_member *members, int member_count, const void *also,
                    composition *c);
/* The composition of a draft, which stays what it is. */
bool compose_settle(const composition *draft, composition *c);

/* The task of a composition, with `needed` as its outputs, in this order, and what its inputs are in `inputs`: those that are read.
 * NULL after a fault. */
const hdt_task *compose_finish(const composition *c, const char *name, const void *const *needed, int needed_count,
                               const void *const **inputs);

/* How a tensor is read by those of the composition that are not gone. */
typedef struct tensor_reads {
	int loads;          /* different ones */
	int reader;         /* index of the last tensor that reads it; -1: none */
	bool reduced;       /* one of them stands within a reduction */
	double evaluations; /* of all loads, with estimated sizes */
} tensor_reads;
tensor_reads compose_reads(const composition *c, const hdt_tensor *tensor);

/* Elements of a tensor, with estimated sizes. */
double tensor_elements(const hdt_tensor *tensor);
/* Is it an operation like exp, which counts as several? */
bool scalar_is_function(const hdt_expr *e);
/* Scalar operations for one element of `value`, of which functions like exp count as several; -1: it holds a reduction. */
int value_cost(const hdt_expr *value);
enum { CHEAP_VALUE = 8 }; /* operations that are done again rather than stored */

#endif
