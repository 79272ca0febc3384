/* map_loss.c: losses, as models that report one compute them. `reduction` is 0 for none, 1 for the mean, 2 for the sum.
 */
#include "map.h"

static hdt_status reduce(hdt_call *call, hdt_value *each)
{
	int64_t reduction = hdt_call_int(call, "reduction");
	map_axes all = {0};
	for (; each && all.count < each->rank; all.count++)
		all.at[all.count] = all.count;
	if (reduction == 0)
		return map_result(call, each);
	return map_result(call, map_reduce(call, reduction == 1 ? "reduce_mean" : "reduce_sum", each, all, false));
}

static hdt_value *difference(hdt_call *call)
{
	return map_binary(call, "sub", hdt_call_value(call, "self"), hdt_call_value(call, "target"));
}

static hdt_status mse_loss(hdt_call *call)
{
	return reduce(call, map_unary(call, "square", difference(call)));
}

static hdt_status l1_loss(hdt_call *call)
{
	return reduce(call, map_unary(call, "abs", difference(call)));
}

/* A parabola up to `knee`, the line that continues it beyond; smooth_l1 divides both by the knee. */
static hdt_value *bent(hdt_call *call, double knee)
{
	hdt_value *distance = map_unary(call, "abs", difference(call));
	hdt_value *near = map_with_number(call, "mul", map_unary(call, "square", distance), 0.5);
	hdt_value *far = map_with_number(call, "mul", map_with_number(call, "sub", distance, 0.5 * knee), knee);
	return map_where(call, map_with_number(call, "less", distance, knee), near, far);
}

static hdt_status huber_loss(hdt_call *call)
{
	return reduce(call, bent(call, hdt_call_float(call, "delta")));
}

static hdt_status smooth_l1_loss(hdt_call *call)
{
	double beta = hdt_call_float(call, "beta");
	return beta == 0 ? l1_loss(call) : reduce(call, map_with_number(call, "div", bent(call, beta), beta));
}

/* log(p), which PyTorch holds above -100. */
static hdt_value *bounded_log(hdt_call *call, hdt_value *p)
{
	return map_with_number(call, "maximum", map_unary(call, "log", p), -100);
}

static hdt_status binary_cross_entropy(hdt_call *call)
{
	hdt_value *p = hdt_call_value(call, "self"), *target = hdt_call_value(call, "target"),
			  *one = map_number_like(call, p, 1);
	hdt_value *yes = map_binary(call, "mul", target, bounded_log(call, p));
	hdt_value *no = map_binary(call, "mul", map_binary(call, "sub", one, target),
	                           bounded_log(call, map_binary(call, "sub", one, p)));
	hdt_value *each = map_unary(call, "neg", map_binary(call, "add", yes, no));
	if (hdt_call_has(call, "weight"))
		each = map_binary(call, "mul", each, hdt_call_value(call, "weight"));
	return reduce(call, each);
}

/* (1 - target) x - w log(sigmoid(x)), w = 1 + (pos_weight - 1) target */
static hdt_status binary_cross_entropy_with_logits(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *target = hdt_call_value(call, "target"),
			  *one = map_number_like(call, x, 1);
	hdt_value *log = map_unary(call, "log_sigmoid", x);
	if (hdt_call_has(call, "pos_weight")) {
		hdt_value *extra =
			map_binary(call, "mul", map_with_number(call, "sub", hdt_call_value(call, "pos_weight"), 1), target);
		log = map_binary(call, "mul", log, map_binary(call, "add", extra, one));
	}
	hdt_value *each = map_binary(call, "sub", map_binary(call, "mul", map_binary(call, "sub", one, target), x), log);
	if (hdt_call_has(call, "weight"))
		each = map_binary(call, "mul", each, hdt_call_value(call, "weight"));
	return reduce(call, each);
}

static hdt_status soft_margin_loss(hdt_call *call)
{
	hdt_value *product = map_binary(call, "mul", hdt_call_value(call, "self"), hdt_call_value(call, "target"));
	return reduce(call, map_unary(call, "neg", map_unary(call, "log_sigmoid", product)));
}

/* target (log(target) - x), or exp(target) (target - x) for targets that are logarithms. */
static hdt_status kl_div(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *target = hdt_call_value(call, "target");
	if (hdt_call_bool(call, "log_target"))
		return reduce(call,
		              map_binary(call, "mul", map_unary(call, "exp", target), map_binary(call, "sub", target, x)));
	hdt_value *entropy = map_binary(call, "mul", target, map_unary(call, "log", target));
	entropy = map_where(call, map_with_number(call, "equal", target, 0), map_number_like(call, target, 0), entropy);
	return reduce(call, map_binary(call, "sub", entropy, map_binary(call, "mul", target, x)));
}

