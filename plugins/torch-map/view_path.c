/* view_path.c: takes paths of single-input nodes apart, and undoes their steps:
 *
 *     reshape, squeeze, unsqueeze, flatten     reshape back
 *     transpose                                transpose by the inverse permutation
 *     slice, select                            concat of what lies before, the part, and what lies behind */
#include "view_path.h"
#include <string.h>

enum { MAX_STEPS = 64 };

typedef struct path {
	const hdt_node *steps[MAX_STEPS]; /* from root to leaf */
	int count;
} path;

static bool trace(const hdt_value *root, const hdt_value *leaf, path *out)
{
	const hdt_node *reversed[MAX_STEPS];
	out->count = 0;
	while (leaf != root) {
		const hdt_node *node = leaf->producer;
		if (!node || node->input_count != 1 || node->output_count != 1 || out->count == MAX_STEPS)
			return false;
		reversed[out->count++] = node;
		leaf = node->inputs[0];
	}
	for (int i = 0; i < out->count; i++)
		out->steps[i] = reversed[out->count - 1 - i];
	return true;
}

static hdt_value *repeat(hdt_graph *graph, const hdt_node *step, hdt_value *x)
{
	return hdt_apply_list(graph, step->op->name, &x, 1, step->attributes);
}

hdt_value *view_path_rebuild(hdt_graph *graph, hdt_value *root, hdt_value *leaf, hdt_value *start)
{
	path p;
	if (!trace(root, leaf, &p))
		return NULL;
	for (int i = 0; i < p.count && start; i++)
		start = repeat(graph, p.steps[i], start);
	return start;
}

static const hdt_attribute_value *attribute(const hdt_node *node, const char *name)
{
	for (const hdt_attribute_value *a = node->attributes; a && a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

/* An attribute of kind dims with one value in the range of an axis; a plain integer is one too. */
static bool read_single(hdt_context *context, const hdt_attribute_value *a, const hdt_expr **out)
{
	*out = NULL;
	if (a && a->kind == HDT_ATTRIBUTE_INT)
		*out = hdt_int(context, a->integer);
	else if (a && a->kind == HDT_ATTRIBUTE_DIMS && a->count == 1)
		*out = a->dims[0];
	return *out != NULL;
}

static hdt_value *slice(hdt_graph *graph, hdt_value *x, int axis, const hdt_expr *start, const hdt_expr *end)
{
	const hdt_expr *at = hdt_int(graph->context, axis);
	return hdt_apply(
		graph, "slice", HDT_VALUES(x),
		HDT_WITH(hdt_dims_value("axes", &at, 1), hdt_dims_value("starts", &start, 1), hdt_dims_value("ends", &end, 1)));
}

/* `whole` with the elements start..end-1 of `axis` replaced by `part`. */
static hdt_value *splice(hdt_graph *graph, hdt_value *whole, int axis, const hdt_expr *start, const hdt_expr *end,
                         hdt_value *part)
{
	hdt_value *pieces[3];
	int count = 0;
	const hdt_expr *zero = hdt_int(graph->context, 0);
	if (!hdt_proves_equal(start, zero))
		pieces[count++] = slice(graph, whole, axis, zero, start);
	pieces[count++] = part;
	if (!hdt_proves_equal(end, whole->shape[axis]))
		pieces[count++] = slice(graph, whole, axis, end, whole->shape[axis]);
	if (count == 1)
		return part;
	return hdt_apply_list(graph, "concat", pieces, count, HDT_WITH(hdt_int_value("axis", axis)));
}

static hdt_value *reshape(hdt_graph *graph, hdt_value *x, const hdt_value *like)
{
	return hdt_apply(graph, "reshape", HDT_VALUES(x), HDT_WITH(hdt_dims_value("shape", like->shape, like->rank)));
}

static hdt_value *undo_slice(hdt_graph *graph, const hdt_node *step, hdt_value *whole, hdt_value *part)
{
	hdt_context *context = graph->context;
	const hdt_expr *axis, *start, *end, *by;
	const hdt_attribute_value *steps = attribute(step, "steps");
	int64_t at, one;
	if (!read_single(context, attribute(step, "axes"), &axis) || !hdt_is_const(axis, &at) || at < 0 ||
	    at >= whole->rank || !read_single(context, attribute(step, "starts"), &start) ||
	    !read_single(context, attribute(step, "ends"), &end))
		return NULL;
	if (steps && steps->kind != HDT_ATTRIBUTE_NONE &&
	    (!read_single(context, steps, &by) || !hdt_is_const(by, &one) || one != 1))
		return NULL;
	return splice(graph, whole, (int)at, start, end, part);
}

static hdt_value *undo_select(hdt_graph *graph, const hdt_node *step, hdt_value *whole, hdt_value *part)
{
	const hdt_expr *index;
	const hdt_attribute_value *axis = attribute(step, "axis");
	if (!axis || axis->kind != HDT_ATTRIBUTE_INT || !read_single(graph->context, attribute(step, "index"), &index))
		return NULL;
	int at = (int)(axis->integer < 0 ? axis->integer + whole->rank : axis->integer);
	if (at < 0 || at >= whole->rank)
		return NULL;
	const hdt_expr *one = hdt_int(graph->context, 1), *where = hdt_int(graph->context, at);
	hdt_value *row = hdt_apply(graph, "unsqueeze", HDT_VALUES(part), HDT_WITH(hdt_dims_value("axes", &where, 1)));
	return splice(graph, whole, at, index, hdt_add(index, one), row);
}

static hdt_value *undo_transpose(hdt_graph *graph, const hdt_node *step, hdt_value *part)
{
	const hdt_attribute_value *axes = attribute(step, "axes");
	const hdt_expr *inverse[HDT_MAX_RANK];
	if (!axes || axes->kind != HDT_ATTRIBUTE_DIMS || axes->count != part->rank)
		return NULL;
	for (int d = 0; d < part->rank; d++) {
		int64_t from;
		if (!hdt_is_const(axes->dims[d], &from) || from < 0 || from >= part->rank)
			return NULL;
		inverse[from] = hdt_int(graph->context, d);
	}
	return hdt_apply(graph, "transpose", HDT_VALUES(part), HDT_WITH(hdt_dims_value("axes", inverse, part->rank)));
}

/* The input of `step` of which it gives `part`; `whole` is that input before. */
static hdt_value *undo(hdt_graph *graph, const hdt_node *step, hdt_value *whole, hdt_value *part)
{
	static const char *const reshapes[] = {"reshape", "squeeze", "unsqueeze", "flatten"};
	for (size_t i = 0; i < sizeof(reshapes) / sizeof(reshapes[0]); i++)
		if (strcmp(step->op->name, reshapes[i]) == 0)
			return reshape(graph, part, whole);
	if (strcmp(step->op->name, "transpose") == 0)
		return undo_transpose(graph, step, part);
	if (strcmp(step->op->name, "slice") == 0)
		return undo_slice(graph, step, whole, part);
	if (strcmp(step->op->name, "select") == 0)
		return undo_select(graph, step, whole, part);
	return NULL;
}

hdt_value *view_path_write(hdt_graph *graph, hdt_value *root, hdt_value *leaf, hdt_value *start, hdt_value *part)
{
	path p;
	hdt_value *wholes[MAX_STEPS];
	if (!trace(root, leaf, &p))
		return NULL;
	for (int i = 0; i < p.count; i++) {
		wholes[i] = start;
		if (i + 1 < p.count)
			start = repeat(graph, p.steps[i], start);
	}
	for (int i = p.count - 1; i >= 0 && part; i--)
		part = undo(graph, p.steps[i], wholes[i], part);
	return part;
}
