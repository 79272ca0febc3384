/* walk.c: going through statements and the expressions in them, and faults that tell their place. */
#include "script/script.h"

#include <string.h>

const char *stmt_text(hdt_stmt_kind kind)
{
	static const char *const words[] = {
#define HDT_STMT(name, text, doc) text,
#include <hidet/statements.def>
#undef HDT_STMT
	};
	return (unsigned)kind < HDT_STMT_COUNT ? words[kind] : "unknown";
}

const char *function_text(hdt_function_kind kind)
{
	static const char *const words[] = {
#define HDT_FUNCTION(name, text, doc) text,
#include <hidet/functions.def>
#undef HDT_FUNCTION
	};
	return (unsigned)kind < HDT_FUNCTION_COUNT ? words[kind] : "unknown";
}

void stmt_walk(const hdt_stmt *first, void (*visit)(const hdt_stmt *s, void *closure), void *closure)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		visit(s, closure);
		stmt_walk(s->body, visit, closure);
		stmt_walk(s->otherwise, visit, closure);
	}
}

void stmt_expressions(const hdt_stmt *s, void (*visit)(const hdt_expr *e, void *closure), void *closure)
{
	if (s->kind == HDT_STMT_FOR && s->axis)
		visit(s->axis->args[0], closure);
	if (s->value)
		visit(s->value, closure);
	for (int i = 0; s->kind == HDT_STMT_STORE && i < s->tensor->rank; i++)
		visit(s->indices[i], closure);
	if (s->kind == HDT_STMT_VIEW) {
		for (int d = 0; d < s->tensor->rank; d++)
			visit(s->tensor->shape[d], closure);
		for (int d = 0; d < s->tensor->base->rank; d++)
			visit(s->tensor->base_indices[d], closure);
	}
	for (int i = 0; i < s->operand_count; i++)
		if (s->operands[i].value)
			visit(s->operands[i].value, closure);
}

/* ---- replacing ---------------------------------------------------------------------------------------------------- */

typedef struct mapping {
	hdt_context *context;
	const hdt_expr *(*replace)(const hdt_expr *e, void *closure);
	void *closure;
} mapping;

static const hdt_expr *mapped(const mapping *m, const hdt_expr *e)
{
	const hdt_expr *other = e ? m->replace(e, m->closure) : NULL;
	return other ? other : e;
}

/* The list itself when nothing changed. */
static const hdt_expr *const *map_list(const mapping *m, const hdt_expr *const *list, int count)
{
	const hdt_expr **copy = NULL;
	for (int i = 0; i < count; i++) {
		const hdt_expr *e = mapped(m, list[i]);
		if (e == list[i])
			continue;
		if (!copy) {
			copy = hdt_allocate(m->context, (size_t)count * sizeof *copy);
			if (!copy)
				return list;
			memcpy(copy, list, (size_t)count * sizeof *copy);
		}
		copy[i] = e;
	}
	return copy ? copy : list;
}

static const hdt_operand *map_operands(const mapping *m, const hdt_operand *operands, int count)
{
	hdt_operand *copy = NULL;
	for (int i = 0; i < count; i++) {
		const hdt_expr *e = mapped(m, operands[i].value);
		if (e == operands[i].value)
			continue;
		if (!copy) {
			copy = hdt_allocate(m->context, (size_t)count * sizeof *copy);
			if (!copy)
				return operands;
			memcpy(copy, operands, (size_t)count * sizeof *copy);
		}
		copy[i].value = e;
	}
	return copy ? copy : operands;
}

/* A view belongs to its program. Its axes keep their serials, so an axis and its mentions change alike. */
static void map_view(const mapping *m, hdt_tensor *t)
{
	t->shape = map_list(m, t->shape, t->rank);
	t->axes = map_list(m, t->axes, t->rank);
	t->base_indices = map_list(m, t->base_indices, t->base->rank);
}

void stmt_map(hdt_stmt *s, const hdt_expr *(*replace)(const hdt_expr *e, void *closure), void *closure)
{
	const hdt_expr *any = s->value ? s->value : s->axis ? s->axis : s->operand_count ? s->operands[0].value : NULL;
	hdt_context *context = any ? any->context : s->tensor ? s->tensor->context : NULL;
	for (int i = 0; i < s->operand_count && !context; i++)
		context = s->operands[i].value ? s->operands[i].value->context : s->operands[i].tensor->context;
	if (!context)
		return;
	mapping m = {context, replace, closure};
	if (s->kind == HDT_STMT_FOR)
		s->axis = mapped(&m, s->axis);
	s->value = mapped(&m, s->value);
	if (s->kind == HDT_STMT_STORE)
		s->indices = map_list(&m, s->indices, s->tensor->rank);
	if (s->kind == HDT_STMT_VIEW)
		map_view(&m, (hdt_tensor *)(uintptr_t)s->tensor);
	s->operands = map_operands(&m, s->operands, s->operand_count);
}

/* ---- faults ------------------------------------------------------------------------------------------------------- */

hdt_status script_fail(const hdt_function *function, const hdt_stmt *s, hdt_status status, const char *format, ...)
{
	hdt_context *context = function->program->context;
	int line = s && s->line ? s->line : function->line;
	va_list args;
	va_start(args, format);
	const char *what = context_vformat(context, format, args);
	va_end(args);
	if (line && function->program->file)
		return hdt_fail(context, status, "%s:%d: in @%s: %s", function->program->file, line, function->name, what);
	return hdt_fail(context, status, "function @%s: %s%s%s%s", function->name, s ? "in a " : "",
	                s ? stmt_text(s->kind) : "", s ? " statement: " : "", what);
}
