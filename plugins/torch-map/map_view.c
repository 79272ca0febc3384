/* map_view.c: other shapes of the same elements: reshape, permute, slice, split. Sizes may be symbolic; -1, negative
 * axes and ends beyond the end are resolved here, for our operators take none of them. */
#include "map.h"
#include <stdint.h>

/* ---- reshape ----------------------------------------------------------------------------------------------------- */

/* The size that -1 stands for: elements of x by the product of the other sizes. Equal factors cancel first, so that a
 * symbolic batch does not stand in a quotient. */
static const hdt_expr *infer_size(hdt_call *call, hdt_list from, hdt_list to, int unknown)
{
	hdt_context *context = hdt_call_context(call);
	bool used[HDT_MAX_RANK] = {false};
	const hdt_expr *above = hdt_int(context, 1), *below = hdt_int(context, 1);
	for (int i = 0; i < to.count; i++) {
		int match = -1;
		for (int d = 0; i != unknown && match < 0 && d < from.count; d++)
			if (!used[d] && !map_is_int(to.items[i], 0) && hdt_proves_equal(from.items[d], to.items[i]))
				match = d;
		if (match >= 0)
			used[match] = true;
		else if (i != unknown)
			below = hdt_mul(below, to.items[i]);
	}
	for (int d = 0; d < from.count; d++)
		if (!used[d])
			above = hdt_mul(above, from.items[d]);
	return map_is_int(below, 1) ? above : map_is_int(below, 0) ? hdt_int(context, 0) : hdt_floordiv(above, below);
}

/* `wanted` with its -1, if there is one, resolved for elements of shape `from`. */
static hdt_list resolve_shape(hdt_call *call, hdt_list from, hdt_list wanted)
{
	const hdt_expr **dims = map_new_dims(call, wanted.count);
	int unknown = -1;
	if (!dims || wanted.count > HDT_MAX_RANK) {
		hdt_fail(hdt_call_context(call), HDT_UNSUPPORTED, "a tensor of %d dimensions; at most %d are supported",
		         wanted.count, HDT_MAX_RANK);
		return HDT_SCALAR;
	}
	for (int i = 0; i < wanted.count; i++) {
		dims[i] = wanted.items[i];
		if (map_is_int(dims[i], -1) && unknown < 0)
			unknown = i;
		else if (map_is_int(dims[i], -1))
			hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "two sizes are -1");
	}
	hdt_list resolved = {dims, wanted.count};
	if (unknown >= 0)
		dims[unknown] = infer_size(call, from, resolved, unknown);
	return resolved;
}

static hdt_status reshape_to(hdt_call *call, const char *argument)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_result(call,
	                  map_reshape(call, x, resolve_shape(call, hdt_value_shape(x), hdt_call_dims(call, argument))));
}

static hdt_status view(hdt_call *call)
{
	return reshape_to(call, "size");
}

static hdt_status reshape(hdt_call *call)
{
	return reshape_to(call, "shape");
}

static hdt_status reshape_as(hdt_call *call)
{
	return map_result(call,
	                  map_reshape(call, hdt_call_value(call, "self"), hdt_value_shape(hdt_call_value(call, "other"))));
}

static hdt_status flatten(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int start = map_axis(call, "start_dim", x->rank), end = map_axis(call, "end_dim", x->rank), count = 0;
	const hdt_expr *dims[HDT_MAX_RANK], *joined = hdt_int(hdt_call_context(call), 1);
	for (int d = 0; d < x->rank; d++) {
		if (d >= start && d <= end)
			joined = hdt_mul(joined, x->shape[d]);
		if (d < start || d > end)
			dims[count++] = x->shape[d];
		else if (d == end)
			dims[count++] = joined;
	}
	if (x->rank == 0)
		dims[count++] = joined;
	return map_result(call, map_reshape(call, x, (hdt_list){dims, count}));
}

