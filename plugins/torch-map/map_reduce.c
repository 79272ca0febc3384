/* map_reduce.c: sums, extremes, norms, running sums, sorting: everything along axes.
 *
 * PyTorch's signatures call the axes `dim` and mean all of them when it is none or empty. */
#include "map.h"
#include <math.h>

/* ---- plain reductions -------------------------------------------------------------------------------------------- */

static bool keeps(hdt_call *call)
{
	return hdt_call_has(call, "keepdim") && hdt_call_bool(call, "keepdim");
}

/* self, converted first when a dtype is asked for. */
static hdt_value *converted(hdt_call *call)
{
	return map_cast(call, hdt_call_value(call, "self"),
	                hdt_call_has(call, "dtype") ? hdt_call_dtype(call, "dtype") : HDT_DTYPE_NONE);
}

static hdt_status reduce(hdt_call *call, const char *op)
{
	hdt_value *x = converted(call);
	hdt_value *result = map_reduce(call, op, x, map_axis_list(call, "dim", x ? x->rank : 0), keeps(call));
	return map_result(
		call, map_cast(call, result, hdt_call_has(call, "dtype") ? hdt_call_dtype(call, "dtype") : HDT_DTYPE_NONE));
}

#define REDUCTION(id, op)                \
	static hdt_status id(hdt_call *call) \
	{                                    \
		return reduce(call, op);         \
	}
REDUCTION(sum, "reduce_sum")
REDUCTION(mean, "reduce_mean")
REDUCTION(product, "reduce_prod")
REDUCTION(maximum, "reduce_max")
REDUCTION(minimum, "reduce_min")
#undef REDUCTION

static hdt_status reduce_bool(hdt_call *call, const char *op)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_dtype result = x && x->dtype == HDT_U8 ? HDT_U8 : HDT_BOOL;
	x = map_cast(call, x, HDT_BOOL);
	x = map_reduce(call, op, x, map_axis_list(call, "dim", x ? x->rank : 0), keeps(call));
	return map_result(call, map_cast(call, x, result));
}

static hdt_status all(hdt_call *call)
{
	return reduce_bool(call, "reduce_all");
}

static hdt_status any(hdt_call *call)
{
	return reduce_bool(call, "reduce_any");
}

static hdt_status count_nonzero(hdt_call *call)
{
	hdt_value *x = map_cast(call, hdt_call_value(call, "self"), HDT_BOOL);
	return map_result(call, map_reduce(call, "reduce_sum", x, map_axis_list(call, "dim", x ? x->rank : 0), false));
}

/* Sum and mean of the numbers that are not NaN. */
static hdt_value *without_nan(hdt_call *call, hdt_value *x)
{
	return map_where(call, map_unary(call, "isnan", x), map_number_like(call, x, 0), x);
}

static hdt_status nansum(hdt_call *call)
{
	hdt_value *x = converted(call);
	return map_result(call, map_reduce(call, "reduce_sum", without_nan(call, x),
	                                   map_axis_list(call, "dim", x ? x->rank : 0), keeps(call)));
}

static hdt_status nanmean(hdt_call *call)
{
	hdt_value *x = converted(call);
	map_axes axes = map_axis_list(call, "dim", x ? x->rank : 0);
	hdt_value *present =
		map_cast(call, map_unary(call, "logical_not", map_unary(call, "isnan", x)), x ? x->dtype : HDT_F32);
	hdt_value *total = map_reduce(call, "reduce_sum", without_nan(call, x), axes, keeps(call));
	return map_result(call, map_binary(call, "div", total, map_reduce(call, "reduce_sum", present, axes, keeps(call))));
}

/* ---- spread ------------------------------------------------------------------------------------------------------ */

static hdt_value *variance(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	double correction = 1;
	if (!x)
		return NULL;
	if (hdt_call_has(call, "unbiased"))
		correction = hdt_call_bool(call, "unbiased");
	else if (hdt_call_has(call, "correction"))
		correction = hdt_call_float(call, "correction");
	map_axes axes = map_axis_list(call, "dim", x->rank);
	return hdt_apply(hdt_call_graph(call), "reduce_var", HDT_VALUES(x),
	                 HDT_WITH(map_axes_value(call, "axes", axes.at, axes.count),
	                          hdt_bool_value("keepdims", keeps(call)), hdt_float_value("correction", correction)));
}

