/* map.h: what the mapping files share: short ways to build nodes with PyTorch's conventions (negative axes, lists of
 * sizes).
 *
 * All helpers take NULL and return NULL, and leave a fault in the context: a mapping is straight-line code that ends in
 * `return map_result(call, value)`. Node-building helpers leave out what changes nothing: a cast to the same dtype, a
 * reshape to the same shape give the value itself. */
#ifndef TORCH_MAP_MAP_H
#define TORCH_MAP_MAP_H

#include <hidet/plugin.h>

/* Arguments that say nothing about values, as they close many signatures of PyTorch. */
#define MAP_PLACEMENT "layout=none, device=none, pin_memory=none"
#define MAP_PLACEMENT_FORMAT MAP_PLACEMENT ", memory_format=none"

/* ---- results and refusals ---------------------------------------------------------------------------------------- */

/* Hand over one result; the status for the mapping to return. */
hdt_status map_result(hdt_call *call, hdt_value *value);
hdt_status map_status(hdt_call *call);
/* A fault that this call cannot be expressed (HDT_UNSUPPORTED). */
hdt_status map_refuse(hdt_call *call, const char *format, ...) HDT_PRINTF(2, 3);

/* ---- axes and lists ---------------------------------------------------------------------------------------------- */

typedef struct map_axes {
	int count;
	int at[HDT_MAX_RANK];
} map_axes;

/* `axis` of a tensor of `rank`, negative counts from the end; a fault and 0 when out of range. A scalar has the axis 0.
 */
int map_wrap_axis(hdt_call *call, int64_t axis, int rank);
/* The argument `name` as an axis. */
int map_axis(hdt_call *call, const char *name, int rank);
/* The argument as a list of axes in the order given; `none` and [] give all. */
map_axes map_axis_list(hdt_call *call, const char *name, int rank);
/* Every axis but those. */
map_axes map_other_axes(map_axes axes, int rank);

hdt_attribute_value map_axes_value(hdt_call *call, const char *name, const int *axes, int count);
/* A list of `count` dims to be filled in; NULL when memory is out. */
const hdt_expr **map_new_dims(hdt_call *call, int count);
hdt_list map_copy_shape(hdt_call *call, const hdt_value *x);
hdt_attribute_value map_dims_value(const char *name, hdt_list dims);
/* The same for an attribute of windows, of which one item stands for all dimensions: stride=[2, 2] becomes stride=[2], and is left out of the
 * text where that is the default. */
hdt_attribute_value map_window_value(const char *name, hdt_list dims);
/* A lone value, or none at all, as a list of `count`: PyTorch's stride=2 for stride=[2, 2]. */
hdt_list map_repeat_dims(hdt_call *call, const char *name, int count);
bool map_is_int(const hdt_expr *e, int64_t value);
bool map_same_shape(hdt_list a, hdt_list b);

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

hdt_value *map_unary(hdt_call *call, const char *op, hdt_value *x);
/* Operands of one category but different dtypes: a scalar tensor gives way to one with dimensions. */
hdt_value *map_binary(hdt_call *call, const char *op, hdt_value *x, hdt_value *y);
/* x op number, the number of x's dtype (PyTorch's weak scalar). */
hdt_value *map_with_number(hdt_call *call, const char *op, hdt_value *x, double number);
hdt_value *map_number_like(hdt_call *call, const hdt_value *x, double number);
hdt_value *map_cast(hdt_call *call, hdt_value *x, hdt_dtype dtype); /* HDT_DTYPE_NONE: as it is */
hdt_value *map_float(hdt_call *call, hdt_value *x);                 /* integers and bool become f32 */
hdt_value *map_reshape(hdt_call *call, hdt_value *x, hdt_list shape);
hdt_value *map_expand(hdt_call *call, hdt_value *x, hdt_list shape);
hdt_value *map_transpose(hdt_call *call, hdt_value *x, const int *axes);
hdt_value *map_swap_axes(hdt_call *call, hdt_value *x, int a, int b);
hdt_value *map_unsqueeze(hdt_call *call, hdt_value *x, int axis);
hdt_value *map_squeeze(hdt_call *call, hdt_value *x, int axis);
hdt_value *map_slice(hdt_call *call, hdt_value *x, int axis, const hdt_expr *start, const hdt_expr *end, int64_t step);
hdt_value *map_select(hdt_call *call, hdt_value *x, int axis, const hdt_expr *index);
hdt_value *map_concat(hdt_call *call, hdt_value *const *values, int count, int axis);
hdt_value *map_reduce(hdt_call *call, const char *op, hdt_value *x, map_axes axes, bool keep);
hdt_value *map_full(hdt_call *call, hdt_list shape, double value, hdt_dtype dtype);
hdt_value *map_where(hdt_call *call, hdt_value *condition, hdt_value *x, hdt_value *y);

#endif