static hdt_status ravel(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	const hdt_expr *all = hdt_product(hdt_call_context(call), hdt_value_shape(x));
	return map_result(call, map_reshape(call, x, HDT_AT(all)));
}

static hdt_status unflatten(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank), count = 0;
	hdt_list sizes = resolve_shape(call, (hdt_list){x->shape + axis, 1}, hdt_call_dims(call, "sizes"));
	const hdt_expr *dims[HDT_MAX_RANK];
	if (x->rank - 1 + sizes.count > HDT_MAX_RANK)
		return map_refuse(call, "the result has %d dimensions; at most %d are supported", x->rank - 1 + sizes.count,
		                  HDT_MAX_RANK);
	for (int d = 0; d < axis; d++)
		dims[count++] = x->shape[d];
	for (int i = 0; i < sizes.count; i++)
		dims[count++] = sizes.items[i];
	for (int d = axis + 1; d < x->rank; d++)
		dims[count++] = x->shape[d];
	return map_result(call, map_reshape(call, x, (hdt_list){dims, count}));
}

static hdt_status unsqueeze(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_result(call, map_unsqueeze(call, x, x ? map_axis(call, "dim", x->rank + 1) : 0));
}

/* Axes of size 1 among `axes` go; a symbolic size is taken for more than 1, as the export did. */
static hdt_status squeeze(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	map_axes axes = map_axis_list(call, "dim", x ? x->rank : 0), gone = {0};
	for (int i = 0; i < axes.count; i++)
		if (map_is_int(x->shape[axes.at[i]], 1))
			gone.at[gone.count++] = axes.at[i];
	if (gone.count == 0)
		return map_result(call, x);
	return map_result(call, hdt_apply(hdt_call_graph(call), "squeeze", HDT_VALUES(x),
	                                  HDT_WITH(map_axes_value(call, "axes", gone.at, gone.count))));
}

/* ---- expand ------------------------------------------------------------------------------------------------------ */

static hdt_status expand_to(hdt_call *call, hdt_value *x, hdt_list wanted)
{
	const hdt_expr **dims = map_new_dims(call, wanted.count);
	if (!x || !dims)
		return map_status(call);
	for (int i = 0; i < wanted.count; i++) {
		int own = i - (wanted.count - x->rank);
		bool keep = map_is_int(wanted.items[i], -1);
		if (keep && own < 0)
			return hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "a new dimension has the size -1");
		dims[i] = keep ? x->shape[own] : wanted.items[i];
	}
	return map_result(call, map_expand(call, x, (hdt_list){dims, wanted.count}));
}

static hdt_status expand(hdt_call *call)
{
	return expand_to(call, hdt_call_value(call, "self"), hdt_call_dims(call, "size"));
}

static hdt_status expand_as(hdt_call *call)
{
	return expand_to(call, hdt_call_value(call, "self"), hdt_value_shape(hdt_call_value(call, "other")));
}

/* ---- permutations ------------------------------------------------------------------------------------------------ */

static hdt_status transpose(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int rank = x ? x->rank : 0;
	return map_result(call, map_swap_axes(call, x, map_axis(call, "dim0", rank), map_axis(call, "dim1", rank)));
}

static hdt_status swap_named_axes(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int rank = x ? x->rank : 0;
	return map_result(call, map_swap_axes(call, x, map_axis(call, "axis0", rank), map_axis(call, "axis1", rank)));
}

static hdt_status transpose_last(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_result(call, x && x->rank >= 2 ? map_swap_axes(call, x, x->rank - 2, x->rank - 1) : x);
}

static hdt_status reverse_axes(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int axes[HDT_MAX_RANK];
	for (int d = 0; x && d < x->rank; d++)
		axes[d] = x->rank - 1 - d;
	return map_result(call, map_transpose(call, x, axes));
}

