/* norm: layer_norm and rms_norm, found where a model spells them out; then their weight and bias.
 *
 *     %0 = reduce_mean(%x, axes=[-1], keepdims=true)
 *     %1 = sub(%x, %0)
 *     %2 = mul(%1, %1)
 *     %3 = reduce_mean(%2, axes=[-1], keepdims=true)
 *     %4 = add(%3, 1e-5)
 *     %5 = sqrt(%4)
 *     %6 = div(%1, %5)        =>    %0 = layer_norm(%x)
 *     %7 = mul(%6, %w)        =>    %0 = layer_norm(%x, %w)
 *     %8 = add(%7, %b)        =>    %0 = layer_norm(%x, %w, %b)
 *
 * Without the mean taken off it is rms_norm. For f32 and f64 alone: 16-bit floats are rounded after each operator,
 * which the norms do not do; in models they convert to f32 around the norm, which the rules for casts then see. */
#include "rewrite_rule.h"
#include "shapes.h"

/* Over how many of the last axes all these reductions go; 0 when it is not the same for all, or others too. */
static int norm_axes(hdt_rewrite *r, const hdt_value *x, const int *reductions, int count)
{
	int axes = 0;
	for (int i = 0; i < count; i++) {
		const hdt_node *reduction = hdt_match_node(r, reductions[i]);
		int own = reduction ? count_last_axes(hdt_node_attribute(reduction, "axes"), x->rank) : axes;
		if (own == 0 || (axes && own != axes))
			return 0;
		axes = own;
	}
	return axes;
}

static hdt_status build(hdt_rewrite *r, const char *op, const int *reductions, int count)
{
	hdt_value *x = hdt_match_value(r, "x");
	double eps = 0;
	int axes = norm_axes(r, x, reductions, count);
	if (axes == 0)
		return hdt_decline(r, "its means are not over the last axes alone");
	if (!is_wide(x->dtype))
		return hdt_decline(r, "%s would be rounded in fewer places", hdt_dtype_of(x->dtype)->name);
	if (!hdt_constant_number(hdt_match_value(r, "eps"), &eps))
		return hdt_decline(r, "the number added to the variance is not known");
	hdt_replace(r, 0,
	            hdt_apply(hdt_rewrite_graph(r), op, HDT_VALUES(x),
	                      HDT_WITH(hdt_int_value("axes", axes), hdt_float_value("eps", eps))));
	return HDT_OK;
}

/* ---- layer norm ------------------------------------------------------------------------------------------------- */

#define MEAN(x) "reduce_mean(" x ", keepdims=true)"
#define SQUARE(x) "(" x " * " x " || square(" x ") || pow(" x ", 2))"
#define DISTANCE "%d = sub(%x, " MEAN("%x") ")"
#define SPREAD MEAN(SQUARE("%d")) " + %eps: number"

/* Operators in reading order: of the division  div, sub, mean, sqrt, add, mean; of the product  mul, sub, mean,
 * rsqrt, add, mean. */
static hdt_status find_layer_norm(hdt_rewrite *r, const hdt_node *root)
{
	(void)root;
	return build(r, "layer_norm", (const int[]){2, 5}, 2);
}

FUNCTION_RULE(layer_norm_by_division, "layer-norm-by-division", 80,
              "(x - mean) / sqrt(variance + eps) is layer_norm(x)", "div(" DISTANCE ", sqrt(" SPREAD "))",
              find_layer_norm);
FUNCTION_RULE(layer_norm_by_product, "layer-norm-by-product", 80, "(x - mean) * rsqrt(variance + eps) is layer_norm(x)",
              "mul(" DISTANCE ", rsqrt(" SPREAD "))", find_layer_norm);

/* With the variance as one operator:  div, sub, mean, sqrt, add, var. */
#define VARIANCE "reduce_var(%x, keepdims=true, correction=0) + %eps: number"
FUNCTION_RULE(layer_norm_of_variance, "layer-norm-of-variance", 80, "(x - mean) / sqrt(var(x) + eps) is layer_norm(x)",
              "div(sub(%x, " MEAN("%x") "), sqrt(" VARIANCE "))", find_layer_norm);
FUNCTION_RULE(layer_norm_of_variance_by_product, "layer-norm-of-variance-by-product", 80,
              "(x - mean) * rsqrt(var(x) + eps) is layer_norm(x)", "mul(sub(%x, " MEAN("%x") "), rsqrt(" VARIANCE "))",
              find_layer_norm);

/* ---- root mean square norm -------------------------------------------------------------------------------------- */

/* Of the division  div, sqrt, add, mean; of the product  mul, rsqrt, add, mean. */
static hdt_status find_rms_norm(hdt_rewrite *r, const hdt_node *root)
{
	(void)root;
	return build(r, "rms_norm", (const int[]){3}, 1);
}

FUNCTION_RULE(rms_norm_by_division, "rms-norm-by-division", 79, "x / sqrt(mean(x * x) + eps) is rms_norm(x)",
              "div(%x, sqrt(" MEAN(SQUARE("%x")) " + %eps: number))", find_rms_norm);
FUNCTION_RULE(rms_norm_by_product, "rms-norm-by-product", 79, "x * rsqrt(mean(x * x) + eps) is rms_norm(x)",
              "mul(%x, rsqrt(" MEAN(SQUARE("%x")) " + %eps: number))", find_rms_norm);

/* ---- weight and bias -------------------------------------------------------------------------------------------- */

/* Has `value` the shape of the last axes that the norm goes over? */
static bool fits_axes(const hdt_value *value, const hdt_node *norm)
{
	const hdt_value *x = norm->inputs[0];
	int64_t axes = hdt_node_attribute(norm, "axes")->integer;
	if (value->rank != axes || value->dtype != x->dtype)
		return false;
	for (int d = 0; d < value->rank; d++)
		if (!hdt_proves_equal(value->shape[d], x->shape[x->rank - value->rank + d]))
			return false;
	return true;
}

static hdt_status add_scale(hdt_rewrite *r, const hdt_node *root)
{
	const hdt_node *norm = hdt_match_node(r, 1);
	hdt_value *weight = hdt_match_value(r, "w");
	(void)root;
	if (!fits_axes(weight, norm) || !is_wide(weight->dtype))
		return hdt_decline(r, "the factor has not the shape and dtype of a weight");
	hdt_replace(
		r, 0,
		hdt_apply(hdt_rewrite_graph(r), norm->op->name, HDT_VALUES(hdt_match_value(r, "x"), weight), norm->attributes));
	return HDT_OK;
}

static hdt_status add_shift(hdt_rewrite *r, const hdt_node *root)
{
	const hdt_node *norm = hdt_match_node(r, 1);
	hdt_value *bias = hdt_match_value(r, "b");
	(void)root;
	if (!fits_axes(bias, norm) || !is_wide(bias->dtype))
		return hdt_decline(r, "the term has not the shape and dtype of a bias");
	hdt_replace(r, 0,
	            hdt_apply(hdt_rewrite_graph(r), "layer_norm",
	                      HDT_VALUES(hdt_match_value(r, "x"), hdt_match_value(r, "w"), bias), norm->attributes));
	return HDT_OK;
}

FUNCTION_RULE(norm_weight, "norm-weight", 78, "a norm times its weight", "layer_norm|rms_norm(%x) * %w", add_scale);
FUNCTION_RULE(norm_bias, "norm-bias", 78, "a norm plus its bias", "layer_norm(%x, %w?) + %b", add_shift);
