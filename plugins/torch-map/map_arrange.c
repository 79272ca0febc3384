/* map_arrange.c: tensors put together, repeated, shifted, padded and windowed. */
#include "map.h"
#include <string.h>

enum { MAX_TENSORS = 4096 };

/* ---- joining ----------------------------------------------------------------------------------------------------- */

static bool is_empty_vector(const hdt_value *x)
{
	return x && x->rank == 1 && map_is_int(x->shape[0], 0);
}

/* Concatenate in the common dtype; PyTorch leaves out tensors of shape [0], whatever the rank of the others. */
static hdt_value *concatenate(hdt_call *call, hdt_value *const *values, int count, int64_t axis)
{
	hdt_value **kept = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*kept));
	int kept_count = 0;
	hdt_dtype dtype = count && values[0] ? values[0]->dtype : HDT_F32;
	for (int i = 0; kept && i < count; i++) {
		if (!values[i])
			return NULL;
		dtype = hdt_promote(dtype, values[i]->dtype);
		if (!is_empty_vector(values[i]))
			kept[kept_count++] = values[i];
	}
	if (!kept || count == 0)
		return NULL;
	if (kept_count == 0)
		kept[kept_count++] = values[0];
	for (int i = 0; i < kept_count; i++)
		kept[i] = map_cast(call, kept[i], dtype);
	return kept[0] ? map_concat(call, kept, kept_count, map_wrap_axis(call, axis, kept[0]->rank)) : NULL;
}

static hdt_status cat(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	return map_result(call, concatenate(call, values, count, hdt_call_int(call, "dim")));
}

static hdt_value *stack_values(hdt_call *call, hdt_value *const *values, int count, int axis)
{
	hdt_value **cast = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*cast));
	if (!cast || count == 0 || !values[0])
		return NULL;
	hdt_dtype dtype = values[0]->dtype;
	for (int i = 1; i < count; i++)
		dtype = values[i] ? hdt_promote(dtype, values[i]->dtype) : dtype;
	for (int i = 0; i < count; i++)
		cast[i] = map_cast(call, values[i], dtype);
	return hdt_apply_list(hdt_call_graph(call), "stack", cast, count, HDT_WITH(hdt_int_value("axis", axis)));
}

static hdt_status stack(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	int rank = count && values[0] ? values[0]->rank : 0;
	return map_result(call, stack_values(call, values, count, map_axis(call, "dim", rank + 1)));
}

/* hstack, vstack, dstack and column_stack: give each tensor at least `rank` dimensions, then concatenate. */
static hdt_value *at_least(hdt_call *call, hdt_value *x, int rank)
{
	if (x && x->rank == 0 && rank > 0)
		x = map_unsqueeze(call, x, 0);
	if (x && x->rank == 1 && rank > 1)
		x = map_unsqueeze(call, x, 0);
	return x && x->rank == 2 && rank > 2 ? map_unsqueeze(call, x, 2) : x;
}

static hdt_status join(hdt_call *call, int rank, int axis)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	hdt_value **raised = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*raised));
	for (int i = 0; raised && i < count; i++)
		raised[i] = at_least(call, values[i], rank);
	if (!raised || !count || !raised[0])
		return map_refuse(call, "nothing to join");
	return map_result(call, concatenate(call, raised, count, axis == 1 && raised[0]->rank == 1 ? 0 : axis));
}

static hdt_status hstack(hdt_call *call)
{
	return join(call, 1, 1);
}

static hdt_status vstack(hdt_call *call)
{
	return join(call, 2, 0);
}

static hdt_status dstack(hdt_call *call)
{
	return join(call, 3, 2);
}

/* Vectors become columns. */
static hdt_status column_stack(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	hdt_value **columns = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*columns));
	for (int i = 0; columns && i < count; i++) {
		columns[i] = at_least(call, values[i], 1);
		if (columns[i] && columns[i]->rank == 1)
			columns[i] = map_unsqueeze(call, columns[i], 1);
	}
	return columns ? map_result(call, concatenate(call, columns, count, 1)) : map_status(call);
}

static hdt_status atleast(hdt_call *call, int rank)
{
	return map_result(call, at_least(call, hdt_call_value(call, "self"), rank));
}

static hdt_status atleast_1d(hdt_call *call)
{
	return atleast(call, 1);
}

static hdt_status atleast_2d(hdt_call *call)
{
	return atleast(call, 2);
}

static hdt_status atleast_3d(hdt_call *call)
{
	return atleast(call, 3);
}

