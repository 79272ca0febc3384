/* build.c: making a task: from an operator and the inputs of a call, through the functions that its `define` calls.
 *
 * The functions are sticky: after the first fault of the task or of its context they do nothing and give NULL, and
 * task_finish gives NULL. A finished task has unique tensor names, within each tensor unique axis names, no tensor that
 * no output needs, and has passed the verifier. */
#include "task/build.h"
#include <string.h>

task_builder *task_builder_new(hdt_context *context, const char *name)
{
	task_builder *b = hdt_allocate(context, sizeof *b);
	if (!b)
		return NULL;
	b->task.context = context;
	b->task.name = hdt_intern(context, name);
	return b->task.name ? b : NULL;
}

void task_fail(hdt_task *task, hdt_status status, const char *format, ...)
{
	task_builder *b = task_builder_of(task);
	va_list args;
	va_start(args, format);
	const char *message = context_vformat(task->context, format, args);
	va_end(args);
	hdt_fail(task->context, status, "%s: %s", task->name, message);
	b->failed = true;
}

/* ---- inputs ----------------------------------------------------------------------------------------------------- */

static const hdt_expr **copy_list(hdt_context *context, hdt_list list)
{
	const hdt_expr **copy = hdt_allocate(context, (size_t)list.count * sizeof *copy);
	for (int i = 0; copy && i < list.count; i++)
		copy[i] = list.items[i];
	return copy;
}

const hdt_tensor *task_add_input(task_builder *b, const char *name, hdt_dtype dtype, hdt_list shape)
{
	hdt_context *c = b->task.context;
	hdt_tensor *t = hdt_allocate(c, sizeof *t);
	const hdt_tensor *none = NULL;
	if (!t)
		return NULL;
	if (!name) {
		if (vec_push(c, &b->inputs, none))
			b->task.inputs = b->inputs.items, b->task.input_count = b->inputs.count;
		return NULL;
	}
	const char *fault = shape_fault(c, dtype, shape);
	if (fault) {
		task_fail(&b->task, HDT_BAD_MODEL, "input '%s': %s", name, fault);
		return NULL;
	}
	*t = (hdt_tensor){.context = c, .name = task_unique_name(b, name), .kind = HDT_TENSOR_INPUT, .dtype = dtype};
	t->rank = shape.count;
	t->shape = copy_list(c, shape);
	if (!t->name || !t->shape || !vec_push(c, &b->inputs, t)) {
		b->failed = true;
		return NULL;
	}
	b->task.inputs = b->inputs.items;
	b->task.input_count = b->inputs.count;
	return t;
}

static bool check_count(task_builder *b)
{
	int required, most, count = b->given_count;
	operator_arity(b->op, &required, &most);
	bool fits = count >= required && (most < 0 || count <= most);
	for (int i = 0; fits && i < count; i++)
		fits = b->given[i].present || (i >= required && most >= 0);
	if (!fits)
		task_fail(&b->task, HDT_BAD_MODEL, "takes the inputs (%s), but %d %s given", b->op->inputs, count,
		          count == 1 ? "was" : "were");
	return fits;
}

static bool add_inputs(task_builder *b)
{
	hdt_context *c = b->task.context;
	for (int i = 0; i < b->given_count; i++) {
		const task_input *in = &b->given[i];
		const char *name = in->name ? in->name : operator_input_name(c, b->op, i);
		if (!task_add_input(b, in->present ? name : NULL, in->dtype, in->shape) && in->present)
			return false;
	}
	return hdt_context_status(c) == HDT_OK;
}

int hdt_input_count(const hdt_task *task)
{
	return task ? task->input_count : 0;
}

const hdt_tensor *hdt_input(hdt_task *task, int index)
{
	if (task_failed(task))
		return NULL;
	if (index >= 0 && index < task->input_count)
		return task->inputs[index];
	int required, most;
	operator_arity(task_builder_of(task)->op, &required, &most);
	if (index < required || most < 0 || index >= most)
		task_fail(task, HDT_INTERNAL, "its definition asks for input %d of %d", index, task->input_count);
	return NULL;
}

/* ---- tensors and outputs ---------------------------------------------------------------------------------------- */

static const char *check_axes(hdt_list axes)
{
	for (int i = 0; i < axes.count; i++) {
		if (axes.items[i]->op != HDT_OP_AXIS)
			return "an index of its definition is no axis";
		if (expr_contains_op(axes.items[i]->args[0], HDT_OP_AXIS))
			return "the extent of an axis depends on another axis";
		for (int j = 0; j < i; j++)
			if (axes.items[i] == axes.items[j])
				return "an axis comes twice";
	}
	return NULL;
}

