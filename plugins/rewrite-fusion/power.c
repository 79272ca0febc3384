/* power: powers with a constant exponent for which there is something cheaper.
 *
 *     %0 = pow(%x, 2)      =>    %0 = mul(%x, %x)
 *     %0 = pow(%x, 0.5)    =>    %0 = sqrt(%x)
 *     %0 = pow(%x, -0.5)   =>    %0 = rsqrt(%x)
 *     %0 = pow(%x, 1)      =>    %x
 *
 * x * x is the square rounded once, as the power is. Frameworks compute the power 0.5 as a root, too; the two differ
 * for -0 and -inf only. Where the exponent's dtype would change the result's, the rules do not fit and are declined. */
#include "rewrite_rule.h"

TEXT_RULE(power_of_one, "power-of-one", 30, "pow(x, 1) is x", "pow(%x, 1) => %x");
TEXT_RULE(square_by_product, "square-by-product", 30, "pow(x, 2) is x * x", "pow(%x, 2) => %x * %x");
TEXT_RULE(power_to_root, "power-to-root", 30, "pow(x, 0.5) is sqrt(x)", "pow(%x, 0.5) => sqrt(%x)");
TEXT_RULE(power_to_inverse_root, "power-to-inverse-root", 30, "pow(x, -0.5) is rsqrt(x)",
          "pow(%x: f32|f64, -0.5) => rsqrt(%x)");
TEXT_RULE(reciprocal_of_root, "reciprocal-of-root", 30, "1 / sqrt(x) is rsqrt(x)",
          "reciprocal(sqrt(%x: f32|f64)) => rsqrt(%x)");