/* ---- broadcasting lists ------------------------------------------------------------------------------------------ */

/* Vectors as axes of a grid: the i-th varies along axis i; "xy" exchanges the first two. */
static hdt_status meshgrid(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	const char *indexing = hdt_call_string(call, "indexing");
	bool exchange = indexing && strcmp(indexing, "xy") == 0 && count >= 2;
	hdt_value *grids[HDT_MAX_RANK];
	const hdt_expr *shape[HDT_MAX_RANK], *one = hdt_int(hdt_call_context(call), 1);
	if (count > HDT_MAX_RANK)
		return map_refuse(call, "a grid of %d dimensions; at most %d are supported", count, HDT_MAX_RANK);
	for (int i = 0; i < count; i++)
		shape[exchange && i < 2 ? 1 - i : i] = values[i] && values[i]->rank == 1 ? values[i]->shape[0] : one;
	for (int i = 0; i < count; i++) {
		const hdt_expr *own[HDT_MAX_RANK];
		int axis = exchange && i < 2 ? 1 - i : i;
		for (int d = 0; d < count; d++)
			own[d] = d == axis ? shape[axis] : one;
		grids[i] = map_expand(call, map_reshape(call, values[i], (hdt_list){own, count}), (hdt_list){shape, count});
	}
	if (map_status(call) == HDT_OK)
		hdt_call_return_list(call, grids, count);
	return map_status(call);
}

/* The common shape of all, by the rule that sizes are equal or 1. */
static hdt_status broadcast_tensors(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values), rank = 0;
	const hdt_expr *shape[HDT_MAX_RANK], *one = hdt_int(hdt_call_context(call), 1);
	for (int i = 0; i < count; i++)
		rank = values[i] && values[i]->rank > rank ? values[i]->rank : rank;
	for (int d = 0; d < rank; d++) {
		shape[d] = one;
		for (int i = 0; i < count; i++) {
			int own = values[i] ? d - (rank - values[i]->rank) : -1;
			if (own >= 0 && !map_is_int(values[i]->shape[own], 1))
				shape[d] = values[i]->shape[own];
		}
	}
	hdt_value **all = hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(*all));
	for (int i = 0; all && i < count; i++)
		all[i] = map_expand(call, values[i], (hdt_list){shape, rank});
	if (map_status(call) == HDT_OK)
		hdt_call_return_list(call, all, count);
	return map_status(call);
}

/* ---- repeating and shifting -------------------------------------------------------------------------------------- */

/* Repeats for the last axes; missing ones in front are 1, and a list longer than the rank adds dimensions. */
static hdt_status tile_by(hdt_call *call, const char *name)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_list given = hdt_call_dims(call, name);
	int rank = x && x->rank > given.count ? x->rank : given.count;
	if (!x || rank > HDT_MAX_RANK)
		return x ? map_refuse(call, "the result has %d dimensions; at most %d are supported", rank, HDT_MAX_RANK)
		         : map_status(call);
	const hdt_expr *shape[HDT_MAX_RANK], *repeats[HDT_MAX_RANK], *one = hdt_int(hdt_call_context(call), 1);
	bool repeated = false;
	for (int d = 0; d < rank; d++) {
		int own = d - (rank - x->rank), at = d - (rank - given.count);
		shape[d] = own >= 0 ? x->shape[own] : one;
		repeats[d] = at >= 0 ? given.items[at] : one;
		repeated = repeated || !map_is_int(repeats[d], 1);
	}
	x = map_reshape(call, x, (hdt_list){shape, rank});
	if (!repeated)
		return map_result(call, x);
	return map_result(call, hdt_apply(hdt_call_graph(call), "tile", HDT_VALUES(x),
	                                  HDT_WITH(hdt_dims_value("repeats", repeats, rank))));
}

static hdt_status repeat(hdt_call *call)
{
	return tile_by(call, "repeats");
}

static hdt_status tile(hdt_call *call)
{
	return tile_by(call, "dims");
}

static hdt_status repeat_interleave(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!hdt_call_has(call, "dim"))
		x = map_reshape(call, x, HDT_AT(hdt_product(hdt_call_context(call), hdt_value_shape(x))));
	int axis = hdt_call_has(call, "dim") ? map_axis(call, "dim", x ? x->rank : 0) : 0;
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "repeat_interleave", HDT_VALUES(x),
	                                  HDT_WITH(hdt_int_value("repeats", hdt_call_int(call, "repeats")),
	                                           hdt_int_value("axis", axis))));
}

