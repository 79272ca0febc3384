/* task.h: the host's side of tasks: making one from an operator and its inputs, checks, evaluation, text. */
#ifndef CORE_TASK_TASK_H
#define CORE_TASK_TASK_H

#include "ir/expr.h"
#include "ir/lex.h"
#include <hidet/operator.h>

/* One input of a call as far as its computation goes; `present` false: an optional input left out. */
typedef struct task_input {
	bool present;
	hdt_dtype dtype;
	hdt_list shape;
	const char *name; /* NULL: as the operator names it */
} task_input;

/* Build the computation of `op` on these inputs. `attributes` is complete: see attributes_complete. NULL after a fault,
 * whose message begins with the operator's name. */
const hdt_task *task_build(hdt_context *context, const hdt_operator *op, const task_input *inputs, int count,
                           const hdt_attribute_value *attributes);
/* What is wrong with this shape as that of a tensor, to be put behind the tensor's name; NULL when it may be used. */
const char *shape_fault(hdt_context *context, hdt_dtype dtype, hdt_list shape);
/* Check given attributes against the operator's table, convert (int to float, one number to a list, ...), fill in the
 * defaults and put them into the table's order, ended by {0}. NULL after a fault. */
const hdt_attribute_value *attributes_complete(hdt_context *context, const hdt_operator *op,
                                               const hdt_attribute_value *given);
/* Names in an operator's `inputs`: how many are required, at most how many (-1: any), and the n-th name. */
void operator_arity(const hdt_operator *op, int *required, int *most);
const char *operator_input_name(hdt_context *context, const hdt_operator *op, int index);

/* A fault (HDT_INTERNAL) tells the first broken rule: loads with wrong rank or of tensors defined later, free axes,
 * dtypes, indices provably out of bounds, inverse maps and aliases that do not hold. */
hdt_status task_verify(const hdt_task *task);

/* Facts. */
bool task_is_injective(const hdt_task *task); /* no reduction anywhere */
/* Multiply-adds and other scalar operations counted as 1 each, for these symbol values; -1 when unknown (after a fault
 * when memory is out). */
int64_t task_flops(const hdt_task *task, const bindings *b);
/* Fill task->inverses for inputs read once, elementwise, at permuted axes with unit strides and constant offsets. */
void task_derive_inverses(hdt_task *task);

/* The reference evaluator: every element of every tensor by walking its expression. Floats in double rounded to the
 * compute dtype after each operation; reductions accumulate in double (f32, f16, bf16 sums) or the accumulate dtype.
 * `inputs[i]` NULL for one left out; `outputs[i]` has room for the evaluated shape. */
hdt_status task_evaluate(const hdt_task *task, const bindings *b, const void *const *inputs, void *const *outputs);

void task_print(text *t, const hdt_task *task);
/* Parse `task @name(...) -> (...) { ... }` at the parser's current token. */
const hdt_task *task_parse(parser *p);

#endif
