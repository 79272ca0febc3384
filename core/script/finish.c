/* finish.c: completes a program that was built: every body must be closed, its symbols are collected, and names are made unambiguous.
 *
 * Afterwards no name means two things at one place: loop variables, lets and locals that would hide a buffer, a symbol or a name of an
 * enclosing body get a number:
 *     for i in 0..4 { for i in 0..7 { y[i, i] = ... } }   ->   for i in 0..4 { for i_1 in 0..7 { y[i, i_1] = ... } } */
#include "script/builder.h"

#include "base/context.h"
#include "base/map.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct naming {
	hdt_context *context;
	map taken;                  /* the names in scope */
	VEC(const char *) names;    /* the same in order: buffers, symbols, then those of the open bodies */
	VEC(const hdt_expr *) from; /* axes and variables that were renamed in the open bodies */
	VEC(const hdt_expr *) to;
} naming;

static bool is_taken(const naming *n, const char *name)
{
	return map_get(&n->taken, name) != NULL;
}

static bool see_name(naming *n, const char *name)
{
	return is_taken(n, name) || (vec_push(n->context, &n->names, name) && map_set(&n->taken, name, n));
}

/* Back to the first `count` names. */
static void forget_names(naming *n, int count)
{
	while (n->names.count > count)
		(void)map_set(&n->taken, n->names.items[--n->names.count], NULL); /* the key is there */
}

/* A name like `name` that is free; it is taken from now on. NULL when memory is out. */
static const char *take_name(naming *n, const char *name)
{
	char numbered[256];
	const char *free_name = name;
	for (int i = 1; free_name && is_taken(n, free_name); i++) {
		snprintf(numbered, sizeof numbered, "%.240s_%d", name, i);
		free_name = hdt_intern(n->context, numbered);
	}
	return free_name && see_name(n, free_name) ? free_name : NULL;
}

static const hdt_expr *renamed(const naming *n, const hdt_expr *e)
{
	return e && n->from.count ? hdt_substitute(e, n->from.items, n->to.items, n->from.count) : e;
}

static void rename_to(naming *n, const hdt_expr *from, const hdt_expr *to)
{
	if (to && vec_push(n->context, &n->from, from) && !vec_push(n->context, &n->to, to))
		n->from.count--;
}

/* The axis as it is called from now on. NULL after a fault. */
static const hdt_expr *renamed_axis(naming *n, const hdt_expr *before)
{
	const hdt_expr *axis = renamed(n, before);
	const char *name = axis ? take_name(n, axis->name) : NULL;
	if (name && name != axis->name)
		axis = hdt_axis(name, axis->args[0]);
	if (axis && axis != before)
		rename_to(n, before, axis);
	return name ? axis : NULL;
}

static void name_variable(naming *n, hdt_stmt *s)
{
	const char *name = take_name(n, s->axis->name);
	if (!name || name == s->axis->name)
		return;
	const hdt_expr *const *range = s->axis->args;
	hdt_dtype dtype = (hdt_dtype)s->axis->dtype;
	const hdt_expr *fresh = s->axis->count == 2
	                            ? expr_variable_within(n->context, name, dtype, range[0]->integer, range[1]->integer)
	                            : expr_variable(n->context, name, dtype);
	rename_to(n, s->axis, fresh);
	s->axis = fresh;
}

/* A buffer that the program made is its own to rename: loads refer to it by pointer. */
static void name_own(naming *n, const hdt_tensor *buffer, bool own)
{
	const char *name = take_name(n, buffer->name);
	if (name && own)
		((hdt_tensor *)(uintptr_t)buffer)->name = name;
}

static void name_buffer(naming *n, const hdt_tensor *buffer)
{
	name_own(n, buffer, buffer->kind == HDT_TENSOR_BUFFER);
}

/* The axes of a view are names within it alone. */
static void name_view(naming *n, hdt_tensor *t)
{
	int names = n->names.count, renames = n->from.count;
	const hdt_expr **axes = hdt_allocate(n->context, (size_t)(t->rank + 1) * sizeof *axes);
	const hdt_expr **shape = hdt_allocate(n->context, (size_t)(t->rank + 1) * sizeof *shape);
	const hdt_expr **at = hdt_allocate(n->context, (size_t)(t->base->rank + 1) * sizeof *at);
	if (!axes || !shape || !at)
		return;
	for (int d = 0; d < t->rank; d++) {
		axes[d] = renamed_axis(n, t->axes[d]);
		if (!axes[d])
			return;
		shape[d] = axes[d]->args[0];
	}
	for (int d = 0; d < t->base->rank; d++)
		at[d] = renamed(n, t->base_indices[d]);
	t->axes = axes;
	t->shape = shape;
	t->base_indices = at;
	forget_names(n, names);
	n->from.count = n->to.count = renames;
}

