/* map_create.c: tensors made of nothing: filled, counted, triangular. Memory that PyTorch leaves uninitialised is zero
 * here. */
#include "map.h"
#include <math.h>
#include <stdlib.h>

/* ---- filled ------------------------------------------------------------------------------------------------------ */

/* The argument `dtype`, or this one. */
static hdt_dtype dtype_or(hdt_call *call, hdt_dtype otherwise)
{
	return hdt_call_has(call, "dtype") ? hdt_call_dtype(call, "dtype") : otherwise;
}

static hdt_status give_full(hdt_call *call, hdt_list shape, double value, hdt_dtype dtype)
{
	return map_result(call, map_full(call, shape, value, dtype));
}

static hdt_status zeros(hdt_call *call)
{
	return give_full(call, hdt_call_dims(call, "size"), 0, dtype_or(call, HDT_F32));
}

static hdt_status ones(hdt_call *call)
{
	return give_full(call, hdt_call_dims(call, "size"), 1, dtype_or(call, HDT_F32));
}

static hdt_status like(hdt_call *call, double value)
{
	const hdt_value *self = hdt_call_value(call, "self");
	return self ? give_full(call, hdt_value_shape(self), value, dtype_or(call, self->dtype)) : map_status(call);
}

static hdt_status zeros_like(hdt_call *call)
{
	return like(call, 0);
}

static hdt_status ones_like(hdt_call *call)
{
	return like(call, 1);
}

static hdt_status new_filled(hdt_call *call, double value)
{
	const hdt_value *self = hdt_call_value(call, "self");
	return self ? give_full(call, hdt_call_dims(call, "size"), value, dtype_or(call, self->dtype)) : map_status(call);
}

static hdt_status new_zeros(hdt_call *call)
{
	return new_filled(call, 0);
}

static hdt_status new_ones(hdt_call *call)
{
	return new_filled(call, 1);
}

/* The value may be a number or a symbolic size; without a dtype it keeps its own. */
static hdt_status full_of(hdt_call *call, hdt_list shape, hdt_dtype dtype)
{
	hdt_value *value = hdt_call_operand(call, "fill_value", NULL);
	if (dtype == HDT_DTYPE_NONE && value)
		dtype = value->dtype;
	if (!value || !value->constant || (value->dtype == HDT_I64 && dtype == HDT_I64)) /* integers: exact beyond 2^53 */
		return map_result(call, map_expand(call, map_cast(call, value, dtype), shape));
	return give_full(call, shape, hdt_call_float(call, "fill_value"), dtype);
}

static hdt_status full(hdt_call *call)
{
	return full_of(call, hdt_call_dims(call, "size"), dtype_or(call, HDT_DTYPE_NONE));
}

static hdt_status full_like(hdt_call *call)
{
	const hdt_value *self = hdt_call_value(call, "self");
	return self ? full_of(call, hdt_value_shape(self), dtype_or(call, self->dtype)) : map_status(call);
}

static hdt_status new_full(hdt_call *call)
{
	const hdt_value *self = hdt_call_value(call, "self");
	return self ? full_of(call, hdt_call_dims(call, "size"), dtype_or(call, self->dtype)) : map_status(call);
}

static hdt_status scalar_tensor(hdt_call *call)
{
	hdt_value *value = hdt_call_operand(call, "s", NULL);
	return map_result(call, map_cast(call, value, dtype_or(call, HDT_F32)));
}

/* ---- counted ----------------------------------------------------------------------------------------------------- */

static hdt_value *count_from(hdt_call *call, double start, double step, const hdt_expr *count, hdt_dtype dtype)
{
	if (!count)
		return NULL;
	return hdt_apply_list(hdt_call_graph(call), "arange", NULL, 0,
	                      HDT_WITH(hdt_float_value("start", start), hdt_float_value("step", step),
	                               hdt_dims_value("count", &count, 1), hdt_dtype_value("dtype", dtype)));
}

