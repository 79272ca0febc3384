/* map_norm.c: normalisations, as they compute when a model is used, not trained. */
#include "map.h"

static hdt_status layer_norm(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "input"), *weight = hdt_call_value(call, "weight"),
			  *bias = hdt_call_value(call, "bias");
	int axes = hdt_call_dims(call, "normalized_shape").count;
	if (!x)
		return map_status(call);
	return map_result(
		call, hdt_apply(hdt_call_graph(call), "layer_norm", HDT_VALUES(x, weight, bias),
	                    HDT_WITH(hdt_int_value("axes", axes), hdt_float_value("eps", hdt_call_float(call, "eps")))));
}

static hdt_status rms_norm(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "input"), *weight = hdt_call_value(call, "weight");
	int axes = hdt_call_dims(call, "normalized_shape").count;
	hdt_attribute_value eps = {.name = "eps", .kind = HDT_ATTRIBUTE_NONE};
	if (!x)
		return map_status(call);
	if (hdt_call_has(call, "eps"))
		eps = hdt_float_value("eps", hdt_call_float(call, "eps"));
	return map_result(call, hdt_apply(hdt_call_graph(call), "rms_norm", HDT_VALUES(x, weight),
	                                  HDT_WITH(hdt_int_value("axes", axes), eps)));
}

static hdt_status normalise_groups(hdt_call *call, const char *groups)
{
	hdt_value *x = hdt_call_value(call, "input"), *weight = hdt_call_value(call, "weight"),
			  *bias = hdt_call_value(call, "bias");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "group_norm", HDT_VALUES(x, weight, bias),
	                                  HDT_WITH(hdt_int_value("groups", hdt_call_int(call, groups)),
	                                           hdt_float_value("eps", hdt_call_float(call, "eps")))));
}

static hdt_status group_norm(hdt_call *call)
{
	return normalise_groups(call, "num_groups");
}

static hdt_status native_group_norm(hdt_call *call)
{
	return normalise_groups(call, "group");
}

static hdt_value *with_statistics(hdt_call *call, hdt_value *x, hdt_value *mean, hdt_value *variance)
{
	hdt_value *weight = hdt_call_value(call, "weight"), *bias = hdt_call_value(call, "bias");
	if (!x || !mean || !variance)
		return NULL;
	return hdt_apply(hdt_call_graph(call), "batch_norm", HDT_VALUES(x, mean, variance, weight, bias),
	                 HDT_WITH(hdt_float_value("eps", hdt_call_float(call, "eps"))));
}

/* Without running statistics a layer normalises by those of the batch, also in use. With them, doing so is training. */
static hdt_status batch_norm(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "input"), *mean = hdt_call_value(call, "running_mean"),
			  *variance = hdt_call_value(call, "running_var");
	if (!x || (!hdt_call_bool(call, "training") && mean))
		return map_result(call, with_statistics(call, x, mean, variance));
	if (mean)
		return map_refuse(call, "batch normalisation is in training mode; call model.eval() before export");
	map_axes axes = map_other_axes((map_axes){1, {1}}, x->rank);
	mean = map_reduce(call, "reduce_mean", x, axes, false);
	variance = hdt_apply(hdt_call_graph(call), "reduce_var", HDT_VALUES(x),
	                     HDT_WITH(map_axes_value(call, "axes", axes.at, axes.count), hdt_float_value("correction", 0)));
	return map_result(call, with_statistics(call, x, mean, variance));
}

static hdt_status batch_norm_inference(hdt_call *call)
{
	return map_result(call, with_statistics(call, hdt_call_value(call, "input"), hdt_call_value(call, "running_mean"),
	                                        hdt_call_value(call, "running_var")));
}

static hdt_status instance_norm(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "input"), *weight = hdt_call_value(call, "weight"),
			  *bias = hdt_call_value(call, "bias");
	if (!x || !hdt_call_bool(call, "use_input_stats"))
		return batch_norm_inference(call);
	if (hdt_call_has(call, "running_mean"))
		return map_refuse(call, "instance normalisation is in training mode; call model.eval() before export");
	return map_result(call, hdt_apply(hdt_call_graph(call), "instance_norm", HDT_VALUES(x, weight, bias),
	                                  HDT_WITH(hdt_float_value("eps", hdt_call_float(call, "eps")))));
}