/* The mean of a weighted choice is by the sum of its weights. */
static hdt_status reduce_weighted(hdt_call *call, hdt_value *each, hdt_value *weights)
{
	map_axes all = {0};
	if (hdt_call_int(call, "reduction") != 1)
		return reduce(call, each);
	for (; each && all.count < each->rank; all.count++)
		all.at[all.count] = all.count;
	return map_result(call, map_binary(call, "div", map_reduce(call, "reduce_sum", each, all, false),
	                                   map_reduce(call, "reduce_sum", weights, all, false)));
}

/* -x[target] along the classes (axis 1, or 0 of a lone row), weighted; targets equal to ignore_index count nothing. */
static hdt_status choose_classes(hdt_call *call, hdt_value *log, hdt_value *target)
{
	if (!log || !target)
		return map_status(call);
	int axis = log->rank == 1 ? 0 : 1;
	hdt_value *ignored = map_with_number(call, "equal", target, (double)hdt_call_int(call, "ignore_index"));
	hdt_value *safe = map_where(call, ignored, map_number_like(call, target, 0), target),
			  *index = map_unsqueeze(call, safe, axis);
	hdt_value *picked =
		index ? hdt_apply(hdt_call_graph(call), "gather", HDT_VALUES(log, index), HDT_WITH(hdt_int_value("axis", axis)))
			  : NULL;
	hdt_value *weights = map_cast(call, map_unary(call, "logical_not", ignored), log->dtype),
			  *table = hdt_call_value(call, "weight");
	if (table && safe)
		weights = map_binary(
			call, "mul", weights,
			hdt_apply(hdt_call_graph(call), "take", HDT_VALUES(table, safe), HDT_WITH(hdt_int_value("axis", 0))));
	hdt_value *each = map_binary(call, "mul", map_unary(call, "neg", map_squeeze(call, picked, axis)), weights);
	return reduce_weighted(call, each, weights);
}

static hdt_status nll_loss(hdt_call *call)
{
	return choose_classes(call, hdt_call_value(call, "self"), hdt_call_value(call, "target"));
}

static hdt_status cross_entropy_loss(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *target = hdt_call_value(call, "target");
	if (!x || !target)
		return map_status(call);
	if (hdt_call_float(call, "label_smoothing") != 0 || hdt_is_float(target->dtype))
		return map_refuse(call, "cross entropy with smoothed labels or with probabilities as target");
	hdt_attribute_value axis = hdt_int_value("axis", x->rank == 1 ? 0 : 1);
	return choose_classes(call, hdt_apply(hdt_call_graph(call), "log_softmax", HDT_VALUES(x), HDT_WITH(axis)), target);
}

#define REDUCTION "self, target, reduction=1"

static const hdt_mapping mappings[] = {
	{"aten.mse_loss.default", REDUCTION, NULL, mse_loss},
	{"aten.l1_loss.default", REDUCTION, NULL, l1_loss},
	{"aten.huber_loss.default", REDUCTION ", delta=1.0", NULL, huber_loss},
	{"aten.smooth_l1_loss.default", REDUCTION ", beta=1.0", NULL, smooth_l1_loss},
	{"aten.soft_margin_loss.default", REDUCTION, NULL, soft_margin_loss},
	{"aten.kl_div.default", REDUCTION ", *, log_target=false", NULL, kl_div},
	{"aten.binary_cross_entropy.default", "self, target, weight=none, reduction=1", NULL, binary_cross_entropy},
	{"aten.binary_cross_entropy_with_logits.default", "self, target, weight=none, pos_weight=none, reduction=1", NULL,
     binary_cross_entropy_with_logits},
	{"aten.nll_loss_nd.default", "self, target, weight=none, reduction=1, ignore_index=-100", NULL, nll_loss},
	{"aten.nll_loss.default", "self, target, weight=none, reduction=1, ignore_index=-100", NULL, nll_loss},
	{"aten.cross_entropy_loss.default",
     "self, target, weight=none, reduction=1, ignore_index=-100, label_smoothing=0.0", NULL, cross_entropy_loss},
	{0},
};

const hdt_mapping_set hdt_mappings_map_loss = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