/* Numbers that may be symbolic sizes: start + step * (0, 1, ...) in integers. */
static hdt_status arange_sizes(hdt_call *call, const hdt_expr *start, const hdt_expr *end, int64_t step,
                               hdt_dtype dtype)
{
	hdt_context *context = hdt_call_context(call);
	int64_t first = 0;
	if (step == 0)
		return hdt_fail(context, HDT_BAD_MODEL, "the step is 0");
	const hdt_expr *span = step > 0 ? hdt_sub(end, start) : hdt_sub(start, end);
	const hdt_expr *size = hdt_int(context, step > 0 ? step : -step);
	const hdt_expr *count = hdt_floordiv(hdt_add(span, hdt_sub(size, hdt_int(context, 1))), size);
	int64_t low, high;
	if (!(count && hdt_bounds(count, &low, &high) && low >= 0))
		count = hdt_max(count, hdt_int(context, 0));
	bool fixed = start && hdt_is_const(start, &first);
	hdt_value *result = count_from(call, fixed ? (double)first : 0, (double)step, count, fixed ? dtype : HDT_I64);
	if (!fixed && start) {
		hdt_value *offset =
			hdt_apply_list(hdt_call_graph(call), "dim", NULL, 0, HDT_WITH(hdt_dims_value("size", &start, 1)));
		result = map_cast(call, map_binary(call, "add", result, offset), dtype);
	}
	return map_result(call, result);
}

static hdt_status arange_from(hdt_call *call, bool has_start, bool has_step)
{
	bool real = hdt_call_is_float(call, "end") || (has_start && hdt_call_is_float(call, "start")) ||
	            (has_step && hdt_call_is_float(call, "step"));
	hdt_dtype dtype = dtype_or(call, real ? HDT_F32 : HDT_I64);
	if (!real)
		return arange_sizes(call, has_start ? hdt_call_dim(call, "start") : hdt_int(hdt_call_context(call), 0),
		                    hdt_call_dim(call, "end"), has_step ? hdt_call_int(call, "step") : 1, dtype);
	double start = has_start ? hdt_call_float(call, "start") : 0, step = has_step ? hdt_call_float(call, "step") : 1;
	double count = ceil((hdt_call_float(call, "end") - start) / step);
	if (!(count >= 0 && count < 1e15))
		return hdt_fail(hdt_call_context(call), HDT_BAD_MODEL, "the range has no finite number of elements");
	return map_result(call, count_from(call, start, step, hdt_int(hdt_call_context(call), (int64_t)count), dtype));
}

static hdt_status arange_end(hdt_call *call)
{
	return arange_from(call, false, false);
}

static hdt_status arange_start(hdt_call *call)
{
	return arange_from(call, true, false);
}

static hdt_status arange_step(hdt_call *call)
{
	return arange_from(call, true, true);
}

/* Evenly from start to end, both included. PyTorch counts the second half backwards from the end, so that it is met
 * exactly. */
static hdt_status linspace(hdt_call *call)
{
	hdt_dtype dtype = dtype_or(call, HDT_F32);
	double start = hdt_call_float(call, "start"), end = hdt_call_float(call, "end");
	int64_t steps = hdt_call_int(call, "steps");
	if (steps < 0 || steps > INT32_MAX)
		return map_refuse(call, "%lld steps", (long long)steps);
	double step = steps > 1 ? (end - start) / (double)(steps - 1) : 0;
	const hdt_expr *half = hdt_int(hdt_call_context(call), steps - steps / 2),
				   *rest = hdt_int(hdt_call_context(call), steps / 2);
	hdt_dtype work = dtype == HDT_F64 ? HDT_F64 : HDT_F32;
	hdt_value *parts[2] = {count_from(call, start, step, half, work),
	                       count_from(call, end - step * (double)(steps / 2 - 1), step, rest, work)};
	return map_result(call, map_cast(call, map_concat(call, parts, steps > 1 ? 2 : 1, 0), dtype));
}

/* ---- matrices ---------------------------------------------------------------------------------------------------- */

static hdt_status give_eye(hdt_call *call, const hdt_expr *rows, const hdt_expr *columns)
{
	if (!rows || !columns)
		return map_status(call);
	return map_result(call,
	                  hdt_apply_list(hdt_call_graph(call), "eye", NULL, 0,
	                                 HDT_WITH(hdt_dims_value("rows", &rows, 1), hdt_dims_value("columns", &columns, 1),
	                                          hdt_dtype_value("dtype", dtype_or(call, HDT_F32)))));
}

static hdt_status eye(hdt_call *call)
{
	const hdt_expr *n = hdt_call_dim(call, "n");
	return give_eye(call, n, n);
}

static hdt_status eye_rectangular(hdt_call *call)
{
	return give_eye(call, hdt_call_dim(call, "n"), hdt_call_dim(call, "m"));
}

static hdt_status triangle(hdt_call *call, const char *op)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x),
	                                  HDT_WITH(hdt_int_value("diagonal", hdt_call_int(call, "diagonal")))));
}

static hdt_status tril(hdt_call *call)
{
	return triangle(call, "tril");
}

static hdt_status triu(hdt_call *call)
{
	return triangle(call, "triu");
}