static hdt_status permute(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	map_axes axes = map_axis_list(call, "dims", x ? x->rank : 0);
	if (x && axes.count != x->rank)
		return hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "%d axes for a tensor of %d dimensions", axes.count,
		                x->rank);
	return map_result(call, map_transpose(call, x, axes.at));
}

static hdt_status move_axes(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int rank = x ? x->rank : 0, order[HDT_MAX_RANK], next = 0;
	map_axes from = map_axis_list(call, "source", rank), to = map_axis_list(call, "destination", rank);
	map_axes rest = map_other_axes(from, rank);
	for (int d = 0; d < rank; d++) {
		order[d] = -1;
		for (int i = 0; i < to.count && i < from.count; i++)
			if (to.at[i] == d)
				order[d] = from.at[i];
	}
	for (int d = 0; d < rank; d++)
		if (order[d] < 0)
			order[d] = rest.at[next++];
	return map_result(call, map_transpose(call, x, order));
}

/* ---- slices ------------------------------------------------------------------------------------------------------ */

/* An index that counts from the end when negative, held to 0..size. */
static const hdt_expr *clamp_index(hdt_call *call, const hdt_expr *index, const hdt_expr *size)
{
	hdt_context *context = hdt_call_context(call);
	int64_t low, high, size_low, size_high;
	if (!index || !size)
		return NULL;
	if (!hdt_bounds(index, &low, &high) || !hdt_bounds(size, &size_low, &size_high)) {
		low = INT64_MIN;
		high = size_low = 0;
	}
	if (low == INT64_MAX) /* the end, as Python says it: before arithmetic on it could wrap */
		return size;
	if (high < 0)
		index = low < -INT64_MAX / 2 ? hdt_int(context, 0) : hdt_add(index, size);
	else if (low < 0)
		index = hdt_select(hdt_less(index, hdt_int(context, 0)), hdt_add(index, size), index);
	else if (high <= size_low || hdt_proves_equal(index, size))
		return index;
	else if (low > INT64_MAX / 2)
		return size;
	return hdt_max(hdt_min(index, size), hdt_int(context, 0));
}

static const hdt_expr *optional_dim(hdt_call *call, const char *name, const hdt_expr *otherwise)
{
	return hdt_call_has(call, name) ? hdt_call_dim(call, name) : otherwise;
}

static hdt_status slice(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x || x->rank == 0)
		return x ? map_refuse(call, "a scalar cannot be sliced") : map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *size = x->shape[axis], *zero = hdt_int(hdt_call_context(call), 0);
	const hdt_expr *start = clamp_index(call, optional_dim(call, "start", zero), size);
	const hdt_expr *end = clamp_index(call, optional_dim(call, "end", size), size);
	int64_t low_start, high_start, low_end, high_end;
	if (start && end &&
	    !(hdt_bounds(start, &low_start, &high_start) && hdt_bounds(end, &low_end, &high_end) &&
	      high_start <= low_end) &&
	    !hdt_proves_equal(end, size))
		end = hdt_max(start, end);
	return map_result(call, map_slice(call, x, axis, start, end, hdt_call_int(call, "step")));
}

static hdt_status narrow(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *start = clamp_index(call, hdt_call_dim(call, "start"), x->shape[axis]);
	return map_result(call, map_slice(call, x, axis, start, hdt_add(start, hdt_call_dim(call, "length")), 1));
}

static hdt_status select(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *index = hdt_call_dim(call, "index");
	int64_t low, high;
	if (index && hdt_bounds(index, &low, &high) && high < 0)
		index = hdt_add(index, x->shape[axis]);
	else if (index && !(hdt_bounds(index, &low, &high) && low >= 0))
		index = hdt_select(hdt_less(index, hdt_int(hdt_call_context(call), 0)), hdt_add(index, x->shape[axis]), index);
	return map_result(call, map_select(call, x, axis, index));
}

/* ---- splits: lists of slices ------------------------------------------------------------------------------------- */

enum { MAX_PARTS = 4096 };

