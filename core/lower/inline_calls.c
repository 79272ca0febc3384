/* inline_calls.c: a call becomes the body of what it calls; functions that are there for calls alone go.
 *
 *     fn @add(x: *f32, v: f32) { x[0] = x[0] + v; }    fn @k(y: *f32) { call @add(y, y[1]); }
 *     ->
 *     fn @k(y: *f32) { let v = y[1]; y[0] = y[0] + v; }
 *
 * Buffers stand for the parameters; one of another shape is seen through a view that numbers its elements row by row. Index arithmetic is
 * put in the place of a scalar, so that its bounds are known there; other values get a name. A cycle of calls is a fault. */
#include "lower/edit.h"

#include "base/context.h"
#include "base/vec.h"

enum { MOST_CALLS_DEEP = 64 };

/* The functions whose calls are being followed, innermost first. */
typedef struct call_path {
	const hdt_function *function;
	const struct call_path *outer;
	int depth;
} call_path;

typedef struct inliner {
	map *done;   /* functions whose bodies have no calls left */
	map *called; /* functions that are called */
	const call_path *path;
} inliner;

/* ---- operands ----------------------------------------------------------------------------------------------------- */

static bool same_shape(edit *e, const hdt_tensor *parameter, const hdt_tensor *operand)
{
	bool same = parameter->rank == operand->rank;
	for (int d = 0; same && d < operand->rank; d++)
		same = hdt_proves_equal(edit_expr(e, parameter->shape[d]), operand->shape[d]);
	return same;
}

/* The operand's elements in the parameter's shape; a pointer has as many elements as there are. */
static const hdt_tensor *view_as(edit *e, const hdt_tensor *parameter, const hdt_tensor *operand)
{
	hdt_context *c = e->context;
	int rank = parameter->rank;
	hdt_tensor *view = hdt_allocate(c, sizeof *view);
	const hdt_expr **shape = hdt_allocate(c, (size_t)rank * sizeof *shape);
	const hdt_expr **axes = hdt_allocate(c, (size_t)rank * sizeof *axes);
	if (!view || !shape || !axes)
		return NULL;
	for (int d = 0; d < rank; d++) {
		shape[d] = parameter->pointer ? hdt_product(c, hdt_shape(operand)) : edit_expr(e, parameter->shape[d]);
		axes[d] = shape[d] ? hdt_axis(hdt_format(c, "i%d", d), shape[d]) : NULL;
	}
	const hdt_expr *position = hdt_flatten(c, (hdt_list){shape, rank}, (hdt_list){axes, rank});
	hdt_list indices = operand->rank == 1 ? (hdt_list){&position, 1} : hdt_unflatten(c, hdt_shape(operand), position);
	const hdt_expr **kept = hdt_allocate(c, (size_t)operand->rank * sizeof *kept);
	for (int d = 0; kept && d < indices.count; d++)
		kept[d] = indices.items[d];
	*view = (hdt_tensor){.context = c,
	                     .name = parameter->name,
	                     .kind = HDT_TENSOR_BUFFER,
	                     .scope = operand->scope,
	                     .dtype = operand->dtype,
	                     .rank = rank,
	                     .shape = shape,
	                     .axes = axes,
	                     .base = operand,
	                     .base_indices = kept};
	return kept ? view : NULL;
}

/* What stands for the parameter in this call. */
static const hdt_tensor *bind_buffer(edit *e, const hdt_stmt *call, int i, stmt_list *out)
{
	const hdt_tensor *parameter = call->function->parameters[i], *operand = edit_tensor(e, call->operands[i].tensor);
	if (e->function->kind == HDT_FUNCTION_HOST || (parameter->pointer && operand->rank == 1) ||
	    same_shape(e, parameter, operand))
		return operand;
	const hdt_tensor *view = view_as(e, parameter, operand);
	edit_add(e, out, (hdt_stmt){.kind = HDT_STMT_VIEW, .line = call->line, .tensor = view});
	return view;
}

static const hdt_expr *bind_scalar(edit *e, const hdt_stmt *call, int i, stmt_list *out)
{
	const hdt_expr *parameter = call->function->scalars[i];
	const hdt_expr *value = edit_expr(e, call->operands[call->function->parameter_count + i].value);
	value = hdt_cast(value, (hdt_dtype)parameter->dtype);
	bool is_index = value && hdt_is_integer((hdt_dtype)value->dtype) && !edit_is_fleeting(value);
	return is_index ? value : edit_let(e, out, call, parameter->name, value);
}

static void bind_operands(edit *e, const hdt_stmt *call, stmt_list *out)
{
	const hdt_function *callee = call->function;
	const hdt_tensor **buffers = hdt_allocate(e->context, (size_t)callee->parameter_count * sizeof *buffers);
	for (int i = 0; i < callee->scalar_count; i++)
		edit_replace(e, callee->scalars[i], bind_scalar(e, call, i, out));
	for (int i = 0; buffers && i < callee->parameter_count; i++)
		buffers[i] = bind_buffer(e, call, i, out);
	/* All at once: both functions may be of the program's own buffers, given in another order. */
	for (int i = 0; buffers && i < callee->parameter_count; i++)
		edit_replace_tensor(e, callee->parameters[i], buffers[i]);
	for (int d = 0; d < 3 && callee->kind == HDT_FUNCTION_CUDA; d++) {
		edit_replace(e, edit_axis(e, callee->thread_at[d]), e->function->thread_at[d]);
		edit_replace(e, edit_axis(e, callee->block_at[d]), e->function->block_at[d]);
	}
}

