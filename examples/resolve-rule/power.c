/* power: a power with a small constant exponent becomes cheaper operators.
 *
 *     %0 = pow(%x, 3)     =>    %0 = mul(%x, %x)
 *                               %1 = mul(%0, %x)
 *     %0 = pow(%x, -1)    =>    %0 = reciprocal(%x) */
#include <hidet/plugin.h>

/* A rule that needs no look at dtypes or shapes is a text, and complete. */
const hdt_resolve_rule hdt_resolve_power_to_reciprocal = {
	.size = sizeof(hdt_resolve_rule),
	.name = "acme.power-to-reciprocal",
	.doc = "pow(x, -1) is 1 / x",
	.op = "pow",
	.rank = 10,
	.text = "pow(%x, -1) => reciprocal(%x)",
};

/* One that looks closer is a function: it builds the replacement, or declines with a reason. */
static hdt_status cube(hdt_rewrite *r, const hdt_node *node)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	hdt_value *x = node->inputs[0];
	double exponent;
	if (x->dtype == HDT_F16 || x->dtype == HDT_BF16)
		return hdt_decline(r, "two products in %s would be rounded twice", hdt_dtype_of(x->dtype)->name);
	if (!hdt_constant_number(node->inputs[1], &exponent))
		return hdt_decline(r, "the exponent is no known constant");
	if (exponent != 3)
		return hdt_decline(r, "the exponent is %g, not 3", exponent);
	if (x->dtype != node->outputs[0]->dtype)
		return hdt_decline(r, "the exponent's dtype decides the result's");
	hdt_value *square = hdt_apply(g, "mul", HDT_VALUES(x, x), NULL);
	hdt_replace(r, 0, hdt_apply(g, "mul", HDT_VALUES(square, x), NULL));
	return HDT_OK;
}

const hdt_resolve_rule hdt_resolve_cube_by_products = {
	.size = sizeof(hdt_resolve_rule),
	.name = "acme.cube-by-products",
	.doc = "pow(x, 3) is x * x * x",
	.op = "pow",
	.rank = 10,
	.apply = cube,
};