/* Parts of x between neighbouring `bounds` (count + 1 of them). */
static hdt_status give_parts(hdt_call *call, hdt_value *x, int axis, const hdt_expr *const *bounds, int count)
{
	hdt_value **parts = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*parts));
	for (int i = 0; parts && i < count; i++)
		parts[i] = map_slice(call, x, axis, bounds[i], bounds[i + 1], 1);
	if (map_status(call) == HDT_OK)
		hdt_call_return_list(call, parts, count);
	return map_status(call);
}

/* Parts of `size` each, the last one smaller; the size of the axis must be known, for the number of parts is. */
static hdt_status split_every(hdt_call *call, hdt_value *x, int axis, int64_t size)
{
	int64_t extent;
	if (!hdt_is_const(x->shape[axis], &extent))
		return map_refuse(call, "an axis of symbolic size %s is split into parts of %lld: their number is not known",
		                  hdt_expr_text(x->shape[axis]), (long long)size);
	if (size <= 0 && extent != 0)
		return hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "parts of size %lld", (long long)size);
	int64_t count = size > 0 && extent > 0 ? (extent - 1) / size + 1 : 1;
	const hdt_expr **bounds = count <= MAX_PARTS ? map_new_dims(call, (int)count + 1) : NULL;
	if (!bounds)
		return map_refuse(call, "%lld parts", (long long)count);
	for (int64_t i = 0; i <= count; i++)
		bounds[i] = hdt_int(hdt_call_context(call), i == count ? extent : i * size);
	return give_parts(call, x, axis, bounds, (int)count);
}

static hdt_status split(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return x ? split_every(call, x, map_axis(call, "dim", x->rank), hdt_call_int(call, "split_size"))
	         : map_status(call);
}

static hdt_status chunk(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	int64_t chunks = hdt_call_int(call, "chunks"), extent;
	if (chunks <= 0 || chunks > MAX_PARTS)
		return map_refuse(call, "%lld chunks", (long long)chunks);
	if (hdt_is_const(x->shape[axis], &extent))
		return split_every(call, x, axis, extent > 0 ? (extent - 1) / chunks + 1 : 1);
	/* A symbolic size: as many chunks as asked for, of equal size, as the export found them. */
	const hdt_expr *size = hdt_floordiv(x->shape[axis], hdt_int(hdt_call_context(call), chunks));
	const hdt_expr **bounds = map_new_dims(call, (int)chunks + 1);
	for (int64_t i = 0; bounds && i <= chunks; i++)
		bounds[i] = hdt_mul(size, hdt_int(hdt_call_context(call), i));
	hdt_graph_assert(hdt_call_graph(call),
	                 hdt_equal(hdt_mul(size, hdt_int(hdt_call_context(call), chunks)), x->shape[axis]),
	                 "a tensor is divided into chunks of equal size");
	return bounds ? give_parts(call, x, axis, bounds, (int)chunks) : map_status(call);
}

static hdt_status split_with_sizes(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_list sizes = hdt_call_dims(call, "split_sizes");
	const hdt_expr **bounds = sizes.count <= MAX_PARTS ? map_new_dims(call, sizes.count + 1) : NULL;
	if (!x || !bounds)
		return map_refuse(call, "%d parts", sizes.count);
	bounds[0] = hdt_int(hdt_call_context(call), 0);
	for (int i = 0; i < sizes.count; i++)
		bounds[i + 1] = hdt_add(bounds[i], sizes.items[i]);
	return give_parts(call, x, map_axis(call, "dim", x->rank), bounds, sizes.count);
}

