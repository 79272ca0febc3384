/* map_symbolic.c: arithmetic on sizes, and assertions about them. Numbers here are expressions, not tensors. */
#include "map.h"

static hdt_status give(hdt_call *call, const hdt_expr *e)
{
	hdt_call_return_dim(call, e);
	return map_status(call);
}

/* ---- sizes of tensors -------------------------------------------------------------------------------------------- */

static hdt_status size_of_axis(hdt_call *call)
{
	const hdt_value *x = hdt_call_value(call, "self");
	if (!x || x->rank == 0)
		return map_refuse(call, "a scalar has no sizes");
	return give(call, x->shape[map_axis(call, "dim", x->rank)]);
}

static hdt_status number_of_elements(hdt_call *call)
{
	return give(call, hdt_product(hdt_call_context(call), hdt_value_shape(hdt_call_value(call, "self"))));
}

/* The stride of a row-major tensor. */
static hdt_status stride_of_axis(hdt_call *call)
{
	const hdt_value *x = hdt_call_value(call, "self");
	if (!x || x->rank == 0)
		return map_refuse(call, "a scalar has no strides");
	const hdt_expr *stride = hdt_int(hdt_call_context(call), 1);
	for (int d = x->rank - 1; d > map_axis(call, "dim", x->rank); d--)
		stride = hdt_mul(stride, x->shape[d]);
	return give(call, stride);
}

