/* map_linear.c: products of matrices and what is made of them: linear layers, attention, distances. Sums named by
 * letters are in map_einsum.c. */
#include "map.h"

static hdt_value *product(hdt_call *call, hdt_value *x, hdt_value *y)
{
	return x && y ? hdt_apply(hdt_call_graph(call), "matmul", HDT_VALUES(x, y), NULL) : NULL;
}

static hdt_status matmul(hdt_call *call)
{
	return map_result(call, product(call, hdt_call_value(call, "self"), hdt_call_value(call, "other")));
}

static hdt_status linear(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "input"), *weight = hdt_call_value(call, "weight"),
			  *bias = hdt_call_value(call, "bias");
	if (!x || !weight)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "linear", HDT_VALUES(x, weight, bias), NULL));
}

/* beta * self + alpha * term; with beta 0 self does not count, not even its NaN. */
static hdt_status add_to_self(hdt_call *call, hdt_value *term)
{
	double beta = hdt_call_float(call, "beta"), alpha = hdt_call_float(call, "alpha");
	hdt_value *self = hdt_call_value(call, "self");
	if (alpha != 1)
		term = map_with_number(call, "mul", term, alpha);
	if (beta != 0)
		term = map_binary(call, "add", term, beta == 1 ? self : map_with_number(call, "mul", self, beta));
	return map_result(call, term);
}

static hdt_status addmm(hdt_call *call)
{
	return add_to_self(call, product(call, hdt_call_value(call, "mat1"), hdt_call_value(call, "mat2")));
}

static hdt_status addmv(hdt_call *call)
{
	return add_to_self(call, product(call, hdt_call_value(call, "mat"), hdt_call_value(call, "vec")));
}

static hdt_status baddbmm(hdt_call *call)
{
	return add_to_self(call, product(call, hdt_call_value(call, "batch1"), hdt_call_value(call, "batch2")));
}

static hdt_status addbmm(hdt_call *call)
{
	hdt_value *each = product(call, hdt_call_value(call, "batch1"), hdt_call_value(call, "batch2"));
	return add_to_self(call, map_reduce(call, "reduce_sum", each, (map_axes){1, {0}}, false));
}

static hdt_value *outer_product(hdt_call *call, hdt_value *x, hdt_value *y)
{
	return map_binary(call, "mul", map_unsqueeze(call, x, 1), map_unsqueeze(call, y, 0));
}

static hdt_status outer(hdt_call *call)
{
	return map_result(call, outer_product(call, hdt_call_value(call, "self"), hdt_call_value(call, "vec2")));
}

static hdt_status addr(hdt_call *call)
{
	return add_to_self(call, outer_product(call, hdt_call_value(call, "vec1"), hdt_call_value(call, "vec2")));
}

/* Over the last axis of both. */
static hdt_status inner(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *y = hdt_call_value(call, "other");
	if (!x || !y)
		return map_status(call);
	if (x->rank == 0 || y->rank == 0)
		return map_result(call, map_binary(call, "mul", x, y));
	if (y->rank > 2)
		return map_refuse(call, "the inner product with a tensor of %d dimensions", y->rank);
	return map_result(call, product(call, x, y->rank == 2 ? map_swap_axes(call, y, 0, 1) : y));
}

static hdt_status vecdot(hdt_call *call)
{
	hdt_value *each = map_binary(call, "mul", hdt_call_value(call, "x"), hdt_call_value(call, "y"));
	map_axes axis = {1, {each ? map_axis(call, "dim", each->rank) : 0}};
	return map_result(call, map_reduce(call, "reduce_sum", each, axis, false));
}

static hdt_status multi_dot(hdt_call *call)
{
	hdt_value *const *values;
	int count = hdt_call_values(call, "tensors", &values);
	hdt_value *all = count ? values[0] : NULL;
	for (int i = 1; i < count; i++)
		all = product(call, all, values[i]);
	return map_result(call, all);
}

