/* build.c: the builder of tensor programs: see hidet/script.h. Sticky: after a fault in the context, or given NULL, every function does
 * nothing and returns NULL. */
#include "script/builder.h"

#include "base/context.h"
#include <string.h>

static bool usable(const hdt_function *f)
{
	return f && hdt_context_status(f->program->context) == HDT_OK;
}

static const hdt_expr *const *copy_list(hdt_context *context, hdt_list list)
{
	for (int i = 0; i < list.count; i++)
		if (!list.items[i])
			return NULL;
	const hdt_expr **copy = hdt_allocate(context, (size_t)list.count * sizeof *copy);
	if (copy && list.count)
		memcpy(copy, list.items, (size_t)list.count * sizeof *copy);
	return copy;
}

static const hdt_tensor *make_buffer(hdt_context *context, const char *name, hdt_dtype dtype, hdt_list shape,
                                     hdt_scope scope)
{
	if (shape.count < 0 || shape.count > HDT_MAX_RANK) {
		hdt_fail(context, HDT_INTERNAL, "buffer %s: rank %d is not in 0..%d", name, shape.count, HDT_MAX_RANK);
		return NULL;
	}
	hdt_tensor *t = hdt_allocate(context, sizeof *t);
	const hdt_expr *const *dims = copy_list(context, shape);
	if (!t || !dims)
		return NULL;
	*t = (hdt_tensor){.context = context,
	                  .name = hdt_intern(context, name),
	                  .kind = HDT_TENSOR_BUFFER,
	                  .scope = scope,
	                  .dtype = dtype,
	                  .rank = shape.count,
	                  .shape = dims};
	return t->name ? t : NULL;
}

hdt_program *hdt_program_new(hdt_context *context, const char *name)
{
	if (!context || !name || hdt_context_status(context) != HDT_OK)
		return NULL;
	program_builder *b = hdt_allocate(context, sizeof *b);
	if (!b)
		return NULL;
	b->program.context = context;
	b->program.name = hdt_intern(context, name);
	return b->program.name ? &b->program : NULL;
}

static bool add_buffer(hdt_program *program, const hdt_tensor *buffer)
{
	program_builder *b = program_builder_of(program);
	if (!vec_push(program->context, &b->buffers, buffer))
		return false;
	program->buffers = b->buffers.items;
	program->buffer_count = b->buffers.count;
	return true;
}

static bool is_buffer(const hdt_program *program, const hdt_tensor *buffer)
{
	for (int i = 0; i < program->buffer_count; i++)
		if (program->buffers[i] == buffer)
			return true;
	return false;
}

void hdt_program_bind(hdt_program *program, const hdt_task *task)
{
	if (!program || !task || hdt_context_status(program->context) != HDT_OK)
		return;
	if (program->buffer_count) {
		hdt_fail(program->context, HDT_INTERNAL, "program @%s: bound twice, or after its first workspace",
		         program->name);
		return;
	}
	for (int i = 0; i < task->input_count; i++)
		if (!add_buffer(program, task->inputs[i]))
			return;
	for (int i = 0; i < task->output_count; i++) {
		const hdt_tensor *output = task->outputs[i];
		/* A tensor given as output twice needs two buffers. */
		if (is_buffer(program, output))
			output = make_buffer(program->context, hdt_format(program->context, "%s_again", output->name),
			                     output->dtype, hdt_shape(output), HDT_SCOPE_GLOBAL);
		if (!output || !add_buffer(program, output))
			return;
	}
}

const hdt_tensor *hdt_program_workspace(hdt_program *program, const char *name, hdt_dtype dtype, hdt_list shape)
{
	if (!program || hdt_context_status(program->context) != HDT_OK)
		return NULL;
	const hdt_tensor *buffer = make_buffer(program->context, name, dtype, shape, HDT_SCOPE_GLOBAL);
	if (!buffer || !add_buffer(program, buffer))
		return NULL;
	program->workspace_count++;
	return buffer;
}

hdt_function *hdt_function_new(hdt_program *program, const char *name, hdt_function_kind kind)
{
	if (!program || !name || hdt_context_status(program->context) != HDT_OK)
		return NULL;
	program_builder *b = program_builder_of(program);
	function_builder *f = hdt_allocate(program->context, sizeof *f);
	open_body *body = hdt_allocate(program->context, sizeof *body);
	if (!f || !body)
		return NULL;
	f->function = (hdt_function){.program = program, .name = hdt_intern(program->context, name), .kind = kind};
	*body = (open_body){.tail = (hdt_stmt **)(uintptr_t)&f->function.body};
	f->open = body;
	if (!f->function.name || !vec_push(program->context, &b->functions, &f->function))
		return NULL;
	program->functions = b->functions.items;
	program->function_count = b->functions.count;
	return &f->function;
}

