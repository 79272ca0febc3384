/* map.c: the short ways to build nodes that the mapping files share. */
#include "map.h"
#include <stdarg.h>
#include <stdio.h>

hdt_status map_status(hdt_call *call)
{
	return hdt_context_status(hdt_call_context(call));
}

hdt_status map_result(hdt_call *call, hdt_value *value)
{
	hdt_call_return(call, value);
	return map_status(call);
}

hdt_status map_refuse(hdt_call *call, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return hdt_fail(hdt_call_context(call), HDT_UNSUPPORTED, "%s", text);
}

/* ---- axes and lists ---------------------------------------------------------------------------------------------- */

int map_wrap_axis(hdt_call *call, int64_t axis, int rank)
{
	int limit = rank ? rank : 1;
	if (axis >= -limit && axis < limit)
		return (int)(axis < 0 ? axis + limit : axis);
	hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "axis %lld is out of range for a tensor of %d dimensions",
	         (long long)axis, rank);
	return 0;
}

int map_axis(hdt_call *call, const char *name, int rank)
{
	return map_wrap_axis(call, hdt_call_int(call, name), rank);
}

map_axes map_axis_list(hdt_call *call, const char *name, int rank)
{
	map_axes out = {0};
	hdt_list given = hdt_call_has(call, name) ? hdt_call_dims(call, name) : HDT_SCALAR;
	if (rank == 0)
		return out;
	for (int i = 0; i < given.count; i++) {
		int64_t axis;
		if (!hdt_is_const(given.items[i], &axis) || out.count == HDT_MAX_RANK) {
			hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "'%s' is no list of axes", name);
			return (map_axes){0};
		}
		out.at[out.count++] = map_wrap_axis(call, axis, rank);
	}
	if (out.count == 0)
		for (out.count = 0; out.count < rank; out.count++)
			out.at[out.count] = out.count;
	return out;
}

map_axes map_other_axes(map_axes axes, int rank)
{
	map_axes out = {0};
	for (int d = 0; d < rank; d++) {
		bool listed = false;
		for (int i = 0; i < axes.count; i++)
			listed = listed || axes.at[i] == d;
		if (!listed)
			out.at[out.count++] = d;
	}
	return out;
}

const hdt_expr **map_new_dims(hdt_call *call, int count)
{
	return hdt_allocate(hdt_call_context(call), ((size_t)count + 1) * sizeof(const hdt_expr *));
}

hdt_attribute_value map_axes_value(hdt_call *call, const char *name, const int *axes, int count)
{
	const hdt_expr **dims = map_new_dims(call, count);
	for (int i = 0; dims && i < count; i++)
		dims[i] = hdt_int(hdt_call_context(call), axes[i]);
	return hdt_dims_value(name, dims, dims ? count : 0);
}

hdt_list map_copy_shape(hdt_call *call, const hdt_value *x)
{
	const hdt_expr **dims = map_new_dims(call, x ? x->rank : 0);
	for (int d = 0; dims && x && d < x->rank; d++)
		dims[d] = x->shape[d];
	return (hdt_list){dims, dims && x ? x->rank : 0};
}

hdt_attribute_value map_dims_value(const char *name, hdt_list dims)
{
	return hdt_dims_value(name, dims.items, dims.count);
}

hdt_attribute_value map_window_value(const char *name, hdt_list dims)
{
	bool even = dims.count > 0;
	for (int i = 1; i < dims.count; i++)
		even = even && hdt_proves_equal(dims.items[i], dims.items[0]);
	return hdt_dims_value(name, dims.items, even ? 1 : dims.count);
}

hdt_list map_repeat_dims(hdt_call *call, const char *name, int count)
{
	hdt_list given = hdt_call_dims(call, name);
	const hdt_expr **dims = map_new_dims(call, count);
	if (!dims || given.count == 0)
		return HDT_SCALAR;
	if (given.count != 1 && given.count != count)
		hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "'%s' has %d values for %d dimensions", name, given.count,
		         count);
	for (int i = 0; i < count; i++)
		dims[i] = given.items[given.count == count ? i : 0];
	return (hdt_list){dims, count};
}

bool map_is_int(const hdt_expr *e, int64_t value)
{
	int64_t known;
	return e && hdt_is_const(e, &known) && known == value;
}

bool map_same_shape(hdt_list a, hdt_list b)
{
	bool same = a.count == b.count;
	for (int d = 0; same && d < a.count; d++)
		same = hdt_proves_equal(a.items[d], b.items[d]);
	return same;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

hdt_value *map_unary(hdt_call *call, const char *op, hdt_value *x)
{
	return x ? hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x), NULL) : NULL;
}

static int category(hdt_dtype dtype)
{
	return hdt_is_float(dtype) ? 2 : dtype == HDT_BOOL ? 0 : 1;
}

hdt_value *map_binary(hdt_call *call, const char *op, hdt_value *x, hdt_value *y)
{
	if (!x || !y)
		return NULL;
	if (x->rank == 0 && y->rank > 0 && category(x->dtype) == category(y->dtype))
		x = map_cast(call, x, y->dtype);
	else if (y->rank == 0 && x->rank > 0 && category(x->dtype) == category(y->dtype))
		y = map_cast(call, y, x->dtype);
	return hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x, y), NULL);
}

hdt_value *map_number_like(hdt_call *call, const hdt_value *x, double number)
{
	return x ? hdt_graph_number(hdt_call_graph(call), x->dtype, number) : NULL;
}

