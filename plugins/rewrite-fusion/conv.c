/* conv: what surrounds a convolution goes into its constants and attributes.
 *
 *     %0 = conv2d(%x, %w)                         %0 = pad(%x, before=[0, 0, 1, 1], after=[0, 0, 1, 1])
 *     %1 = mul(%0, %s)   =>                       %1 = conv2d(%0, %w)   =>   conv2d(%x, %w, padding=[1, 1])
 *          conv2d(%x, mul(%w, %s'))
 *
 * Factors go into the weights of f32 and f64 only: 16-bit ones would be rounded a second time. */
#include "rewrite_rule.h"
#include "shapes.h"

#define CONVOLUTION "conv1d|conv2d|conv3d"

/* Is `value` one number, or one for each channel of `y`, whose dimension 1 they are? */
static bool is_by_channel(const hdt_value *value, const hdt_value *y)
{
	int channel = value->rank - (y->rank - 1); /* its dimension that stands beside the channels */
	int64_t size = 0;
	if (value->rank > y->rank)
		return false;
	for (int d = 0; d < value->rank; d++) {
		bool one = hdt_is_const(value->shape[d], &size) && size == 1;
		if (!one && (d != channel || !hdt_proves_equal(value->shape[d], y->shape[1])))
			return false;
	}
	return true;
}

/* One element a channel, or one alone, as [C], or beside the weights as [C, 1, 1, ...]. */
static hdt_value *in_rank(hdt_graph *g, hdt_value *value, int rank)
{
	const hdt_expr *shape[HDT_MAX_RANK], *count = hdt_product(g->context, hdt_value_shape(value));
	for (int d = 0; d < rank; d++)
		shape[d] = d == 0 ? count : hdt_int(g->context, 1);
	return hdt_apply(g, "reshape", HDT_VALUES(value), HDT_WITH(hdt_dims_value("shape", shape, rank)));
}

static hdt_status scale(hdt_rewrite *r, const hdt_node *root)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *conv = hdt_match_node(r, 1);
	hdt_value *w = hdt_match_value(r, "w"), *b = hdt_match_value(r, "b"), *s = hdt_match_value(r, "s");
	if (!is_by_channel(s, conv->outputs[0]) || !same_type(conv->outputs[0], root->outputs[0]))
		return hdt_decline(r, "the factor is not one number a channel");
	if (!is_wide(w->dtype) || s->dtype != w->dtype)
		return hdt_decline(r, "weights of %s would be rounded twice", hdt_dtype_of(w->dtype)->name);
	w = hdt_apply(g, "mul", HDT_VALUES(w, in_rank(g, s, w->rank)), NULL);
	if (b)
		b = hdt_apply(g, "mul", HDT_VALUES(b, in_rank(g, s, 1)), NULL);
	hdt_replace(r, 0, hdt_apply(g, conv->op->name, HDT_VALUES(hdt_match_value(r, "x"), w, b), conv->attributes));
	return HDT_OK;
}

FUNCTION_RULE(scale_into_conv, "scale-into-conv", 50, "a factor of each channel goes into the weights",
              CONVOLUTION "(%x, %w: fixed, %b?: fixed) * %s: fixed", scale);

static hdt_status add_bias(hdt_rewrite *r, const hdt_node *root)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *conv = hdt_match_node(r, 1);
	hdt_value *w = hdt_match_value(r, "w"), *b = hdt_match_value(r, "b");
	const hdt_value *y = conv->outputs[0];
	if (!is_by_channel(b, y) || !hdt_proves_equal(hdt_product(g->context, hdt_value_shape(b)), y->shape[1]) ||
	    !same_type(y, root->outputs[0]))
		return hdt_decline(r, "the term is not one number for each channel");
	if (!is_wide(y->dtype) || b->dtype != y->dtype)
		return hdt_decline(r, "the convolution would be rounded before the bias is added");
	hdt_replace(
		r, 0, hdt_apply(g, conv->op->name, HDT_VALUES(hdt_match_value(r, "x"), w, in_rank(g, b, 1)), conv->attributes));
	return HDT_OK;
}

FUNCTION_RULE(bias_into_conv, "bias-into-conv", 49, "a term of each channel is the bias",
              CONVOLUTION "(%x, %w) + %b: fixed", add_bias);

/* ---- padding ---------------------------------------------------------------------------------------------------- */

/* What the pad adds on both sides of spatial dimension `d`; NULL when the sides differ. */
static const hdt_expr *both_sides(const hdt_node *pad, int d)
{
	const hdt_expr *before = hdt_node_attribute(pad, "before")->dims[d],
				   *after = hdt_node_attribute(pad, "after")->dims[d];
	int64_t added = 0;
	return hdt_proves_equal(before, after) && hdt_is_const(before, &added) && added >= 0 ? before : NULL;
}

static hdt_status pad_inside(hdt_rewrite *r, const hdt_node *conv)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *pad = hdt_match_node(r, 1);
	const hdt_attribute_value *padding = hdt_node_attribute(conv, "padding");
	hdt_value *x = hdt_match_value(r, "x");
	int spatial = conv->inputs[1]->rank - 2, lead = x->rank - spatial;
	const hdt_expr *sum[HDT_MAX_RANK];
	int64_t none = 0;
	for (int d = 0; d < lead; d++)
		if (!both_sides(pad, d) || !hdt_is_const(both_sides(pad, d), &none) || none != 0)
			return hdt_decline(r, "it pads more than the spatial dimensions");
	for (int d = 0; d < spatial; d++) {
		const hdt_expr *own = padding->dims[padding->count == 1 ? 0 : d], *more = both_sides(pad, lead + d);
		if (!more)
			return hdt_decline(r, "it does not add the same on both sides");
		sum[d] = hdt_add(own, more);
	}
	hdt_replace(r, 0,
	            hdt_apply(g, conv->op->name, HDT_VALUES(x, conv->inputs[1], hdt_match_value(r, "b")),
	                      HDT_WITH(hdt_dims_value("padding", sum, spatial), *hdt_node_attribute(conv, "stride"),
	                               *hdt_node_attribute(conv, "dilation"), *hdt_node_attribute(conv, "groups"))));
	return HDT_OK;
}

FUNCTION_RULE(pad_into_conv, "pad-into-conv", 50, "zeros around the input are the convolution's padding",
              CONVOLUTION "(pad(%x, value=0, mode=\"constant\"), %w, %b?)", pad_inside);
