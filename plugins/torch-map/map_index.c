/* map_index.c: reading and writing elements at positions that are data: embedding, gather, advanced indexing, scatter.
 */
#include "map.h"
#include <string.h>

/* An operator with inputs x and one more, and an axis. */
static hdt_value *along(hdt_call *call, const char *op, hdt_value *x, hdt_value *index, int axis)
{
	return x && index ? hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x, index), HDT_WITH(hdt_int_value("axis", axis)))
	                  : NULL;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static hdt_status embedding(hdt_call *call)
{
	return map_result(call, along(call, "take", hdt_call_value(call, "weight"), hdt_call_value(call, "indices"), 0));
}

static hdt_status gather(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_result(call,
	                  along(call, "gather", x, hdt_call_value(call, "index"), x ? map_axis(call, "dim", x->rank) : 0));
}

static hdt_status index_select(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *index = hdt_call_value(call, "index");
	if (index && index->rank == 0)
		index = map_unsqueeze(call, index, 0);
	return map_result(call, along(call, "index_select", x, index, x ? map_axis(call, "dim", x->rank) : 0));
}

static hdt_value *flatten(hdt_call *call, hdt_value *x)
{
	return x ? map_reshape(call, x, HDT_AT(hdt_product(hdt_call_context(call), hdt_value_shape(x)))) : NULL;
}

/* Positions in the flattened tensor; negative ones count from the end, which advanced indexing allows and take does
 * not. */
static hdt_status take_flat(hdt_call *call)
{
	hdt_value *x = flatten(call, hdt_call_value(call, "self")), *index = hdt_call_value(call, "index");
	int zero = 0;
	if (!x || !index)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "index", HDT_VALUES(x, index),
	                                  HDT_WITH(map_axes_value(call, "axes", &zero, 1))));
}

static hdt_status take_along_dim(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *index = hdt_call_value(call, "indices");
	if (!x || !index)
		return map_status(call);
	if (!hdt_call_has(call, "dim"))
		return map_result(call, along(call, "gather", flatten(call, x), flatten(call, index), 0));
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *shape[HDT_MAX_RANK]; /* index broadcasts to x everywhere but along the axis */
	for (int d = 0; d < x->rank && x->rank == index->rank; d++)
		shape[d] = d == axis ? index->shape[d] : x->shape[d];
	return map_result(call, along(call, "gather", x, map_expand(call, index, (hdt_list){shape, x->rank}), axis));
}

/* x[i, :, j]: the index tensors and the axes that they index. */
typedef struct indexing {
	hdt_value *inputs[HDT_MAX_RANK + 2]; /* free places in front for the operator's other inputs, see `first` */
	int axes[HDT_MAX_RANK];
	int count;
} indexing;

static bool read_indices(hdt_call *call, const hdt_value *x, int first, indexing *out)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "indices", &values);
	out->count = 0;
	if (!x || count > x->rank) {
		map_refuse(call, "%d indices for a tensor of %d dimensions", count, x ? x->rank : 0);
		return false;
	}
	for (int i = 0; i < count; i++) {
		if (!values[i])
			continue;
		if (values[i]->dtype == HDT_BOOL || values[i]->dtype == HDT_U8) {
			map_refuse(
				call,
				"a mask picks as many elements as it has true ones, which is known only when it runs; use torch.where");
			return false;
		}
		out->inputs[first + out->count] = map_cast(call, values[i], HDT_I64);
		out->axes[out->count++] = i;
	}
	return map_status(call) == HDT_OK;
}

