/* fold_constants.c: nodes that read only constants become constants, computed by the reference evaluator.
 *
 *     %w = const f32[4, 8] from ...          %w = const f32[8, 4]
 *     %0 = transpose(%w, axes=[1, 0])   =>   %0 = matmul(%x, %w)
 *     %1 = matmul(%x, %0)                    return %0
 *     return %1
 *
 * Left alone: constants without known bytes, anything with a symbol in it, results over the limit of bytes,
 * computations that would take the evaluator too long. */
#include "pass/pass.h"

#include <stdlib.h>

/* Scalar operations and elements that folding one node may cost: about a second of the evaluator. */
static const int64_t WORK_LIMIT = INT64_C(1) << 26;

static bool inputs_known(const hdt_node *node)
{
	for (int i = 0; i < node->input_count; i++) {
		const hdt_value *value = node->inputs[i];
		if (value && (!value->constant || (!value->constant->data && value_bytes(value) != 0)))
			return false;
	}
	return true;
}

/* Is the task without symbols, in shapes, values and assertions? */
static bool is_static(const hdt_task *task)
{
	for (int t = 0; t < task->tensor_count; t++) {
		const hdt_tensor *tensor = task->tensors[t];
		if (expr_contains_op(tensor->value, HDT_OP_SYMBOL))
			return false;
		for (int d = 0; d < tensor->rank; d++)
			if (expr_contains_op(tensor->shape[d], HDT_OP_SYMBOL))
				return false;
	}
	for (int i = 0; i < task->output_count; i++)
		for (int d = 0; d < task->outputs[i]->rank; d++)
			if (expr_contains_op(task->outputs[i]->shape[d], HDT_OP_SYMBOL))
				return false;
	return task->assertion_count == 0;
}

/* Elements of all tensors of a static task; -1 when there are too many to count. */
static int64_t count_elements(const hdt_task *task)
{
	int64_t total = 0;
	for (int t = 0; t < task->tensor_count; t++) {
		int64_t elements = 1, dim = 0;
		for (int d = 0; d < task->tensors[t]->rank; d++)
			if (!hdt_is_const(task->tensors[t]->shape[d], &dim) || __builtin_mul_overflow(elements, dim, &elements))
				return -1;
		if (__builtin_add_overflow(total, elements, &total))
			return -1;
	}
	return total;
}

static bool is_affordable(const hdt_node *node, int64_t limit_bytes)
{
	static const bindings none = {0};
	for (int i = 0; i < node->output_count; i++) {
		int64_t bytes = value_bytes(node->outputs[i]);
		if (bytes < 0 || bytes > limit_bytes)
			return false;
	}
	int64_t flops = task_flops(node->task, &none), elements = count_elements(node->task);
	return flops >= 0 && flops <= WORK_LIMIT && elements >= 0 && elements <= WORK_LIMIT;
}

/* Evaluate into fresh memory; data[i] NULL after a fault. */
static hdt_status evaluate(const hdt_node *node, void **data)
{
	static const int64_t nothing[2]; /* the address of an empty constant */
	static const bindings none = {0};
	hdt_context *context = node->graph->context;
	const void **inputs = hdt_allocate(context, sizeof *inputs * (size_t)(node->input_count + 1));
	bool ok = inputs != NULL;
	for (int i = 0; ok && i < node->input_count; i++)
		if (node->inputs[i])
			inputs[i] = node->inputs[i]->constant->data ? node->inputs[i]->constant->data : nothing;
	for (int i = 0; ok && i < node->output_count; i++) {
		data[i] = calloc(1, (size_t)value_bytes(node->outputs[i]) + 1);
		ok = data[i] != NULL;
	}
	return ok ? task_evaluate(node->task, &none, inputs, data)
	          : hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory while folding");
}

static hdt_status fold_node(hdt_graph *graph, const hdt_node *node)
{
	void **data = hdt_allocate(graph->context, sizeof *data * (size_t)(node->output_count + 1));
	hdt_status status = data ? evaluate(node, data) : HDT_OUT_OF_MEMORY;
	for (int i = 0; data && i < node->output_count; i++) {
		hdt_value *from = node->outputs[i];
		if (status != HDT_OK) {
			free(data[i]);
			continue;
		}
		hdt_data bytes = {data[i], (size_t)value_bytes(from), free, data[i], false};
		hdt_value *to = hdt_graph_constant(graph, NULL, from->dtype, hdt_value_shape(from), bytes);
		status = to ? graph_replace_uses(graph, from, to) : hdt_context_status(graph->context);
	}
	return status;
}

hdt_status pass_fold_constants(hdt_graph *graph, int64_t limit_bytes)
{
	hdt_status status = hdt_context_status(graph->context);
	for (int n = 0; n < graph->node_count && status == HDT_OK; n++) {
		const hdt_node *node = graph->nodes[n];
		if (inputs_known(node) && is_static(node->task) && is_affordable(node, limit_bytes))
			status = fold_node(graph, node);
	}
	graph_sweep(graph);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}
