/* siblings: products of one input with several constant weights become one product with all of them, and slices of it.
 *
 *     %0 = linear(%x, %wq, %bq)                    %0 = linear(%x, concat(%wq, %wk, %wv), concat(%bq, %bk, %bv))
 *     %1 = linear(%x, %wk, %bk)          =>        %1 = slice(%0, axes=[1], starts=[0], ends=[64])      ... and so on
 *     %2 = linear(%x, %wv, %bv)
 *
 * The joined weights are constants, made once. Every output element is the same sum in the same order. Slices are
 * views. */
#include "rewrite_rule.h"
#include "shapes.h"

enum { MAX_SIBLINGS = 16 };

/* Larger weights are not copied. */
static const int64_t MAX_JOINED_ELEMENTS = INT64_C(1) << 24;

typedef struct siblings {
	const hdt_node *nodes[MAX_SIBLINGS];
	int twin[MAX_SIBLINGS]; /* the first that has the same weight and bias: often itself */
	int count, distinct;
	int weight_axis; /* of the weight that the outputs go along */
	int axis;        /* of the output that the products are joined along */
	int64_t elements;
} siblings;

/* ---- finding them ----------------------------------------------------------------------------------------------- */

static bool same_attributes(const hdt_node *a, const hdt_node *b)
{
	for (int i = 0; a->attributes && a->attributes[i].name; i++) {
		const hdt_attribute_value *x = &a->attributes[i], *y = &b->attributes[i];
		if (x->kind != y->kind || x->integer != y->integer || x->count != y->count)
			return false;
		for (int d = 0; d < x->count; d++)
			if (!hdt_proves_equal(x->dims[d], y->dims[d]))
				return false;
	}
	return true;
}

static int64_t element_count(const hdt_value *value)
{
	int64_t count = 1, size = 0;
	for (int d = 0; d < value->rank; d++)
		if (!hdt_is_const(value->shape[d], &size) || __builtin_mul_overflow(count, size, &count))
			return MAX_JOINED_ELEMENTS + 1;
	return count;
}

/* May `node` be computed together with `first`? */
static bool fits(const hdt_node *node, const hdt_node *first, int weight_axis)
{
	const hdt_value *w = node->inputs[1], *other = first->inputs[1];
	const hdt_value *bias = node->input_count > 2 ? node->inputs[2] : NULL;
	if (node->op != first->op || node->inputs[0] != first->inputs[0] || !hdt_is_fixed(w) || w->dtype != other->dtype ||
	    w->rank != other->rank || (bias && (!hdt_is_fixed(bias) || bias->dtype != w->dtype)) ||
	    !same_attributes(node, first))
		return false;
	for (int d = 0; d < w->rank; d++)
		if (d != weight_axis && !hdt_proves_equal(w->shape[d], other->shape[d]))
			return false;
	return true;
}

static hdt_value *bias_of(const hdt_node *node)
{
	return node->input_count > 2 ? node->inputs[2] : NULL;
}

static void add_sibling(siblings *s, const hdt_node *node)
{
	int twin = 0;
	while (twin < s->count &&
	       (s->nodes[twin]->inputs[1] != node->inputs[1] || bias_of(s->nodes[twin]) != bias_of(node)))
		twin++;
	s->elements += twin == s->count ? element_count(node->inputs[1]) : 0;
	s->distinct += twin == s->count;
	s->twin[s->count] = twin;
	s->nodes[s->count++] = node;
}

static void find_siblings(siblings *s, const hdt_node *first)
{
	const hdt_graph *g = first->graph;
	for (int n = 0; n < g->node_count && s->count < MAX_SIBLINGS; n++)
		if (fits(g->nodes[n], first, s->weight_axis) && hdt_use_count(g->nodes[n]->outputs[0]) > 0)
			add_sibling(s, g->nodes[n]);
}

/* ---- joining them ----------------------------------------------------------------------------------------------- */

static hdt_value *join(hdt_graph *g, hdt_value *const *parts, int count, int axis)
{
	return hdt_apply_list(g, "concat", parts, count, HDT_WITH(hdt_int_value("axis", axis)));
}

static hdt_value *zeros(hdt_graph *g, const hdt_expr *count, hdt_dtype dtype)
{
	return hdt_apply(
		g, "full", NULL, 0,
		HDT_WITH(hdt_dims_value("shape", &count, 1), hdt_float_value("value", 0), hdt_dtype_value("dtype", dtype)));
}