static const hdt_expr *rename_in(const hdt_expr *e, void *closure)
{
	return renamed(closure, e);
}

static void name_tasks(naming *n, hdt_stmt *s)
{
	const hdt_expr **axes = hdt_allocate(n->context, (size_t)(s->mapping->rank + 1) * sizeof *axes);
	for (int d = 0; axes && d < s->mapping->rank; d++)
		axes[d] = renamed_axis(n, s->indices[d]);
	s->indices = axes;
}

static void name_body(naming *n, hdt_stmt *first);

/* Names that the statement makes for its own body. */
static void name_loop(naming *n, hdt_stmt *s)
{
	int names = n->names.count, renames = n->from.count;
	if (s->kind == HDT_STMT_FOR)
		s->axis = renamed_axis(n, s->axis);
	else if (s->kind == HDT_STMT_TASKS)
		name_tasks(n, s);
	name_body(n, s->body);
	forget_names(n, names);
	n->from.count = n->to.count = renames;
	name_body(n, s->otherwise);
}

static void name_stmt(naming *n, hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_VIEW:
		name_view(n, (hdt_tensor *)(uintptr_t)s->tensor);
		name_buffer(n, s->tensor);
		return;
	case HDT_STMT_FOR:
	case HDT_STMT_TASKS:
		s->value = renamed(n, s->value);
		name_loop(n, s);
		return;
	default:
		break;
	}
	if (n->from.count)
		stmt_map(s, rename_in, n);
	switch (s->kind) {
	case HDT_STMT_BUFFER:
		name_buffer(n, s->tensor);
		break;
	case HDT_STMT_LET:
	case HDT_STMT_MAP:
		name_variable(n, s);
		break;
	default:
		name_loop(n, s);
		break;
	}
}

static void name_body(naming *n, hdt_stmt *first)
{
	int names = n->names.count, renames = n->from.count;
	for (hdt_stmt *s = first; s && hdt_context_status(n->context) == HDT_OK; s = s->next)
		name_stmt(n, s);
	forget_names(n, names);
	n->from.count = n->to.count = renames;
}

/* ---- symbols ------------------------------------------------------------------------------------------------------ */

static void collect_symbol(const hdt_expr *e, void *closure)
{
	program_builder *b = closure;
	if (e->op != HDT_OP_SYMBOL)
		return;
	for (int i = 0; i < b->symbols.count; i++)
		if (b->symbols.items[i] == e)
			return;
	(void)vec_push(b->program.context, &b->symbols, e); /* a failure is a fault of the context */
}

static void collect_from(const hdt_expr *e, void *closure)
{
	expr_walk(e, collect_symbol, closure);
}

static void collect_from_stmt(const hdt_stmt *s, void *closure)
{
	stmt_expressions(s, collect_from, closure);
}

static void collect_from_list(program_builder *b, const hdt_expr *const *list, int count)
{
	for (int i = 0; i < count; i++)
		if (list[i])
			expr_walk(list[i], collect_symbol, b);
}

static int compare_symbols(const void *a, const void *b)
{
	return strcmp((*(const hdt_expr *const *)a)->name, (*(const hdt_expr *const *)b)->name);
}

