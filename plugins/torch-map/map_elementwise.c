/* map_elementwise.c: arithmetic and other functions of single elements.
 *
 * A number beside a tensor takes the tensor's dtype, unless it is of a higher category (a float beside integers). */
#include "map.h"
#include <math.h>
#include <string.h>

/* ---- two operands ------------------------------------------------------------------------------------------------ */

/* self op other, where `other` may be a number. */
static hdt_status operate(hdt_call *call, const char *op, const char *other_name)
{
	hdt_value *self = hdt_call_value(call, "self");
	return map_result(call, map_binary(call, op, self, hdt_call_operand(call, other_name, self)));
}

#define BINARY(id, op, other)            \
	static hdt_status id(hdt_call *call) \
	{                                    \
		return operate(call, op, other); \
	}
BINARY(multiply, "mul", "other")
BINARY(divide, "div", "other")
BINARY(floor_divide, "floor_divide", "other")
BINARY(remainder_, "remainder", "other")
BINARY(fmod_, "fmod", "other")
BINARY(maximum, "maximum", "other")
BINARY(minimum, "minimum", "other")
BINARY(atan2_, "atan2", "other")
BINARY(bitwise_and, "bitwise_and", "other")
BINARY(bitwise_or, "bitwise_or", "other")
BINARY(bitwise_xor, "bitwise_xor", "other")
BINARY(shift_left, "shift_left", "other")
BINARY(shift_right, "shift_right", "other")
#undef BINARY

/* y scaled by the argument alpha, which mostly is 1. */
static hdt_value *scale(hdt_call *call, hdt_value *y)
{
	double alpha = hdt_call_float(call, "alpha");
	return alpha == 1 ? y : map_with_number(call, "mul", y, alpha);
}

static hdt_status add(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self");
	return map_result(call, map_binary(call, "add", self, scale(call, hdt_call_operand(call, "other", self))));
}

static hdt_status subtract(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self");
	return map_result(call, map_binary(call, "sub", self, scale(call, hdt_call_operand(call, "other", self))));
}

static hdt_status subtract_reversed(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self");
	hdt_value *other = hdt_call_operand(call, "other", self);
	return map_result(call, map_binary(call, "sub", other, scale(call, self)));
}

static hdt_status divide_rounding(hdt_call *call)
{
	const char *mode = hdt_call_string(call, "rounding_mode");
	return operate(call, !mode ? "div" : strcmp(mode, "floor") == 0 ? "floor_divide" : "trunc_divide", "other");
}

/* Small powers are products: faster, and what PyTorch does. */
static hdt_status power_of_number(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	double p = hdt_call_float(call, "exponent");
	if (hdt_call_is_float(call, "exponent"))
		x = map_float(call, x);
	if (p == 1)
		return map_result(call, x);
	if (p == 2)
		return map_result(call, map_binary(call, "mul", x, x));
	if (p == 3)
		return map_result(call, map_binary(call, "mul", map_binary(call, "mul", x, x), x));
	if (x && hdt_is_float(x->dtype) && (p == 0.5 || p == -0.5 || p == -1))
		return map_result(call, map_unary(call, p == 0.5 ? "sqrt" : p == -1 ? "reciprocal" : "rsqrt", x));
	return map_result(call, map_binary(call, "pow", x, hdt_call_operand(call, "exponent", x)));
}

static hdt_status power(hdt_call *call)
{
	return operate(call, "pow", "exponent");
}

static hdt_status power_from_number(hdt_call *call)
{
	hdt_value *exponent = hdt_call_value(call, "exponent");
	return map_result(call, map_binary(call, "pow", hdt_call_operand(call, "self", exponent), exponent));
}

static hdt_status float_power(hdt_call *call)
{
	hdt_value *self = map_cast(call, hdt_call_value(call, "self"), HDT_F64);
	return map_result(call,
	                  map_binary(call, "pow", self, map_cast(call, hdt_call_operand(call, "exponent", self), HDT_F64)));
}

