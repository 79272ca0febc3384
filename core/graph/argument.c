/* argument.c: what an argument of a framework's call is worth as an operand and as an attribute.
 *
 * The dtype of a number follows the tensor that it stands beside, as frameworks' weak scalars do: only a higher
 * category (bool, integer, float) changes it. */
#include "graph/expression.h"

const char *argument_kind_text(hdt_argument_kind kind)
{
	static const char *const texts[] = {
		[HDT_ARGUMENT_NONE] = "none",
		[HDT_ARGUMENT_VALUE] = "a tensor",
		[HDT_ARGUMENT_VALUES] = "a list of tensors",
		[HDT_ARGUMENT_DIM] = "an integer",
		[HDT_ARGUMENT_DIMS] = "a list of integers",
		[HDT_ARGUMENT_FLOAT] = "a float",
		[HDT_ARGUMENT_FLOATS] = "a list of floats",
		[HDT_ARGUMENT_BOOL] = "a bool",
		[HDT_ARGUMENT_STRING] = "a string",
		[HDT_ARGUMENT_DTYPE] = "a dtype",
	};
	return (size_t)kind < sizeof texts / sizeof *texts ? texts[kind] : "of an unknown kind";
}

static int category(hdt_dtype dtype)
{
	return hdt_is_float(dtype) ? 2 : dtype == HDT_BOOL ? 0 : 1;
}

/* The dtype of a number whose own dtype is `own`, of which only the category counts beside a tensor. */
static hdt_dtype weak_dtype(hdt_dtype own, const hdt_value *beside)
{
	return beside && category(own) <= category(beside->dtype) ? beside->dtype : own;
}

/* A rank-0 constant beside a tensor with dimensions does not promote it within a category. */
static hdt_value *weaken_constant(hdt_graph *graph, hdt_value *value, const hdt_value *beside)
{
	if (!value || !beside || value == beside || value->rank != 0 || beside->rank == 0 || !value->constant ||
	    !value->constant->data)
		return value;
	hdt_dtype dtype = weak_dtype(value->dtype, beside);
	if (dtype == value->dtype)
		return value;
	scalar v = scalar_load(value->constant->data, value->dtype, 0);
	return hdt_is_float(value->dtype) ? hdt_graph_number(graph, dtype, v.f)
	       : hdt_is_float(dtype)      ? hdt_graph_number(graph, dtype, scalar_cast(v, value->dtype, HDT_F64).f)
	                                  : hdt_graph_integer(graph, dtype, v.i);
}

hdt_value *weak_scalar(hdt_graph *graph, const hdt_argument *argument, const hdt_value *beside)
{
	int64_t whole = 0;
	switch (argument->kind) {
	case HDT_ARGUMENT_VALUE:
		return weaken_constant(graph, argument->value, beside);
	case HDT_ARGUMENT_FLOAT:
		return hdt_graph_number(graph, weak_dtype(HDT_F32, beside), argument->real);
	case HDT_ARGUMENT_BOOL:
		return hdt_graph_integer(graph, weak_dtype(HDT_BOOL, beside), argument->real != 0);
	case HDT_ARGUMENT_DIM:
		if (hdt_is_const(argument->dim, &whole))
			return hdt_graph_integer(graph, weak_dtype(HDT_I64, beside), whole);
		hdt_fail(graph->context, HDT_UNSUPPORTED,
		         "the symbolic size %s cannot stand for a tensor here; the mapping must make one of it",
		         hdt_expr_text(argument->dim));
		return NULL;
	default:
		hdt_fail(graph->context, HDT_BAD_MODEL, "a tensor or a number is needed, not %s",
		         argument_kind_text(argument->kind));
		return NULL;
	}
}

bool argument_attribute(hdt_context *context, const char *name, const hdt_argument *argument, hdt_attribute_value *out)
{
	int64_t whole = 0;
	switch (argument->kind) {
	case HDT_ARGUMENT_NONE:
		*out = (hdt_attribute_value){.name = name, .kind = HDT_ATTRIBUTE_NONE};
		return true;
	case HDT_ARGUMENT_DIM: {
		const hdt_expr **dim = hdt_allocate(context, sizeof *dim);
		if (!dim)
			return false;
		*dim = argument->dim;
		*out = hdt_is_const(argument->dim, &whole) ? hdt_int_value(name, whole) : hdt_dims_value(name, dim, 1);
		return true;
	}
	case HDT_ARGUMENT_DIMS:
		*out = hdt_dims_value(name, argument->dims.items, argument->dims.count);
		return true;
	case HDT_ARGUMENT_FLOAT:
		*out = hdt_float_value(name, argument->real);
		return true;
	case HDT_ARGUMENT_BOOL:
		*out = hdt_bool_value(name, argument->real != 0);
		return true;
	case HDT_ARGUMENT_STRING:
		*out = hdt_string_value(name, argument->string);
		return true;
	case HDT_ARGUMENT_DTYPE:
		*out = hdt_dtype_value(name, argument->dtype);
		return true;
	default:
		hdt_fail(context, HDT_BAD_MODEL, "attribute '%s' cannot be %s", name, argument_kind_text(argument->kind));
		return false;
	}
}
