/* evaluate.c: the reference evaluator: the elements of every tensor of a task, one after the other, in order of
 * definition.
 *
 * Nothing is rearranged, vectorised or run in parallel: what it gives is what the task says. Tensors that are no output
 * live on the heap until the end of the task. */
#include "task/machine.h"

#include <stdlib.h>

typedef struct evaluation {
	const hdt_task *task;
	const bindings *symbols;
	machine_tensor *tensors; /* the inputs, then the computed ones */
	void **owned;            /* memory per computed tensor, NULL for outputs */
} evaluation;

/* Sizes of a tensor's dimensions; `*elements` is their product. */
static hdt_status measure(const evaluation *e, const hdt_tensor *t, int64_t *shape, int64_t *elements)
{
	hdt_context *c = e->task->context;
	int64_t bytes = hdt_dtype_of(t->dtype)->bytes;
	bool empty = false;
	for (int d = 0; d < t->rank; d++) {
		if (!expr_evaluate(t->shape[d], e->symbols, &shape[d]))
			return hdt_fail(c, HDT_INTERNAL, "%s: dimension %d of '%s', %s, has no value", e->task->name, d, t->name,
			                hdt_expr_text(t->shape[d]));
		if (shape[d] < 0)
			return hdt_fail(c, HDT_BAD_INPUT, "%s: dimension %d of '%s' would be %lld", e->task->name, d, t->name,
			                (long long)shape[d]);
		empty |= shape[d] == 0;
	}
	*elements = !empty;
	for (int d = 0; d < t->rank && !empty; d++)
		if (__builtin_mul_overflow(*elements, shape[d], elements) || *elements > INT64_MAX / bytes)
			return hdt_fail(c, HDT_OUT_OF_MEMORY, "%s: '%s' has more elements than memory can hold", e->task->name,
			                t->name);
	return HDT_OK;
}

static hdt_status check_assertions(const evaluation *e)
{
	for (int i = 0; i < e->task->assertion_count; i++) {
		const hdt_assertion *a = &e->task->assertions[i];
		int64_t holds;
		if (!expr_evaluate(a->condition, e->symbols, &holds))
			return hdt_fail(e->task->context, HDT_INTERNAL, "%s: the condition %s has no value", e->task->name,
			                hdt_expr_text(a->condition));
		if (!holds)
			return hdt_fail(e->task->context, HDT_BAD_INPUT, "%s: %s", e->task->name, a->message);
	}
	return HDT_OK;
}

/* Move to the next index in row-major order; only what changes is set. False after the last one. */
static bool advance(machine *m, int64_t *index, const int64_t *shape, int rank)
{
	for (int d = rank - 1; d >= 0; d--) {
		index[d] = index[d] + 1 < shape[d] ? index[d] + 1 : 0;
		machine_set_axis(m, d, index[d]);
		if (index[d])
			return true;
	}
	return false;
}

static hdt_status fill(const evaluation *e, int index, int64_t elements)
{
	const hdt_tensor *t = e->task->tensors[index];
	machine_tensor *to = &e->tensors[e->task->input_count + index];
	void *data = (void *)(uintptr_t)to->data;
	machine_plan plan = {.context = e->task->context, .name = e->task->name, .symbols = e->symbols};
	plan.tensors = e->tensors;
	plan.tensor_count = e->task->input_count + index;
	plan.axes = t->axes;
	plan.axis_count = t->rank;
	plan.roots = &t->value;
	plan.root_count = 1;
	if (!elements)
		return HDT_OK;
	machine *m = machine_new(&plan);
	if (!m)
		return hdt_context_status(e->task->context);
	int64_t at[HDT_MAX_RANK] = {0};
	for (int d = 0; d < t->rank; d++)
		machine_set_axis(m, d, 0);
	for (int64_t i = 0; i < elements && !machine_failed(m); i++) {
		scalar_store(data, t->dtype, i, machine_value(m, 0));
		advance(m, at, to->shape, t->rank);
	}
	hdt_status status = machine_failed(m) ? hdt_context_status(e->task->context) : HDT_OK;
	machine_free(m);
	return status;
}

static hdt_status compute(evaluation *e, int index, void *const *outputs)
{
	const hdt_task *task = e->task;
	const hdt_tensor *t = task->tensors[index];
	machine_tensor *to = &e->tensors[task->input_count + index];
	int64_t elements;
	hdt_status status = measure(e, t, to->shape, &elements);
	if (status != HDT_OK)
		return status;
	to->tensor = t;
	for (int o = 0; o < task->output_count; o++)
		if (task->outputs[o] == t)
			to->data = outputs[o];
	if (!to->data) {
		size_t bytes = (size_t)elements * hdt_dtype_of(t->dtype)->bytes;
		to->data = e->owned[index] = malloc(bytes ? bytes : 1);
		if (!to->data)
			return hdt_fail(task->context, HDT_OUT_OF_MEMORY, "%s: out of memory: '%s' needs %zu bytes", task->name,
			                t->name, bytes);
	}
	return fill(e, index, elements);
}

static hdt_status evaluate(evaluation *e, const void *const *inputs, void *const *outputs)
{
	const hdt_task *task = e->task;
	hdt_status status = check_assertions(e);
	for (int i = 0; i < task->input_count && status == HDT_OK; i++) {
		int64_t elements;
		if (!task->inputs[i])
			continue;
		e->tensors[i] = (machine_tensor){.tensor = task->inputs[i], .data = inputs[i]};
		status = measure(e, task->inputs[i], e->tensors[i].shape, &elements);
	}
	for (int i = 0; i < task->tensor_count && status == HDT_OK; i++)
		status = compute(e, i, outputs);
	return status;
}

hdt_status task_evaluate(const hdt_task *task, const bindings *b, const void *const *inputs, void *const *outputs)
{
	static const bindings none = {0};
	evaluation e = {.task = task, .symbols = b ? b : &none};
	e.tensors = calloc((size_t)(task->input_count + task->tensor_count), sizeof *e.tensors);
	e.owned = calloc((size_t)task->tensor_count, sizeof *e.owned);
	hdt_status status = HDT_OUT_OF_MEMORY;
	if (e.tensors && e.owned)
		status = evaluate(&e, inputs, outputs);
	else
		hdt_fail(task->context, status, "%s: out of memory while evaluating", task->name);
	for (int i = 0; e.owned && i < task->tensor_count; i++)
		free(e.owned[i]);
	free(e.tensors);
	free(e.owned);
	return status;
}