static hdt_status roll(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_list shifts = hdt_call_dims(call, "shifts"), dims = hdt_call_dims(call, "dims"), shape = hdt_value_shape(x);
	if (!x)
		return map_status(call);
	if (dims.count == 0) { /* as one long vector */
		x = map_reshape(call, x, HDT_AT(hdt_product(hdt_call_context(call), shape)));
		int first = 0;
		x = x ? hdt_apply(hdt_call_graph(call), "roll", HDT_VALUES(x),
		                  HDT_WITH(map_dims_value("shifts", shifts), map_axes_value(call, "axes", &first, 1)))
		      : NULL;
		return map_result(call, map_reshape(call, x, shape));
	}
	map_axes axes = map_axis_list(call, "dims", x->rank);
	return map_result(
		call, hdt_apply(hdt_call_graph(call), "roll", HDT_VALUES(x),
	                    HDT_WITH(map_dims_value("shifts", shifts), map_axes_value(call, "axes", axes.at, axes.count))));
}

static hdt_value *flip_axes(hdt_call *call, hdt_value *x, map_axes axes)
{
	if (!x || axes.count == 0)
		return x;
	return hdt_apply(hdt_call_graph(call), "flip", HDT_VALUES(x),
	                 HDT_WITH(map_axes_value(call, "axes", axes.at, axes.count)));
}

static hdt_status flip(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	bool none = hdt_call_dims(call, "dims").count == 0;
	return map_result(call, none ? x : flip_axes(call, x, map_axis_list(call, "dims", x ? x->rank : 0)));
}

static hdt_status fliplr(hdt_call *call)
{
	return map_result(call, flip_axes(call, hdt_call_value(call, "self"), (map_axes){1, {1}}));
}

static hdt_status flipud(hdt_call *call)
{
	return map_result(call, flip_axes(call, hdt_call_value(call, "self"), (map_axes){1, {0}}));
}

/* Quarter turns from axis a to axis b. */
static hdt_status rot90(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	map_axes axes = map_axis_list(call, "dims", x ? x->rank : 0);
	int64_t turns = (hdt_call_int(call, "k") % 4 + 4) % 4;
	if (axes.count != 2)
		return map_refuse(call, "rotation in %d axes", axes.count);
	map_axes a = {1, {axes.at[0]}}, b = {1, {axes.at[1]}};
	if (turns == 2)
		x = flip_axes(call, flip_axes(call, x, a), b);
	else if (turns == 1)
		x = map_swap_axes(call, flip_axes(call, x, b), a.at[0], b.at[0]);
	else if (turns == 3)
		x = flip_axes(call, map_swap_axes(call, x, a.at[0], b.at[0]), b);
	return map_result(call, x);
}

/* ---- padding and windows ----------------------------------------------------------------------------------------- */

/* PyTorch lists (before, after) pairs from the last axis backwards. */
static hdt_value *pad_pairs(hdt_call *call, const char *amounts, const char *mode, double value)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_list pairs = hdt_call_dims(call, amounts);
	const hdt_expr *before[HDT_MAX_RANK], *after[HDT_MAX_RANK], *zero = hdt_int(hdt_call_context(call), 0);
	bool any = false;
	if (!x || pairs.count % 2 || pairs.count / 2 > x->rank) {
		map_refuse(call, "padding of %d amounts", pairs.count);
		return NULL;
	}
	for (int d = 0; d < x->rank; d++) {
		int pair = 2 * (x->rank - 1 - d);
		before[d] = pair < pairs.count ? pairs.items[pair] : zero;
		after[d] = pair < pairs.count ? pairs.items[pair + 1] : zero;
		any = any || !map_is_int(before[d], 0) || !map_is_int(after[d], 0);
	}
	if (!any)
		return x;
	return hdt_apply(hdt_call_graph(call), "pad", HDT_VALUES(x),
	                 HDT_WITH(hdt_dims_value("before", before, x->rank), hdt_dims_value("after", after, x->rank),
	                          hdt_float_value("value", value), hdt_string_value("mode", mode)));
}

static hdt_status pad(hdt_call *call)
{
	const char *mode = hdt_call_string(call, "mode");
	double value = hdt_call_has(call, "value") ? hdt_call_float(call, "value") : 0;
	return map_result(call, pad_pairs(call, "pad", mode ? mode : "constant", value));
}

static hdt_status constant_pad(hdt_call *call)
{
	return map_result(call, pad_pairs(call, "pad", "constant", hdt_call_float(call, "value")));
}

