/* shapes.h: what several rules ask about dtypes, shapes and axes. */
#ifndef REWRITE_FUSION_SHAPES_H
#define REWRITE_FUSION_SHAPES_H

#include <hidet/plugin.h>
#include <string.h>

static inline bool same_shape(const hdt_value *a, const hdt_value *b)
{
	bool same = a->rank == b->rank;
	for (int d = 0; same && d < a->rank; d++)
		same = hdt_proves_equal(a->shape[d], b->shape[d]);
	return same;
}

static inline bool same_type(const hdt_value *a, const hdt_value *b)
{
	return a->dtype == b->dtype && same_shape(a, b);
}

/* Sums of these are kept in their own dtype: a product and what follows it may be joined without a rounding being
 * lost. */
static inline bool is_wide(hdt_dtype dtype)
{
	return dtype == HDT_F32 || dtype == HDT_F64;
}

/* The node whose first output `value` is, if it is an application of `op`; NULL otherwise. */
static inline const hdt_node *made_by(const hdt_value *value, const char *op)
{
	return value && value->producer && value->index == 0 && strcmp(value->producer->op->name, op) == 0 ? value->producer
	                                                                                                   : NULL;
}

/* A list of constant integers; its length, or -1 when one is not constant or there are more than HDT_MAX_RANK. */
static inline int constant_dims(const hdt_attribute_value *list, int64_t *out)
{
	if (!list || list->kind != HDT_ATTRIBUTE_DIMS || list->count > HDT_MAX_RANK)
		return -1;
	for (int i = 0; i < list->count; i++)
		if (!hdt_is_const(list->dims[i], &out[i]))
			return -1;
	return list->count;
}

/* The attribute as axes of a tensor of `rank`, counted from 0; their number, or -1 when they are not known. */
static inline int constant_axes(const hdt_attribute_value *list, int rank, int64_t *out)
{
	int count = constant_dims(list, out);
	for (int i = 0; i < count; i++) {
		out[i] += out[i] < 0 ? rank : 0;
		if (out[i] < 0 || out[i] >= rank)
			return -1;
	}
	return count;
}

/* How many of the last axes of a tensor of `rank` these are, whatever their order; 0 when they are others too. */
static inline int count_last_axes(const hdt_attribute_value *list, int rank)
{
	int64_t axes[HDT_MAX_RANK];
	int count = constant_axes(list, rank, axes);
	unsigned seen = 0;
	for (int i = 0; i < count; i++)
		seen |= 1u << axes[i];
	return count > 0 && count <= rank && seen == ((1u << rank) - 1) - ((1u << (rank - count)) - 1) ? count : 0;
}

/* Does the transpose exchange the last two axes and leave the others? */
static inline bool swaps_last(const hdt_node *transpose)
{
	int64_t axes[HDT_MAX_RANK];
	int rank = transpose->inputs[0]->rank;
	if (constant_axes(hdt_node_attribute(transpose, "axes"), rank, axes) != rank || rank < 2)
		return false;
	for (int d = 0; d < rank - 2; d++)
		if (axes[d] != d)
			return false;
	return axes[rank - 2] == rank - 1 && axes[rank - 1] == rank - 2;
}

/* `x` with its last two axes exchanged. */
static inline hdt_value *swap_last(hdt_graph *g, hdt_value *x)
{
	const hdt_expr *axes[HDT_MAX_RANK];
	if (!x || x->rank < 2)
		return NULL;
	for (int d = 0; d < x->rank; d++)
		axes[d] = hdt_int(g->context, d < x->rank - 2 ? d : 2 * x->rank - 3 - d);
	return hdt_apply(g, "transpose", HDT_VALUES(x), HDT_WITH(hdt_dims_value("axes", axes, x->rank)));
}

/* `x` in the shape of `like`. */
static inline hdt_value *reshape_like(hdt_graph *g, hdt_value *x, const hdt_value *like)
{
	return hdt_apply(g, "reshape", HDT_VALUES(x), HDT_WITH(hdt_dims_value("shape", like->shape, like->rank)));
}

/* Elements first..first+count-1 along `axis`. */
static inline hdt_value *slice_of(hdt_graph *g, hdt_value *x, int axis, const hdt_expr *first, const hdt_expr *count)
{
	const hdt_expr *axes[] = {hdt_int(g->context, axis)}, *starts[] = {first}, *ends[] = {hdt_add(first, count)};
	return hdt_apply(g, "slice", HDT_VALUES(x),
	                 HDT_WITH(hdt_dims_value("axes", axes, 1), hdt_dims_value("starts", starts, 1),
	                          hdt_dims_value("ends", ends, 1)));
}

/* The value itself, or what a view without effect on the order of elements was made of: for looking through. */
static inline hdt_value *behind(hdt_value *value, const char *op)
{
	const hdt_node *node = made_by(value, op);
	return node ? node->inputs[0] : NULL;
}

#endif
