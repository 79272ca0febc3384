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
	/* A size and a tensor of one name could not be told apart in the text. */
	for (int n = 1; unique && (is_tensor_name(b, unique) || expr_is_symbol_name(c, unique)); n++)
		unique = hdt_format(c, "%s_%d", clean, n);
	return unique ? hdt_intern(c, unique) : NULL;
}

/* ---- axes ------------------------------------------------------------------------------------------------------- */

enum { MANY_AXES = 64 }; /* axes beyond are taken to meet all others */

/* An axis of a definition. Two axes meet when both are in scope somewhere: then their names must differ. */
typedef struct named_axis {
	const hdt_expr *axis;
	const hdt_expr *becomes; /* NULL until its turn has come */
	uint64_t meets;          /* bit n: the n-th axis */
} named_axis;

typedef struct name_scan {
	hdt_context *context;
	VEC(named_axis) axes;
	VEC(const char *) symbols;
	VEC(const hdt_expr *) reductions;
	uint64_t below; /* find_below: axes met so far */
	bool failed;
} name_scan;

static int axis_index(const name_scan *s, const hdt_expr *axis)
{
	for (int i = 0; i < s->axes.count; i++)
		if (s->axes.items[i].axis->serial == axis->serial && s->axes.items[i].axis->name == axis->name)
			return i;
	return -1;
}

static void scan(const hdt_expr *e, void *closure)
{
	name_scan *s = closure;
	named_axis a = {.axis = e};
	if (e->op == HDT_OP_AXIS && axis_index(s, e) < 0)
		s->failed |= !vec_push(s->context, &s->axes, a);
	if (e->op == HDT_OP_SYMBOL)
		s->failed |= !vec_push(s->context, &s->symbols, e->name);
	if (expr_is_reduction(e))
		s->failed |= !vec_push(s->context, &s->reductions, e);
}

static void find_below(const hdt_expr *e, void *closure)
{
	name_scan *s = closure;
	int index = e->op == HDT_OP_AXIS ? axis_index(s, e) : MANY_AXES;
	if (index < MANY_AXES)
		s->below |= UINT64_C(1) << index;
}

/* The axes that a reduction binds meet all that occur in it; the first `own` ones are in scope everywhere. */
static void find_meetings(name_scan *s, int own)
{
	for (int r = 0; r < s->reductions.count; r++) {
		const hdt_expr *e = s->reductions.items[r];
		s->below = 0;
		expr_walk(e, find_below, s);
		for (int a = 1; a < e->count; a++)
			s->axes.items[axis_index(s, e->args[a])].meets |= s->below;
	}
	for (int i = 0; i < own; i++)
		s->axes.items[i].meets = UINT64_MAX;
}

static bool meet(const name_scan *s, int i, int j)
{
	const named_axis *a = &s->axes.items[i], *b = &s->axes.items[j];
	return i >= MANY_AXES || j >= MANY_AXES || (a->meets >> j & 1) || (b->meets >> i & 1);
}

static bool is_taken(const name_scan *s, int axis, const char *name)
{
	for (int i = 0; i < s->symbols.count; i++)
		if (!strcmp(s->symbols.items[i], name))
			return true;
	for (int j = 0; j < axis; j++)
		if (meet(s, axis, j) && !strcmp(s->axes.items[j].becomes->name, name))
			return true;
	return false;
}

static const hdt_expr *rename_axis(const hdt_expr *e, void *closure)
{
	const name_scan *s = closure;
	int index = e->op == HDT_OP_AXIS ? axis_index(s, e) : -1;
	return index < 0 ? NULL : s->axes.items[index].becomes;
}

/* What the axis becomes. One that meets none of its name and extent is the same axis: equal reductions become one. */
static const hdt_expr *choose(name_scan *s, int index)
{
	const hdt_expr *axis = s->axes.items[index].axis;
	const char *clean = clean_name(s->context, axis->name), *name = clean;
	for (int n = 1; name && is_taken(s, index, name); n++)
		name = hdt_format(s->context, "%s_%d", clean, n);
	/* What an extent uses was scanned, and named, before. */
	const hdt_expr *extent = expr_map(axis->args[0], rename_axis, s);
	if (!name || !extent)
		return NULL;
	for (int j = 0; j < index; j++) {
		const hdt_expr *other = s->axes.items[j].becomes;
		if (!meet(s, index, j) && !strcmp(other->name, name) && other->args[0] == extent)
			return other;
	}
	return extent == axis->args[0] && !strcmp(name, axis->name) ? axis : hdt_axis(name, extent);
}

/* Not hdt_substitute, which leaves alone the axes that reductions bind. */
static bool replace(name_scan *s, const hdt_expr **items, int count)
{
	for (int i = 0; i < count; i++)
		if (!(items[i] = expr_map(items[i], rename_axis, s)))
			return false;
	return true;
}

bool task_name_axes(hdt_context *context, const hdt_expr **axes, int count, const hdt_expr **values, int value_count)
{
	name_scan s = {.context = context};
	bool changed = false;
	for (int i = 0; i < count; i++)
		s.failed |= !expr_walk(axes[i], scan, &s);
	for (int i = 0; i < value_count; i++)
		s.failed |= !expr_walk(values[i], scan, &s);
	if (s.failed)
		return false;
	find_meetings(&s, count);
	for (int i = 0; i < s.axes.count; i++) {
		named_axis *a = &s.axes.items[i];
		a->becomes = choose(&s, i);
		if (!a->becomes)
			return false;
		changed |= a->becomes != a->axis;
	}
	return !changed || (replace(&s, axes, count) && replace(&s, values, value_count));
}
