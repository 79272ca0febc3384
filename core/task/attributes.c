/* attributes.c: an operator's attributes: checking and completing what a call gives, and reading them in `define`. */
#include "task/build.h"
#include <string.h>

static const char *kind_text(hdt_attribute_kind kind)
{
	static const char *const texts[] = {
		"none",
#define HDT_ATTRIBUTE(name, text, field, doc) text,
#include <hidet/attributes.def>
#undef HDT_ATTRIBUTE
	};
	return (size_t)kind < sizeof texts / sizeof *texts ? texts[kind] : "unknown";
}

static const hdt_attribute *find_declared(const hdt_operator *op, const char *name)
{
	for (const hdt_attribute *a = op->attributes; a && a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

/* ---- completing ------------------------------------------------------------------------------------------------- */

static void report_unknown(hdt_context *context, const hdt_operator *op, const char *name, hdt_status status)
{
	const char *names[64];
	int count = 0;
	for (const hdt_attribute *a = op->attributes; a && a->name && count < 63; a++)
		names[count++] = a->name;
	names[count] = NULL;
	const char *near = text_nearest(name, names);
	text known = {0};
	for (int i = 0; i < count; i++)
		text_format(&known, "%s%s", i ? ", " : "", names[i]);
	if (near)
		hdt_fail(context, status, "%s: no attribute '%s'; did you mean '%s'?", op->name, name, near);
	else if (count)
		hdt_fail(context, status, "%s: no attribute '%s'; it has %s", op->name, name,
		         known.data ? known.data : "others");
	else
		hdt_fail(context, status, "%s: no attribute '%s'; it takes none", op->name, name);
	text_free(&known);
}

/* Copy a list of dimensions, each as i64. */
static bool copy_dims(hdt_context *context, const hdt_attribute_value *from, hdt_attribute_value *to)
{
	if (from->count < 0)
		return false;
	const hdt_expr **dims = hdt_allocate(context, (size_t)from->count * sizeof *dims);
	if (!dims)
		return false;
	for (int i = 0; i < from->count; i++) {
		if (!from->dims[i] || !hdt_is_integer((hdt_dtype)from->dims[i]->dtype))
			return false;
		dims[i] = hdt_cast(from->dims[i], HDT_I64);
		if (!dims[i])
			return false;
	}
	to->dims = dims;
	to->count = from->count;
	return true;
}

/* `from` as a value of the declared kind: the same kind, an int for a float, one int for a list. False when it does not
 * fit. */
static bool convert(hdt_context *context, const hdt_attribute *declared, const hdt_attribute_value *from,
                    hdt_attribute_value *to)
{
	*to = (hdt_attribute_value){.name = declared->name, .kind = declared->kind};
	if (from->kind == HDT_ATTRIBUTE_NONE) {
		to->kind = HDT_ATTRIBUTE_NONE;
		return true;
	}
	if (from->kind == HDT_ATTRIBUTE_INT && declared->kind == HDT_ATTRIBUTE_FLOAT) {
		to->real = (double)from->integer;
		return true;
	}
	if (from->kind == HDT_ATTRIBUTE_INT && declared->kind == HDT_ATTRIBUTE_DIMS) {
		const hdt_expr *one = hdt_int(context, from->integer);
		hdt_attribute_value list = hdt_dims_value(declared->name, &one, 1);
		return copy_dims(context, &list, to);
	}
	if (from->kind != declared->kind)
		return false;
	switch (declared->kind) {
	case HDT_ATTRIBUTE_DTYPE:
		to->integer = from->integer;
		return from->integer >= 0 && from->integer < HDT_DTYPE_COUNT;
	case HDT_ATTRIBUTE_STRING:
		to->string = from->string ? hdt_intern(context, from->string) : NULL;
		return to->string != NULL;
	case HDT_ATTRIBUTE_DIMS:
		return copy_dims(context, from, to);
	default:
		to->integer = from->integer;
		to->real = from->real;
		return true;
	}
}

static bool parse_fallback(hdt_context *context, const hdt_operator *op, const hdt_attribute *declared,
                           hdt_attribute_value *to)
{
	if (!declared->fallback) {
		hdt_fail(context, HDT_BAD_MODEL, "%s: attribute '%s' must be given (%s)", op->name, declared->name,
		         kind_text(declared->kind));
		return false;
	}
	parser p;
	hdt_attribute_value parsed = {0};
	parser_init(&p, context, op->name, declared->fallback);
	if (parse_attribute(&p, &parsed) && p.now.kind == TOKEN_END && !p.failed && convert(context, declared, &parsed, to))
		return true;
	hdt_fail(context, HDT_INTERNAL, "%s: the default of attribute '%s', %s, is no %s", op->name, declared->name,
	         declared->fallback, kind_text(declared->kind));
	return false;
}

static const hdt_attribute_value *find_value(const hdt_attribute_value *values, const char *name)
{
	for (; values && values->name; values++)
		if (!strcmp(values->name, name))
			return values;
	return NULL;
}

static bool check_names(hdt_context *context, const hdt_operator *op, const hdt_attribute_value *given)
{
	for (const hdt_attribute_value *v = given; v && v->name; v++) {
		if (!find_declared(op, v->name)) {
			report_unknown(context, op, v->name, HDT_BAD_MODEL);
			return false;
		}
		if (find_value(given, v->name) != v) {
			hdt_fail(context, HDT_BAD_MODEL, "%s: attribute '%s' is given twice", op->name, v->name);
			return false;
		}
	}
	return true;
}

const hdt_attribute_value *attributes_complete(hdt_context *context, const hdt_operator *op,
                                               const hdt_attribute_value *given)
{
	if (hdt_context_status(context) != HDT_OK || !check_names(context, op, given))
		return NULL;
	int count = 0;
	while (op->attributes && op->attributes[count].name)
		count++;
	hdt_attribute_value *values = hdt_allocate(context, (size_t)(count + 1) * sizeof *values);
	if (!values)
		return NULL;
	for (int i = 0; i < count; i++) {
		const hdt_attribute *declared = &op->attributes[i];
		const hdt_attribute_value *v = find_value(given, declared->name);
		if (!v && !parse_fallback(context, op, declared, &values[i]))
			return NULL;
		if (v && !convert(context, declared, v, &values[i])) {
			hdt_fail(context, HDT_BAD_MODEL, "%s: attribute '%s' wants %s, not %s", op->name, declared->name,
			         kind_text(declared->kind), kind_text(v->kind));
			return NULL;
		}
	}
	return values;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* The value, if the operator declares the name and kind; else a fault of the operator. */
static const hdt_attribute_value *look_up(hdt_task *task, const char *name, hdt_attribute_kind kind)
{
	if (task_failed(task))
		return NULL;
	const task_builder *b = task_builder_of(task);
	const hdt_attribute *declared = find_declared(b->op, name);
	if (!declared) {
		report_unknown(task->context, b->op, name, HDT_INTERNAL);
		return NULL;
	}
	if (kind != HDT_ATTRIBUTE_NONE && declared->kind != kind) {
		task_fail(task, HDT_INTERNAL, "attribute '%s' is declared as %s and read as %s", name,
		          kind_text(declared->kind), kind_text(kind));
		return NULL;
	}
	return find_value(b->attributes, name);
}

/* As look_up, for values that cannot be `none`. */
static const hdt_attribute_value *get(hdt_task *task, const char *name, hdt_attribute_kind kind)
{
	const hdt_attribute_value *v = look_up(task, name, kind);
	if (v && v->kind == HDT_ATTRIBUTE_NONE) {
		task_fail(task, HDT_BAD_MODEL, "attribute '%s' must not be none here", name);
		return NULL;
	}
	return v;
}

int64_t hdt_get_int(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_INT);
	return v ? v->integer : 0;
}

double hdt_get_float(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_FLOAT);
	return v ? v->real : 0;
}

bool hdt_get_bool(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_BOOL);
	return v && v->integer;
}

