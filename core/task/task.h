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

/* The task with the dimensions of some of its tensors in another order: dimension i is the one that was dims[i]. Everything else, and which
 * input and output is which, stays. A tensor whose memory an output shares keeps its order. NULL after a fault. (copy.c) */
typedef struct tensor_order {
	const hdt_tensor *tensor;
	const int *dims;
} tensor_order;
const hdt_task *task_permute(const hdt_task *task, const tensor_order *orders, int count);
/* The task that computes this tensor alone, from those that it reads: *inputs, as many as the task has. NULL after a fault. */
const hdt_task *task_extract(const hdt_tensor *tensor, const hdt_tensor *const **inputs);

/* Facts. */
bool task_is_injective(const hdt_task *task); /* no reduction anywhere */
/* Scalar operations on values, a multiply-add being two, for these symbol values; -1 when unknown (after a fault when
 * memory is out). */
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
