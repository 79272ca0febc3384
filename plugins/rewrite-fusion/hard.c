/* hard: hard_sigmoid and hard_swish, found where a model spells them out with a clamp.
 *
 *     %0 = add(%x, 3)
 *     %1 = clamp(%0, min=0, max=6)
 *     %2 = mul(%x, %1)
 *     %3 = div(%2, 6)              =>    %0 = hard_swish(%x)
 *
 * For f32 alone: 16-bit floats are rounded after each operator, which these are not, and in f64 it would show that a
 * sixth is often that of f32. */
#include "rewrite_rule.h"

#define STEP                                                                                          \
	"(relu6(%x: f32 + 3) || clamp(%x: f32 + 3, min=0, max=6) || hard_tanh(%x: f32 + 3, min=0, max=6)" \
	" || minimum(relu(%x: f32 + 3), 6))"
#define SIXTH "0.16666666666666666"

TEXT_RULE(hard_swish_spelled, "hard-swish-spelled", 71, "x * clamp(x + 3, 0, 6) / 6 is hard_swish(x)",
          "(%x * " STEP ") / 6 => hard_swish(%x)");
TEXT_RULE(hard_swish_by_sixth, "hard-swish-by-sixth", 71, "x * clamp(x + 3, 0, 6) * (1 / 6) is hard_swish(x)",
          "(%x * " STEP ") * " SIXTH " => hard_swish(%x)");
TEXT_RULE(hard_sigmoid_spelled, "hard-sigmoid-spelled", 70, "clamp(x + 3, 0, 6) / 6 is hard_sigmoid(x)",
          STEP " / 6 => hard_sigmoid(%x)");
TEXT_RULE(hard_sigmoid_by_sixth, "hard-sigmoid-by-sixth", 70, "clamp(x + 3, 0, 6) * (1 / 6) is hard_sigmoid(x)",
          STEP " * " SIXTH " => hard_sigmoid(%x)");
TEXT_RULE(hard_swish_of_sigmoid, "hard-swish-of-sigmoid", 69, "x * hard_sigmoid(x) is hard_swish(x)",
          "%x: f32 * hard_sigmoid(%x) => hard_swish(%x)");