/* Behind the call its parameters are nothing else than themselves. */
static void release_operands(edit *e, const hdt_function *callee)
{
	for (int i = 0; i < callee->parameter_count; i++)
		edit_replace_tensor(e, callee->parameters[i], callee->parameters[i]);
}

/* ---- bodies ------------------------------------------------------------------------------------------------------- */

static void inline_call(edit *e, const hdt_stmt *call, stmt_list *out)
{
	bind_operands(e, call, out);
	edit_copy(e, call->function->body, out);
	release_operands(e, call->function);
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt kept = *s;
	if (s->kind == HDT_STMT_CALL) {
		inline_call(e, s, out);
		return;
	}
	if (s->kind == HDT_STMT_MAP && e->depth > 0)
		script_fail(e->function, s, HDT_BAD_MODEL,
		            "the tensor map %s would be made within a loop or a branch: call what makes it outside of them",
		            s->axis->name);
	if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_PARALLEL && e->depth > 0) /* it was outermost in its function */
		kept.loop = HDT_LOOP_SERIAL, kept.factor = 0;
	edit_keep(e, &kept, out);
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static hdt_status fail_cycle(const hdt_stmt *call, const call_path *path)
{
	const hdt_function *names[MOST_CALLS_DEEP + 2];
	int count = 0;
	text circle = {0};
	for (const call_path *p = path; count == 0 || names[count - 1] != call->function; p = p->outer)
		names[count++] = p->function;
	while (count > 0)
		text_format(&circle, "@%s -> ", names[--count]->name);
	const char *chain = text_finish(&circle, path->function->program->context);
	return script_fail(path->function, call, HDT_BAD_MODEL, "functions call each other in a circle: %s@%s",
	                   chain ? chain : "", call->function->name);
}

static hdt_status check_call(const hdt_stmt *call, const call_path *path)
{
	const hdt_function *caller = path->function, *callee = call->function;
	for (const call_path *p = path; p; p = p->outer)
		if (p->function == callee)
			return fail_cycle(call, path);
	if (path->depth >= MOST_CALLS_DEEP)
		return script_fail(caller, call, HDT_UNSUPPORTED, "calls are more than %d deep", MOST_CALLS_DEEP);
	if (callee->kind != caller->kind)
		return script_fail(caller, call, HDT_BAD_MODEL, "a %s function cannot call @%s, which is a %s function",
		                   function_text(caller->kind), callee->name, function_text(callee->kind));
	if (call->operand_count != callee->parameter_count + callee->scalar_count)
		return script_fail(caller, call, HDT_INTERNAL, "@%s takes %d buffers and %d values, %d operands are given",
		                   callee->name, callee->parameter_count, callee->scalar_count, call->operand_count);
	return HDT_OK;
}

static void inline_into(hdt_function *function, const inliner *in);

/* Callees are made free of calls before their bodies are copied. */
static void follow(const hdt_stmt *s, void *closure)
{
	const inliner *in = closure;
	hdt_context *context = in->path->function->program->context;
	if (s->kind != HDT_STMT_CALL || hdt_context_status(context) != HDT_OK || check_call(s, in->path) != HDT_OK)
		return;
	hdt_function *callee = (hdt_function *)(uintptr_t)s->function;
	if (map_set(in->called, callee, callee))
		inline_into(callee, in);
}

static void inline_into(hdt_function *function, const inliner *in)
{
	if (map_get(in->done, function))
		return;
	call_path path = {function, in->path, in->path ? in->path->depth + 1 : 0};
	stmt_walk(function->body, follow, &(inliner){in->done, in->called, &path});
	edit_function(function, &(edit){.statement = rewrite});
	map_set(in->done, function, function);
}

static bool is_needed(const hdt_function *f, const map *called)
{
	switch (f->kind) {
	case HDT_FUNCTION_CUDA:
		return f->launched;
	case HDT_FUNCTION_HOST:
		return f == f->program->entry;
	default:
		return !map_get(called, f);
	}
}

static hdt_status drop_functions(hdt_program *program, const map *called)
{
	hdt_function **kept = hdt_allocate(program->context, (size_t)program->function_count * sizeof *kept);
	int count = 0;
	for (int i = 0; kept && i < program->function_count; i++)
		if (is_needed(program->functions[i], called))
			kept[count++] = program->functions[i];
	if (kept) {
		program->functions = kept;
		program->function_count = count;
	}
	return hdt_context_status(program->context);
}

hdt_status lower_inline_calls(hdt_program *program, const lowering *how)
{
	(void)how;
	map done, called;
	map_init(&done, program->context);
	map_init(&called, program->context);
	inliner in = {&done, &called, NULL};
	for (int i = 0; i < program->function_count; i++)
		inline_into(program->functions[i], &in);
	hdt_status status = hdt_context_status(program->context);
	return status == HDT_OK ? drop_functions(program, &called) : status;
}