const char *hdt_get_string(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_STRING);
	return v ? v->string : "";
}

hdt_dtype hdt_get_dtype(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = look_up(task, name, HDT_ATTRIBUTE_DTYPE);
	return v && v->kind == HDT_ATTRIBUTE_DTYPE ? (hdt_dtype)v->integer : HDT_DTYPE_NONE;
}

hdt_list hdt_get_dims(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_DIMS);
	return v ? (hdt_list){v->dims, v->count} : HDT_SCALAR;
}

bool hdt_has(hdt_task *task, const char *name)
{
	const hdt_attribute_value *v = look_up(task, name, HDT_ATTRIBUTE_NONE);
	return v && v->kind != HDT_ATTRIBUTE_NONE;
}

/* `axis` counted from the start; -1 after a fault. */
static int normalise(hdt_task *task, const char *name, int64_t axis, int rank)
{
	if (axis >= -(int64_t)rank && axis < rank)
		return (int)(axis < 0 ? axis + rank : axis);
	hdt_reject(task, "%s %lld is out of range for a tensor of rank %d", name, (long long)axis, rank);
	return -1;
}

int hdt_get_axis(hdt_task *task, const char *name, int rank)
{
	const hdt_attribute_value *v = get(task, name, HDT_ATTRIBUTE_INT);
	int axis = v ? normalise(task, name, v->integer, rank) : 0;
	return axis < 0 ? 0 : axis;
}

int hdt_get_axes(hdt_task *task, const char *name, int rank, int axes[HDT_MAX_RANK])
{
	const hdt_attribute_value *v = look_up(task, name, HDT_ATTRIBUTE_DIMS);
	if (!v || rank > HDT_MAX_RANK)
		return 0;
	bool all = v->kind == HDT_ATTRIBUTE_NONE || !v->count;
	bool chosen[HDT_MAX_RANK] = {false};
	for (int i = 0; !all && i < v->count; i++) {
		int64_t axis;
		if (!hdt_is_const(v->dims[i], &axis)) {
			hdt_reject(task, "%s must be known numbers", name);
			return 0;
		}
		int at = normalise(task, name, axis, rank);
		if (at < 0)
			return 0;
		if (chosen[at]) {
			hdt_reject(task, "%s names axis %d twice", name, at);
			return 0;
		}
		chosen[at] = true;
	}
	int count = 0;
	for (int i = 0; i < rank; i++)
		if (all || chosen[i])
			axes[count++] = i;
	return count;
}
