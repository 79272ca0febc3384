/* transpose: transposes that meet, that products can do themselves, or that move nothing.
 *
 *     %0 = transpose(%x, axes=[0, 2, 1])
 *     %1 = transpose(%0, axes=[1, 0, 2])     =>    transpose(%x, axes=[2, 0, 1])
 *
 *     %0 = transpose(%b, axes=[1, 0])                    %0 = transpose(%x, axes=[1, 0])
 *     %1 = matmul(%a, %0)   =>                           %1 = relu(%0)
 *          matmul(%a, %b, transpose_b=true)              %2 = transpose(%1, axes=[1, 0])    =>    relu(%x)
 */
#include "rewrite_rule.h"
#include "shapes.h"

/* The axes of x that the two transposes together put at each place. False when they are not known. */
static bool compose(const hdt_node *outer, const hdt_node *inner, int64_t *axes)
{
	int64_t first[HDT_MAX_RANK], second[HDT_MAX_RANK];
	int rank = inner->inputs[0]->rank;
	if (constant_axes(hdt_node_attribute(inner, "axes"), rank, first) != rank ||
	    constant_axes(hdt_node_attribute(outer, "axes"), rank, second) != rank)
		return false;
	for (int d = 0; d < rank; d++)
		axes[d] = first[second[d]];
	return true;
}

static bool keeps_order(const int64_t *axes, int rank)
{
	for (int d = 0; d < rank; d++)
		if (axes[d] != d)
			return false;
	return true;
}

static hdt_status join(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *x = hdt_match_value(r, "x");
	int64_t axes[HDT_MAX_RANK];
	const hdt_expr *dims[HDT_MAX_RANK];
	if (!compose(outer, hdt_match_node(r, 1), axes))
		return hdt_decline(r, "the axes are not known");
	for (int d = 0; d < x->rank; d++)
		dims[d] = hdt_int(g->context, axes[d]);
	hdt_replace(r, 0,
	            keeps_order(axes, x->rank)
	                ? x
	                : hdt_apply(g, "transpose", HDT_VALUES(x), HDT_WITH(hdt_dims_value("axes", dims, x->rank))));
	return HDT_OK;
}

FUNCTION_RULE(join_transposes, "join-transposes", 40, "transpose of transpose is one transpose",
              "transpose(&transpose(%x))", join);

static hdt_status skip_function(hdt_rewrite *r, const hdt_node *outer)
{
	const hdt_node *function = hdt_match_node(r, 1);
	hdt_value *x = hdt_match_value(r, "x");
	int64_t axes[HDT_MAX_RANK];
	if (!compose(outer, hdt_match_node(r, 2), axes) || !keeps_order(axes, x->rank))
		return hdt_decline(r, "the transposes do not undo each other");
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), function->op->name, HDT_VALUES(x), function->attributes));
	return HDT_OK;
}

FUNCTION_RULE(
	skip_transposes, "skip-transposes", 39, "two transposes that undo each other around a function of each element go",
	"transpose(relu|relu6|gelu|silu|sigmoid|tanh|exp|abs|neg|square|sqrt|rsqrt|erf|cast|clamp|hard_swish|hard_sigmoid|"
	"leaky_relu(transpose(%x)))",
	skip_function);

/* Moving axes of size 1 leaves every element where it is. */
static hdt_status reshape_instead(hdt_rewrite *r, const hdt_node *node)
{
	int64_t axes[HDT_MAX_RANK], last = -1, size = 0;
	const hdt_value *x = node->inputs[0];
	if (constant_axes(hdt_node_attribute(node, "axes"), x->rank, axes) != x->rank)
		return hdt_decline(r, "the axes are not known");
	for (int d = 0; d < x->rank; d++) {
		if (hdt_is_const(x->shape[axes[d]], &size) && size == 1)
			continue;
		if (axes[d] < last)
			return hdt_decline(r, "it moves elements");
		last = axes[d];
	}
	hdt_replace(r, 0, reshape_like(hdt_rewrite_graph(r), node->inputs[0], node->outputs[0]));
	return HDT_OK;
}

FUNCTION_RULE(transpose_to_reshape, "transpose-to-reshape", 35,
              "a transpose that moves axes of size 1 alone is a reshape", "transpose", reshape_instead);

/* ---- products --------------------------------------------------------------------------------------------------- */

static hdt_status absorb(hdt_rewrite *r, const hdt_node *product)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *inputs[2] = {product->inputs[0], product->inputs[1]};
	bool flags[2] = {hdt_node_attribute(product, "transpose_a")->integer != 0,
	                 hdt_node_attribute(product, "transpose_b")->integer != 0};
	int absorbed = 0;
	for (int i = 0; i < 2; i++) {
		const hdt_node *transpose = made_by(inputs[i], "transpose");
		if (!transpose || !swaps_last(transpose))
			continue;
		inputs[i] = transpose->inputs[0];
		flags[i] = !flags[i];
		absorbed++;
	}
	if (!absorbed)
		return hdt_decline(r, "no input is a matrix transposed in its last two axes");
	hdt_replace(
		r, 0,
		hdt_apply_list(g, "matmul", inputs, 2,
	                   HDT_WITH(hdt_bool_value("transpose_a", flags[0]), hdt_bool_value("transpose_b", flags[1]))));
	return HDT_OK;
}

FUNCTION_RULE(transpose_into_matmul, "transpose-into-matmul", 38, "a product reads a transposed matrix as it is",
              "matmul", absorb);

static hdt_status plain_product(hdt_rewrite *r, const hdt_node *linear)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *bias = hdt_match_value(r, "b");
	if (!swaps_last(hdt_match_node(r, 1)))
		return hdt_decline(r, "the weight is not transposed");
	if (bias && !is_wide(linear->outputs[0]->dtype))
		return hdt_decline(r, "the product would be rounded before the bias is added");
	hdt_value *y = hdt_apply(g, "matmul", HDT_VALUES(hdt_match_value(r, "x"), hdt_match_value(r, "w")), NULL);
	hdt_replace(r, 0, bias ? hdt_apply(g, "add", HDT_VALUES(y, bias), NULL) : y);
	return HDT_OK;
}

FUNCTION_RULE(linear_of_transpose, "linear-of-transpose", 38, "linear with a transposed weight is a plain product",
              "linear(%x, &transpose(%w), %b?)", plain_product);