/* Row and column of each element on one side of a diagonal, in row-major order: a constant [2, n]. */
static hdt_status triangle_indices(hdt_call *call, bool lower)
{
	hdt_context *context = hdt_call_context(call);
	int64_t rows = hdt_call_int(call, "row"), columns = hdt_call_int(call, "col"),
			offset = hdt_call_int(call, "offset"), count = 0;
	if (rows < 0 || columns < 0 || rows > 1 << 14 || columns > 1 << 14 || offset < -(1 << 20) || offset > 1 << 20)
		return map_refuse(call, "indices of a triangle of %lld by %lld", (long long)rows, (long long)columns);
	for (int64_t r = 0; r < rows; r++)
		for (int64_t c = 0; c < columns; c++)
			count += lower ? c - r <= offset : c - r >= offset;
	size_t bytes = 2 * (size_t)count * sizeof(int64_t);
	int64_t *data = malloc(bytes ? bytes : 1), next = 0;
	if (!data)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
	for (int64_t r = 0; r < rows; r++)
		for (int64_t c = 0; c < columns; c++)
			if (lower ? c - r <= offset : c - r >= offset) {
				data[next] = r;
				data[count + next++] = c;
			}
	hdt_data owned = {.data = data, .bytes = bytes, .release = free, .owner = data};
	hdt_list shape = HDT_AT(hdt_int(context, 2), hdt_int(context, count));
	return map_result(call, map_cast(call, hdt_graph_constant(hdt_call_graph(call), NULL, HDT_I64, shape, owned),
	                                 dtype_or(call, HDT_I64)));
}

static hdt_status tril_indices(hdt_call *call)
{
	return triangle_indices(call, true);
}

static hdt_status triu_indices(hdt_call *call)
{
	return triangle_indices(call, false);
}

#define SIZED "size, *, dtype=none, " MAP_PLACEMENT_FORMAT
#define LIKE "self, *, dtype=none, " MAP_PLACEMENT_FORMAT
#define NEW "self, size, *, dtype=none, " MAP_PLACEMENT

static const hdt_mapping mappings[] = {
	{"aten.zeros.default", SIZED, NULL, zeros},
	{"aten.ones.default", SIZED, NULL, ones},
	{"aten.empty.memory_format", SIZED, NULL, zeros},
	{"aten.empty_permuted.default", "size, physical_layout, *, dtype=none, " MAP_PLACEMENT, NULL, zeros},
	{"aten.zeros_like.default", LIKE, NULL, zeros_like},
	{"aten.ones_like.default", LIKE, NULL, ones_like},
	{"aten.empty_like.default", LIKE, NULL, zeros_like},
	{"aten.new_zeros.default", NEW, NULL, new_zeros},
	{"aten.new_ones.default", NEW, NULL, new_ones},
	{"aten.new_empty.default", NEW, NULL, new_zeros},
	{"aten.full.default", "size, fill_value, *, dtype=none, " MAP_PLACEMENT, NULL, full},
	{"aten.full_like.default", "self, fill_value, *, dtype=none, " MAP_PLACEMENT_FORMAT, NULL, full_like},
	{"aten.new_full.default", "self, size, fill_value, *, dtype=none, " MAP_PLACEMENT, NULL, new_full},
	{"aten.scalar_tensor.default", "s, *, dtype=none, " MAP_PLACEMENT, NULL, scalar_tensor},
	{"aten.arange.default", "end, *, dtype=none, " MAP_PLACEMENT, NULL, arange_end},
	{"aten.arange.start", "start, end, *, dtype=none, " MAP_PLACEMENT, NULL, arange_start},
	{"aten.arange.start_step", "start, end, step=1, *, dtype=none, " MAP_PLACEMENT, NULL, arange_step},
	{"aten.linspace.default", "start, end, steps, *, dtype=none, " MAP_PLACEMENT, NULL, linspace},
	{"aten.eye.default", "n, *, dtype=none, " MAP_PLACEMENT, NULL, eye},
	{"aten.eye.m", "n, m, *, dtype=none, " MAP_PLACEMENT, NULL, eye_rectangular},
	{"aten.tril.default", "self, diagonal=0", NULL, tril},
	{"aten.triu.default", "self, diagonal=0", NULL, triu},
	{"aten.tril_indices.default", "row, col, offset=0, *, dtype=none, " MAP_PLACEMENT, NULL, tril_indices},
	{"aten.triu_indices.default", "row, col, offset=0, *, dtype=none, " MAP_PLACEMENT, NULL, triu_indices},
	{0},
};

const hdt_mapping_set hdt_mappings_map_create = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