static hdt_status index_tensor(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	indexing at;
	if (!read_indices(call, x, 1, &at))
		return map_status(call);
	if (at.count == 0)
		return map_result(call, x);
	at.inputs[0] = x;
	return map_result(call, hdt_apply_list(hdt_call_graph(call), "index", at.inputs, at.count + 1,
	                                       HDT_WITH(map_axes_value(call, "axes", at.axes, at.count))));
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* x[mask] = value for a single number is a choice, element by element. */
static hdt_status put_masked(hdt_call *call, hdt_value *x, hdt_value *mask, hdt_value *value)
{
	while (mask && x && mask->rank < x->rank)
		mask = map_unsqueeze(call, mask, mask->rank);
	hdt_value *changed = hdt_call_bool(call, "accumulate") ? map_binary(call, "add", x, value)
	                                                       : map_cast(call, value, x ? x->dtype : HDT_F32);
	return map_result(call, map_where(call, mask, changed, x));
}

static hdt_status index_put(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *value = hdt_call_value(call, "values");
	hdt_value *const *indices;
	int count = hdt_call_values(call, "indices", &indices);
	if (x && value && count == 1 && indices[0] && indices[0]->dtype == HDT_BOOL && value->rank == 0)
		return put_masked(call, x, indices[0], value);
	indexing at;
	if (!value || !read_indices(call, x, 2, &at))
		return map_status(call);
	if (at.count == 0)
		return map_result(call, map_expand(call, map_cast(call, value, x->dtype), hdt_value_shape(x)));
	at.inputs[0] = x;
	at.inputs[1] = map_cast(call, value, x->dtype);
	return map_result(call, hdt_apply_list(hdt_call_graph(call), "index_put", at.inputs, at.count + 2,
	                                       HDT_WITH(map_axes_value(call, "axes", at.axes, at.count),
	                                                hdt_bool_value("accumulate", hdt_call_bool(call, "accumulate")))));
}

static hdt_value *scatter_into(hdt_call *call, hdt_value *x, hdt_value *index, hdt_value *source, int axis,
                               const char *reduce)
{
	if (!x || !index || !source)
		return NULL;
	return hdt_apply(hdt_call_graph(call), "scatter", HDT_VALUES(x, index, map_cast(call, source, x->dtype)),
	                 HDT_WITH(hdt_int_value("axis", axis), hdt_string_value("reduce", reduce)));
}

static hdt_status scatter_with(hdt_call *call, hdt_value *source, const char *reduce)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_result(call, scatter_into(call, x, hdt_call_value(call, "index"), source,
	                                     x ? map_axis(call, "dim", x->rank) : 0, reduce));
}

static hdt_status scatter(hdt_call *call)
{
	const char *reduce = hdt_call_has(call, "reduce") ? hdt_call_string(call, "reduce") : "none";
	return scatter_with(call, hdt_call_value(call, "src"), reduce);
}

static hdt_status scatter_number(hdt_call *call)
{
	const hdt_value *index = hdt_call_value(call, "index");
	const char *reduce = hdt_call_has(call, "reduce") ? hdt_call_string(call, "reduce") : "none";
	hdt_value *value = hdt_call_operand(call, "value", hdt_call_value(call, "self"));
	return scatter_with(call, map_expand(call, value, hdt_value_shape(index)), reduce);
}

static hdt_status scatter_add(hdt_call *call)
{
	return scatter_with(call, hdt_call_value(call, "src"), "add");
}

/* Without include_self the elements that are written to start from the reduction's neutral element. */
static hdt_status scatter_reduce(hdt_call *call)
{
	static const struct {
		const char *torch, *ours;
		double neutral;
	} kinds[] = {{"sum", "add", 0},
	             {"prod", "multiply", 1},
	             {"amax", "amax", -__builtin_inf()},
	             {"amin", "amin", __builtin_inf()}};
	const char *kind = hdt_call_string(call, "reduce");
	hdt_value *x = hdt_call_value(call, "self"), *index = hdt_call_value(call, "index");
	for (size_t i = 0; kind && x && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].torch, kind) != 0)
			continue;
		int axis = map_axis(call, "dim", x->rank);
		if (!hdt_call_bool(call, "include_self")) {
			if (!hdt_is_float(x->dtype) && kinds[i].ours[0] == 'a' && kinds[i].ours[1] == 'm')
				return map_refuse(call, "scatter_reduce of integers with include_self=False");
			hdt_value *neutral = map_expand(call, map_number_like(call, x, kinds[i].neutral), hdt_value_shape(index));
			x = scatter_into(call, x, index, neutral, axis, "none");
		}
		return map_result(call, scatter_into(call, x, index, hdt_call_value(call, "src"), axis, kinds[i].ours));
	}
	return map_refuse(call, "scatter_reduce by \"%s\"", kind ? kind : "none");
}

