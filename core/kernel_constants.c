/* kernel_constants.c: the constants of a program that runs alone. In a model compiled programs compute them once; here the reference
 * evaluator does, in each run, from the arrays that are given. */
#include "core/kernel.h"

#include "exec/constants.h"

hdt_status kernel_constants_describe(hdt_kernel *k)
{
	const hdt_program *p = k->source;
	const void **whats = hdt_allocate(k->context, sizeof *whats * (size_t)(p->buffer_count + 1));
	k->constants = hdt_allocate(k->context, sizeof *k->constants * (size_t)(p->constant_count + 1));
	if (!whats || !k->constants)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < k->array_count; i++)
		whats[i] = &k->parameters[i];
	for (int i = 0; i < p->constant_count; i++)
		if (!(k->constants[i].task = constant_task(p, i, whats, &k->constants[i].inputs)))
			return hdt_context_status(k->context);
	return HDT_OK;
}

hdt_status kernel_constant_compute(hdt_kernel *k, int index, const hdt_array *const *arrays, void *to)
{
	static const bindings none = {0};
	const kernel_constant *c = &k->constants[index];
	const void **inputs = hdt_allocate(k->diagnostics, sizeof *inputs * (size_t)(c->task->input_count + 1));
	if (!inputs)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->task->input_count; i++)
		inputs[i] = arrays[(const hdt_kernel_parameter *)c->inputs[i] - k->parameters]->data;
	hdt_status status = task_evaluate(c->task, &none, inputs, &to);
	if (status == HDT_OK)
		return HDT_OK;
	status = hdt_fail(k->diagnostics, status, "constant '%s': %s", k->source->constants[index]->name,
	                  hdt_context_message(k->context));
	context_clear_fault(k->context); /* of this run alone */
	return status;
}