/* fmax and fmin prefer the number to NaN. */
static hdt_status prefer_number(hdt_call *call, const char *op)
{
	hdt_value *x = hdt_call_value(call, "self"), *y = hdt_call_operand(call, "other", x);
	hdt_value *extreme = map_binary(call, op, x, y);
	extreme = map_where(call, map_unary(call, "isnan", x), y, extreme);
	return map_result(call, map_where(call, map_unary(call, "isnan", y), x, extreme));
}

static hdt_status fmax_(hdt_call *call)
{
	return prefer_number(call, "maximum");
}

static hdt_status fmin_(hdt_call *call)
{
	return prefer_number(call, "minimum");
}

/* max(x, y) + log1p(exp(-|x - y|)), by which nothing overflows. */
static hdt_status logaddexp(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *y = hdt_call_value(call, "other");
	hdt_value *distance = map_unary(call, "abs", map_binary(call, "sub", x, y));
	hdt_value *rest = map_unary(call, "log1p", map_unary(call, "exp", map_unary(call, "neg", distance)));
	return map_result(call, map_binary(call, "add", map_binary(call, "maximum", x, y), rest));
}

/* x log(y), which is 0 where x is 0. */
static hdt_status xlogy(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self")), *y = hdt_call_operand(call, "other", x);
	hdt_value *product = map_binary(call, "mul", x, map_unary(call, "log", y));
	hdt_value *zero = map_number_like(call, product, 0);
	hdt_value *result = map_where(call, map_with_number(call, "equal", x, 0), zero, product);
	return map_result(call, map_where(call, map_unary(call, "isnan", y), y, result));
}

static hdt_status copysign_(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self")), *sign = hdt_call_operand(call, "other", x);
	hdt_value *size = map_unary(call, "abs", x);
	return map_result(call,
	                  map_where(call, map_with_number(call, "less", sign, 0), map_unary(call, "neg", size), size));
}

static hdt_status heaviside(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *values = hdt_call_value(call, "values");
	hdt_value *step = map_cast(call, map_with_number(call, "greater", x, 0), x ? x->dtype : HDT_F32);
	return map_result(call, map_where(call, map_with_number(call, "equal", x, 0), values, step));
}

/* ---- three operands ---------------------------------------------------------------------------------------------- */

/* self + value * (tensor1 op tensor2) */
static hdt_status add_scaled(hdt_call *call, const char *op)
{
	hdt_value *self = hdt_call_value(call, "self");
	hdt_value *term = map_binary(call, op, hdt_call_value(call, "tensor1"), hdt_call_value(call, "tensor2"));
	double value = hdt_call_float(call, "value");
	if (value != 1)
		term = map_with_number(call, "mul", term, value);
	return map_result(call, map_binary(call, "add", self, term));
}

static hdt_status addcmul(hdt_call *call)
{
	return add_scaled(call, "mul");
}

static hdt_status addcdiv(hdt_call *call)
{
	return add_scaled(call, "div");
}

static hdt_status lerp(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self"), *end = hdt_call_value(call, "end");
	hdt_value *weight = hdt_call_operand(call, "weight", self);
	if (!self || !end || !weight)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "lerp", HDT_VALUES(self, end, weight), NULL));
}

/* Bounds that are tensors or numbers; either may be missing. */
static hdt_status clamp_(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (hdt_call_has(call, "min"))
		x = map_binary(call, "maximum", x, hdt_call_operand(call, "min", x));
	if (hdt_call_has(call, "max"))
		x = map_binary(call, "minimum", x, hdt_call_operand(call, "max", x));
	return map_result(call, x);
}

/* ---- one operand ------------------------------------------------------------------------------------------------- */

static hdt_status round_decimals(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int64_t decimals = hdt_call_int(call, "decimals");
	if (decimals == 0 || (x && !hdt_is_float(x->dtype)))
		return map_result(call, map_unary(call, "round", x));
	double factor = pow(10, fabs((double)decimals));
	x = map_unary(call, "round", map_with_number(call, decimals > 0 ? "mul" : "div", x, factor));
	return map_result(call, map_with_number(call, decimals > 0 ? "div" : "mul", x, factor));
}