static hdt_value *average(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	return map_reduce(call, "reduce_mean", x, map_axis_list(call, "dim", x ? x->rank : 0), keeps(call));
}

static hdt_status var(hdt_call *call)
{
	return map_result(call, variance(call));
}

static hdt_status std(hdt_call *call)
{
	return map_result(call, map_unary(call, "sqrt", variance(call)));
}

static hdt_status var_mean(hdt_call *call)
{
	hdt_call_return(call, variance(call));
	return map_result(call, average(call));
}

static hdt_status std_mean(hdt_call *call)
{
	hdt_call_return(call, map_unary(call, "sqrt", variance(call)));
	return map_result(call, average(call));
}

/* ---- norms ------------------------------------------------------------------------------------------------------- */

static hdt_value *norm_along(hdt_call *call, hdt_value *x, double order, map_axes axes, bool keep)
{
	if (!x)
		return NULL;
	return hdt_apply(hdt_call_graph(call), "reduce_norm", HDT_VALUES(x),
	                 HDT_WITH(hdt_float_value("ord", order), map_axes_value(call, "axes", axes.at, axes.count),
	                          hdt_bool_value("keepdims", keep)));
}

static hdt_status norm_of_order(hdt_call *call, const char *name)
{
	hdt_value *x = converted(call);
	double order = hdt_call_has(call, name) ? hdt_call_float(call, name) : 2;
	return map_result(call, norm_along(call, x, order, map_axis_list(call, "dim", x ? x->rank : 0), keeps(call)));
}

static hdt_status vector_norm(hdt_call *call)
{
	return norm_of_order(call, "ord");
}

static hdt_status norm(hdt_call *call)
{
	return norm_of_order(call, "p");
}

/* Without an order, or with 2 on a vector, the norm of the elements; a matrix norm otherwise. */
static hdt_status linalg_norm(hdt_call *call)
{
	hdt_value *x = converted(call);
	int axes = x ? map_axis_list(call, "dim", x->rank).count : 0;
	if (hdt_call_has(call, "ord") && axes != 1)
		return map_refuse(call, "matrix norms are not supported");
	return norm_of_order(call, "ord");
}

/* ---- one axis ---------------------------------------------------------------------------------------------------- */

static hdt_status along_axis(hdt_call *call, const char *op)
{
	hdt_value *x = converted(call);
	if (!x)
		return map_status(call);
	hdt_dtype wanted = hdt_call_has(call, "dtype") ? hdt_call_dtype(call, "dtype") : HDT_DTYPE_NONE;
	hdt_value *result = hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x),
	                              HDT_WITH(hdt_int_value("axis", map_axis(call, "dim", x->rank))));
	return map_result(call, map_cast(call, result, wanted));
}

#define SCAN(id, op)                     \
	static hdt_status id(hdt_call *call) \
	{                                    \
		return along_axis(call, op);     \
	}
SCAN(cumsum, "cumsum")
SCAN(cumprod, "cumprod")
SCAN(cummax, "cummax")
#undef SCAN

/* log of the sum of exp, shifted by the maximum, by which nothing overflows. */
static hdt_status logsumexp(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	map_axes axes = map_axis_list(call, "dim", x ? x->rank : 0);
	hdt_value *top = map_reduce(call, "reduce_max", x, axes, true);
	top = map_where(call, map_unary(call, "isfinite", top), top, map_number_like(call, top, 0));
	hdt_value *total =
		map_reduce(call, "reduce_sum", map_unary(call, "exp", map_binary(call, "sub", x, top)), axes, true);
	hdt_value *result = map_binary(call, "add", map_unary(call, "log", total), top);
	if (!keeps(call) && result && axes.count)
		result = hdt_apply(hdt_call_graph(call), "squeeze", HDT_VALUES(result),
		                   HDT_WITH(map_axes_value(call, "axes", axes.at, axes.count)));
	return map_result(call, result);
}

/* The position of the extreme: along `dim`, or among all elements. */
static hdt_value *position(hdt_call *call, const char *op)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return NULL;
	if (!hdt_call_has(call, "dim"))
		return hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x), NULL);
	return hdt_apply(
		hdt_call_graph(call), op, HDT_VALUES(x),
		HDT_WITH(hdt_int_value("axis", map_axis(call, "dim", x->rank)), hdt_bool_value("keepdims", keeps(call))));
}