const hdt_tensor *hdt_use(hdt_function *function, const hdt_tensor *buffer)
{
	if (!usable(function) || !buffer)
		return NULL;
	function_builder *f = function_builder_of(function);
	for (int i = 0; i < f->parameters.count; i++)
		if (f->parameters.items[i] == buffer)
			return buffer;
	if (!is_buffer(function->program, buffer)) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: %s is not a buffer of program @%s",
		         function->name, buffer->name, function->program->name);
		return NULL;
	}
	if (!vec_push(function->program->context, &f->parameters, buffer))
		return NULL;
	function->parameters = f->parameters.items;
	function->parameter_count = f->parameters.count;
	return buffer;
}

/* Copy the statement to the cursor. NULL after a fault. */
static hdt_stmt *append(hdt_function *function, hdt_stmt stmt)
{
	function_builder *f = function_builder_of(function);
	hdt_stmt *copy = hdt_allocate(function->program->context, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = stmt;
	*f->open->tail = copy;
	f->open->tail = &copy->next;
	return copy;
}

static void open_within(hdt_function *function, hdt_stmt *owner)
{
	function_builder *f = function_builder_of(function);
	open_body *body = owner ? hdt_allocate(function->program->context, sizeof *body) : NULL;
	if (!body)
		return;
	*body = (open_body){.owner = owner, .tail = &owner->body, .depth = f->open->depth + 1, .outer = f->open};
	if (body->depth > SCRIPT_MAX_DEPTH) {
		hdt_fail(function->program->context, HDT_INTERNAL,
		         "function @%s: more than %d loops and branches within each other", function->name, SCRIPT_MAX_DEPTH);
		return;
	}
	f->open = body;
}

const hdt_expr *hdt_begin_for(hdt_function *function, const char *name, const hdt_expr *extent, hdt_loop_kind kind)
{
	if (!usable(function) || !extent)
		return NULL;
	const hdt_expr *axis = hdt_axis(name, extent);
	hdt_begin_loop(function, axis, kind);
	return axis;
}

void hdt_begin_loop(hdt_function *function, const hdt_expr *axis, hdt_loop_kind kind)
{
	if (!usable(function) || !axis)
		return;
	if (axis->op != HDT_OP_AXIS) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: a loop over something that is not an axis",
		         function->name);
		return;
	}
	open_within(function, append(function, (hdt_stmt){.kind = HDT_STMT_FOR, .loop = kind, .axis = axis}));
}

void hdt_begin_if(hdt_function *function, const hdt_expr *condition)
{
	if (!usable(function) || !condition)
		return;
	open_within(function, append(function, (hdt_stmt){.kind = HDT_STMT_IF, .value = condition}));
}

void hdt_begin_else(hdt_function *function)
{
	if (!usable(function))
		return;
	open_body *body = function_builder_of(function)->open;
	if (!body->owner || body->owner->kind != HDT_STMT_IF || body->otherwise) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: an else without its if", function->name);
		return;
	}
	body->otherwise = true;
	body->tail = &body->owner->otherwise;
}

void hdt_end(hdt_function *function)
{
	if (!usable(function))
		return;
	function_builder *f = function_builder_of(function);
	if (!f->open->outer) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: an end with nothing open", function->name);
		return;
	}
	f->open = f->open->outer;
}

const hdt_tensor *hdt_local(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape)
{
	if (!usable(function))
		return NULL;
	const hdt_tensor *t = make_buffer(function->program->context, name, dtype, shape, HDT_SCOPE_REGISTER);
	if (!t || !append(function, (hdt_stmt){.kind = HDT_STMT_LOCAL, .tensor = t}))
		return NULL;
	return t;
}

void hdt_store(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value)
{
	if (!usable(function) || !buffer || !value)
		return;
	const hdt_expr *const *at = copy_list(function->program->context, indices);
	if (!at)
		return;
	if (indices.count != buffer->rank) {
		hdt_fail(function->program->context, HDT_INTERNAL,
		         "function @%s: a store to %s with %d indices, its rank is %d", function->name, buffer->name,
		         indices.count, buffer->rank);
		return;
	}
	const hdt_expr *converted = hdt_cast(value, buffer->dtype);
	if (converted)
		append(function, (hdt_stmt){.kind = HDT_STMT_STORE, .tensor = buffer, .indices = at, .value = converted});
}

const hdt_expr *hdt_let(hdt_function *function, const char *name, const hdt_expr *value)
{
	if (!usable(function) || !value)
		return NULL;
	const hdt_expr *variable = expr_variable(function->program->context, name, (hdt_dtype)value->dtype);
	if (!variable || !append(function, (hdt_stmt){.kind = HDT_STMT_LET, .axis = variable, .value = value}))
		return NULL;
	return variable;
}