static hdt_status pad_reflect(hdt_call *call)
{
	return map_result(call, pad_pairs(call, "padding", "reflect", 0));
}

static hdt_status pad_replicate(hdt_call *call)
{
	return map_result(call, pad_pairs(call, "padding", "replicate", 0));
}

static hdt_status unfold(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "unfold", HDT_VALUES(x),
	                                  HDT_WITH(hdt_int_value("axis", map_axis(call, "dimension", x->rank)),
	                                           hdt_int_value("size", hdt_call_int(call, "size")),
	                                           hdt_int_value("step", hdt_call_int(call, "step")))));
}

static hdt_status im2col(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	bool batched = x->rank == 4;
	x = batched ? x : map_unsqueeze(call, x, 0);
	hdt_value *columns = x ? hdt_apply(hdt_call_graph(call), "im2col", HDT_VALUES(x),
	                                   HDT_WITH(map_dims_value("kernel", map_repeat_dims(call, "kernel_size", 2)),
	                                            map_dims_value("dilation", map_repeat_dims(call, "dilation", 2)),
	                                            map_dims_value("padding", map_repeat_dims(call, "padding", 2)),
	                                            map_dims_value("stride", map_repeat_dims(call, "stride", 2))))
	                       : NULL;
	return map_result(call, batched ? columns : map_squeeze(call, columns, 0));
}

/* A weight [channels * size, 1, kernel...] that puts the i-th column of each channel at the i-th place of the kernel.
 */
static hdt_value *placing_weight(hdt_call *call, hdt_dtype dtype, const hdt_expr *channels, hdt_list kernel)
{
	const hdt_expr *one = hdt_int(hdt_call_context(call), 1), *size = hdt_mul(kernel.items[0], kernel.items[1]);
	const hdt_expr *repeats[] = {channels, one, one, one};
	hdt_value *places = hdt_apply_list(hdt_call_graph(call), "eye", NULL, 0,
	                                   HDT_WITH(hdt_dims_value("rows", &size, 1), hdt_dims_value("columns", &size, 1),
	                                            hdt_dtype_value("dtype", dtype)));
	places = map_reshape(call, places, HDT_AT(size, one, kernel.items[0], kernel.items[1]));
	return places ? hdt_apply(hdt_call_graph(call), "tile", HDT_VALUES(places),
	                          HDT_WITH(hdt_dims_value("repeats", repeats, 4)))
	              : NULL;
}

/* The inverse of im2col, where columns overlap their sum: a transposed convolution, each channel a group, that puts
 * each row of the columns at its place of the kernel. */
static hdt_status col2im(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	bool batched = x->rank == 3;
	x = batched ? x : map_unsqueeze(call, x, 0);
	hdt_list size = map_repeat_dims(call, "output_size", 2), kernel = map_repeat_dims(call, "kernel_size", 2);
	hdt_list dilation = map_repeat_dims(call, "dilation", 2), padding = map_repeat_dims(call, "padding", 2);
	hdt_list stride = map_repeat_dims(call, "stride", 2);
	const hdt_expr *steps[2], *rest[2], *one = hdt_int(hdt_call_context(call), 1),
										*two = hdt_int(hdt_call_context(call), 2);
	int64_t groups;
	if (!x || map_status(call) != HDT_OK)
		return map_status(call);
	for (int i = 0; i < 2; i++) {
		const hdt_expr *reach = hdt_mul(dilation.items[i], hdt_sub(kernel.items[i], one));
		const hdt_expr *span = hdt_sub(hdt_add(size.items[i], hdt_mul(two, padding.items[i])), hdt_add(reach, one));
		steps[i] = hdt_add(hdt_floordiv(span, stride.items[i]), one);
		rest[i] = hdt_mod(span, stride.items[i]);
	}
	const hdt_expr *channels = hdt_floordiv(x->shape[1], hdt_mul(kernel.items[0], kernel.items[1]));
	if (!channels || !hdt_is_const(channels, &groups))
		return map_refuse(call, "columns of a symbolic number of channels");
	hdt_value *weight = placing_weight(call, x->dtype, channels, kernel);
	x = map_reshape(call, x, HDT_AT(x->shape[0], x->shape[1], steps[0], steps[1]));
	hdt_value *image = x && weight
	                       ? hdt_apply(hdt_call_graph(call), "conv_transpose2d", HDT_VALUES(x, weight),
	                                   HDT_WITH(map_dims_value("stride", stride), map_dims_value("padding", padding),
	                                            hdt_dims_value("output_padding", rest, 2),
	                                            map_dims_value("dilation", dilation), hdt_int_value("groups", groups)))
	                       : NULL;
	return map_result(call, batched ? image : map_squeeze(call, image, 0));
}

