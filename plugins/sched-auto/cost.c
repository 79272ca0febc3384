/* cost.c: how much there is to do in a task, at the sizes that all schedulers reckon with. */
#include "auto.h"

static double elements(hdt_list shape)
{
	double product = 1;
	for (int d = 0; d < shape.count; d++)
		product *= (double)hdt_size_estimate(shape.items[d]);
	return product;
}

/* Scalar operations for one element. */
static double operations(const hdt_expr *value)
{
	expr_list nodes = {0};
	double count = 1, repeated = 1;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		count += nodes.items[i]->op >= HDT_OP_LOAD;
		for (int a = 1; is_reduce(nodes.items[i]) && a < nodes.items[i]->count; a++)
			repeated *= (double)hdt_size_estimate(nodes.items[i]->args[a]->args[0]);
	}
	return count * repeated;
}

double cost_work(const hdt_task *task)
{
	double work = 0;
	for (int i = 0; i < task->tensor_count; i++)
		work += elements(hdt_shape(task->tensors[i])) * operations(task->tensors[i]->value);
	return work;
}

double cost_bytes(const hdt_task *task)
{
	double bytes = 0;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			bytes += elements(hdt_shape(task->inputs[i])) * hdt_dtype_of(task->inputs[i]->dtype)->bytes;
	for (int i = 0; i < task->output_count; i++)
		bytes += elements(hdt_shape(task->outputs[i])) * hdt_dtype_of(task->outputs[i]->dtype)->bytes;
	return bytes;
}