static hdt_status zero(hdt_call *call)
{
	return give(call, hdt_int(hdt_call_context(call), 0));
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

/* A number of any kind as an expression. */
static const hdt_expr *number(hdt_call *call, const char *name)
{
	return hdt_call_is_float(call, name) ? hdt_number(hdt_call_context(call), HDT_F64, hdt_call_float(call, name))
	                                     : hdt_call_dim(call, name);
}

static hdt_status operate(hdt_call *call, hdt_scalar_op op)
{
	return give(call, hdt_binary(op, number(call, "a"), number(call, "b")));
}

#define BINARY(id, op)                     \
	static hdt_status id(hdt_call *call)   \
	{                                      \
		return operate(call, HDT_OP_##op); \
	}
BINARY(add, ADD)
BINARY(subtract, SUB)
BINARY(multiply, MUL)
BINARY(floor_divide, FLOORDIV)
BINARY(modulo, MOD)
BINARY(power, POW)
BINARY(larger, MAX)
BINARY(smaller, MIN)
BINARY(equal, EQ)
BINARY(not_equal, NE)
BINARY(less, LT)
BINARY(less_equal, LE)
#undef BINARY

static hdt_status greater(hdt_call *call)
{
	return give(call, hdt_less(number(call, "b"), number(call, "a")));
}

static hdt_status greater_equal(hdt_call *call)
{
	return give(call, hdt_less_equal(number(call, "b"), number(call, "a")));
}

/* Conditions may come as integers: anything but 0 is true. */
static const hdt_expr *truth(const hdt_expr *e)
{
	return e && e->dtype != HDT_BOOL ? hdt_cast(e, HDT_BOOL) : e;
}

static hdt_status both(hdt_call *call)
{
	return give(call, hdt_and(truth(number(call, "a")), truth(number(call, "b"))));
}

static hdt_status either(hdt_call *call)
{
	return give(call, hdt_or(truth(number(call, "a")), truth(number(call, "b"))));
}

static hdt_status negate(hdt_call *call)
{
	return give(call, hdt_not(truth(number(call, "a"))));
}

static hdt_status minus(hdt_call *call)
{
	return give(call, hdt_neg(number(call, "a")));
}

static hdt_status itself(hdt_call *call)
{
	return give(call, number(call, "a"));
}

static hdt_status to_float(hdt_call *call)
{
	return give(call, hdt_cast(number(call, "a"), HDT_F64));
}

static hdt_status divide(hdt_call *call)
{
	return give(call, hdt_div(hdt_cast(number(call, "a"), HDT_F64), hdt_cast(number(call, "b"), HDT_F64)));
}

/* Floats to integers; integers stay. */
static hdt_status round_with(hdt_call *call, hdt_scalar_op op)
{
	const hdt_expr *x = number(call, "a");
	return give(call, x && hdt_is_float((hdt_dtype)x->dtype) ? hdt_cast(hdt_unary(op, x), HDT_I64) : x);
}

static hdt_status round_up(hdt_call *call)
{
	return round_with(call, HDT_OP_CEIL);
}

static hdt_status round_down(hdt_call *call)
{
	return round_with(call, HDT_OP_FLOOR);
}

static hdt_status truncate(hdt_call *call)
{
	return round_with(call, HDT_OP_TRUNC);
}

static hdt_status root(hdt_call *call)
{
	return give(call, hdt_unary(HDT_OP_SQRT, hdt_cast(number(call, "a"), HDT_F64)));
}

static hdt_status choose(hdt_call *call)
{
	return give(call, hdt_select(truth(number(call, "b")), number(call, "t"), number(call, "f")));
}

/* ---- assertions -------------------------------------------------------------------------------------------------- */

static hdt_status assert_scalar(hdt_call *call)
{
	const hdt_expr *condition = truth(hdt_call_dim(call, "self"));
	const char *message = hdt_call_string(call, "assert_msg");
	hdt_graph_assert(hdt_call_graph(call), condition, message ? message : "an assertion of the model");
	return zero(call);
}

/* min <= size <= max; what is proved costs nothing. */
static hdt_status constrain(hdt_call *call)
{
	const hdt_expr *size = hdt_call_dim(call, "size");
	if (hdt_call_has(call, "min"))
		hdt_graph_assert(hdt_call_graph(call), hdt_less_equal(hdt_call_dim(call, "min"), size),
		                 "a size is smaller than the model allows");
	if (hdt_call_has(call, "max"))
		hdt_graph_assert(hdt_call_graph(call), hdt_less_equal(size, hdt_call_dim(call, "max")),
		                 "a size is larger than the model allows");
	return zero(call);
}

#define TWO "a, b"
#define ONE "a"

static const hdt_mapping mappings[] = {
	{"aten.sym_size.int", "self, dim", NULL, size_of_axis},
	{"aten.sym_numel.default", "self", NULL, number_of_elements},
	{"aten.sym_stride.int", "self, dim", NULL, stride_of_axis},
	{"aten.sym_storage_offset.default", "self", NULL, zero},
	{"_operator.add", TWO, NULL, add},
	{"_operator.sub", TWO, NULL, subtract},
	{"_operator.mul", TWO, NULL, multiply},
	{"_operator.floordiv", TWO, NULL, floor_divide},
	{"_operator.truediv", TWO, NULL, divide},
	{"_operator.mod", TWO, NULL, modulo},
	{"_operator.pow", TWO, NULL, power},
	{"_operator.eq", TWO, NULL, equal},
	{"_operator.ne", TWO, NULL, not_equal},
	{"_operator.lt", TWO, NULL, less},
	{"_operator.le", TWO, NULL, less_equal},
	{"_operator.gt", TWO, NULL, greater},
	{"_operator.ge", TWO, NULL, greater_equal},
	{"_operator.and_", TWO, NULL, both},
	{"_operator.or_", TWO, NULL, either},
	{"_operator.neg", ONE, NULL, minus},
	{"_operator.pos", ONE, NULL, itself},
	{"torch.sym_max", TWO, NULL, larger},
	{"torch.sym_min", TWO, NULL, smaller},
	{"torch.sym_not", ONE, NULL, negate},
	{"torch.sym_float", ONE, NULL, to_float},
	{"torch.sym_int", ONE, NULL, truncate},
	{"torch.sym_ite", "b, t, f", NULL, choose},
	{"torch._sym_sqrt", ONE, NULL, root},
	{"math.ceil", ONE, NULL, round_up},
	{"math.floor", ONE, NULL, round_down},
	{"math.trunc", ONE, NULL, truncate},
	{"builtins.max", TWO, NULL, larger},
	{"builtins.min", TWO, NULL, smaller},
	{"aten._assert_scalar.default", "self, assert_msg", NULL, assert_scalar},
	{"aten.sym_constrain_range.default", "size, *, min=none, max=none", NULL, constrain},
	{"aten.sym_constrain_range_for_size.default", "size, *, min=none, max=none", NULL, constrain},
	{"aten._assert_tensor_metadata.default", "a, size=none, stride=none, dtype=none, *, device=none, layout=none", "a",
     NULL},
	{0},
};

const hdt_mapping_set hdt_mappings_map_symbolic = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
