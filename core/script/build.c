/* build.c: the builder of tensor programs: programs, functions, loops and branches; statement.c has the other statements. See
 * hidet/script.h. Sticky: after a fault in the context, or given NULL, every function does nothing and returns NULL. */
#include "script/builder.h"

#include "base/context.h"
#include <ctype.h>
#include <string.h>

enum { MOST_THREADS = 1024 }; /* of a block, in any dimension */

bool function_usable(const hdt_function *f)
{
	return f && hdt_context_status(f->program->context) == HDT_OK;
}

const hdt_expr *const *list_copy(hdt_context *context, hdt_list list)
{
	for (int i = 0; i < list.count; i++)
		if (!list.items[i])
			return NULL;
	const hdt_expr **copy = hdt_allocate(context, (size_t)list.count * sizeof *copy);
	if (copy && list.count)
		memcpy(copy, list.items, (size_t)list.count * sizeof *copy);
	return copy;
}

hdt_tensor *buffer_make(hdt_context *context, const char *name, hdt_dtype dtype, hdt_list shape, hdt_scope scope)
{
	if (shape.count < 0 || shape.count > HDT_MAX_RANK) {
		hdt_fail(context, HDT_INTERNAL, "buffer %s: rank %d is not in 0..%d", name, shape.count, HDT_MAX_RANK);
		return NULL;
	}
	hdt_tensor *t = hdt_allocate(context, sizeof *t);
	const hdt_expr *const *dims = list_copy(context, shape);
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

bool program_add_buffer(hdt_program *program, const hdt_tensor *buffer)
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
		if (!program_add_buffer(program, task->inputs[i]))
			return;
	for (int i = 0; i < task->output_count; i++) {
		const hdt_tensor *output = task->outputs[i];
		/* A tensor given as output twice needs two buffers. */
		if (is_buffer(program, output))
			output = buffer_make(program->context, hdt_format(program->context, "%s_again", output->name),
			                     output->dtype, hdt_shape(output), HDT_SCOPE_GLOBAL);
		if (!output || !program_add_buffer(program, output))
			return;
	}
}

const hdt_tensor *hdt_program_workspace(hdt_program *program, const char *name, hdt_dtype dtype, hdt_list shape)
{
	if (!program || hdt_context_status(program->context) != HDT_OK)
		return NULL;
	const hdt_tensor *buffer = buffer_make(program->context, name, dtype, shape, HDT_SCOPE_GLOBAL);
	if (!buffer || !program_add_buffer(program, buffer))
		return NULL;
	program->workspace_count++;
	return buffer;
}

/* Extents of grid and block, and the axes that run over them. */
static void set_axes(hdt_function *f, hdt_list grid, hdt_list block)
{
	static const char *const names[2][3] = {{"threadIdx.x", "threadIdx.y", "threadIdx.z"},
	                                        {"blockIdx.x", "blockIdx.y", "blockIdx.z"}};
	const hdt_expr *one = hdt_int(f->program->context, 1);
	for (int d = 0; d < 3; d++) {
		f->block[d] = hdt_cast(d < block.count ? block.items[d] : one, HDT_I64);
		f->grid[d] = hdt_cast(d < grid.count ? grid.items[d] : one, HDT_I64);
		f->cluster[d] = f->cluster[d] ? f->cluster[d] : one;
		f->thread_at[d] = hdt_axis(names[0][d], f->block[d]);
		f->block_at[d] = hdt_axis(names[1][d], f->grid[d]);
	}
}

/* It becomes part of a name in emitted text. */
static bool is_identifier(const char *name)
{
	bool good = isalpha((unsigned char)name[0]) || name[0] == '_';
	for (const char *c = name; *c && good; c++)
		good = isalnum((unsigned char)*c) || *c == '_';
	return good;
}

hdt_function *hdt_function_new(hdt_program *program, const char *name, hdt_function_kind kind)
{
	if (!program || !name || hdt_context_status(program->context) != HDT_OK)
		return NULL;
	if (!is_identifier(name)) {
		hdt_fail(program->context, HDT_BAD_MODEL, "'%s' cannot be the name of a function: letters, digits and _ are",
		         name);
		return NULL;
	}
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
	if (kind == HDT_FUNCTION_CUDA) {
		const hdt_expr *any = hdt_int(program->context, INT32_MAX), *threads = hdt_int(program->context, MOST_THREADS);
		set_axes(&f->function, (hdt_list){(const hdt_expr *[]){any, any, any}, 3},
		         (hdt_list){(const hdt_expr *[]){threads, threads, threads}, 3});
	}
	if (kind == HDT_FUNCTION_HOST)
		program->entry = &f->function;
	program->functions = b->functions.items;
	program->function_count = b->functions.count;
	return &f->function;
}

void hdt_function_grid(hdt_function *function, hdt_list grid, hdt_list block)
{
	if (!function_usable(function))
		return;
	hdt_context *context = function->program->context;
	if (function->kind != HDT_FUNCTION_CUDA || grid.count < 1 || grid.count > 3 || block.count < 1 || block.count > 3) {
		hdt_fail(context, HDT_INTERNAL, "function @%s: a grid and a block have one to three extents, of a kernel",
		         function->name);
		return;
	}
	for (int d = 0; d < block.count; d++) {
		int64_t extent;
		if (!block.items[d] || !grid.items[d < grid.count ? d : 0])
			return;
		if (!hdt_is_const(block.items[d], &extent) || extent < 1 || extent > MOST_THREADS) {
			hdt_fail(context, HDT_BAD_MODEL, "function @%s: the extents of a block are constants in 1..%d, not %s",
			         function->name, MOST_THREADS, hdt_expr_text(block.items[d]));
			return;
		}
	}
	set_axes(function, grid, block);
	function->launched = true;
}

