/* constant.c: buffers of a program that are made of constant inputs, once, before the first run.
 *
 * What one is made of is kept as it is written, a tensor over the program's inputs like one of a task:
 *     constant packed[i < 12, k < 64, j < 16] = weight[i * 16 + j, k];
 * Who makes a graph ready turns each into a task of its own. */
#include "script/builder.h"

#include "base/context.h"
#include "task/build.h"

typedef struct value_check {
	const hdt_program *program;
	const char *wrong; /* NULL: nothing so far */
} value_check;

static bool is_constant_input(const hdt_program *program, const hdt_tensor *t)
{
	int bound = program->buffer_count - program->workspace_count - program->constant_count;
	for (int i = 0; i < bound; i++)
		if (program->buffers[i] == t)
			return t->constant;
	return false;
}

static void check_node(const hdt_expr *e, void *closure)
{
	value_check *c = closure;
	if (e->op == HDT_OP_LOAD && !is_constant_input(c->program, e->tensor))
		c->wrong = hdt_format(e->context, "it reads '%s', which is no constant input", e->tensor->name);
	else if (e->op == HDT_OP_SYMBOL || e->op == HDT_OP_VARIABLE)
		c->wrong = hdt_format(e->context, "it depends on '%s', which no input's data tell", e->name);
	else if (e->op == HDT_OP_READ || e->op == HDT_OP_ADDRESS || e->op == HDT_OP_CALL)
		c->wrong = "it holds what stands in functions alone";
}

static const char *check_axes(hdt_list axes)
{
	int64_t extent;
	if (axes.count < 0 || axes.count > HDT_MAX_RANK)
		return "it has too many dimensions";
	for (int d = 0; d < axes.count; d++) {
		if (!axes.items[d] || axes.items[d]->op != HDT_OP_AXIS)
			return "one of its indices is no axis";
		if (!hdt_is_const(axes.items[d]->args[0], &extent) || extent < 0)
			return "its shape is not known";
		for (int e = 0; e < d; e++)
			if (axes.items[e] == axes.items[d])
				return "an axis comes twice";
	}
	return NULL;
}

static hdt_tensor *make(hdt_program *program, const char *name, hdt_list axes, const hdt_expr *value)
{
	hdt_context *context = program->context;
	hdt_tensor *t = hdt_allocate(context, sizeof *t);
	const hdt_expr **own = hdt_allocate(context, (size_t)(axes.count + 1) * sizeof *own);
	const hdt_expr **shape = hdt_allocate(context, (size_t)(axes.count + 1) * sizeof *shape);
	if (!t || !own || !shape)
		return NULL;
	for (int d = 0; d < axes.count; d++)
		own[d] = axes.items[d];
	if (!task_name_axes(context, own, axes.count, &value, 1))
		return NULL;
	for (int d = 0; d < axes.count; d++)
		shape[d] = own[d]->args[0];
	*t = (hdt_tensor){.context = context,
	                  .name = hdt_intern(context, name),
	                  .kind = HDT_TENSOR_COMPUTE,
	                  .dtype = (hdt_dtype)value->dtype,
	                  .rank = axes.count,
	                  .shape = shape,
	                  .axes = own,
	                  .value = value};
	return t->name ? t : NULL;
}

const hdt_tensor *hdt_program_constant(hdt_program *program, const char *name, hdt_list axes, const hdt_expr *value)
{
	if (!program || !name || !value || hdt_context_status(program->context) != HDT_OK)
		return NULL;
	program_builder *b = program_builder_of(program);
	value_check check = {program, check_axes(axes)};
	if (!check.wrong && !expr_walk(value, check_node, &check))
		return NULL;
	hdt_tensor *t = check.wrong ? NULL : make(program, name, axes, value);
	if (t)
		check.wrong = shape_fault(program->context, t->dtype, hdt_shape(t));
	if (check.wrong) {
		hdt_fail(program->context, HDT_INTERNAL, "program @%s: the constant '%s': %s", program->name, name,
		         check.wrong);
		return NULL;
	}
	if (!t || !vec_push(program->context, &b->constants, t) || !program_add_buffer(program, t))
		return NULL;
	/* Workspace comes last. */
	for (int i = b->buffers.count - 1; i > b->buffers.count - 1 - program->workspace_count; i--)
		b->buffers.items[i] = b->buffers.items[i - 1];
	b->buffers.items[b->buffers.count - 1 - program->workspace_count] = t;
	program->constants = b->constants.items;
	program->constant_count = b->constants.count;
	return t;
}
