/* cost_cpu.c: how long a task takes a CPU, roughly: within a factor of two or three for what the schedules here make of it.
 *
 * The numbers were measured with fused elementwise tasks, norms, softmax and pooling in f32 on vectors of 512 bits. */
#include "auto.h"

static const cost_weights weights = {.function = 12, .strided = 8};
static const struct {
	double operations;      /* per microsecond and worker */
	double near_bytes;      /* per microsecond and worker, of what stays in the caches, and */
	double far_bytes;       /* per microsecond of what does not */
	double cached;          /* bytes of the caches */
	double begin, parallel; /* microseconds of a launch, and of sharing it out */
} machine = {80e3, 2e5, 2e4, 8 << 20, 0.3, 1};

double cost_cpu_us(const hdt_task *task)
{
	double operations = 0, bytes = cost_bytes(task);
	for (int i = 0; i < task->tensor_count; i++)
		operations += cost_elements(task->tensors[i]) * (1 + cost_operations(task->tensors[i]->value, &weights));
	double near = bytes < machine.cached ? bytes : machine.cached;
	double alone = operations / machine.operations + near / machine.near_bytes;
	double shared = machine.parallel + alone / WORKERS;
	return machine.begin + (alone < shared ? alone : shared) + (bytes - near) / machine.far_bytes;
}