/* `rows` is 1-d and stands for every position of the other axes: as the index that scatter takes, of the shape of
 * `source`. */
static hdt_value *spread_rows(hdt_call *call, hdt_value *rows, const hdt_value *source, int axis)
{
	const hdt_expr *shape[HDT_MAX_RANK], *one = hdt_int(hdt_call_context(call), 1);
	if (!rows || !source)
		return NULL;
	for (int d = 0; d < source->rank; d++)
		shape[d] = d == axis ? rows->rank ? rows->shape[0] : one : one;
	return map_expand(call, map_reshape(call, rows, (hdt_list){shape, source->rank}), hdt_value_shape(source));
}

static hdt_status index_copy(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *source = hdt_call_value(call, "source");
	int axis = x ? map_axis(call, "dim", x->rank) : 0;
	return map_result(call, scatter_into(call, x, spread_rows(call, hdt_call_value(call, "index"), source, axis),
	                                     source, axis, "none"));
}

static hdt_status index_add(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *source = hdt_call_value(call, "source");
	int axis = x ? map_axis(call, "dim", x->rank) : 0;
	double alpha = hdt_call_float(call, "alpha");
	if (alpha != 1)
		source = map_with_number(call, "mul", source, alpha);
	return map_result(call, scatter_into(call, x, spread_rows(call, hdt_call_value(call, "index"), source, axis),
	                                     source, axis, "add"));
}

static hdt_status index_fill(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *rows = hdt_call_value(call, "index");
	hdt_value *value = hdt_call_operand(call, "value", x);
	const hdt_expr *shape[HDT_MAX_RANK];
	if (!x || !rows || x->rank == 0)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	for (int d = 0; d < x->rank; d++)
		shape[d] = d != axis ? x->shape[d] : rows->rank ? rows->shape[0] : hdt_int(hdt_call_context(call), 1);
	hdt_value *source = map_expand(call, map_cast(call, value, x->dtype), (hdt_list){shape, x->rank});
	return map_result(call, scatter_into(call, x, spread_rows(call, rows, source, axis), source, axis, "none"));
}

/* x with the elements start..end-1 along an axis replaced. */
static hdt_value *splice(hdt_call *call, hdt_value *x, hdt_value *part, int axis, const hdt_expr *start,
                         const hdt_expr *end)
{
	hdt_value *parts[3];
	int count = 0;
	const hdt_expr *zero = hdt_int(hdt_call_context(call), 0);
	if (!x || !part || !start || !end)
		return NULL;
	if (!map_is_int(start, 0))
		parts[count++] = map_slice(call, x, axis, zero, start, 1);
	parts[count++] = map_cast(call, part, x->dtype);
	if (!hdt_proves_equal(end, x->shape[axis]))
		parts[count++] = map_slice(call, x, axis, end, x->shape[axis], 1);
	return map_concat(call, parts, count, axis);
}

static const hdt_expr *from_start(const hdt_expr *index, const hdt_expr *size)
{
	int64_t known;
	return index && hdt_is_const(index, &known) && known < 0 ? hdt_add(index, size) : index;
}

static hdt_status select_scatter(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *index = from_start(hdt_call_dim(call, "index"), x->shape[axis]);
	hdt_value *part = map_unsqueeze(call, hdt_call_value(call, "src"), axis);
	return map_result(call, splice(call, x, part, axis, index, hdt_add(index, hdt_int(hdt_call_context(call), 1))));
}

