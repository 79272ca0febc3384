/* map_compare.c: comparisons, logic, and choice by a condition. All give bool but `where`. */
#include "map.h"
#include <math.h>

static hdt_status compare(hdt_call *call, const char *op)
{
	hdt_value *self = hdt_call_value(call, "self");
	return map_result(call, map_binary(call, op, self, hdt_call_operand(call, "other", self)));
}

#define COMPARISON(id, op)               \
	static hdt_status id(hdt_call *call) \
	{                                    \
		return compare(call, op);        \
	}
COMPARISON(equal, "equal")
COMPARISON(not_equal, "not_equal")
COMPARISON(less, "less")
COMPARISON(less_equal, "less_equal")
COMPARISON(greater, "greater")
COMPARISON(greater_equal, "greater_equal")
#undef COMPARISON

/* |x - y| <= atol + rtol |y|, or equal (infinities). */
static hdt_status isclose(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *y = hdt_call_value(call, "other");
	hdt_value *distance = map_unary(call, "abs", map_binary(call, "sub", map_float(call, x), map_float(call, y)));
	hdt_value *allowed =
		map_with_number(call, "mul", map_unary(call, "abs", map_float(call, y)), hdt_call_float(call, "rtol"));
	allowed = map_with_number(call, "add", allowed, hdt_call_float(call, "atol"));
	hdt_value *close = map_binary(call, "less_equal", distance, allowed);
	close = map_binary(call, "logical_and", close, map_unary(call, "isfinite", distance));
	close = map_binary(call, "logical_or", close, map_binary(call, "equal", x, y));
	if (hdt_call_bool(call, "equal_nan"))
		close = map_binary(call, "logical_or", close,
		                   map_binary(call, "logical_and", map_unary(call, "isnan", x), map_unary(call, "isnan", y)));
	return map_result(call, close);
}

static hdt_status is_infinite(hdt_call *call, double infinity)
{
	hdt_value *x = map_float(call, hdt_call_value(call, "self"));
	return map_result(call, map_with_number(call, "equal", x, infinity));
}

static hdt_status isposinf(hdt_call *call)
{
	return is_infinite(call, (double)INFINITY);
}

static hdt_status isneginf(hdt_call *call)
{
	return is_infinite(call, -(double)INFINITY);
}

static hdt_status where_tensors(hdt_call *call)
{
	return map_result(call, map_where(call, hdt_call_value(call, "condition"), hdt_call_value(call, "self"),
	                                  hdt_call_value(call, "other")));
}

static hdt_status where_other_number(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self");
	return map_result(call,
	                  map_where(call, hdt_call_value(call, "condition"), self, hdt_call_operand(call, "other", self)));
}

static hdt_status where_self_number(hdt_call *call)
{
	hdt_value *other = hdt_call_value(call, "other");
	return map_result(call,
	                  map_where(call, hdt_call_value(call, "condition"), hdt_call_operand(call, "self", other), other));
}

static hdt_status where_numbers(hdt_call *call)
{
	hdt_value *self = hdt_call_operand(call, "self", NULL);
	return map_result(call,
	                  map_where(call, hdt_call_value(call, "condition"), self, hdt_call_operand(call, "other", self)));
}

/* The fill value takes the dtype of self whatever it is. */
static hdt_status masked_fill(hdt_call *call)
{
	hdt_value *self = hdt_call_value(call, "self");
	hdt_value *value = hdt_call_operand(call, "value", self);
	value = map_cast(call, value, self ? self->dtype : HDT_DTYPE_NONE);
	return map_result(call, map_where(call, hdt_call_value(call, "mask"), value, self));
}

static const hdt_mapping mappings[] = {
	{"aten.eq.Tensor", "self, other", NULL, equal},
	{"aten.eq.Scalar", "self, other", NULL, equal},
	{"aten.ne.Tensor", "self, other", NULL, not_equal},
	{"aten.ne.Scalar", "self, other", NULL, not_equal},
	{"aten.not_equal.Tensor", "self, other", NULL, not_equal},
	{"aten.not_equal.Scalar", "self, other", NULL, not_equal},
	{"aten.lt.Tensor", "self, other", NULL, less},
	{"aten.lt.Scalar", "self, other", NULL, less},
	{"aten.less.Tensor", "self, other", NULL, less},
	{"aten.le.Tensor", "self, other", NULL, less_equal},
	{"aten.le.Scalar", "self, other", NULL, less_equal},
	{"aten.less_equal.Tensor", "self, other", NULL, less_equal},
	{"aten.gt.Tensor", "self, other", NULL, greater},
	{"aten.gt.Scalar", "self, other", NULL, greater},
	{"aten.greater.Tensor", "self, other", NULL, greater},
	{"aten.ge.Tensor", "self, other", NULL, greater_equal},
	{"aten.ge.Scalar", "self, other", NULL, greater_equal},
	{"aten.greater_equal.Tensor", "self, other", NULL, greater_equal},
	{"aten.logical_and.default", "self, other", "logical_and(self, other)", NULL},
	{"aten.logical_or.default", "self, other", "logical_or(self, other)", NULL},
	{"aten.logical_xor.default", "self, other", "logical_xor(self, other)", NULL},
	{"aten.logical_not.default", "self", "logical_not(self)", NULL},
	{"aten.isnan.default", "self", "isnan(self)", NULL},
	{"aten.isinf.default", "self", "isinf(self)", NULL},
	{"aten.isfinite.default", "self", "isfinite(self)", NULL},
	{"aten.isposinf.default", "self", NULL, isposinf},
	{"aten.isneginf.default", "self", NULL, isneginf},
	{"aten.isclose.default", "self, other, rtol=1e-05, atol=1e-08, equal_nan=false", NULL, isclose},
	{"aten.where.self", "condition, self, other", NULL, where_tensors},
	{"aten.where.ScalarOther", "condition, self, other", NULL, where_other_number},
	{"aten.where.ScalarSelf", "condition, self, other", NULL, where_self_number},
	{"aten.where.Scalar", "condition, self, other", NULL, where_numbers},
	{"aten.masked_fill.Scalar", "self, mask, value", NULL, masked_fill},
	{"aten.masked_fill.Tensor", "self, mask, value", NULL, masked_fill},
	{0},
};

const hdt_mapping_set hdt_mappings_map_compare = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