static hdt_status attention(hdt_call *call)
{
	hdt_value *q = hdt_call_value(call, "query"), *k = hdt_call_value(call, "key"), *v = hdt_call_value(call, "value");
	hdt_value *mask = hdt_call_value(call, "attn_mask");
	if (hdt_call_float(call, "dropout_p") != 0)
		return map_refuse(call, "attention has dropout; call model.eval() before export");
	if (!q || !k || !v)
		return map_status(call);
	hdt_attribute_value scale = {.name = "scale", .kind = HDT_ATTRIBUTE_NONE};
	if (hdt_call_has(call, "scale"))
		scale = hdt_float_value("scale", hdt_call_float(call, "scale"));
	return map_result(call, hdt_apply(hdt_call_graph(call), "attention", HDT_VALUES(q, k, v, mask),
	                                  HDT_WITH(hdt_bool_value("causal", hdt_call_bool(call, "is_causal")), scale)));
}

static hdt_status cosine_similarity(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "x1"), *y = hdt_call_value(call, "x2");
	if (!x || !y)
		return map_status(call);
	int rank = x->rank > y->rank ? x->rank : y->rank;
	return map_result(call, hdt_apply(hdt_call_graph(call), "cosine_similarity", HDT_VALUES(x, y),
	                                  HDT_WITH(hdt_int_value("axis", map_axis(call, "dim", rank)),
	                                           hdt_float_value("eps", hdt_call_float(call, "eps")))));
}

/* The norm of the difference (shifted by eps) along the last axis. */
static hdt_status pairwise_distance(hdt_call *call)
{
	hdt_value *distance = map_binary(call, "sub", hdt_call_value(call, "x1"), hdt_call_value(call, "x2"));
	distance = map_with_number(call, "add", distance, hdt_call_float(call, "eps"));
	int axis = distance ? distance->rank - 1 : 0;
	if (!distance)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), "reduce_norm", HDT_VALUES(distance),
	                                  HDT_WITH(hdt_float_value("ord", hdt_call_float(call, "p")),
	                                           map_axes_value(call, "axes", &axis, 1),
	                                           hdt_bool_value("keepdims", hdt_call_bool(call, "keepdim")))));
}

#define SUM_ARGUMENTS "*, beta=1, alpha=1"

static const hdt_mapping mappings[] = {
	{"aten.linear.default", "input, weight, bias=none", NULL, linear},
	{"aten.matmul.default", "self, other", NULL, matmul},
	{"aten.mm.default", "self, mat2", "matmul(self, mat2)", NULL},
	{"aten._int_mm.default", "self, mat2", "matmul(self, mat2, in_i32=true)", NULL},
	{"aten.bmm.default", "self, mat2", "matmul(self, mat2)", NULL},
	{"aten.mv.default", "self, vec", "matmul(self, vec)", NULL},
	{"aten.dot.default", "self, tensor", "matmul(self, tensor)", NULL},
	{"aten.vdot.default", "self, other", NULL, matmul},
	{"aten.addmm.default", "self, mat1, mat2, " SUM_ARGUMENTS, NULL, addmm},
	{"aten.addmv.default", "self, mat, vec, " SUM_ARGUMENTS, NULL, addmv},
	{"aten.baddbmm.default", "self, batch1, batch2, " SUM_ARGUMENTS, NULL, baddbmm},
	{"aten.addbmm.default", "self, batch1, batch2, " SUM_ARGUMENTS, NULL, addbmm},
	{"aten.addr.default", "self, vec1, vec2, " SUM_ARGUMENTS, NULL, addr},
	{"aten.outer.default", "self, vec2", NULL, outer},
	{"aten.ger.default", "self, vec2", NULL, outer},
	{"aten.inner.default", "self, other", NULL, inner},
	{"aten.linalg_vecdot.default", "x, y, *, dim=-1", NULL, vecdot},
	{"aten.linalg_multi_dot.default", "tensors", NULL, multi_dot},
	{"aten.scaled_dot_product_attention.default",
     "query, key, value, attn_mask=none, dropout_p=0.0, is_causal=false, *, scale=none, enable_gqa=false", NULL,
     attention},
	{"aten.cosine_similarity.default", "x1, x2, dim=1, eps=1e-08", NULL, cosine_similarity},
	{"aten.pairwise_distance.default", "x1, x2, p=2, eps=1e-06, keepdim=false", NULL, pairwise_distance},
	{0},
};

const hdt_mapping_set hdt_mappings_map_linear = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
