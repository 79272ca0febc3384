/* fixture.h: operators made by hand for the tests of tasks, and the short way from one to its result. */
#ifndef TESTS_UNIT_TASK_FIXTURE_H
#define TESTS_UNIT_TASK_FIXTURE_H

#include "task/task.h"
#include <criterion/criterion.h>

#define OPERATOR(op_name, op_inputs, ...)                                                         \
	{                                                                                             \
		.size = sizeof(hdt_operator), .name = op_name, .inputs = op_inputs, .define = __VA_ARGS__ \
	}

extern const hdt_operator op_softmax, op_matmul, op_argmax, op_relu, op_add, op_join, op_gather, op_cumsum,
	op_transpose, op_reshape, op_mean16, op_scale;

/* A context, made by the first call in a test and freed by the fixture. */
extern hdt_context *context;
void set_up(void);
void tear_down(void);

/* A present input of constant dimensions. */
task_input input_of(hdt_dtype dtype, int rank, ...);
/* The same with dimensions as expressions. */
task_input input_over(hdt_dtype dtype, hdt_list shape);
/* The task of a call; `attributes` ended by {0} or NULL. Fails the test on a fault, unless `may_fail`. */
const hdt_task *build(const hdt_operator *op, const hdt_attribute_value *attributes, int count, ...);
const hdt_task *try_build(const hdt_operator *op, const hdt_attribute_value *attributes, const task_input *inputs,
                          int count);
#define WITH(...) ((const hdt_attribute_value[]){__VA_ARGS__, {0}})

const char *text_of(const hdt_task *task);
const hdt_task *parse_text(const char *source);
/* Parse, print, parse and print again: both texts are the same. Gives the text. */
const char *round_trip(const hdt_task *task);

void run(const hdt_task *task, const bindings *b, void *output, int count, ...);

void expect_floats(const float *got, const float *want, int count);
void expect_fault(hdt_status status, const char *part);

#endif
