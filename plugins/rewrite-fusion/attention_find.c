/* attention_find: attention, found where a model spells it out.
 *
 *     %0 = transpose(%k, axes=[0, 1, 3, 2])
 *     %1 = matmul(%q, %0)
 *     %2 = mul(%1, 0.125)
 *     %3 = add(%2, %mask)
 *     %4 = softmax(%3)
 *     %5 = matmul(%4, %v)       =>    %0 = attention(%q, %k, %v, %mask, scale=0.125)
 *
 * The scale may stand before or behind the product, or be missing; the mask may be added, or choose between scores
 * and -inf, or be missing. For f32 and f64 alone: the scores of 16-bit floats are rounded, which attention does not
 * do. A query that may look at no key gives 0 instead of NaN. */
#include "rewrite_rule.h"
#include "shapes.h"
#include <math.h>

/* ---- the parts of the match ------------------------------------------------------------------------------------- */

#define QUERIES "(mul|div(%q, %q_scale: number) || %q)"
#define KEYS "(mul|div(%k, %k_scale: number) || %k)"
#define PRODUCT "matmul(" QUERIES ", " KEYS ")"
#define SCORES "(%scaled = mul|div(%product = " PRODUCT ", %scale: number) || %product = " PRODUCT ")"
#define PATTERN                                                                         \
	"matmul(softmax((add(" SCORES ", %mask) || where(%keep, " SCORES ", %fill: number)" \
	" || where(%hide, %fill: number, " SCORES ") || " SCORES ")), %v)"

/* `scale` times or divided by the number `name`, as the node that uses it says. False when there is such a number but
 * no such node. */
static bool apply_number(hdt_rewrite *r, const char *name, const hdt_value *result, double *scale)
{
	hdt_value *number = hdt_match_value(r, name);
	double value = 0;
	if (!number)
		return true;
	if (!hdt_constant_number(number, &value) || !result || !result->producer)
		return false;
	*scale = strcmp(result->producer->op->name, "div") == 0 ? *scale / value : *scale * value;
	return true;
}

/* The keys as attention takes them, [..., keys, depth]. */
static hdt_value *upright_keys(hdt_graph *g, const hdt_node *product, hdt_value *k)
{
	return hdt_node_attribute(product, "transpose_b")->integer ? k : swap_last(g, k);
}

/* ---- the mask --------------------------------------------------------------------------------------------------- */

/* The mask as attention takes it; NULL and a reason when it cannot. */
static const char *find_mask(hdt_rewrite *r, hdt_value **mask)
{
	hdt_value *keep = hdt_match_value(r, "keep"), *hide = hdt_match_value(r, "hide");
	double fill = 0;
	*mask = hdt_match_value(r, "mask");
	if (!keep && !hide)
		return *mask && !is_wide((*mask)->dtype) ? "the mask is added in another dtype" : NULL;
	if (!hdt_constant_number(hdt_match_value(r, "fill"), &fill) || fill != -(double)INFINITY)
		return "what hides a score is not -inf: a row where all is hidden would be its mean";
	if ((keep ? keep : hide)->dtype != HDT_BOOL)
		return "the mask is no bool";
	*mask = keep ? keep : hdt_apply(hdt_rewrite_graph(r), "logical_not", HDT_VALUES(hide), NULL);
	return NULL;
}

/* ---- putting it together ---------------------------------------------------------------------------------------- */

static bool is_last_axis(const hdt_node *softmax)
{
	int64_t axis = hdt_node_attribute(softmax, "axis")->integer;
	return axis == -1 || axis == softmax->inputs[0]->rank - 1;
}

static const char *find_scale(hdt_rewrite *r, const hdt_node *product, double *scale)
{
	*scale = 1;
	if (!apply_number(r, "q_scale", product->inputs[0], scale) ||
	    !apply_number(r, "k_scale", product->inputs[1], scale) ||
	    !apply_number(r, "scale", hdt_match_value(r, "scaled"), scale))
		return "the scale is not known";
	return *scale > 0 ? NULL : "the scale is not positive";
}

static const char *check(const hdt_node *outer, const hdt_node *softmax, const hdt_node *product)
{
	if (!is_wide(outer->outputs[0]->dtype) || !is_wide(product->outputs[0]->dtype))
		return "scores of 16-bit floats would be rounded in fewer places";
	if (!is_last_axis(softmax))
		return "softmax is not over the keys";
	if (hdt_node_attribute(product, "transpose_a")->integer || hdt_node_attribute(outer, "transpose_a")->integer)
		return "the queries are transposed";
	if (product->inputs[0]->rank < 2 || product->inputs[1]->rank < 2 || outer->inputs[1]->rank < 2)
		return "queries, keys and values must be matrices";
	return NULL;
}

static hdt_status find(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *softmax = outer->inputs[0]->producer, *product = hdt_match_value(r, "product")->producer;
	hdt_value *v = hdt_match_value(r, "v"), *mask = NULL;
	double scale = 1;
	const char *reason = check(outer, softmax, product);
	reason = reason ? reason : find_scale(r, product, &scale);
	reason = reason ? reason : find_mask(r, &mask);
	if (reason)
		return hdt_decline(r, "%s", reason);
	hdt_value *k = upright_keys(g, product, hdt_match_value(r, "k"));
	if (hdt_node_attribute(outer, "transpose_b")->integer)
		v = swap_last(g, v);
	hdt_value *y = hdt_apply(g, "attention", HDT_VALUES(hdt_match_value(r, "q"), k, v, mask),
	                         HDT_WITH(hdt_float_value("scale", scale)));
	if (y && !same_type(y, outer->outputs[0]))
		return hdt_decline(r, "the mask gives the result another shape");
	hdt_replace(r, 0, y);
	return HDT_OK;
}

FUNCTION_RULE(attention_spelled, "attention-spelled", 85, "softmax(q k^T * scale + mask) v is attention(q, k, v, mask)",
              PATTERN, find);