/* The distinct weights, and what stands for each bias; their number. */
static int gather(hdt_graph *g, const siblings *s, hdt_value **weights, hdt_value **biases, bool *any_bias)
{
	int count = 0;
	*any_bias = false;
	for (int i = 0; i < s->count; i++) {
		hdt_value *bias = bias_of(s->nodes[i]), *w = s->nodes[i]->inputs[1];
		*any_bias = *any_bias || bias;
		if (s->twin[i] != i)
			continue;
		weights[count] = w;
		biases[count++] = bias ? bias : zeros(g, w->shape[s->weight_axis], w->dtype);
	}
	return count;
}

/* Each sibling's output is its part of `y`. */
static void hand_out(hdt_rewrite *r, const siblings *s, hdt_value *y)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_expr *start = hdt_int(g->context, 0);
	hdt_value *parts[MAX_SIBLINGS];
	for (int i = 0; i < s->count; i++) {
		const hdt_expr *size = s->nodes[i]->inputs[1]->shape[s->weight_axis];
		bool own = s->twin[i] == i;
		parts[i] = own ? slice_of(g, y, s->axis, start, size) : parts[s->twin[i]];
		start = own ? hdt_add(start, size) : start;
		hdt_replace_value(r, s->nodes[i]->outputs[0], parts[i]);
	}
}

static hdt_status join_siblings(hdt_rewrite *r, const hdt_node *first, siblings *s)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *weights[MAX_SIBLINGS], *biases[MAX_SIBLINGS];
	bool any_bias = false;
	find_siblings(s, first);
	if (s->distinct < 2)
		return hdt_decline(r, "no other product reads %%%s with a constant weight of this sort",
		                   first->inputs[0]->name);
	if (s->elements > MAX_JOINED_ELEMENTS)
		return hdt_decline(r, "the weights are large, and joining them would copy them");
	int count = gather(g, s, weights, biases, &any_bias);
	hdt_value *all = join(g, weights, count, s->weight_axis), *bias = any_bias ? join(g, biases, count, 0) : NULL;
	hand_out(r, s, hdt_apply(g, first->op->name, HDT_VALUES(first->inputs[0], all, bias), first->attributes));
	return HDT_OK;
}

/* ---- the products ----------------------------------------------------------------------------------------------- */

static hdt_status join_linear(hdt_rewrite *r, const hdt_node *first)
{
	return join_siblings(r, first, &(siblings){.weight_axis = 0, .axis = first->outputs[0]->rank - 1});
}

static hdt_status join_matmul(hdt_rewrite *r, const hdt_node *first)
{
	bool transposed = hdt_node_attribute(first, "transpose_b")->integer != 0;
	if (first->inputs[1]->rank != 2 || first->inputs[0]->rank < 2)
		return hdt_decline(r, "they are no matrices");
	return join_siblings(r, first, &(siblings){.weight_axis = transposed ? 0 : 1, .axis = first->outputs[0]->rank - 1});
}

static hdt_status join_conv(hdt_rewrite *r, const hdt_node *first)
{
	if (hdt_node_attribute(first, "groups")->integer != 1 || first->outputs[0]->rank != first->inputs[1]->rank)
		return hdt_decline(r, "it has groups, or no batch");
	return join_siblings(r, first, &(siblings){.weight_axis = 0, .axis = 1});
}

FUNCTION_RULE(join_linear_siblings, "join-linear-siblings", 25, "linear layers of one input become one",
              "linear(%x: variable, %w: fixed, %b?: fixed)", join_linear);
FUNCTION_RULE(join_matmul_siblings, "join-matmul-siblings", 25,
              "products of one input with constant matrices become one", "matmul(%x: variable, %w: fixed)",
              join_matmul);
FUNCTION_RULE(join_conv_siblings, "join-conv-siblings", 25, "convolutions of one input become one",
              "conv1d|conv2d(%x: variable, %w: fixed, %b?: fixed)", join_conv);

/* ---- bias ------------------------------------------------------------------------------------------------------- */

TEXT_RULE(linear_of_product, "linear-of-product", 37, "a product with a transposed weight plus a bias is linear",
          "matmul(%x: f32|f64, %w: fixed, transpose_b=true) + %b: fixed => linear(%x, %w, %b)");