/* sin(pi x) / (pi x), 1 at 0. */
static hdt_status sinc(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	hdt_value *angle = map_with_number(call, "mul", x, 3.14159265358979323846);
	hdt_value *quotient = map_binary(call, "div", map_unary(call, "sin", angle), angle);
	return map_result(call,
	                  map_where(call, map_with_number(call, "equal", x, 0), map_number_like(call, x, 1), quotient));
}

/* log(x / (1 - x)), x held to eps..1-eps. */
static hdt_status logit(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	if (hdt_call_has(call, "eps")) {
		double eps = hdt_call_float(call, "eps");
		x = map_with_number(call, "minimum", map_with_number(call, "maximum", x, eps), 1 - eps);
	}
	hdt_value *rest = map_binary(call, "sub", map_number_like(call, x, 1), x);
	return map_result(call, map_unary(call, "log", map_binary(call, "div", x, rest)));
}

static double largest(hdt_dtype dtype)
{
	return dtype == HDT_F16    ? 65504.0
	       : dtype == HDT_BF16 ? 3.3895313892515355e38
	       : dtype == HDT_F32  ? 3.4028234663852886e38
	                           : 1.7976931348623157e308;
}

static hdt_status nan_to_num(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x || !hdt_is_float(x->dtype))
		return map_result(call, x);
	double nan = hdt_call_has(call, "nan") ? hdt_call_float(call, "nan") : 0;
	double high = hdt_call_has(call, "posinf") ? hdt_call_float(call, "posinf") : largest(x->dtype);
	double low = hdt_call_has(call, "neginf") ? hdt_call_float(call, "neginf") : -largest(x->dtype);
	hdt_value *result = map_where(call, map_unary(call, "isnan", x), map_number_like(call, x, nan), x);
	result =
		map_where(call, map_with_number(call, "equal", x, (double)INFINITY), map_number_like(call, x, high), result);
	return map_result(call, map_where(call, map_with_number(call, "equal", x, -(double)INFINITY),
	                                  map_number_like(call, x, low), result));
}

static hdt_status signbit_(hdt_call *call)
{
	return map_result(call, map_with_number(call, "less", hdt_call_value(call, "self"), 0));
}

/* -x log(x), 0 at 0, -inf below. */
static hdt_status entropy(hdt_call *call)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	hdt_value *value = map_unary(call, "neg", map_binary(call, "mul", x, map_unary(call, "log", x)));
	value = map_where(call, map_with_number(call, "equal", x, 0), map_number_like(call, x, 0), value);
	return map_result(
		call, map_where(call, map_with_number(call, "less", x, 0), map_number_like(call, x, -(double)INFINITY), value));
}

#define UNARY(name)                                            \
	{                                                          \
		"aten." #name ".default", "self", #name "(self)", NULL \
	}