static bool is_complete(hdt_list list, const hdt_expr *value)
{
	bool complete = value != NULL && (list.items || !list.count);
	for (int i = 0; complete && i < list.count; i++)
		complete = list.items[i] != NULL;
	return complete;
}

const hdt_tensor *hdt_compute(hdt_task *task, const char *name, hdt_list axes, const hdt_expr *value)
{
	if (task_failed(task))
		return NULL;
	task_builder *b = task_builder_of(task);
	hdt_context *c = task->context;
	if (axes.count > HDT_MAX_RANK) {
		hdt_reject(task, "a tensor of rank %d arises; at most %d is possible", axes.count, HDT_MAX_RANK);
		return NULL;
	}
	const char *wrong =
		is_complete(axes, value) ? check_axes(axes) : "its value uses something absent, as an input left out";
	if (wrong) {
		task_fail(task, HDT_INTERNAL, "tensor '%s': %s", name, wrong);
		return NULL;
	}
	hdt_tensor *t = hdt_allocate(c, sizeof *t);
	const hdt_expr **own_axes = copy_list(c, axes);
	const hdt_expr **shape = hdt_allocate(c, (size_t)axes.count * sizeof *shape);
	if (!t || !own_axes || !shape || !task_name_axes(c, own_axes, axes.count, &value, 1)) {
		b->failed = true;
		return NULL;
	}
	for (int d = 0; d < axes.count; d++)
		shape[d] = own_axes[d]->args[0];
	const char *fault = shape_fault(c, (hdt_dtype)value->dtype, (hdt_list){shape, axes.count});
	if (fault) {
		task_fail(task, HDT_BAD_MODEL, "tensor '%s': %s", name, fault);
		return NULL;
	}
	*t = (hdt_tensor){.context = c, .name = task_unique_name(b, name), .kind = HDT_TENSOR_COMPUTE, .rank = axes.count};
	t->dtype = (hdt_dtype)value->dtype;
	t->shape = shape;
	t->axes = own_axes;
	t->value = value;
	if (!t->name || !vec_push(c, &b->tensors, t)) {
		b->failed = true;
		return NULL;
	}
	task->tensors = b->tensors.items;
	task->tensor_count = b->tensors.count;
	return t;
}

void hdt_output(hdt_task *task, const hdt_tensor *tensor)
{
	if (task_failed(task))
		return;
	task_builder *b = task_builder_of(task);
	bool known = false;
	for (int i = 0; i < b->tensors.count; i++)
		known |= b->tensors.items[i] == tensor;
	for (int i = 0; i < b->outputs.count; i++)
		known &= b->outputs.items[i] != tensor;
	if (!known) {
		task_fail(task, HDT_INTERNAL, "output %d is not a tensor computed by this task, or is given twice",
		          b->outputs.count);
		return;
	}
	if (!vec_push(task->context, &b->outputs, tensor))
		return;
	task->outputs = b->outputs.items;
	task->output_count = b->outputs.count;
}

/* ---- declarations ----------------------------------------------------------------------------------------------- */

void hdt_declare_inverse(hdt_task *task, const hdt_tensor *input, int output, hdt_list axes, hdt_list indices)
{
	if (task_failed(task))
		return;
	task_builder *b = task_builder_of(task);
	hdt_context *c = task->context;
	if (!input || !is_complete(axes, c ? hdt_int(c, 0) : NULL) || !is_complete(indices, hdt_int(c, 0))) {
		task_fail(task, HDT_INTERNAL, "a declared inverse map lacks its input, an axis or an index");
		return;
	}
	const hdt_expr **own_axes = copy_list(c, axes), **own_indices = copy_list(c, indices);
	declared_inverse d = {input, output, {own_axes, axes.count}, {own_indices, indices.count}};
	b->failed = !own_axes || !own_indices || !task_name_axes(c, own_axes, axes.count, own_indices, indices.count) ||
	            !vec_push(c, &b->declared_inverses, d);
}

void hdt_declare_alias(hdt_task *task, int output, int input)
{
	if (task_failed(task))
		return;
	task_builder *b = task_builder_of(task);
	declared_alias d = {output, input};
	b->failed |= !vec_push(task->context, &b->declared_aliases, d);
}