static hdt_status slice_scatter(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	if (hdt_call_int(call, "step") != 1)
		return map_refuse(call, "a slice with a step is written");
	int axis = map_axis(call, "dim", x->rank);
	const hdt_expr *size = x->shape[axis];
	const hdt_expr *start = hdt_call_has(call, "start") ? from_start(hdt_call_dim(call, "start"), size)
	                                                    : hdt_int(hdt_call_context(call), 0);
	const hdt_expr *end = hdt_call_has(call, "end") ? hdt_min(from_start(hdt_call_dim(call, "end"), size), size) : size;
	return map_result(call, splice(call, x, hdt_call_value(call, "src"), axis, start, end));
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

/* Are the offsets 0, n, 2n, ...? A two-dimensional index comes as a flat one with such offsets. Gives n, or 0. */
static int64_t bag_size(const hdt_value *offsets)
{
	const hdt_node *node = offsets ? offsets->producer : NULL;
	if (!node || strcmp(node->op->name, "arange") != 0)
		return 0;
	const hdt_attribute_value *start = hdt_node_attribute(node, "start"), *step = hdt_node_attribute(node, "step");
	return start && step && start->real == 0 && step->real >= 1 ? (int64_t)step->real : 0;
}

/* Sums, means or maxima of rows of the weight, one for each bag of indices. */
static hdt_status embedding_bag(hdt_call *call)
{
	static const char *const ops[] = {"reduce_sum", "reduce_mean", "reduce_max"};
	hdt_value *weight = hdt_call_value(call, "weight"), *index = hdt_call_value(call, "indices"),
			  *offsets = hdt_call_value(call, "offsets");
	int64_t mode = hdt_call_int(call, "mode"), size = bag_size(offsets);
	if (!weight || !index || !offsets)
		return map_status(call);
	if (size == 0 || mode < 0 || mode > 2 || hdt_call_bool(call, "include_last_offset"))
		return map_refuse(call, "an embedding bag with bags of various sizes; give it a two-dimensional index");
	if (hdt_call_has(call, "per_sample_weights") ||
	    (hdt_call_has(call, "padding_idx") && hdt_call_int(call, "padding_idx") >= 0))
		return map_refuse(call, "an embedding bag with weights or padding");
	index = map_reshape(call, index, HDT_AT(offsets->shape[0], hdt_int(hdt_call_context(call), size)));
	return map_result(call,
	                  map_reduce(call, ops[mode], along(call, "take", weight, index, 0), (map_axes){1, {1}}, false));
}

static hdt_status one_hot(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int64_t classes = hdt_call_int(call, "num_classes");
	if (classes < 0)
		return map_refuse(call, "the number of classes depends on the data; give num_classes");
	if (!x)
		return map_status(call);
	return map_result(
		call, hdt_apply(hdt_call_graph(call), "one_hot", HDT_VALUES(x), HDT_WITH(hdt_int_value("classes", classes))));
}

static hdt_status search(hdt_call *call, hdt_value *sorted, hdt_value *x)
{
	bool right = hdt_call_bool(call, "right");
	if (hdt_call_has(call, "side") && strcmp(hdt_call_string(call, "side"), "right") == 0)
		right = true;
	if (hdt_call_has(call, "sorter"))
		return map_refuse(call, "searchsorted with a sorter");
	hdt_value *found = sorted && x ? hdt_apply(hdt_call_graph(call), "searchsorted", HDT_VALUES(sorted, x),
	                                           HDT_WITH(hdt_bool_value("right", right)))
	                               : NULL;
	return map_result(call, map_cast(call, found, hdt_call_bool(call, "out_int32") ? HDT_I32 : HDT_I64));
}

static hdt_status searchsorted(hdt_call *call)
{
	hdt_value *sorted = hdt_call_value(call, "sorted_sequence");
	return search(call, sorted, hdt_call_operand(call, "self", sorted));
}

static hdt_status bucketize(hdt_call *call)
{
	hdt_value *boundaries = hdt_call_value(call, "boundaries");
	return search(call, boundaries, hdt_call_operand(call, "self", boundaries));
}

static hdt_value *diagonal_of(hdt_call *call, hdt_value *x, int64_t offset, int first, int second)
{
	return x ? hdt_apply(hdt_call_graph(call), "diagonal", HDT_VALUES(x),
	                     HDT_WITH(hdt_int_value("offset", offset), hdt_int_value("axis1", first),
	                              hdt_int_value("axis2", second)))
	         : NULL;
}

static hdt_status diagonal(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int rank = x ? x->rank : 0;
	return map_result(call, diagonal_of(call, x, hdt_call_int(call, "offset"), map_axis(call, "dim1", rank),
	                                    map_axis(call, "dim2", rank)));
}

static hdt_status trace(hdt_call *call)
{
	hdt_value *x = diagonal_of(call, hdt_call_value(call, "self"), 0, 0, 1);
	return map_result(call, map_reduce(call, "reduce_sum", x, (map_axes){1, {0}}, false));
}

static const hdt_mapping mappings[] = {
	{"aten.embedding.default", "weight, indices, padding_idx=-1, scale_grad_by_freq=false, sparse=false", NULL,
     embedding},
	{"aten.gather.default", "self, dim, index, *, sparse_grad=false", NULL, gather},
	{"aten.index_select.default", "self, dim, index", NULL, index_select},
	{"aten.take.default", "self, index", NULL, take_flat},
	{"aten.take_along_dim.default", "self, indices, dim=none", NULL, take_along_dim},
	{"aten.index.Tensor", "self, indices", NULL, index_tensor},
	{"aten._unsafe_index.Tensor", "self, indices", NULL, index_tensor},
	{"aten.index_put.default", "self, indices, values, accumulate=false", NULL, index_put},
	{"aten._unsafe_index_put.default", "self, indices, values, accumulate=false", NULL, index_put},
	{"aten.scatter.src", "self, dim, index, src", NULL, scatter},
	{"aten.scatter.value", "self, dim, index, value", NULL, scatter_number},
	{"aten.scatter.reduce", "self, dim, index, src, *, reduce", NULL, scatter},
	{"aten.scatter.value_reduce", "self, dim, index, value, *, reduce", NULL, scatter_number},
	{"aten.scatter_add.default", "self, dim, index, src", NULL, scatter_add},
	{"aten.scatter_reduce.two", "self, dim, index, src, reduce, *, include_self=true", NULL, scatter_reduce},
	{"aten.index_copy.default", "self, dim, index, source", NULL, index_copy},
	{"aten.index_add.default", "self, dim, index, source, *, alpha=1", NULL, index_add},
	{"aten.index_fill.int_Scalar", "self, dim, index, value", NULL, index_fill},
	{"aten.index_fill.int_Tensor", "self, dim, index, value", NULL, index_fill},
	{"aten.select_scatter.default", "self, src, dim, index", NULL, select_scatter},
	{"aten.slice_scatter.default", "self, src, dim=0, start=none, end=none, step=1", NULL, slice_scatter},
	{"aten.embedding_bag.padding_idx",
     "weight, indices, offsets, scale_grad_by_freq=false, mode=0, sparse=false, per_sample_weights=none, "
     "include_last_offset=false, padding_idx=none",
     NULL, embedding_bag},
	{"aten.one_hot.default", "self, num_classes=-1", NULL, one_hot},
	{"aten.searchsorted.Tensor", "sorted_sequence, self, *, out_int32=false, right=false, side=none, sorter=none", NULL,
     searchsorted},
	{"aten.bucketize.Tensor", "self, boundaries, *, out_int32=false, right=false, side=none, sorter=none", NULL,
     bucketize},
	{"aten.diagonal.default", "self, offset=0, dim1=0, dim2=1", NULL, diagonal},
	{"aten.diagonal_copy.default", "self, offset=0, dim1=0, dim2=1", NULL, diagonal},
	{"aten.linalg_diagonal.default", "self, *, offset=0, dim1=-2, dim2=-1", NULL, diagonal},
	{"aten.trace.default", "self", NULL, trace},
	{0},
};

const hdt_mapping_set hdt_mappings_map_index = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