hdt_value *map_with_number(hdt_call *call, const char *op, hdt_value *x, double number)
{
	return map_binary(call, op, x, map_number_like(call, x, number));
}

hdt_value *map_cast(hdt_call *call, hdt_value *x, hdt_dtype dtype)
{
	if (!x || dtype == HDT_DTYPE_NONE || x->dtype == dtype)
		return x;
	return hdt_apply(hdt_call_graph(call), "cast", HDT_VALUES(x), HDT_WITH(hdt_dtype_value("dtype", dtype)));
}

hdt_value *map_float(hdt_call *call, hdt_value *x)
{
	return x && !hdt_is_float(x->dtype) ? map_cast(call, x, HDT_F32) : x;
}

hdt_value *map_reshape(hdt_call *call, hdt_value *x, hdt_list shape)
{
	if (!x || map_same_shape(hdt_value_shape(x), shape))
		return x;
	return hdt_apply(hdt_call_graph(call), "reshape", HDT_VALUES(x), HDT_WITH(map_dims_value("shape", shape)));
}

hdt_value *map_expand(hdt_call *call, hdt_value *x, hdt_list shape)
{
	if (!x || map_same_shape(hdt_value_shape(x), shape))
		return x;
	return hdt_apply(hdt_call_graph(call), "expand", HDT_VALUES(x), HDT_WITH(map_dims_value("shape", shape)));
}

hdt_value *map_transpose(hdt_call *call, hdt_value *x, const int *axes)
{
	bool moves = false;
	for (int d = 0; x && d < x->rank; d++)
		moves = moves || axes[d] != d;
	if (!moves)
		return x;
	return hdt_apply(hdt_call_graph(call), "transpose", HDT_VALUES(x),
	                 HDT_WITH(map_axes_value(call, "axes", axes, x->rank)));
}

hdt_value *map_swap_axes(hdt_call *call, hdt_value *x, int a, int b)
{
	int axes[HDT_MAX_RANK];
	if (!x || x->rank == 0)
		return x;
	for (int d = 0; d < x->rank; d++)
		axes[d] = d == a ? b : d == b ? a : d;
	return map_transpose(call, x, axes);
}

hdt_value *map_unsqueeze(hdt_call *call, hdt_value *x, int axis)
{
	return x ? hdt_apply(hdt_call_graph(call), "unsqueeze", HDT_VALUES(x),
	                     HDT_WITH(map_axes_value(call, "axes", &axis, 1)))
	         : NULL;
}

hdt_value *map_squeeze(hdt_call *call, hdt_value *x, int axis)
{
	return x ? hdt_apply(hdt_call_graph(call), "squeeze", HDT_VALUES(x),
	                     HDT_WITH(map_axes_value(call, "axes", &axis, 1)))
	         : NULL;
}

hdt_value *map_slice(hdt_call *call, hdt_value *x, int axis, const hdt_expr *start, const hdt_expr *end, int64_t step)
{
	if (!x || !start || !end)
		return NULL;
	hdt_context *context = hdt_call_context(call);
	if (map_is_int(start, 0) && step == 1 && hdt_proves_equal(end, x->shape[axis]))
		return x;
	const hdt_expr *at = hdt_int(context, axis), *by = hdt_int(context, step);
	return hdt_apply(hdt_call_graph(call), "slice", HDT_VALUES(x),
	                 HDT_WITH(hdt_dims_value("axes", &at, 1), hdt_dims_value("starts", &start, 1),
	                          hdt_dims_value("ends", &end, 1), hdt_dims_value("steps", &by, 1)));
}

hdt_value *map_select(hdt_call *call, hdt_value *x, int axis, const hdt_expr *index)
{
	if (!x || !index)
		return NULL;
	return hdt_apply(hdt_call_graph(call), "select", HDT_VALUES(x),
	                 HDT_WITH(hdt_int_value("axis", axis), hdt_dims_value("index", &index, 1)));
}

hdt_value *map_concat(hdt_call *call, hdt_value *const *values, int count, int axis)
{
	if (count == 1)
		return values[0];
	return hdt_apply_list(hdt_call_graph(call), "concat", values, count, HDT_WITH(hdt_int_value("axis", axis)));
}

hdt_value *map_reduce(hdt_call *call, const char *op, hdt_value *x, map_axes axes, bool keep)
{
	if (!x)
		return NULL;
	return hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x),
	                 HDT_WITH(map_axes_value(call, "axes", axes.at, axes.count), hdt_bool_value("keepdims", keep)));
}

hdt_value *map_full(hdt_call *call, hdt_list shape, double value, hdt_dtype dtype)
{
	return hdt_apply_list(
		hdt_call_graph(call), "full", NULL, 0,
		HDT_WITH(map_dims_value("shape", shape), hdt_float_value("value", value), hdt_dtype_value("dtype", dtype)));
}

hdt_value *map_where(hdt_call *call, hdt_value *condition, hdt_value *x, hdt_value *y)
{
	if (!condition || !x || !y)
		return NULL;
	if (x->rank == 0 && y->rank > 0 && category(x->dtype) == category(y->dtype))
		x = map_cast(call, x, y->dtype);
	else if (y->rank == 0 && x->rank > 0 && category(x->dtype) == category(y->dtype))
		y = map_cast(call, y, x->dtype);
	return hdt_apply(hdt_call_graph(call), "where", HDT_VALUES(condition, x, y), NULL);
}
