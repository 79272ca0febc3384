/* finish.c: completes a program that was built: every body must be closed, its symbols are collected, and names are made unambiguous.
 *
 * Afterwards no name means two things at one place: loop variables, lets and locals that would hide a buffer, a symbol or a name of an
 * enclosing body get a number:
 *     for i in 0..4 { for i in 0..7 { y[i, i] = ... } }   ->   for i in 0..4 { for i_1 in 0..7 { y[i, i_1] = ... } } */
#include "script/builder.h"

#include "base/context.h"
#include <stdlib.h>
#include <string.h>

typedef struct naming {
	hdt_context *context;
	VEC(const char *) names;    /* in scope: buffers, symbols, then those of the open bodies */
	VEC(const hdt_expr *) from; /* axes and variables that were renamed in the open bodies */
	VEC(const hdt_expr *) to;
} naming;

static bool is_taken(const naming *n, const char *name)
{
	for (int i = 0; i < n->names.count; i++)
		if (n->names.items[i] == name)
			return true;
	return false;
}

/* A name like `name` that is free; it is taken from now on. NULL when memory is out. */
static const char *take_name(naming *n, const char *name)
{
	const char *free_name = name;
	for (int i = 1; free_name && is_taken(n, free_name); i++) {
		const char *numbered = hdt_format(n->context, "%s_%d", name, i);
		free_name = numbered ? hdt_intern(n->context, numbered) : NULL;
	}
	return free_name && vec_push(n->context, &n->names, free_name) ? free_name : NULL;
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

static void name_axis(naming *n, hdt_stmt *s)
{
	const hdt_expr *axis = renamed(n, s->axis);
	const char *name = axis ? take_name(n, axis->name) : NULL;
	if (name && name != axis->name) {
		const hdt_expr *fresh = hdt_axis(name, axis->args[0]);
		rename_to(n, s->axis, fresh);
		axis = fresh;
	}
	s->axis = axis;
}

static void name_variable(naming *n, hdt_stmt *s)
{
	const char *name = take_name(n, s->axis->name);
	if (!name || name == s->axis->name)
		return;
	const hdt_expr *fresh = expr_variable(n->context, name, (hdt_dtype)s->axis->dtype);
	rename_to(n, s->axis, fresh);
	s->axis = fresh;
}

/* A buffer that the program made is its own to rename: loads refer to it by pointer. */
static void name_buffer(naming *n, const hdt_tensor *buffer)
{
	const char *name = take_name(n, buffer->name);
	if (name && buffer->kind == HDT_TENSOR_BUFFER)
		((hdt_tensor *)(uintptr_t)buffer)->name = name;
}

static void name_indices(naming *n, hdt_stmt *s)
{
	if (!n->from.count)
		return;
	const hdt_expr **indices = hdt_allocate(n->context, (size_t)s->tensor->rank * sizeof *indices);
	for (int d = 0; indices && d < s->tensor->rank; d++)
		indices[d] = renamed(n, s->indices[d]);
	s->indices = indices;
}

static void name_body(naming *n, hdt_stmt *first)
{
	int names = n->names.count, renames = n->from.count;
	for (hdt_stmt *s = first; s && hdt_context_status(n->context) == HDT_OK; s = s->next) {
		s->value = renamed(n, s->value);
		int outer_names = n->names.count, outer_renames = n->from.count;
		switch (s->kind) {
		case HDT_STMT_FOR:
			name_axis(n, s);
			name_body(n, s->body);
			n->names.count = outer_names;
			n->from.count = n->to.count = outer_renames;
			break;
		case HDT_STMT_IF:
			name_body(n, s->body);
			name_body(n, s->otherwise);
			break;
		case HDT_STMT_LOCAL:
			name_buffer(n, s->tensor);
			break;
		case HDT_STMT_STORE:
			name_indices(n, s);
			break;
		case HDT_STMT_LET:
			name_variable(n, s);
			break;
		case HDT_STMT_COUNT:
			break;
		}
	}
	n->names.count = names;
	n->from.count = n->to.count = renames;
}

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

static void collect_from(program_builder *b, const hdt_expr *const *list, int count)
{
	for (int i = 0; i < count; i++)
		expr_walk(list[i], collect_symbol, b);
}

static void collect_from_body(program_builder *b, const hdt_stmt *first)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		if (s->axis)
			expr_walk(s->axis, collect_symbol, b);
		if (s->value)
			expr_walk(s->value, collect_symbol, b);
		if (s->kind == HDT_STMT_STORE)
			collect_from(b, s->indices, s->tensor->rank);
		collect_from_body(b, s->body);
		collect_from_body(b, s->otherwise);
	}
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
			collect_from(b, p->buffers[i]->shape, p->buffers[i]->rank);
	for (int i = 0; i < p->function_count; i++)
		collect_from_body(b, p->functions[i]->body);
	if (b->symbols.count)
		qsort(b->symbols.items, (size_t)b->symbols.count, sizeof *b->symbols.items, compare_symbols);
	p->symbols = b->symbols.items;
	p->symbol_count = b->symbols.count;
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
	collect_symbols(program_builder_of(program));
	naming n = {.context = context};
	for (int i = 0; i < program->symbol_count; i++)
		(void)take_name(&n, program->symbols[i]->name);
	for (int i = 0; i < program->buffer_count; i++)
		if (program->buffers[i])
			name_buffer(&n, program->buffers[i]);
	for (int i = 0; i < program->function_count; i++)
		name_body(&n, (hdt_stmt *)(uintptr_t)program->functions[i]->body);
	return hdt_context_status(context);
}
