/* silu: found where a model spells it out; sigmoid and mish, too.
 *
 *     %0 = neg(%x)
 *     %1 = exp(%0)
 *     %2 = add(%1, 1)
 *     %3 = div(%x, %2)    =>    %0 = silu(%x)
 *
 * For f32 and f64 alone: 16-bit floats are rounded after each operator, which these are not. */
#include "rewrite_rule.h"

TEXT_RULE(sigmoid_spelled, "sigmoid-spelled", 71, "1 / (1 + exp(-x)) is sigmoid(x)",
          "reciprocal(exp(neg(%x: f32|f64)) + 1) => sigmoid(%x)");
TEXT_RULE(sigmoid_by_division, "sigmoid-by-division", 71, "1 / (1 + exp(-x)) is sigmoid(x)",
          "1 / (exp(neg(%x: f32|f64)) + 1) => sigmoid(%x)");
TEXT_RULE(silu_spelled, "silu-spelled", 70, "x * sigmoid(x) is silu(x)", "%x: f32|f64 * sigmoid(%x) => silu(%x)");
TEXT_RULE(silu_by_division, "silu-by-division", 70, "x / (1 + exp(-x)) is silu(x)",
          "%x: f32|f64 / (exp(neg(%x)) + 1) => silu(%x)");
TEXT_RULE(mish_spelled, "mish-spelled", 70, "x * tanh(softplus(x)) is mish(x)",
          "%x: f32|f64 * tanh(softplus(%x)) => mish(%x)");
