/* orders.c: what such a scheduler wants follows from the seed, the task's name and the extents of the tensor alone, so that a tensor which has
 * its order is left alone. It says that a task with more of its orders is faster, and has the best of the others build the program. */
#include "orders.h"

#include "base/hash.h"
#include <hidet/scheduler.h>
#include <string.h>

static uint64_t seed;

static uint64_t hash_text(const char *string, uint64_t with)
{
	return hash_bytes(string, strlen(string), with);
}

/* Of three tasks one wants nothing, one is of one mind with all like it, one has a will of its own. */
static bool wants(const hdt_task *task, const hdt_tensor *t, int dims[HDT_MAX_RANK])
{
	uint64_t keys[HDT_MAX_RANK], task_hash = hash_text(task->name, seed);
	if (task_hash % 3 == 0 || t->rank < 2)
		return false;
	for (int d = 0; d < t->rank; d++) {
		keys[d] = hash_text(hdt_expr_text(t->shape[d]), task_hash % 3 == 1 ? seed : task_hash);
		dims[d] = d;
	}
	for (int d = 1; d < t->rank; d++)
		for (int k = d; k > 0 && keys[dims[k]] < keys[dims[k - 1]]; k--) {
			int other = dims[k];
			dims[k] = dims[k - 1];
			dims[k - 1] = other;
		}
	return true;
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	(void)target;
	return wants(task, tensor, dims);
}

static bool is_content(const hdt_task *task, const hdt_tensor *t)
{
	int dims[HDT_MAX_RANK];
	if (!t || !wants(task, t, dims))
		return false;
	for (int d = 0; d < t->rank; d++)
		if (dims[d] != d)
			return false;
	return true;
}

/* The best of the others for the same kind of functions. */
static const hdt_scheduler *find_best(const hdt_task *task, const hdt_target_info *target, hdt_function_kind kind,
                                      double *cost)
{
	const hdt_registry *registry = task->context->registry;
	const hdt_scheduler *best = NULL;
	for (int i = 0; i < registry_count(registry, REGISTRY_SCHEDULER); i++) {
		const hdt_scheduler *s = registry_at(registry, REGISTRY_SCHEDULER, i)->descriptor;
		if (s->kind != kind || strncmp(s->name, "orders-", 7) == 0 ||
		    (s->target && strcmp(s->target, target->target) != 0))
			continue;
		hdt_answer answer = s->query(task, target);
		if (answer.applies && (!best || answer.cost_us < *cost)) {
			best = s;
			*cost = answer.cost_us;
		}
	}
	return best;
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target, hdt_function_kind kind)
{
	double cost = 0;
	int content = 0;
	if (!find_best(task, target, kind, &cost))
		return (hdt_answer){false, 0, "nobody else would"};
	for (int i = 0; i < task->input_count; i++)
		content += is_content(task, task->inputs[i]);
	for (int i = 0; i < task->output_count; i++)
		content += is_content(task, task->outputs[i]);
	return (hdt_answer){true, cost / (1 + 1000.0 * content), NULL};
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target, hdt_function_kind kind)
{
	double cost = 0;
	const hdt_scheduler *best = find_best(task, target, kind, &cost);
	if (!best)
		return NULL;
	hdt_choice choice;
	bool one_way = best->size <= offsetof(hdt_scheduler, space) || !best->space;
	if (one_way || best->space(task, target, 0, &choice, 1) < 1)
		return best->build(task, target);
	return best->build_choice(task, target, &choice);
}

static hdt_answer query_cpu(const hdt_task *task, const hdt_target_info *target)
{
	return query(task, target, HDT_FUNCTION_CPU);
}
static hdt_program *build_cpu(const hdt_task *task, const hdt_target_info *target)
{
	return build(task, target, HDT_FUNCTION_CPU);
}
static hdt_answer query_cuda(const hdt_task *task, const hdt_target_info *target)
{
	return query(task, target, HDT_FUNCTION_CUDA);
}
static hdt_program *build_cuda(const hdt_task *task, const hdt_target_info *target)
{
	return build(task, target, HDT_FUNCTION_CUDA);
}

static const hdt_scheduler of_cpu = {.size = sizeof of_cpu,
                                     .name = "orders-cpu",
                                     .kind = HDT_FUNCTION_CPU,
                                     .query = query_cpu,
                                     .build = build_cpu,
                                     .order = order};
static const hdt_scheduler of_cuda = {.size = sizeof of_cuda,
                                      .name = "orders-cuda",
                                      .kind = HDT_FUNCTION_CUDA,
                                      .query = query_cuda,
                                      .build = build_cuda,
                                      .order = order};

bool orders_register(hdt_registry *registry, uint64_t with)
{
	char reason[256];
	registry_stage *stage = registry_stage_new(registry, "orders");
	seed = with;
	if (!stage)
		return false;
	registry_stage_add(stage, REGISTRY_SCHEDULER, of_cpu.name, &of_cpu);
	registry_stage_add(stage, REGISTRY_SCHEDULER, of_cuda.name, &of_cuda);
	return registry_commit(stage, NULL, reason, sizeof reason);
}