static hdt_status argmax(hdt_call *call)
{
	return map_result(call, position(call, "argmax"));
}

static hdt_status argmin(hdt_call *call)
{
	return map_result(call, position(call, "argmin"));
}

static hdt_status extreme_and_position(hdt_call *call, const char *value_op, const char *position_op)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_call_return(call, map_reduce(call, value_op, x, map_axis_list(call, "dim", x ? x->rank : 0), keeps(call)));
	return map_result(call, position(call, position_op));
}

static hdt_status max_dim(hdt_call *call)
{
	return extreme_and_position(call, "reduce_max", "argmax");
}

static hdt_status min_dim(hdt_call *call)
{
	return extreme_and_position(call, "reduce_min", "argmin");
}

static hdt_status aminmax(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	map_axes axes = map_axis_list(call, "dim", x ? x->rank : 0);
	hdt_call_return(call, map_reduce(call, "reduce_min", x, axes, keeps(call)));
	return map_result(call, map_reduce(call, "reduce_max", x, axes, keeps(call)));
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static hdt_node *sort_node(hdt_call *call, const char *axis, bool descending)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return NULL;
	return hdt_apply_node(hdt_call_graph(call), "sort", HDT_VALUES(x),
	                      HDT_WITH(hdt_int_value("axis", axis ? map_axis(call, axis, x->rank) : 0),
	                               hdt_bool_value("descending", descending)));
}

static hdt_status give_pair(hdt_call *call, const hdt_node *node)
{
	if (!node)
		return map_status(call);
	hdt_call_return(call, node->outputs[0]);
	return map_result(call, node->outputs[1]);
}

static hdt_status sort(hdt_call *call)
{
	return give_pair(call, sort_node(call, "dim", hdt_call_bool(call, "descending")));
}

static hdt_status argsort(hdt_call *call)
{
	const hdt_node *node = sort_node(call, "dim", hdt_call_bool(call, "descending"));
	return node ? map_result(call, node->outputs[1]) : map_status(call);
}

static hdt_status msort(hdt_call *call)
{
	const hdt_node *node = sort_node(call, NULL, false);
	return node ? map_result(call, node->outputs[0]) : map_status(call);
}

static hdt_status topk(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return give_pair(call, hdt_apply_node(hdt_call_graph(call), "topk", HDT_VALUES(x),
	                                      HDT_WITH(hdt_int_value("k", hdt_call_int(call, "k")),
	                                               hdt_int_value("axis", map_axis(call, "dim", x->rank)),
	                                               hdt_bool_value("largest", hdt_call_bool(call, "largest")))));
}

/* The k-th smallest; 1 is the smallest. */
static hdt_status give_ranked(hdt_call *call, int64_t k)
{
	const hdt_node *node = sort_node(call, "dim", false);
	hdt_value *x = hdt_call_value(call, "self");
	int axis = x ? map_axis(call, "dim", x->rank) : 0;
	const hdt_expr *at = hdt_int(hdt_call_context(call), k - 1);
	for (int i = 0; node && i < 2; i++) {
		hdt_value *picked = map_select(call, node->outputs[i], axis, at);
		hdt_call_return(call, keeps(call) ? map_unsqueeze(call, picked, axis) : picked);
	}
	return map_status(call);
}

static hdt_status kthvalue(hdt_call *call)
{
	return give_ranked(call, hdt_call_int(call, "k"));
}

