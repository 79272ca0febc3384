/* attention: resolved into two batched matrix products with a softmax between them.
 *
 *     %0 = attention(%q, %k, %v, %mask)     =>    %0 = matmul(%q, %k, transpose_b=true)
 *                                                 %1 = mul(%0, scale)
 *                                                 %2 = where(%mask, %1, -inf)        (or add, for a float mask)
 *                                                 %3 = softmax(%2)                   (0 where %2 is -inf, with a mask)
 *                                                 %4 = matmul(%3, %v)
 *
 * Only where no scheduler of the target keeps attention whole: it is computed in one kernel then, and the scores are never in memory.
 *
 * Everything is computed in f32 at least: 16-bit inputs are converted first and the result is converted back, so that
 * nothing is rounded in between. Heads of k and v that several heads of q share are repeated. */
#include <hidet/plugin.h>
#include <math.h>

static hdt_value *convert(hdt_graph *g, hdt_value *x, hdt_dtype dtype)
{
	if (!x || x->dtype == dtype)
		return x;
	return hdt_apply(g, "cast", HDT_VALUES(x), HDT_WITH(hdt_dtype_value("dtype", dtype)));
}

/* How often each head of `x` stands for one of q; 0 when that is not known. */
static int64_t heads_shared(const hdt_value *q, const hdt_value *x)
{
	int64_t have = 0, want = 0;
	if (q->rank < 3 || x->rank < 3 || hdt_proves_equal(q->shape[q->rank - 3], x->shape[x->rank - 3]))
		return 1;
	if (!hdt_is_const(x->shape[x->rank - 3], &have))
		return 0;
	if (have == 1)
		return 1; /* the product broadcasts */
	return hdt_is_const(q->shape[q->rank - 3], &want) && have > 0 && want % have == 0 ? want / have : 0;
}

static hdt_value *repeat_heads(hdt_graph *g, hdt_value *x, int64_t repeats)
{
	if (repeats == 1)
		return x;
	return hdt_apply(g, "repeat_interleave", HDT_VALUES(x),
	                 HDT_WITH(hdt_int_value("repeats", repeats), hdt_int_value("axis", x->rank - 3)));
}

/* Scores that do not take part become -inf. */
static hdt_value *hide(hdt_graph *g, hdt_value *scores, hdt_value *takes_part)
{
	if (!scores)
		return NULL;
	return hdt_apply(g, "where", HDT_VALUES(takes_part, scores, hdt_graph_number(g, scores->dtype, -(double)INFINITY)),
	                 NULL);
}

/* What is hidden has the weight 0, also in a row where all is hidden: there the softmax is 0 / 0. */
static hdt_value *weigh_hidden(hdt_graph *g, hdt_value *scores, hdt_value *weights)
{
	if (!scores || !weights)
		return NULL;
	hdt_value *lowest = hdt_graph_number(g, scores->dtype, -(double)INFINITY);
	hdt_value *hidden = hdt_apply(g, "equal", HDT_VALUES(scores, lowest), NULL);
	return hdt_apply(g, "where", HDT_VALUES(hidden, hdt_graph_number(g, weights->dtype, 0), weights), NULL);
}

/* Position i attends to positions 0..i. */
static hdt_value *hide_future(hdt_graph *g, hdt_value *scores)
{
	if (!scores)
		return NULL;
	const hdt_attribute_value shape = hdt_dims_value("shape", scores->shape + scores->rank - 2, 2);
	hdt_value *ones =
		hdt_apply(g, "full", NULL, 0, HDT_WITH(shape, hdt_float_value("value", 1), hdt_dtype_value("dtype", HDT_BOOL)));
	return hide(g, scores, hdt_apply(g, "tril", HDT_VALUES(ones), NULL));
}

static double scale_of(const hdt_node *node)
{
	const hdt_attribute_value *scale = hdt_node_attribute(node, "scale");
	int64_t width = 0;
	if (scale && scale->kind == HDT_ATTRIBUTE_FLOAT)
		return scale->real;
	const hdt_value *q = node->inputs[0];
	return hdt_is_const(q->shape[q->rank - 1], &width) && width > 0 ? 1 / sqrt((double)width) : -1;
}

static hdt_status apply(hdt_rewrite *r, const hdt_node *node)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *q = node->inputs[0], *k = node->inputs[1], *v = node->inputs[2];
	hdt_value *mask = node->input_count > 3 ? node->inputs[3] : NULL;
	const hdt_attribute_value *causal = hdt_node_attribute(node, "causal");
	hdt_dtype dtype = hdt_promote(hdt_promote(q->dtype, k->dtype), v->dtype), wide = hdt_promote(dtype, HDT_F32);
	int64_t k_repeats = heads_shared(q, k), v_repeats = heads_shared(q, v);
	double scale = scale_of(node);
	if (k_repeats == 0 || v_repeats == 0)
		return hdt_decline(r, "the heads of k and v are not known to divide those of q");
	if (scale < 0)
		return hdt_decline(r, "the scale is negative or the width of a head is not known");

	k = repeat_heads(g, convert(g, k, wide), k_repeats);
	v = repeat_heads(g, convert(g, v, wide), v_repeats);
	hdt_value *scores =
		hdt_apply(g, "matmul", HDT_VALUES(convert(g, q, wide), k), HDT_WITH(hdt_bool_value("transpose_b", true)));
	if (scale != 1)
		scores = hdt_apply(g, "mul", HDT_VALUES(scores, hdt_graph_number(g, wide, scale)), NULL);
	if (causal && causal->integer)
		scores = hide_future(g, scores);
	if (mask && mask->dtype == HDT_BOOL)
		scores = hide(g, scores, mask);
	else if (mask)
		scores = hdt_apply(g, "add", HDT_VALUES(scores, convert(g, mask, wide)), NULL);
	hdt_value *weights = hdt_apply(g, "softmax", HDT_VALUES(scores), HDT_WITH(hdt_int_value("axis", -1)));
	if (mask)
		weights = weigh_hidden(g, scores, weights);
	hdt_replace(r, 0, convert(g, hdt_apply(g, "matmul", HDT_VALUES(weights, v), NULL), dtype));
	return HDT_OK;
}

const hdt_resolve_rule hdt_resolve_attention = {
	.size = sizeof(hdt_resolve_rule),
	.name = "attention",
	.doc = "attention as two batched matrix products around a softmax",
	.op = "attention",
	.rank = 0,
	.apply = apply,
};
