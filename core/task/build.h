/* build.h: a task while it is being made; shared by the files of this folder. */
#ifndef CORE_TASK_BUILD_H
#define CORE_TASK_BUILD_H

#include "base/vec.h"
#include "task/task.h"

typedef struct declared_inverse {
	const hdt_tensor *input;
	int output;
	hdt_list axes, indices;
} declared_inverse;

typedef struct declared_alias {
	int output, input;
} declared_alias;

/* What an hdt_task pointer points to. The public structure shows what has been built so far. */
typedef struct task_builder {
	hdt_task task;           /* first */
	const hdt_operator *op;  /* NULL: the task is read from text */
	const task_input *given; /* the call; `slots` has the tensor of each, NULL for one left out */
	const hdt_tensor **slots;
	int given_count;
	const hdt_attribute_value *attributes;
	VEC(const hdt_tensor *) inputs;
	VEC(const hdt_tensor *) tensors;
	VEC(const hdt_tensor *) outputs;
	VEC(hdt_assertion) assertions;
	VEC(hdt_inverse_map) inverses; /* declared ones first */
	VEC(declared_inverse) declared_inverses;
	VEC(declared_alias) declared_aliases;
	int declared_inverse_count; /* of `inverses` */
	bool has_elements;          /* `elements` is made: the axes of hdt_element */
	hdt_list elements;
	bool failed;
} task_builder;

static inline task_builder *task_builder_of(const hdt_task *task)
{
	return (task_builder *)(uintptr_t)task;
}

/* No use in going on: this builder or its context has a fault. */
static inline bool task_failed(const hdt_task *task)
{
	return !task || task_builder_of(task)->failed || hdt_context_status(task->context) != HDT_OK;
}

static inline bool is_number(const hdt_expr *e, int64_t number)
{
	int64_t value;
	return hdt_is_const(e, &value) && value == number;
}

/* An empty task; NULL when memory is out. */
task_builder *task_builder_new(hdt_context *context, const char *name);
/* Add an input. NULL after a fault. */
const hdt_tensor *task_add_input(task_builder *b, const char *name, hdt_dtype dtype, hdt_list shape);
/* Check that there are outputs, resolve what was declared, derive the inverses, verify. NULL after a fault. */
const hdt_task *task_finish(task_builder *b);
/* Record a fault, with the task's name put before the message. */
void task_fail(hdt_task *task, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);
/* A name like `name` that is an identifier of the text form and that no tensor of the task has. */
const char *task_unique_name(task_builder *b, const char *name);
/* Give the axes of a definition names that differ from each other and from the symbols in it. Axes and values are
 * replaced. */
bool task_name_axes(hdt_context *context, const hdt_expr **axes, int count, const hdt_expr **values, int value_count);

#endif
