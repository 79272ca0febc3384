/* cost_cuda.c: how long a task takes a GPU, roughly: within a factor of two or three for what the schedules here make of it.
 *
 * Threads work while others wait for memory, so it is the longest of three: what moves, what is computed, and what each thread does one after
 * the other where there are too few of them. The numbers were measured on an H100 with elementwise tasks, norms, softmax, windows and
 * transposition. */
#include "cuda.h"

static const cost_weights weights = {.function = 10, .strided = 3};
static const struct {
	double begin;       /* microseconds of a launch */
	double bytes;       /* per microsecond, from and to memory; */
	double operations;  /* of all threads together, and */
	double alone;       /* of one thread */
	double row_threads; /* that work on one element which is a reduction */
} machine = {2, 2.8e6, 2e7, 300, 256};

/* Bytes that a read takes from memory for each that it uses, where its neighbours lie in other lines. */
enum { APART = 3 };

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* Does the read go along the last axis of the tensor, or not move with it? */
static bool is_side_by_side(const hdt_expr *load, const hdt_tensor *t)
{
	const hdt_expr *last = t->rank ? t->axes[t->rank - 1] : NULL;
	return !last || !depends_on(load, last) || kernel_reads_along(load, last);
}

/* More bytes that the tensor's own elements move because they lie apart. Reductions are shared out so that theirs do not. */
static double bytes_apart(const hdt_tensor *t)
{
	expr_list nodes = {0};
	double bytes = 0;
	expr_nodes(t->value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return 0;
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i];
		if (load->op == HDT_OP_LOAD && load->tensor->kind == HDT_TENSOR_INPUT && !is_side_by_side(load, t))
			bytes += (APART - 1) * cost_elements(t) * hdt_dtype_of((hdt_dtype)load->dtype)->bytes;
	}
	return bytes;
}

double cost_cuda_us(const hdt_task *task)
{
	double operations = 0, serial = 0, bytes = cost_bytes(task), us;
	if (matmul_cost(task, &us))
		return us;
	for (int i = 0; i < task->tensor_count; i++) {
		const hdt_tensor *t = task->tensors[i];
		double elements = cost_elements(t), work = elements * (1 + cost_operations(t->value, &weights));
		double threads = elements * (has_reduce(t->value) ? machine.row_threads : 1);
		operations += work;
		bytes += bytes_apart(t);
		if (elements > 0)
			serial += work / least(threads, DEVICE_THREADS) / machine.alone;
	}
	double moved = bytes / machine.bytes, computed = operations / machine.operations;
	double longest = moved > computed ? moved : computed;
	return machine.begin + (longest > serial ? longest : serial);
}
