/* slices: parts of what was just joined, joins of what was just cut, slices of slices.
 *
 *     %0 = concat(%x, %y, axis=1)    with %x: f32[2, 3]        %0 = slice(%x, axes=[0], starts=[2], ends=[8])
 *     %1 = slice(%0, axes=[1], starts=[0], ends=[3])   =>  %x  %1 = slice(%0, axes=[0], starts=[1], ends=[3])
 *                                                                       =>   slice(%x, axes=[0], starts=[3], ends=[5])
 *     %0 = slice(%x, axes=[0], starts=[0], ends=[4])
 *     %1 = slice(%x, axes=[0], starts=[4], ends=[6])
 *     %2 = concat(%0, %1)    with %x: f32[6]    =>    %x
 */
#include "rewrite_rule.h"
#include "shapes.h"

/* One slice with step 1 along one axis. */
typedef struct cut {
	int64_t axis;
	const hdt_expr *start, *end;
} cut;

static bool read_cut(const hdt_node *slice, cut *out)
{
	int64_t step[HDT_MAX_RANK];
	const hdt_attribute_value *steps = hdt_node_attribute(slice, "steps");
	if (constant_axes(hdt_node_attribute(slice, "axes"), slice->inputs[0]->rank, &out->axis) != 1)
		return false;
	if (steps->kind != HDT_ATTRIBUTE_NONE && (constant_dims(steps, step) != 1 || step[0] != 1))
		return false;
	out->start = hdt_node_attribute(slice, "starts")->dims[0];
	out->end = hdt_node_attribute(slice, "ends")->dims[0];
	return true;
}

static int axis_of(const hdt_node *concat)
{
	int64_t axis = hdt_node_attribute(concat, "axis")->integer;
	return (int)(axis < 0 ? axis + concat->outputs[0]->rank : axis);
}

/* ---- slice of slice --------------------------------------------------------------------------------------------- */

static bool counts_axes(const hdt_node *slice)
{
	return hdt_node_attribute(slice, "axes")->count == 1;
}

static hdt_status join_slices(hdt_rewrite *r, const hdt_node *outer)
{
	cut first, second;
	const hdt_node *inner = hdt_match_node(r, 1);
	if (!counts_axes(outer) || !counts_axes(inner) || !read_cut(outer, &second) || !read_cut(inner, &first) ||
	    first.axis != second.axis)
		return hdt_decline(r, "they do not both cut one axis with step 1");
	const hdt_expr *start = hdt_add(first.start, second.start);
	hdt_replace(r, 0,
	            slice_of(hdt_rewrite_graph(r), hdt_match_value(r, "x"), (int)first.axis, start,
	                     hdt_sub(second.end, second.start)));
	return HDT_OK;
}

FUNCTION_RULE(join_slices, "join-slices", 40, "a slice of a slice is one slice", "slice(&slice(%x))", join_slices);

/* ---- slice of concat -------------------------------------------------------------------------------------------- */

static hdt_status take_part(hdt_rewrite *r, const hdt_node *slice)
{
	const hdt_node *concat = hdt_match_node(r, 1);
	cut wanted;
	if (!counts_axes(slice) || !read_cut(slice, &wanted) || wanted.axis != axis_of(concat))
		return hdt_decline(r, "it does not cut the axis of the concat with step 1");
	const hdt_expr *begin = hdt_int(slice->graph->context, 0);
	for (int i = 0; i < concat->input_count; i++) {
		const hdt_expr *end = hdt_add(begin, concat->inputs[i]->shape[wanted.axis]);
		if (hdt_proves_equal(begin, wanted.start) && hdt_proves_equal(end, wanted.end) &&
		    concat->inputs[i]->dtype == slice->outputs[0]->dtype) {
			hdt_replace(r, 0, concat->inputs[i]);
			return HDT_OK;
		}
		begin = end;
	}
	return hdt_decline(r, "it is none of the parts that were joined");
}

FUNCTION_RULE(slice_of_concat, "slice-of-concat", 40, "a slice that is one part of a concat is that part",
              "slice(&concat)", take_part);

/* ---- concat of slices ------------------------------------------------------------------------------------------- */

/* The tensor of which the inputs are the slices, one behind the other and all of it; NULL when they are not. */
static hdt_value *find_whole(const hdt_node *concat)
{
	int axis = axis_of(concat);
	hdt_value *whole = behind(concat->inputs[0], "slice");
	const hdt_expr *at = hdt_int(concat->graph->context, 0);
	for (int i = 0; whole && i < concat->input_count; i++) {
		const hdt_node *slice = made_by(concat->inputs[i], "slice");
		cut c;
		if (!slice || slice->inputs[0] != whole || !counts_axes(slice) || !read_cut(slice, &c) || c.axis != axis ||
		    !hdt_proves_equal(c.start, at))
			return NULL;
		at = c.end;
	}
	return whole && whole->dtype == concat->outputs[0]->dtype && hdt_proves_equal(at, whole->shape[axis]) ? whole
	                                                                                                      : NULL;
}

static hdt_status join_parts(hdt_rewrite *r, const hdt_node *concat)
{
	hdt_value *whole = find_whole(concat);
	if (!whole)
		return hdt_decline(r, "its inputs are not all slices of one tensor in order");
	hdt_replace(r, 0, whole);
	return HDT_OK;
}

FUNCTION_RULE(concat_of_slices, "concat-of-slices", 40, "all slices of a tensor joined again are the tensor", "concat",
              join_parts);

/* ---- concat of concat ------------------------------------------------------------------------------------------- */

enum { MAX_PARTS = 64 };

static hdt_status flatten(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_value *parts[MAX_PARTS];
	int count = 0, inner_count = 0;
	for (int i = 0; i < outer->input_count; i++) {
		const hdt_node *inner = made_by(outer->inputs[i], "concat");
		bool opens = inner && axis_of(inner) == axis_of(outer) && hdt_use_count(outer->inputs[i]) == 1 &&
		             inner->outputs[0]->dtype == outer->outputs[0]->dtype;
		int more = opens ? inner->input_count : 1;
		if (count + more > MAX_PARTS)
			return hdt_decline(r, "more than %d parts", MAX_PARTS);
		for (int n = 0; n < more; n++)
			parts[count++] = opens ? inner->inputs[n] : outer->inputs[i];
		inner_count += opens;
	}
	if (!inner_count)
		return hdt_decline(r, "no input is a concat along the same axis for it alone");
	hdt_replace(r, 0, hdt_apply_list(hdt_rewrite_graph(r), "concat", parts, count, outer->attributes));
	return HDT_OK;
}

FUNCTION_RULE(join_concats, "join-concats", 40, "a concat of concats along one axis is one concat", "concat", flatten);