/* The n-th differences along an axis. */
static hdt_status diff(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank), count = 0;
	hdt_value *parts[3];
	if (hdt_call_has(call, "prepend"))
		parts[count++] = hdt_call_value(call, "prepend");
	parts[count++] = x;
	if (hdt_call_has(call, "append"))
		parts[count++] = hdt_call_value(call, "append");
	if (count > 1)
		x = concatenate(call, parts, count, axis);
	int64_t n = hdt_call_int(call, "n");
	const hdt_expr *zero = hdt_int(hdt_call_context(call), 0), *one = hdt_int(hdt_call_context(call), 1);
	for (int64_t i = 0; x && i < n; i++) {
		if (i >= MAX_TENSORS)
			return map_refuse(call, "differences of order %lld", (long long)n);
		hdt_value *later = map_slice(call, x, axis, one, x->shape[axis], 1);
		hdt_value *earlier = map_slice(call, x, axis, zero, hdt_sub(x->shape[axis], one), 1);
		x = map_binary(call, x->dtype == HDT_BOOL ? "logical_xor" : "sub", later, earlier);
	}
	return map_result(call, x);
}

static const hdt_mapping mappings[] = {
	{"aten.cat.default", "tensors, dim=0", NULL, cat},
	{"aten.concat.default", "tensors, dim=0", NULL, cat},
	{"aten.concatenate.default", "tensors, dim=0", NULL, cat},
	{"aten.stack.default", "tensors, dim=0", NULL, stack},
	{"aten.hstack.default", "tensors", NULL, hstack},
	{"aten.vstack.default", "tensors", NULL, vstack},
	{"aten.row_stack.default", "tensors", NULL, vstack},
	{"aten.dstack.default", "tensors", NULL, dstack},
	{"aten.column_stack.default", "tensors", NULL, column_stack},
	{"aten.atleast_1d.default", "self", NULL, atleast_1d},
	{"aten.atleast_2d.default", "self", NULL, atleast_2d},
	{"aten.atleast_3d.default", "self", NULL, atleast_3d},
	{"aten.meshgrid.default", "tensors, *, indexing=\"ij\"", NULL, meshgrid},
	{"aten.meshgrid.indexing", "tensors, *, indexing", NULL, meshgrid},
	{"aten.broadcast_tensors.default", "tensors", NULL, broadcast_tensors},
	{"aten.repeat.default", "self, repeats", NULL, repeat},
	{"aten.tile.default", "self, dims", NULL, tile},
	{"aten.repeat_interleave.self_int", "self, repeats, dim=none, *, output_size=none", NULL, repeat_interleave},
	{"aten.roll.default", "self, shifts, dims=[]", NULL, roll},
	{"aten.flip.default", "self, dims", NULL, flip},
	{"aten.fliplr.default", "self", NULL, fliplr},
	{"aten.flipud.default", "self", NULL, flipud},
	{"aten.rot90.default", "self, k=1, dims=[0, 1]", NULL, rot90},
	{"aten.pad.default", "self, pad, mode=\"constant\", value=none", NULL, pad},
	{"aten.constant_pad_nd.default", "self, pad, value=0", NULL, constant_pad},
	{"aten.reflection_pad1d.default", "self, padding", NULL, pad_reflect},
	{"aten.reflection_pad2d.default", "self, padding", NULL, pad_reflect},
	{"aten.reflection_pad3d.default", "self, padding", NULL, pad_reflect},
	{"aten.replication_pad1d.default", "self, padding", NULL, pad_replicate},
	{"aten.replication_pad2d.default", "self, padding", NULL, pad_replicate},
	{"aten.replication_pad3d.default", "self, padding", NULL, pad_replicate},
	{"aten.unfold.default", "self, dimension, size, step", NULL, unfold},
	{"aten.unfold_copy.default", "self, dimension, size, step", NULL, unfold},
	{"aten.im2col.default", "self, kernel_size, dilation, padding, stride", NULL, im2col},
	{"aten.col2im.default", "self, output_size, kernel_size, dilation, padding, stride", NULL, col2im},
	{"aten.diff.default", "self, n=1, dim=-1, prepend=none, append=none", NULL, diff},
	{0},
};

const hdt_mapping_set hdt_mappings_map_arrange = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