/* v scaled to length g along every axis but `dim`. */
static hdt_status weight_norm(hdt_call *call)
{
	hdt_value *v = hdt_call_value(call, "v"), *g = hdt_call_value(call, "g");
	if (!v || !g)
		return map_status(call);
	map_axes axes = map_other_axes((map_axes){1, {map_axis(call, "dim", v->rank)}}, v->rank);
	hdt_value *length = hdt_apply(hdt_call_graph(call), "reduce_norm", HDT_VALUES(v),
	                              HDT_WITH(hdt_float_value("ord", 2), map_axes_value(call, "axes", axes.at, axes.count),
	                                       hdt_bool_value("keepdims", true)));
	return map_result(call, map_binary(call, "mul", v, map_binary(call, "div", g, length)));
}

static hdt_status softmax_as(hdt_call *call, const char *op)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_dtype dtype = hdt_call_has(call, "dtype") ? hdt_call_dtype(call, "dtype") : HDT_DTYPE_NONE;
	x = map_float(call, map_cast(call, x, dtype));
	if (!x)
		return map_status(call);
	hdt_value *result = hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x),
	                              HDT_WITH(hdt_int_value("axis", map_axis(call, "dim", x->rank))));
	return map_result(call, result);
}

static hdt_status softmax(hdt_call *call)
{
	return softmax_as(call, "softmax");
}

static hdt_status log_softmax(hdt_call *call)
{
	return softmax_as(call, "log_softmax");
}

/* Rows that are -inf throughout give 0, not NaN. */
static hdt_status safe_softmax(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	if (!x)
		return map_status(call);
	int axis = map_axis(call, "dim", x->rank);
	hdt_value *result =
		hdt_apply(hdt_call_graph(call), "softmax", HDT_VALUES(x), HDT_WITH(hdt_int_value("axis", axis)));
	hdt_value *top = map_reduce(call, "reduce_max", x, (map_axes){1, {axis}}, true);
	hdt_value *empty = map_with_number(call, "equal", top, -__builtin_inf());
	return map_result(call, map_where(call, empty, map_number_like(call, result, 0), result));
}

#define BATCH "input, weight, bias, running_mean, running_var"

static const hdt_mapping mappings[] = {
	{"aten.layer_norm.default", "input, normalized_shape, weight=none, bias=none, eps=1e-05, cudnn_enable=true", NULL,
     layer_norm},
	{"aten.native_layer_norm.default", "input, normalized_shape, weight, bias, eps", NULL, layer_norm},
	{"aten.rms_norm.default", "input, normalized_shape, weight=none, eps=none", NULL, rms_norm},
	{"aten.group_norm.default", "input, num_groups, weight=none, bias=none, eps=1e-05, cudnn_enabled=true", NULL,
     group_norm},
	{"aten.native_group_norm.default", "input, weight, bias, N, C, HxW, group, eps", NULL, native_group_norm},
	{"aten.batch_norm.default",
     "input, weight=none, bias=none, running_mean=none, running_var=none, training, momentum, eps, cudnn_enabled=true",
     NULL, batch_norm},
	{"aten.native_batch_norm.default", BATCH ", training, momentum, eps", NULL, batch_norm},
	{"aten._native_batch_norm_legit.default", BATCH ", training, momentum, eps", NULL, batch_norm},
	{"aten._native_batch_norm_legit_no_training.default", BATCH ", momentum, eps", NULL, batch_norm_inference},
	{"aten.instance_norm.default",
     "input, weight=none, bias=none, running_mean=none, running_var=none, use_input_stats, momentum, eps, "
     "cudnn_enabled=true",
     NULL, instance_norm},
	{"aten._weight_norm.default", "v, g, dim=0", NULL, weight_norm},
	{"aten.softmax.int", "self, dim, dtype=none", NULL, softmax},
	{"aten._softmax.default", "self, dim, half_to_float=false, dtype=none", NULL, softmax},
	{"aten.special_softmax.default", "self, dim, dtype=none", NULL, softmax},
	{"aten._safe_softmax.default", "self, dim, dtype=none", NULL, safe_softmax},
	{"aten.log_softmax.int", "self, dim, dtype=none", NULL, log_softmax},
	{"aten._log_softmax.default", "self, dim, half_to_float=false, dtype=none", NULL, log_softmax},
	{"aten.special_log_softmax.default", "self, dim, *, dtype=none", NULL, log_softmax},
	{0},
};

const hdt_mapping_set hdt_mappings_map_norm = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
