/* data.c: constants and who frees their bytes.
 *
 * Every hdt_data handed to hdt_graph_constant is released exactly once: with the context, or at once when it cannot
 * even be recorded. Constants made from numbers keep their bytes in the arena. */
#include "graph/state.h"

static void release(const hdt_data *data)
{
	if (data->release)
		data->release(data->owner);
}

void graph_release(hdt_graph *graph)
{
	graph_state *state = graph_state_of(graph);
	owned_data *owned = state->owned;
	state->owned = NULL;
	for (; owned; owned = owned->next)
		release(&owned->data);
}

static const hdt_data *keep(hdt_graph *graph, hdt_data data)
{
	owned_data *owned = graph ? arena_alloc(&graph->context->arena, sizeof *owned) : NULL;
	if (!owned) {
		release(&data);
		if (graph)
			hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory while adding a constant");
		return NULL;
	}
	graph_state *state = graph_state_of(graph);
	*owned = (owned_data){data, state->owned};
	state->owned = owned;
	return &owned->data;
}

int64_t graph_shape_bytes(hdt_dtype dtype, hdt_list shape)
{
	int64_t bytes = hdt_dtype_of(dtype)->bytes;
	bool empty = false;
	for (int d = 0; d < shape.count; d++) {
		int64_t dim = 0;
		if (!hdt_is_const(shape.items[d], &dim) || dim < 0)
			return -1;
		if (dim == 0)
			empty = true;
		else if (__builtin_mul_overflow(bytes, dim, &bytes) || bytes > MAX_TENSOR_BYTES)
			return -1;
	}
	return empty ? 0 : bytes;
}

int64_t value_bytes(const hdt_value *value)
{
	return graph_shape_bytes(value->dtype, hdt_value_shape(value));
}

hdt_value *hdt_graph_constant(hdt_graph *graph, const char *name, hdt_dtype dtype, hdt_list shape, hdt_data data)
{
	const hdt_data *kept = keep(graph, data);
	if (!kept || hdt_context_status(graph->context) != HDT_OK)
		return NULL;
	const char *shown = name ? name : "(unnamed)";
	const char *fault = shape_fault(graph->context, dtype, shape);
	int64_t bytes = fault ? -1 : graph_shape_bytes(dtype, shape);
	if (bytes < 0) {
		hdt_fail(graph->context, HDT_BAD_MODEL, "constant '%s': %s", shown, fault ? fault : "its shape is not static");
		return NULL;
	}
	if (data.data && data.bytes != (uint64_t)bytes) {
		hdt_fail(graph->context, HDT_BAD_MODEL, "constant '%s' needs %lld bytes but its data has %llu", shown,
		         (long long)bytes, (unsigned long long)data.bytes);
		return NULL;
	}
	hdt_value *value = graph_add_value(graph_state_of(graph), name && *name ? "" : "c", name, dtype, shape);
	if (value)
		value->constant = kept;
	return value;
}

hdt_status graph_set_constant(hdt_value *constant, hdt_data data)
{
	const hdt_data *kept = keep(constant->graph, data);
	if (!kept)
		return HDT_OUT_OF_MEMORY;
	if (!constant->constant || constant->constant->data || (int64_t)data.bytes != value_bytes(constant))
		return hdt_fail(constant->graph->context, HDT_INTERNAL, "'%s' is no constant that lacks %zu bytes",
		                constant->name, data.bytes);
	constant->constant = kept;
	return HDT_OK;
}

static hdt_value *add_scalar(hdt_graph *graph, hdt_dtype dtype, scalar value)
{
	if (!graph || hdt_context_status(graph->context) != HDT_OK)
		return NULL;
	if ((unsigned)dtype >= HDT_DTYPE_COUNT) {
		hdt_fail(graph->context, HDT_BAD_MODEL, "a number needs a dtype");
		return NULL;
	}
	hdt_data data = {.data = hdt_allocate(graph->context, 16), .bytes = hdt_dtype_of(dtype)->bytes};
	if (!data.data)
		return NULL;
	scalar_store((void *)data.data, dtype, 0, value);
	return hdt_graph_constant(graph, NULL, dtype, HDT_SCALAR, data);
}

hdt_value *hdt_graph_number(hdt_graph *graph, hdt_dtype dtype, double value)
{
	scalar v = {.f = value};
	if ((unsigned)dtype < HDT_DTYPE_COUNT && !hdt_is_float(dtype))
		v = scalar_cast(v, HDT_F64, dtype);
	return add_scalar(graph, dtype, v);
}

hdt_value *hdt_graph_integer(hdt_graph *graph, hdt_dtype dtype, int64_t value)
{
	scalar v = {.i = value};
	if ((unsigned)dtype < HDT_DTYPE_COUNT && dtype != HDT_I64)
		v = scalar_cast(v, HDT_I64, dtype);
	return add_scalar(graph, dtype, v);
}

bool hdt_constant_number(const hdt_value *value, double *out)
{
	if (!value || !value->constant || !value->constant->data || value_bytes(value) != hdt_dtype_of(value->dtype)->bytes)
		return false;
	scalar v = scalar_load(value->constant->data, value->dtype, 0);
	*out = hdt_is_float(value->dtype) ? v.f : value->dtype == HDT_U64 ? (double)(uint64_t)v.i : (double)v.i;
	return true;
}