void hdt_function_cluster(hdt_function *function, hdt_list cluster)
{
	if (!function_usable(function))
		return;
	if (function->kind != HDT_FUNCTION_CUDA || cluster.count > 3) {
		hdt_fail(function->program->context, HDT_INTERNAL,
		         "function @%s: a cluster has up to three extents, of a kernel", function->name);
		return;
	}
	for (int d = 0; d < 3; d++) {
		int64_t extent;
		const hdt_expr *e = d < cluster.count ? cluster.items[d] : hdt_int(function->program->context, 1);
		if (!e)
			return;
		if (!hdt_is_const(e, &extent) || extent < 1) {
			hdt_fail(function->program->context, HDT_BAD_MODEL,
			         "function @%s: the extents of a cluster are constants of at least 1, not %s", function->name,
			         hdt_expr_text(e));
			return;
		}
		function->cluster[d] = hdt_cast(e, HDT_I64);
	}
}

const hdt_tensor *hdt_use(hdt_function *function, const hdt_tensor *buffer)
{
	if (!function_usable(function) || !buffer)
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

static const hdt_tensor *add_parameter(hdt_function *function, hdt_tensor *t)
{
	function_builder *f = function_builder_of(function);
	if (!t || !vec_push(function->program->context, &f->parameters, t))
		return NULL;
	function->parameters = f->parameters.items;
	function->parameter_count = f->parameters.count;
	return t;
}

const hdt_tensor *hdt_parameter_pointer(hdt_function *function, const char *name, hdt_dtype dtype)
{
	if (!function_usable(function))
		return NULL;
	const hdt_expr *extent = hdt_int(function->program->context, MAX_DIMENSION);
	hdt_tensor *t = buffer_make(function->program->context, name, dtype, (hdt_list){&extent, 1}, HDT_SCOPE_GLOBAL);
	if (t)
		t->pointer = true;
	return add_parameter(function, t);
}

const hdt_tensor *hdt_parameter_tensor(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape)
{
	if (!function_usable(function))
		return NULL;
	return add_parameter(function, buffer_make(function->program->context, name, dtype, shape, HDT_SCOPE_GLOBAL));
}

const hdt_expr *hdt_parameter_scalar(hdt_function *function, const char *name, hdt_dtype dtype)
{
	if (!function_usable(function))
		return NULL;
	function_builder *f = function_builder_of(function);
	const hdt_expr *variable = expr_variable(function->program->context, name, dtype);
	if (!variable || !vec_push(function->program->context, &f->scalars, variable))
		return NULL;
	function->scalars = f->scalars.items;
	function->scalar_count = f->scalars.count;
	return variable;
}

hdt_stmt *stmt_append(hdt_function *function, hdt_stmt stmt)
{
	function_builder *f = function_builder_of(function);
	hdt_stmt *copy = hdt_allocate(function->program->context, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = stmt;
	copy->line = f->line;
	*f->open->tail = copy;
	f->open->tail = &copy->next;
	return copy;
}

void stmt_open(hdt_function *function, hdt_stmt *owner)
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
	if (!function_usable(function) || !extent)
		return NULL;
	const hdt_expr *axis = hdt_axis(name, extent);
	hdt_begin_loop(function, axis, kind);
	return axis;
}

void hdt_begin_loop(hdt_function *function, const hdt_expr *axis, hdt_loop_kind kind)
{
	if (!function_usable(function) || !axis)
		return;
	if (axis->op != HDT_OP_AXIS) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: a loop over something that is not an axis",
		         function->name);
		return;
	}
	stmt_open(function, stmt_append(function, (hdt_stmt){.kind = HDT_STMT_FOR, .loop = kind, .axis = axis}));
}

void hdt_begin_tasks(hdt_function *function, const hdt_task_mapping *mapping, const hdt_expr *worker,
                     const hdt_expr **indices)
{
	static const char *const names[HDT_MAX_RANK] = {"i", "j", "k", "l", "m", "n", "o", "p"};
	if (!function_usable(function) || !mapping || !worker)
		return;
	hdt_context *context = function->program->context;
	for (int d = 0; d < mapping->rank; d++)
		indices[d] = hdt_axis(names[d], hdt_int(context, mapping->shape[d]));
	const hdt_expr *const *axes = list_copy(context, (hdt_list){indices, mapping->rank});
	worker = hdt_cast(worker, HDT_I64);
	if (axes && worker)
		stmt_open(
			function,
			stmt_append(function,
		                (hdt_stmt){.kind = HDT_STMT_TASKS, .mapping = mapping, .value = worker, .indices = axes}));
}

void hdt_begin_while(hdt_function *function, const hdt_expr *condition)
{
	if (function_usable(function) && condition)
		stmt_open(function, stmt_append(function, (hdt_stmt){.kind = HDT_STMT_WHILE, .value = condition}));
}

void hdt_begin_if(hdt_function *function, const hdt_expr *condition)
{
	if (!function_usable(function) || !condition)
		return;
	stmt_open(function, stmt_append(function, (hdt_stmt){.kind = HDT_STMT_IF, .value = condition}));
}

void hdt_begin_else(hdt_function *function)
{
	if (!function_usable(function))
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
	if (!function_usable(function))
		return;
	function_builder *f = function_builder_of(function);
	if (!f->open->outer) {
		hdt_fail(function->program->context, HDT_INTERNAL, "function @%s: an end with nothing open", function->name);
		return;
	}
	f->open = f->open->outer;
}
