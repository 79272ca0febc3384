/* map_activation.c: activation functions. Most are one operator of ours. */
#include "map.h"

/* x where x > 0, else scale * alpha * (exp(input_scale * x) - 1); with the usual scales of 1 that is our elu. */
static hdt_status elu(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	double alpha = hdt_call_float(call, "alpha"), scale = hdt_call_float(call, "scale"),
		   input_scale = hdt_call_float(call, "input_scale");
	if (!x)
		return map_status(call);
	if (scale == 1 && input_scale == 1)
		return map_result(
			call, hdt_apply(hdt_call_graph(call), "elu", HDT_VALUES(x), HDT_WITH(hdt_float_value("alpha", alpha))));
	hdt_value *below = map_unary(call, "expm1", map_with_number(call, "mul", x, input_scale));
	below = map_with_number(call, "mul", below, alpha * scale);
	return map_result(
		call, map_where(call, map_with_number(call, "greater", x, 0), map_with_number(call, "mul", x, scale), below));
}

static hdt_status gelu(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "gelu", HDT_VALUES(x),
	                                  HDT_WITH(hdt_string_value("approximate", hdt_call_string(call, "approximate")))));
}

static hdt_status glu(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "glu", HDT_VALUES(x),
	                                  HDT_WITH(hdt_int_value("axis", map_axis(call, "dim", x->rank)))));
}

/* Operators with number attributes: torch's argument names on the right, ours on the left. */
static hdt_status with_floats(hdt_call *call, const char *op, const char *first, const char *first_argument,
                              const char *second, const char *second_argument)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	hdt_attribute_value none = {0};
	hdt_attribute_value attributes[] = {hdt_float_value(first, hdt_call_float(call, first_argument)),
	                                    second ? hdt_float_value(second, hdt_call_float(call, second_argument)) : none,
	                                    none};
	return map_result(call, hdt_apply_list(hdt_call_graph(call), op, &x, 1, attributes));
}

#define WITH_FLOATS(id, op, first, first_argument, second, second_argument)           \
	static hdt_status id(hdt_call *call)                                              \
	{                                                                                 \
		return with_floats(call, op, first, first_argument, second, second_argument); \
	}
WITH_FLOATS(leaky_relu, "leaky_relu", "alpha", "negative_slope", NULL, NULL)
WITH_FLOATS(celu, "celu", "alpha", "alpha", NULL, NULL)
WITH_FLOATS(hardtanh, "hard_tanh", "min", "min_val", "max", "max_val")
WITH_FLOATS(softplus, "softplus", "beta", "beta", "threshold", "threshold")
WITH_FLOATS(hardshrink, "hard_shrink", "lambda", "lambd", NULL, NULL)
WITH_FLOATS(softshrink, "soft_shrink", "lambda", "lambd", NULL, NULL)
WITH_FLOATS(threshold, "threshold", "threshold", "threshold", "value", "value")
#undef WITH_FLOATS

/* In use the random slope is the middle of its range. */
static hdt_status rrelu(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (hdt_call_bool(call, "training"))
		return map_refuse(call, "rrelu is in training mode; call model.eval() before export");
	if (!x)
		return map_status(call);
	double slope = (hdt_call_float(call, "lower") + hdt_call_float(call, "upper")) / 2;
	return map_result(
		call, hdt_apply(hdt_call_graph(call), "leaky_relu", HDT_VALUES(x), HDT_WITH(hdt_float_value("alpha", slope))));
}

#define PLAIN(name, op)                                    \
	{                                                      \
		"aten." name ".default", "self", op "(self)", NULL \
	}

static const hdt_mapping mappings[] = {
	PLAIN("relu", "relu"),
	PLAIN("relu6", "relu6"),
	PLAIN("sigmoid", "sigmoid"),
	PLAIN("log_sigmoid", "log_sigmoid"),
	PLAIN("log_sigmoid_forward", "log_sigmoid"),
	PLAIN("hardsigmoid", "hard_sigmoid"),
	PLAIN("hardswish", "hard_swish"),
	PLAIN("silu", "silu"),
	PLAIN("mish", "mish"),
	PLAIN("selu", "selu"),
	PLAIN("softsign", "softsign"),
	PLAIN("tanhshrink", "tanhshrink"),
	{"aten.prelu.default", "self, weight", "prelu(self, weight)", NULL},
	{"aten._prelu_kernel.default", "self, weight", "where(greater(self, 0), self, mul(self, weight))", NULL},
	{"aten.gelu.default", "self, *, approximate=\"none\"", NULL, gelu},
	{"aten.glu.default", "self, dim=-1", NULL, glu},
	{"aten.elu.default", "self, alpha=1, scale=1, input_scale=1", NULL, elu},
	{"aten.leaky_relu.default", "self, negative_slope=0.01", NULL, leaky_relu},
	{"aten.celu.default", "self, alpha=1.0", NULL, celu},
	{"aten.hardtanh.default", "self, min_val=-1, max_val=1", NULL, hardtanh},
	{"aten.softplus.default", "self, beta=1, threshold=20", NULL, softplus},
	{"aten.hardshrink.default", "self, lambd=0.5", NULL, hardshrink},
	{"aten.softshrink.default", "self, lambd=0.5", NULL, softshrink},
	{"aten.threshold.default", "self, threshold, value", NULL, threshold},
	{"aten.rrelu.default", "self, lower=0.125, upper=0.3333333333333333, training=false, generator=none", NULL, rrelu},
	{0},
};

const hdt_mapping_set hdt_mappings_map_activation = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