/* Split before each of the indices. */
static hdt_status split_at(hdt_call *call, hdt_value *x, int axis, hdt_list indices)
{
	const hdt_expr **bounds = indices.count < MAX_PARTS ? map_new_dims(call, indices.count + 2) : NULL;
	if (!bounds)
		return map_refuse(call, "%d parts", indices.count + 1);
	bounds[0] = hdt_int(hdt_call_context(call), 0);
	for (int i = 0; i < indices.count; i++)
		bounds[i + 1] = clamp_index(call, indices.items[i], x->shape[axis]);
	bounds[indices.count + 1] = x->shape[axis];
	return give_parts(call, x, axis, bounds, indices.count + 1);
}

/* `sections` parts, the first ones larger by one when they cannot be equal. */
static hdt_status split_evenly(hdt_call *call, hdt_value *x, int axis, int64_t sections)
{
	int64_t extent;
	if (!hdt_is_const(x->shape[axis], &extent))
		return map_refuse(call, "an axis of symbolic size is split into %lld sections", (long long)sections);
	const hdt_expr **bounds = sections > 0 && sections <= MAX_PARTS ? map_new_dims(call, (int)sections + 1) : NULL;
	if (!bounds)
		return map_refuse(call, "%lld sections", (long long)sections);
	for (int64_t i = 0; i <= sections; i++)
		bounds[i] =
			hdt_int(hdt_call_context(call), i * (extent / sections) + (i < extent % sections ? i : extent % sections));
	return give_parts(call, x, axis, bounds, (int)sections);
}

static hdt_status tensor_split_sections(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return x ? split_evenly(call, x, map_axis(call, "dim", x->rank), hdt_call_int(call, "sections")) : map_status(call);
}

static hdt_status tensor_split_indices(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return x ? split_at(call, x, map_axis(call, "dim", x->rank), hdt_call_dims(call, "indices")) : map_status(call);
}

/* hsplit, vsplit and dsplit split axis 1 (0 of a vector), 0 and 2. */
static hdt_status split_axis(hdt_call *call, int axis)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x || x->rank == 0)
		return map_refuse(call, "a scalar cannot be split");
	axis = axis == 1 && x->rank == 1 ? 0 : axis;
	if (axis >= x->rank)
		return hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "a tensor of %d dimensions has no axis %d", x->rank,
		                axis);
	if (hdt_call_has(call, "sections"))
		return split_evenly(call, x, axis, hdt_call_int(call, "sections"));
	return split_at(call, x, axis, hdt_call_dims(call, "indices"));
}

static hdt_status hsplit(hdt_call *call)
{
	return split_axis(call, 1);
}

static hdt_status vsplit(hdt_call *call)
{
	return split_axis(call, 0);
}

static hdt_status dsplit(hdt_call *call)
{
	return split_axis(call, 2);
}

static hdt_status unbind(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int64_t count;
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	if (x->rank == 0 || !hdt_is_const(x->shape[axis], &count) || count > MAX_PARTS)
		return map_refuse(call, "the axis that is unbound has not a fixed, reasonable size");
	hdt_value **parts = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*parts));
	for (int64_t i = 0; parts && i < count; i++)
		parts[i] = map_select(call, x, axis, hdt_int(hdt_call_context(call), i));
	if (map_status(call) == HDT_OK)
		hdt_call_return_list(call, parts, (int)count);
	return map_status(call);
}

#define VIEW(name, arguments, function)         \
	{                                           \
		"aten." name, arguments, NULL, function \
	}

