/* map_copy.c: conversions, copies, and operators that change nothing in a graph whose values never change. */
#include "map.h"

static hdt_status to(hdt_call *call)
{
	return map_result(call, map_cast(call, hdt_call_value(call, "self"), hdt_call_dtype(call, "dtype")));
}

static hdt_status to_other(hdt_call *call)
{
	const hdt_value *other = hdt_call_value(call, "other");
	return map_result(call, map_cast(call, hdt_call_value(call, "self"), other ? other->dtype : HDT_DTYPE_NONE));
}

/* copy_: the source in the dtype and shape of self. */
static hdt_status copy(hdt_call *call)
{
	const hdt_value *self = hdt_call_value(call, "self");
	hdt_value *source = hdt_call_value(call, "src");
	if (!self || !source)
		return map_status(call);
	return map_result(call, map_expand(call, map_cast(call, source, self->dtype), hdt_value_shape(self)));
}

static hdt_status fill(hdt_call *call)
{
	const hdt_value *self = hdt_call_value(call, "self");
	hdt_value *value = hdt_call_operand(call, "value", self);
	if (!self || !value)
		return map_status(call);
	return map_result(call, map_expand(call, map_cast(call, value, self->dtype), hdt_value_shape(self)));
}

static hdt_status zero(hdt_call *call)
{
	const hdt_value *self = hdt_call_value(call, "self");
	return self ? map_result(call, map_full(call, hdt_value_shape(self), 0, self->dtype)) : map_status(call);
}

/* Dropout is the identity when a model is not being trained. The in-place operators call their input `self`. */
static hdt_status drop_out(hdt_call *call, const char *input)
{
	if (hdt_call_has(call, "train") && hdt_call_bool(call, "train") && hdt_call_float(call, "p") != 0)
		return map_refuse(call, "dropout is on (train=True); call model.eval() before export");
	return map_result(call, hdt_call_value(call, input));
}

static hdt_status dropout(hdt_call *call)
{
	return drop_out(call, "input");
}

static hdt_status dropout_in_place(hdt_call *call)
{
	return drop_out(call, "self");
}

#define SAME(name, arguments)                 \
	{                                         \
		"aten." name, arguments, "self", NULL \
	}

static const hdt_mapping mappings[] = {
	SAME("alias.default", "self"),
	SAME("alias_copy.default", "self"),
	SAME("detach.default", "self"),
	SAME("detach_copy.default", "self"),
	SAME("clone.default", "self, *, memory_format=none"),
	SAME("contiguous.default", "self, *, memory_format=none"),
	SAME("lift.default", "self"),
	SAME("lift_fresh.default", "self"),
	SAME("lift_fresh_copy.default", "self"),
	SAME("positive.default", "self"),
	SAME("real.default", "self"),
	SAME("conj.default", "self"),
	SAME("conj_physical.default", "self"),
	SAME("resolve_conj.default", "self"),
	SAME("resolve_neg.default", "self"),
	SAME("requires_grad_.default", "self, requires_grad=true"),
	{"aten.to.dtype", "self, dtype, non_blocking=false, copy=false, memory_format=none", NULL, to},
	{"aten.to.device", "self, device, dtype, non_blocking=false, copy=false, memory_format=none", NULL, to},
	{"aten.to.dtype_layout",
     "self, *, dtype=none, " MAP_PLACEMENT ", non_blocking=false, copy=false, memory_format=none", NULL, to},
	{"aten.to.prim_Device", "self, device, dtype=none, non_blocking=false, copy=false", NULL, to},
	{"aten.to.prim_dtype", "self, dtype=none, non_blocking=false, copy=false", NULL, to},
	{"aten.to.other", "self, other, non_blocking=false, copy=false, memory_format=none", NULL, to_other},
	{"aten._to_copy.default", "self, *, dtype=none, " MAP_PLACEMENT ", non_blocking=false, memory_format=none", NULL,
     to},
	{"aten.type_as.default", "self, other", NULL, to_other},
	{"aten.copy.default", "self, src, non_blocking=false", NULL, copy},
	{"aten.fill.Scalar", "self, value", NULL, fill},
	{"aten.fill.Tensor", "self, value", NULL, fill},
	{"aten.zero.default", "self", NULL, zero},
	{"aten.dropout.default", "input, p, train", NULL, dropout},
	{"aten.feature_dropout.default", "input, p, train", NULL, dropout},
	{"aten.alpha_dropout.default", "input, p, train", NULL, dropout},
	{"aten.feature_alpha_dropout.default", "input, p, train", NULL, dropout},
	{"aten.native_dropout.default", "input, p, train", NULL, dropout},
	{"aten.dropout_.default", "self, p, train", NULL, dropout_in_place},
	{"aten.feature_dropout_.default", "self, p, train", NULL, dropout_in_place},
	{"aten.alpha_dropout_.default", "self, p, train", NULL, dropout_in_place},
	{"aten.feature_alpha_dropout_.default", "self, p, train", NULL, dropout_in_place},
	{0},
};

const hdt_mapping_set hdt_mappings_map_copy = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