static void collect_symbols(program_builder *b)
{
	hdt_program *p = &b->program;
	b->symbols.count = 0;
	for (int i = 0; i < p->buffer_count; i++)
		if (p->buffers[i])
			collect_from_list(b, p->buffers[i]->shape, p->buffers[i]->rank);
	for (int i = 0; i < p->function_count; i++) {
		collect_from_list(b, p->functions[i]->grid, 3);
		collect_from_list(b, &p->functions[i]->shared_bytes, 1);
		stmt_walk(p->functions[i]->body, collect_from_stmt, b);
	}
	if (b->symbols.count)
		qsort(b->symbols.items, (size_t)b->symbols.count, sizeof *b->symbols.items, compare_symbols);
	p->symbols = b->symbols.items;
	p->symbol_count = b->symbols.count;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static bool is_programs(const hdt_program *p, const hdt_tensor *t)
{
	for (int i = 0; i < p->buffer_count; i++)
		if (p->buffers[i] == t)
			return true;
	return false;
}

/* Has it parameters that are not the program's? */
static bool has_own(const hdt_function *f)
{
	for (int i = 0; i < f->parameter_count; i++)
		if (!is_programs(f->program, f->parameters[i]))
			return true;
	return f->scalar_count > f->program->scalar_count;
}

/* A program of functions alone is launched with the buffers and scalars of its entry: the host function, or the one there is to run. */
static hdt_status adopt_entry(hdt_program *p)
{
	const hdt_function *entry = p->entry;
	int runnable = 0;
	for (int i = 0; i < p->function_count && !p->entry; i++) {
		const hdt_function *f = p->functions[i];
		if ((f->kind != HDT_FUNCTION_CUDA || f->launched) && has_own(f))
			runnable++, entry = f;
	}
	if (p->buffer_count > p->workspace_count || !entry)
		return HDT_OK;
	if (runnable > 1)
		return hdt_fail(p->context, HDT_BAD_MODEL,
		                "program @%s: %d functions can be run, and no host function tells which", p->name, runnable);
	program_builder *b = program_builder_of(p);
	const hdt_program before = *p;
	b->buffers.items = NULL;
	b->buffers.count = b->buffers.capacity = 0;
	p->buffer_count = 0;
	for (int i = 0; i < entry->parameter_count; i++)
		if (!is_programs(&before, entry->parameters[i]) && !program_add_buffer(p, entry->parameters[i]))
			return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < p->workspace_count; i++)
		if (!program_add_buffer(p, before.buffers[i]))
			return HDT_OUT_OF_MEMORY;
	p->scalars = entry->scalars;
	p->scalar_count = entry->scalar_count;
	return HDT_OK;
}

/* A function sees what it takes as parameters: two functions may have the same names, one function has none twice. */
static void name_function(naming *n, hdt_function *f)
{
	const hdt_program *p = f->program;
	int names = n->names.count;
	for (int i = 0; i < f->parameter_count; i++)
		if (is_programs(p, f->parameters[i]))
			(void)see_name(n, f->parameters[i]->name); /* a failure is a fault of the context */
	for (int i = 0; i < f->parameter_count; i++)
		if (!is_programs(p, f->parameters[i]))
			name_buffer(n, f->parameters[i]);
	for (int i = 0; i < f->scalar_count; i++)
		if (is_taken(n, f->scalars[i]->name))
			hdt_fail(n->context, HDT_BAD_MODEL, "function @%s: the name %s is given twice", f->name,
			         f->scalars[i]->name);
		else
			(void)take_name(n, f->scalars[i]->name);
	for (int d = 0; f->kind == HDT_FUNCTION_CUDA && d < 3; d++) {
		(void)take_name(n, f->thread_at[d]->name);
		(void)take_name(n, f->block_at[d]->name);
	}
	name_body(n, (hdt_stmt *)(uintptr_t)f->body);
	forget_names(n, names);
}

hdt_status program_finish(hdt_program *program)
{
	if (!program)
		return HDT_INTERNAL;
	hdt_context *context = program->context;
	if (hdt_context_status(context) != HDT_OK)
		return hdt_context_status(context);
	for (int i = 0; i < program->function_count; i++)
		if (function_builder_of(program->functions[i])->open->outer)
			return hdt_fail(context, HDT_INTERNAL, "function @%s: a body was left open", program->functions[i]->name);
	if (adopt_entry(program) != HDT_OK)
		return hdt_context_status(context);
	collect_symbols(program_builder_of(program));
	naming n = {.context = context};
	map_init(&n.taken, context);
	for (int i = 0; i < program->symbol_count; i++)
		(void)take_name(&n, program->symbols[i]->name);
	int symbols = n.names.count;
	int constants = program->buffer_count - program->workspace_count - program->constant_count;
	for (int i = 0; i < program->buffer_count; i++)
		if (program->buffers[i] && i >= constants)
			name_own(&n, program->buffers[i], true);
		else if (program->buffers[i])
			name_buffer(&n, program->buffers[i]);
	forget_names(&n, symbols);
	for (int i = 0; i < program->function_count; i++)
		name_function(&n, program->functions[i]);
	return hdt_context_status(context);
}