static const hdt_mapping mappings[] = {
	VIEW("view.default", "self, size", view),
	VIEW("view_copy.default", "self, size", view),
	VIEW("_unsafe_view.default", "self, size", view),
	VIEW("reshape.default", "self, shape", reshape),
	VIEW("view_as.default", "self, other", reshape_as),
	VIEW("reshape_as.default", "self, other", reshape_as),
	VIEW("flatten.using_ints", "self, start_dim=0, end_dim=-1", flatten),
	VIEW("ravel.default", "self", ravel),
	VIEW("unflatten.int", "self, dim, sizes", unflatten),
	VIEW("unsqueeze.default", "self, dim", unsqueeze),
	VIEW("unsqueeze_copy.default", "self, dim", unsqueeze),
	VIEW("squeeze.default", "self, dim=none", squeeze),
	VIEW("squeeze.dim", "self, dim", squeeze),
	VIEW("squeeze.dims", "self, dim", squeeze),
	VIEW("squeeze_copy.default", "self, dim=none", squeeze),
	VIEW("squeeze_copy.dim", "self, dim", squeeze),
	VIEW("squeeze_copy.dims", "self, dim", squeeze),
	VIEW("expand.default", "self, size, *, implicit=false", expand),
	VIEW("expand_copy.default", "self, size, *, implicit=false", expand),
	VIEW("broadcast_to.default", "self, size", expand),
	VIEW("expand_as.default", "self, other", expand_as),
	VIEW("transpose.int", "self, dim0, dim1", transpose),
	VIEW("transpose.default", "self, dim0, dim1", transpose),
	VIEW("transpose_copy.int", "self, dim0, dim1", transpose),
	VIEW("swapdims.default", "self, dim0, dim1", transpose),
	VIEW("swapaxes.default", "self, axis0, axis1", swap_named_axes),
	VIEW("t.default", "self", transpose_last),
	VIEW("t_copy.default", "self", transpose_last),
	VIEW("mT.default", "self", transpose_last),
	VIEW("mH.default", "self", transpose_last),
	VIEW("matrix_H.default", "self", transpose_last),
	VIEW("adjoint.default", "self", transpose_last),
	VIEW("numpy_T.default", "self", reverse_axes),
	VIEW("permute.default", "self, dims", permute),
	VIEW("permute_copy.default", "self, dims", permute),
	VIEW("movedim.int", "self, source, destination", move_axes),
	VIEW("movedim.intlist", "self, source, destination", move_axes),
	VIEW("moveaxis.int", "self, source, destination", move_axes),
	VIEW("moveaxis.intlist", "self, source, destination", move_axes),
	VIEW("slice.Tensor", "self, dim=0, start=none, end=none, step=1", slice),
	VIEW("slice_copy.Tensor", "self, dim=0, start=none, end=none, step=1", slice),
	VIEW("narrow.default", "self, dim, start, length", narrow),
	VIEW("narrow_copy.default", "self, dim, start, length", narrow),
	VIEW("select.int", "self, dim, index", select),
	VIEW("select_copy.int", "self, dim, index", select),
	VIEW("split.Tensor", "self, split_size, dim=0", split),
	VIEW("unsafe_split.Tensor", "self, split_size, dim=0", split),
	VIEW("split_copy.Tensor", "self, split_size, dim=0", split),
	VIEW("split_with_sizes.default", "self, split_sizes, dim=0", split_with_sizes),
	VIEW("split_with_sizes_copy.default", "self, split_sizes, dim=0", split_with_sizes),
	VIEW("split.sizes", "self, split_sizes, dim=0", split_with_sizes),
	VIEW("chunk.default", "self, chunks, dim=0", chunk),
	VIEW("unsafe_chunk.default", "self, chunks, dim=0", chunk),
	VIEW("tensor_split.sections", "self, sections, dim=0", tensor_split_sections),
	VIEW("tensor_split.indices", "self, indices, dim=0", tensor_split_indices),
	VIEW("hsplit.int", "self, sections", hsplit),
	VIEW("hsplit.array", "self, indices, sections=none", hsplit),
	VIEW("vsplit.int", "self, sections", vsplit),
	VIEW("vsplit.array", "self, indices, sections=none", vsplit),
	VIEW("dsplit.int", "self, sections", dsplit),
	VIEW("dsplit.array", "self, indices, sections=none", dsplit),
	VIEW("unbind.int", "self, dim=0", unbind),
	VIEW("unbind_copy.int", "self, dim=0", unbind),
	{0},
};

const hdt_mapping_set hdt_mappings_map_view = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