static const hdt_mapping mappings[] = {
	UNARY(neg),
	UNARY(abs),
	UNARY(sign),
	UNARY(exp),
	UNARY(exp2),
	UNARY(expm1),
	UNARY(log),
	UNARY(log2),
	UNARY(log10),
	UNARY(log1p),
	UNARY(sqrt),
	UNARY(rsqrt),
	UNARY(reciprocal),
	UNARY(square),
	UNARY(sin),
	UNARY(cos),
	UNARY(tan),
	UNARY(sinh),
	UNARY(cosh),
	UNARY(tanh),
	UNARY(asin),
	UNARY(acos),
	UNARY(atan),
	UNARY(asinh),
	UNARY(acosh),
	UNARY(atanh),
	UNARY(erf),
	UNARY(erfc),
	UNARY(floor),
	UNARY(ceil),
	UNARY(round),
	UNARY(trunc),
	UNARY(bitwise_not),
	{"aten.sgn.default", "self", "sign(self)", NULL},
	{"aten.negative.default", "self", "neg(self)", NULL},
	{"aten.absolute.default", "self", "abs(self)", NULL},
	{"aten.fix.default", "self", "trunc(self)", NULL},
	{"aten.frac.default", "self", "sub(self, trunc(self))", NULL},
	{"aten.deg2rad.default", "self", "mul(self, 0.017453292519943295)", NULL},
	{"aten.rad2deg.default", "self", "mul(self, 57.29577951308232)", NULL},
	{"aten.special_expit.default", "self", "sigmoid(self)", NULL},
	{"aten.special_ndtr.default", "self", "mul(erfc(mul(self, -0.7071067811865476)), 0.5)", NULL},
	{"aten.special_entr.default", "self", NULL, entropy},
	{"aten.round.decimals", "self, *, decimals", NULL, round_decimals},
	{"aten.sinc.default", "self", NULL, sinc},
	{"aten.logit.default", "self, eps=none", NULL, logit},
	{"aten.nan_to_num.default", "self, nan=none, posinf=none, neginf=none", NULL, nan_to_num},
	{"aten.signbit.default", "self", NULL, signbit_},

	{"aten.add.Tensor", "self, other, *, alpha=1", NULL, add},
	{"aten.add.Scalar", "self, other, alpha=1", NULL, add},
	{"aten.sub.Tensor", "self, other, *, alpha=1", NULL, subtract},
	{"aten.sub.Scalar", "self, other, alpha=1", NULL, subtract},
	{"aten.subtract.Tensor", "self, other, *, alpha=1", NULL, subtract},
	{"aten.subtract.Scalar", "self, other, alpha=1", NULL, subtract},
	{"aten.rsub.Tensor", "self, other, *, alpha=1", NULL, subtract_reversed},
	{"aten.rsub.Scalar", "self, other, alpha=1", NULL, subtract_reversed},
	{"aten.mul.Tensor", "self, other", NULL, multiply},
	{"aten.mul.Scalar", "self, other", NULL, multiply},
	{"aten.multiply.Tensor", "self, other", NULL, multiply},
	{"aten.multiply.Scalar", "self, other", NULL, multiply},
	{"aten.div.Tensor", "self, other", NULL, divide},
	{"aten.div.Scalar", "self, other", NULL, divide},
	{"aten.divide.Tensor", "self, other", NULL, divide},
	{"aten.divide.Scalar", "self, other", NULL, divide},
	{"aten.true_divide.Tensor", "self, other", NULL, divide},
	{"aten.true_divide.Scalar", "self, other", NULL, divide},
	{"aten.div.Tensor_mode", "self, other, *, rounding_mode", NULL, divide_rounding},
	{"aten.div.Scalar_mode", "self, other, *, rounding_mode", NULL, divide_rounding},
	{"aten.divide.Tensor_mode", "self, other, *, rounding_mode", NULL, divide_rounding},
	{"aten.floor_divide.default", "self, other", NULL, floor_divide},
	{"aten.floor_divide.Scalar", "self, other", NULL, floor_divide},
	{"aten.floor_divide_.Tensor", "self, other", NULL, floor_divide},
	{"aten.floor_divide_.Scalar", "self, other", NULL, floor_divide},
	{"aten.remainder.Tensor", "self, other", NULL, remainder_},
	{"aten.remainder.Scalar", "self, other", NULL, remainder_},
	{"aten.fmod.Tensor", "self, other", NULL, fmod_},
	{"aten.fmod.Scalar", "self, other", NULL, fmod_},
	{"aten.pow.Tensor_Scalar", "self, exponent", NULL, power_of_number},
	{"aten.pow_.Scalar", "self, exponent", NULL, power_of_number},
	{"aten.pow_.Tensor", "self, exponent", NULL, power},
	{"aten.pow.Tensor_Tensor", "self, exponent", NULL, power},
	{"aten.pow.Scalar", "self, exponent", NULL, power_from_number},
	{"aten.float_power.Tensor_Tensor", "self, exponent", NULL, float_power},
	{"aten.float_power.Tensor_Scalar", "self, exponent", NULL, float_power},
	{"aten.maximum.default", "self, other", NULL, maximum},
	{"aten.minimum.default", "self, other", NULL, minimum},
	{"aten.max.other", "self, other", NULL, maximum},
	{"aten.min.other", "self, other", NULL, minimum},
	{"aten.fmax.default", "self, other", NULL, fmax_},
	{"aten.fmin.default", "self, other", NULL, fmin_},
	{"aten.atan2.default", "self, other", NULL, atan2_},
	{"aten.arctan2.default", "self, other", NULL, atan2_},
	{"aten.hypot.default", "self, other", "sqrt(add(mul(self, self), mul(other, other)))", NULL},
	{"aten.ldexp.Tensor", "self, other", "mul(self, exp2(other))", NULL},
	{"aten.logaddexp.default", "self, other", NULL, logaddexp},
	{"aten.xlogy.Tensor", "self, other", NULL, xlogy},
	{"aten.xlogy.Scalar_Other", "self, other", NULL, xlogy},
	{"aten.copysign.Tensor", "self, other", NULL, copysign_},
	{"aten.copysign.Scalar", "self, other", NULL, copysign_},
	{"aten.heaviside.default", "self, values", NULL, heaviside},
	{"aten.bitwise_and.Tensor", "self, other", NULL, bitwise_and},
	{"aten.bitwise_and.Scalar", "self, other", NULL, bitwise_and},
	{"aten.bitwise_or.Tensor", "self, other", NULL, bitwise_or},
	{"aten.bitwise_or.Scalar", "self, other", NULL, bitwise_or},
	{"aten.bitwise_xor.Tensor", "self, other", NULL, bitwise_xor},
	{"aten.bitwise_xor.Scalar", "self, other", NULL, bitwise_xor},
	{"aten.bitwise_left_shift.Tensor", "self, other", NULL, shift_left},
	{"aten.bitwise_left_shift.Tensor_Scalar", "self, other", NULL, shift_left},
	{"aten.bitwise_right_shift.Tensor", "self, other", NULL, shift_right},
	{"aten.bitwise_right_shift.Tensor_Scalar", "self, other", NULL, shift_right},
	{"aten.__and__.Tensor", "self, other", NULL, bitwise_and},
	{"aten.__and__.Scalar", "self, other", NULL, bitwise_and},
	{"aten.__or__.Tensor", "self, other", NULL, bitwise_or},
	{"aten.__or__.Scalar", "self, other", NULL, bitwise_or},
	{"aten.__xor__.Tensor", "self, other", NULL, bitwise_xor},
	{"aten.__xor__.Scalar", "self, other", NULL, bitwise_xor},
	{"aten.__lshift__.Tensor", "self, other", NULL, shift_left},
	{"aten.__lshift__.Scalar", "self, other", NULL, shift_left},
	{"aten.__rshift__.Tensor", "self, other", NULL, shift_right},
	{"aten.__rshift__.Scalar", "self, other", NULL, shift_right},

	{"aten.addcmul.default", "self, tensor1, tensor2, *, value=1", NULL, addcmul},
	{"aten.addcdiv.default", "self, tensor1, tensor2, *, value=1", NULL, addcdiv},
	{"aten.lerp.Tensor", "self, end, weight", NULL, lerp},
	{"aten.lerp.Scalar", "self, end, weight", NULL, lerp},
	{"aten.clamp.default", "self, min=none, max=none", NULL, clamp_},
	{"aten.clamp.Tensor", "self, min=none, max=none", NULL, clamp_},
	{"aten.clip.default", "self, min=none, max=none", NULL, clamp_},
	{"aten.clip.Tensor", "self, min=none, max=none", NULL, clamp_},
	{"aten.clamp_min.default", "self, min, max=none", NULL, clamp_},
	{"aten.clamp_min.Tensor", "self, min, max=none", NULL, clamp_},
	{"aten.clamp_max.default", "self, max, min=none", NULL, clamp_},
	{"aten.clamp_max.Tensor", "self, max, min=none", NULL, clamp_},
	{0},
};

const hdt_mapping_set hdt_mappings_map_elementwise = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
