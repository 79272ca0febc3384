/* join_products: two products of one input with constant weights, laid side by side, become one product.
 *
 *     %0 = matmul(%x, %a)                     %0 = concat(%a, %b, axis=1)
 *     %1 = matmul(%x, %b)                =>   %1 = matmul(%x, %0)
 *     %2 = concat(%0, %1, axis=-1)
 *
 * The weights are constants, so their concat is computed once, when the model is compiled. */
#include <hidet/plugin.h>

static bool is_plain(const hdt_node *product)
{
	return !hdt_node_attribute(product, "transpose_a")->integer && !hdt_node_attribute(product, "transpose_b")->integer;
}

static hdt_status apply(hdt_rewrite *r, const hdt_node *root)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *x = hdt_match_value(r, "x"), *a = hdt_match_value(r, "a"), *b = hdt_match_value(r, "b");
	int64_t axis = hdt_node_attribute(root, "axis")->integer;
	if (!a->constant || !b->constant)
		return hdt_decline(r, "weight %%%s is no constant", a->constant ? b->name : a->name);
	if (x->rank < 2 || a->rank != 2 || b->rank != 2)
		return hdt_decline(r, "the weights must be matrices and x have a row");
	if (axis != -1 && axis != root->outputs[0]->rank - 1)
		return hdt_decline(r, "the products are not joined along their last axis");
	if (!is_plain(hdt_match_node(r, 1)) || !is_plain(hdt_match_node(r, 2)))
		return hdt_decline(r, "a product transposes its inputs");
	if (a->dtype != b->dtype)
		return hdt_decline(r, "the weights are %s and %s", hdt_dtype_of(a->dtype)->name, hdt_dtype_of(b->dtype)->name);
	hdt_value *both = hdt_apply(g, "concat", HDT_VALUES(a, b), HDT_WITH(hdt_int_value("axis", 1)));
	hdt_replace(r, 0, hdt_apply(g, "matmul", HDT_VALUES(x, both), NULL));
	return HDT_OK;
}

const hdt_rewrite_rule hdt_rewrite_join_products = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "acme.join-products",
	.doc = "concat(matmul(x, a), matmul(x, b)) is matmul(x, concat(a, b))",
	.rank = 30,
	.pattern = "concat(matmul(%x, %a), matmul(%x, %b))",
	.apply = apply,
};
