/* names.c: names of tensors and axes in a task: names of the text form, each one thing's alone where it is seen. */
#include "task/build.h"
#include <string.h>

/* `name` with what the text form does not take in a name replaced, and not one of the words it reads otherwise. */
static const char *clean_name(hdt_context *context, const char *name)
{
	static const char *const words[] = {"true", "false", "none", "inf", "nan", "where", "require", "alias", "inverse"};
	char clean[64];
	size_t length = 0;
	for (; *name && length < sizeof clean - 2; name++) {
		bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_';
		bool digit = *name >= '0' && *name <= '9';
		if (!letter && !length)
			clean[length++] = '_';
		if (letter || digit || length)
			clean[length++] = letter || digit ? *name : '_';
	}
	clean[length] = 0;
	bool taken = !length || hdt_dtype_named(clean) != HDT_DTYPE_NONE;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		taken |= !strcmp(clean, words[i]);
	return taken ? hdt_format(context, "%s_", clean) : hdt_intern(context, clean);
}

static bool is_tensor_name(const task_builder *b, const char *name)
{
	for (int i = 0; i < b->inputs.count; i++)
		if (b->inputs.items[i] && !strcmp(b->inputs.items[i]->name, name))
			return true;
	for (int i = 0; i < b->tensors.count; i++)
		if (!strcmp(b->tensors.items[i]->name, name))
			return true;
	return false;
}

const char *task_unique_name(task_builder *b, const char *name)
{
	hdt_context *c = b->task.context;
	const char *clean = clean_name(c, name ? name : "t"), *unique = clean;
	for (int n = 1; unique && is_tensor_name(b, unique); n++)
		unique = hdt_format(c, "%s_%d", clean, n);
	return unique ? hdt_intern(c, unique) : NULL;
}

typedef VEC(const hdt_expr *) axis_list;

/* The axes below an expression, and the names taken in it. */
typedef struct name_scan {
	hdt_context *context;
	axis_list axes;
	VEC(const char *) names;
	bool failed;
} name_scan;

static void scan_names(const hdt_expr *e, void *closure)
{
	name_scan *s = closure;
	if (e->op == HDT_OP_AXIS)
		s->failed |= !vec_push(s->context, &s->axes, e);
	if (e->op == HDT_OP_SYMBOL)
		s->failed |= !vec_push(s->context, &s->names, e->name);
}

static bool has_name(const name_scan *s, const char *name)
{
	for (int i = 0; i < s->names.count; i++)
		if (!strcmp(s->names.items[i], name))
			return true;
	return false;
}

/* Names for the axes of the scan that need another one: `from` becomes `to`. */
static bool rename_axes(name_scan *s, axis_list *from, axis_list *to)
{
	hdt_context *context = s->context;
	for (int i = 0; i < s->axes.count; i++) {
		const hdt_expr *axis = s->axes.items[i];
		bool seen = false;
		for (int j = 0; j < i; j++)
			seen |= s->axes.items[j] == axis;
		if (seen)
			continue;
		const char *clean = clean_name(context, axis->name), *name = clean;
		for (int n = 1; name && has_name(s, name); n++)
			name = hdt_format(context, "%s_%d", clean, n);
		if (!name || !vec_push(context, &s->names, name))
			return false;
		if (!strcmp(name, axis->name))
			continue;
		/* Extents that use a renamed axis follow: what an axis uses was scanned, and renamed, before it. */
		const hdt_expr *renamed = hdt_axis(name, hdt_substitute(axis->args[0], from->items, to->items, from->count));
		if (!renamed || !vec_push(context, from, axis) || !vec_push(context, to, renamed))
			return false;
	}
	return true;
}

bool task_name_axes(hdt_context *context, const hdt_expr **axes, int count, const hdt_expr **values, int value_count)
{
	name_scan s = {.context = context};
	axis_list from = {0}, to = {0};
	for (int i = 0; i < count; i++)
		expr_walk(axes[i], scan_names, &s);
	for (int i = 0; i < value_count; i++)
		expr_walk(values[i], scan_names, &s);
	if (s.failed || !rename_axes(&s, &from, &to))
		return false;
	for (int i = 0; i < count && from.count; i++)
		if (!(axes[i] = hdt_substitute(axes[i], from.items, to.items, from.count)))
			return false;
	for (int i = 0; i < value_count && from.count; i++)
		if (!(values[i] = hdt_substitute(values[i], from.items, to.items, from.count)))
			return false;
	return true;
}
