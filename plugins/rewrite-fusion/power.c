/* power: powers with a constant exponent for which there is something cheaper.
 *
 *     %0 = pow(%x, 2)      =>    %0 = mul(%x, %x)
 *     %0 = pow(%x, 0.5)    =>    %0 = sqrt(%x)
 *     %0 = pow(%x, 1)      =>    %x
 *
 * x * x is the square rounded once, as the power is. Frameworks compute the power 0.5 as a root, too; the two differ
 * for -0 and -inf only. Where the exponent's dtype would change the result's, the rules do not fit and are declined. */
#include <hidet/plugin.h>

const hdt_rewrite_rule hdt_rewrite_power_of_one = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "power-of-one",
	.doc = "pow(x, 1) is x",
	.rank = 30,
	.pattern = "pow(%x, 1) => %x",
};

const hdt_rewrite_rule hdt_rewrite_square_by_product = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "square-by-product",
	.doc = "pow(x, 2) is x * x",
	.rank = 30,
	.pattern = "pow(%x, 2) => mul(%x, %x)",
};

const hdt_rewrite_rule hdt_rewrite_power_to_root = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "power-to-root",
	.doc = "pow(x, 0.5) is sqrt(x)",
	.rank = 30,
	.pattern = "pow(%x, 0.5) => sqrt(%x)",
};