static bool resolve_aliases(task_builder *b)
{
	hdt_task *t = &b->task;
	int *aliases = hdt_allocate(t->context, (size_t)t->output_count * sizeof *aliases);
	if (!aliases)
		return false;
	for (int i = 0; i < t->output_count; i++)
		aliases[i] = -1;
	for (int i = 0; i < b->declared_aliases.count; i++) {
		declared_alias d = b->declared_aliases.items[i];
		if (d.output < 0 || d.output >= t->output_count || d.input < 0 || d.input >= t->input_count ||
		    !t->inputs[d.input]) {
			task_fail(t, HDT_INTERNAL, "declares output %d to be input %d, which it has not", d.output, d.input);
			return false;
		}
		aliases[d.output] = d.input;
	}
	t->aliases = aliases;
	return true;
}

static bool resolve_inverses(task_builder *b)
{
	hdt_task *t = &b->task;
	for (int i = 0; i < b->declared_inverses.count; i++) {
		declared_inverse d = b->declared_inverses.items[i];
		const hdt_tensor *output = d.output >= 0 && d.output < t->output_count ? t->outputs[d.output] : NULL;
		if (!output || d.axes.count != d.input->rank || d.indices.count != output->rank) {
			task_fail(t, HDT_INTERNAL, "a declared inverse map has no such output, or another rank");
			return false;
		}
		hdt_inverse_map m = {d.input, output, d.axes.items, d.indices.items};
		if (!vec_push(t->context, &b->inverses, m))
			return false;
	}
	b->declared_inverse_count = b->inverses.count;
	t->inverses = b->inverses.items;
	t->inverse_count = b->inverses.count;
	return true;
}

/* ---- finishing -------------------------------------------------------------------------------------------------- */

typedef struct need_marks {
	const task_builder *builder;
	bool *needed;
} need_marks;

static void mark_load(const hdt_expr *e, void *closure)
{
	need_marks *m = closure;
	if (e->op != HDT_OP_LOAD)
		return;
	for (int i = 0; i < m->builder->tensors.count; i++)
		m->needed[i] |= m->builder->tensors.items[i] == e->tensor;
}

/* Drop the tensors from which no output is computed. */
static bool drop_unneeded(task_builder *b)
{
	if (b->tensors.count == b->outputs.count)
		return true;
	bool *needed = hdt_allocate(b->task.context, (size_t)b->tensors.count);
	if (!needed)
		return false;
	need_marks marks = {b, needed};
	for (int i = b->tensors.count - 1; i >= 0; i--) {
		const hdt_tensor *t = b->tensors.items[i];
		for (int o = 0; o < b->outputs.count; o++)
			needed[i] |= b->outputs.items[o] == t;
		if (needed[i])
			expr_walk(t->value, mark_load, &marks);
	}
	int count = 0;
	for (int i = 0; i < b->tensors.count; i++)
		if (needed[i])
			b->tensors.items[count++] = b->tensors.items[i];
	b->task.tensor_count = b->tensors.count = count;
	return true;
}

const hdt_task *task_finish(task_builder *b)
{
	hdt_task *t = &b->task;
	if (task_failed(t))
		return NULL;
	if (!t->output_count) {
		task_fail(t, HDT_INTERNAL, "its definition gives no output");
		return NULL;
	}
	if (!drop_unneeded(b) || !resolve_aliases(b) || !resolve_inverses(b))
		return NULL;
	task_derive_inverses(t);
	return !task_failed(t) && task_verify(t) == HDT_OK ? t : NULL;
}

/* Faults of expressions do not know whose they are. */
static void put_name_before_message(hdt_context *context, const char *name)
{
	size_t length = strlen(name);
	if (!strncmp(context->message, name, length) && context->message[length] == ':')
		return;
	const char *message = hdt_format(context, "%s: %s", name, context->message);
	if (message)
		context->message = message;
}

const hdt_task *task_build(hdt_context *context, const hdt_operator *op, const task_input *inputs, int count,
                           const hdt_attribute_value *attributes)
{
	if (hdt_context_status(context) != HDT_OK)
		return NULL;
	while (count > 0 && !inputs[count - 1].present)
		count--;
	task_builder *b = task_builder_new(context, op->name);
	const hdt_task *task = NULL;
	if (b) {
		b->op = op;
		b->given = inputs;
		b->given_count = count;
		b->attributes = attributes;
		if (check_count(b) && add_inputs(b)) {
			op->define(&b->task);
			task = task_finish(b);
		}
	}
	if (!task)
		put_name_before_message(context, op->name);
	return task;
}
