/* batch_norm: a batch norm behind a convolution, or behind a linear layer of rows, goes into its constants.
 *
 *     %0 = conv2d(%x, %w)                         %0 = conv2d(%x, %w', %b')
 *     %1 = batch_norm(%0, %m, %v, %g, %b)    =>   return %0
 *     return %1
 *
 * with s = g / sqrt(v + eps) for each output channel: w' = w * s, b' = (bias - m) * s + b. All of these are constants,
 * so folding leaves two of them. 16-bit weights are left alone: they would be rounded a second time. */
#include "rewrite_rule.h"
#include "shapes.h"

/* `value` of one element a channel, shaped to stand beside weights of `rank` dimensions. */
static hdt_value *beside_weights(hdt_graph *g, hdt_value *value, int rank)
{
	hdt_context *context = value ? value->graph->context : NULL;
	const hdt_expr *shape[HDT_MAX_RANK];
	if (!value)
		return NULL;
	for (int d = 0; d < rank; d++)
		shape[d] = d == 0 ? value->shape[0] : hdt_int(context, 1);
	return hdt_apply(g, "reshape", HDT_VALUES(value), HDT_WITH(hdt_dims_value("shape", shape, rank)));
}

static bool is_known(const hdt_value *value)
{
	return !value || value->constant->data;
}

static hdt_status fold(hdt_rewrite *r, const hdt_node *norm)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *conv = hdt_match_node(r, 1);
	hdt_value *weight = hdt_match_value(r, "w"), *bias = hdt_match_value(r, "b");
	hdt_value *mean = hdt_match_value(r, "mean"), *variance = hdt_match_value(r, "var");
	hdt_value *gain = hdt_match_value(r, "gain"), *shift = hdt_match_value(r, "shift");
	hdt_dtype dtype = weight->dtype;
	if (conv->outputs[0]->rank != weight->rank)
		return hdt_decline(r, "the channels of the norm are not those of the weight");
	if (!is_wide(dtype))
		return hdt_decline(r, "weights of %s would be rounded twice", hdt_dtype_of(dtype)->name);
	if (!is_known(weight) || !is_known(bias) || !is_known(mean) || !is_known(variance) || !is_known(gain) ||
	    !is_known(shift))
		return hdt_decline(r, "the bytes of the constants are not known");
	if (mean->dtype != dtype || variance->dtype != dtype || norm->outputs[0]->dtype != dtype)
		return hdt_decline(r, "the statistics are not of the weights' dtype");

	double eps = hdt_node_attribute(norm, "eps")->real;
	hdt_value *scale = hdt_apply(g, "add", HDT_VALUES(variance, hdt_graph_number(g, dtype, eps)), NULL);
	scale = hdt_apply(g, "rsqrt", HDT_VALUES(scale), NULL);
	if (gain)
		scale = hdt_apply(g, "mul", HDT_VALUES(gain, scale), NULL);
	hdt_value *offset =
		bias ? hdt_apply(g, "sub", HDT_VALUES(bias, mean), NULL) : hdt_apply(g, "neg", HDT_VALUES(mean), NULL);
	offset = hdt_apply(g, "mul", HDT_VALUES(offset, scale), NULL);
	if (shift)
		offset = hdt_apply(g, "add", HDT_VALUES(offset, shift), NULL);
	hdt_value *folded = hdt_apply(g, "mul", HDT_VALUES(weight, beside_weights(g, scale, weight->rank)), NULL);
	hdt_replace(r, 0, hdt_apply(g, conv->op->name, HDT_VALUES(conv->inputs[0], folded, offset), conv->attributes));
	return HDT_OK;
}

FUNCTION_RULE(
	fold_batch_norm, "fold-batch-norm", 50, "batch_norm goes into the weight and bias of what is before it",
	"batch_norm(conv1d|conv2d|conv3d|linear(%x, %w: const, %b?: const), %mean: const, %var: const, %gain?: const, "
	"%shift?: const)",
	fold);