static const hdt_mapping mappings[] = {
	{"aten.sum.default", "self, *, dtype=none, dim=none", NULL, sum},
	{"aten.sum.dim_IntList", "self, dim, keepdim=false, *, dtype=none", NULL, sum},
	{"aten.mean.default", "self, *, dtype=none, dim=none", NULL, mean},
	{"aten.mean.dim", "self, dim, keepdim=false, *, dtype=none", NULL, mean},
	{"aten.prod.default", "self, *, dtype=none, dim=none", NULL, product},
	{"aten.prod.dim_int", "self, dim, keepdim=false, *, dtype=none", NULL, product},
	{"aten.amax.default", "self, dim=[], keepdim=false", NULL, maximum},
	{"aten.amin.default", "self, dim=[], keepdim=false", NULL, minimum},
	{"aten.max.default", "self, dim=none", NULL, maximum},
	{"aten.min.default", "self, dim=none", NULL, minimum},
	{"aten.max.dim", "self, dim, keepdim=false", NULL, max_dim},
	{"aten.min.dim", "self, dim, keepdim=false", NULL, min_dim},
	{"aten.aminmax.default", "self, *, dim=none, keepdim=false", NULL, aminmax},
	{"aten.argmax.default", "self, dim=none, keepdim=false", NULL, argmax},
	{"aten.argmin.default", "self, dim=none, keepdim=false", NULL, argmin},
	{"aten.all.default", "self, dim=none", NULL, all},
	{"aten.all.dim", "self, dim, keepdim=false", NULL, all},
	{"aten.all.dims", "self, dim=none, keepdim=false", NULL, all},
	{"aten.any.default", "self, dim=none", NULL, any},
	{"aten.any.dim", "self, dim, keepdim=false", NULL, any},
	{"aten.any.dims", "self, dim=none, keepdim=false", NULL, any},
	{"aten.count_nonzero.default", "self, dim=none", NULL, count_nonzero},
	{"aten.count_nonzero.dim_IntList", "self, dim", NULL, count_nonzero},
	{"aten.nansum.default", "self, dim=none, keepdim=false, *, dtype=none", NULL, nansum},
	{"aten.nanmean.default", "self, dim=none, keepdim=false, *, dtype=none", NULL, nanmean},
	{"aten.var.default", "self, unbiased=true, dim=none", NULL, var},
	{"aten.var.dim", "self, dim, unbiased=true, keepdim=false", NULL, var},
	{"aten.var.correction", "self, dim=none, *, correction=none, keepdim=false", NULL, var},
	{"aten.std.default", "self, unbiased=true, dim=none", NULL, std},
	{"aten.std.dim", "self, dim, unbiased=true, keepdim=false", NULL, std},
	{"aten.std.correction", "self, dim=none, *, correction=none, keepdim=false", NULL, std},
	{"aten.var_mean.default", "self, unbiased=true, dim=none", NULL, var_mean},
	{"aten.var_mean.dim", "self, dim, unbiased=true, keepdim=false", NULL, var_mean},
	{"aten.var_mean.correction", "self, dim=none, *, correction=none, keepdim=false", NULL, var_mean},
	{"aten.std_mean.default", "self, unbiased=true, dim=none", NULL, std_mean},
	{"aten.std_mean.dim", "self, dim, unbiased=true, keepdim=false", NULL, std_mean},
	{"aten.std_mean.correction", "self, dim=none, *, correction=none, keepdim=false", NULL, std_mean},
	{"aten.linalg_vector_norm.default", "self, ord=2, dim=none, keepdim=false, *, dtype=none", NULL, vector_norm},
	{"aten.linalg_norm.default", "self, ord=none, dim=none, keepdim=false, *, dtype=none", NULL, linalg_norm},
	{"aten.norm.Scalar", "self, p=2, dim=none", NULL, norm},
	{"aten.norm.ScalarOpt_dim", "self, p, dim, keepdim=false", NULL, norm},
	{"aten.norm.ScalarOpt_dtype", "self, p, *, dtype, dim=none", NULL, norm},
	{"aten.norm.ScalarOpt_dim_dtype", "self, p, dim, keepdim=false, *, dtype", NULL, norm},
	{"aten.cumsum.default", "self, dim, *, dtype=none", NULL, cumsum},
	{"aten.cumprod.default", "self, dim, *, dtype=none", NULL, cumprod},
	{"aten.cummax.default", "self, dim", NULL, cummax},
	{"aten.logsumexp.default", "self, dim, keepdim=false", NULL, logsumexp},
	{"aten.special_logsumexp.default", "self, dim, keepdim=false", NULL, logsumexp},
	{"aten.sort.default", "self, dim=-1, descending=false", NULL, sort},
	{"aten.sort.stable", "self, *, stable, dim=-1, descending=false", NULL, sort},
	{"aten.argsort.default", "self, dim=-1, descending=false", NULL, argsort},
	{"aten.argsort.stable", "self, *, stable, dim=-1, descending=false", NULL, argsort},
	{"aten.msort.default", "self", NULL, msort},
	{"aten.topk.default", "self, k, dim=-1, largest=true, sorted=true", NULL, topk},
	{"aten.kthvalue.default", "self, k, dim=-1, keepdim=false", NULL, kthvalue},
	{0},
};

const hdt_mapping_set hdt_mappings_map_reduce = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
