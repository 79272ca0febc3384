/* copy.c: tasks made of others: the same with dimensions in another order, and one tensor alone.
 *
 *     y[n < 2, c < 8, h < 7] = max(x[n, c, h], 0.0)     with x and y in the order [0, 2, 1]
 *       ->   y[n < 2, h < 7, c < 8] = max(x[n, h, c], 0.0) */
#include "base/map.h"
#include "task/build.h"

/* What stands for a tensor. */
typedef struct stand_in {
	const hdt_tensor *tensor;
	const int *dims; /* dimension i of it is dimension dims[i] of the other; NULL: i */
} stand_in;

typedef struct copier {
	hdt_context *context;
	task_builder *b;
	const tensor_order *orders;
	int order_count;
	map stand_ins; /* tensor -> stand_in */
} copier;

static bool copier_init(copier *c, hdt_context *context, const char *name)
{
	*c = (copier){.context = context, .b = task_builder_new(context, name)};
	map_init(&c->stand_ins, context);
	return c->b != NULL;
}

static bool put(copier *c, const hdt_tensor *from, const hdt_tensor *tensor, const int *dims)
{
	stand_in *s = hdt_allocate(c->context, sizeof *s);
	if (!s || !tensor)
		return false;
	*s = (stand_in){tensor, dims};
	return map_set(&c->stand_ins, from, s);
}

static const int *order_of(const copier *c, const hdt_tensor *t)
{
	for (int i = 0; i < c->order_count; i++)
		if (c->orders[i].tensor == t)
			return c->orders[i].dims;
	return NULL;
}

/* items[dims[0]], items[dims[1]], ... into `out`. */
static hdt_list arrange(const hdt_expr *const *items, int rank, const int *dims, const hdt_expr **out)
{
	for (int d = 0; d < rank; d++)
		out[d] = items[dims ? dims[d] : d];
	return (hdt_list){out, rank};
}

static const hdt_expr *redirect(const hdt_expr *e, void *closure)
{
	const copier *c = closure;
	const hdt_expr *indices[HDT_MAX_RANK];
	const stand_in *s = e->op == HDT_OP_LOAD ? map_get(&c->stand_ins, e->tensor) : NULL;
	if (!s)
		return NULL;
	hdt_list at = arrange(e->args, e->count, s->dims, indices);
	return hdt_load(s->tensor, at.items, at.count);
}

static bool copy_input(copier *c, const hdt_tensor *from)
{
	const hdt_expr *shape[HDT_MAX_RANK];
	const int *dims = from ? order_of(c, from) : NULL;
	if (!from) {
		task_add_input(c->b, NULL, HDT_F32, HDT_SCALAR);
		return !task_failed(&c->b->task);
	}
	const hdt_tensor *to = task_add_input(c->b, from->name, from->dtype, arrange(from->shape, from->rank, dims, shape));
	if (to)
		((hdt_tensor *)(uintptr_t)to)->constant = from->constant;
	return put(c, from, to, dims);
}

static bool copy_tensor(copier *c, const hdt_tensor *from)
{
	const hdt_expr *axes[HDT_MAX_RANK];
	const int *dims = order_of(c, from);
	const hdt_expr *value = expr_map(from->value, redirect, c);
	return put(c, from, hdt_compute(&c->b->task, from->name, arrange(from->axes, from->rank, dims, axes), value), dims);
}

/* ---- the same in another order ------------------------------------------------------------------------------------- */

/* What the task says of its outputs beside their values. */
static bool copy_declarations(copier *c, const hdt_task *task)
{
	for (int i = 0; i < task->assertion_count; i++)
		if (!vec_push(c->context, &c->b->assertions, task->assertions[i]))
			return false;
	c->b->task.assertions = c->b->assertions.items;
	c->b->task.assertion_count = c->b->assertions.count;
	for (int o = 0; o < task->output_count; o++)
		if (task->aliases[o] >= 0)
			hdt_declare_alias(&c->b->task, o, task->aliases[o]);
	for (int i = 0; i < task_builder_of(task)->declared_inverse_count; i++) {
		const hdt_expr *axes[HDT_MAX_RANK], *indices[HDT_MAX_RANK];
		const hdt_inverse_map *m = &task->inverses[i];
		const stand_in *input = map_get(&c->stand_ins, m->input), *output = map_get(&c->stand_ins, m->output);
		for (int o = 0; o < task->output_count; o++)
			if (task->outputs[o] == m->output)
				hdt_declare_inverse(&c->b->task, input->tensor, o, arrange(m->axes, m->input->rank, input->dims, axes),
				                    arrange(m->indices, m->output->rank, output->dims, indices));
	}
	return !task_failed(&c->b->task);
}

const hdt_task *task_permute(const hdt_task *task, const tensor_order *orders, int count)
{
	copier c;
	if (!copier_init(&c, task->context, task->name))
		return NULL;
	c.orders = orders;
	c.order_count = count;
	for (int i = 0; i < task->input_count; i++)
		if (!copy_input(&c, task->inputs[i]))
			return NULL;
	for (int i = 0; i < task->tensor_count; i++)
		if (!copy_tensor(&c, task->tensors[i]))
			return NULL;
	for (int o = 0; o < task->output_count; o++) {
		const stand_in *s = map_get(&c.stand_ins, task->outputs[o]);
		hdt_output(&c.b->task, s ? s->tensor : NULL);
	}
	return copy_declarations(&c, task) ? task_finish(c.b) : NULL;
}

/* ---- one tensor alone ---------------------------------------------------------------------------------------------- */

typedef struct load_search {
	hdt_context *context;
	VEC(const hdt_tensor *) read;
	bool failed;
} load_search;

static void find_load(const hdt_expr *e, void *closure)
{
	load_search *s = closure;
	if (e->op != HDT_OP_LOAD || s->failed)
		return;
	for (int i = 0; i < s->read.count; i++)
		if (s->read.items[i] == e->tensor)
			return;
	s->failed = !vec_push(s->context, &s->read, e->tensor);
}

const hdt_task *task_extract(const hdt_tensor *tensor, const hdt_tensor *const **inputs)
{
	copier c;
	load_search s = {.context = tensor->context};
	if (!copier_init(&c, tensor->context, tensor->name) || !expr_walk(tensor->value, find_load, &s) || s.failed)
		return NULL;
	for (int i = 0; i < s.read.count; i++)
		if (!copy_input(&c, s.read.items[i]))
			return NULL;
	if (!copy_tensor(&c, tensor))
		return NULL;
	*inputs = s.read.items;
	hdt_output(&c.b->task, c.b->task.tensors[0]);
	return task_finish(c.b);
}
