/* gelu: found where a model spells it out, with erf or with its approximation by tanh.
 *
 *     %0 = div(%x, 1.41421356)
 *     %1 = erf(%0)
 *     %2 = add(%1, 1)
 *     %3 = mul(%x, %2)
 *     %4 = mul(%3, 0.5)          =>    %0 = gelu(%x)
 *
 * The half may stand at either end or in the middle. For f32 alone: 16-bit floats are rounded after each operator,
 * which gelu does not do, and in f64 it would show that the constants of a model are often those of f32. */
#include "rewrite_rule.h"

#define ROOT_HALF "0.70710678118654752440"
#define ERF "(erf((%x: f32 * " ROOT_HALF " || %x: f32 / 1.41421356237309504880)) + 1)"

TEXT_RULE(gelu_half_first, "gelu-half-first", 70, "(x * 0.5) * (1 + erf(x / sqrt 2)) is gelu(x)",
          "(%x * 0.5 || %x / 2) * " ERF " => gelu(%x)");
TEXT_RULE(gelu_half_inside, "gelu-half-inside", 70, "x * (0.5 * (1 + erf(x / sqrt 2))) is gelu(x)",
          "%x * (" ERF " * 0.5 || " ERF " / 2) => gelu(%x)");
TEXT_RULE(gelu_half_last, "gelu-half-last", 70, "(x * (1 + erf(x / sqrt 2))) * 0.5 is gelu(x)",
          "(%x * " ERF ") * 0.5 => gelu(%x)");

#define CUBE "(pow(%x, 3) || %x * %x * %x || %x * square(%x) || %x * pow(%x, 2))"
#define ROOT "0.79788456080286535588" /* of 2 / pi */
#define TANH                                                                                               \
	"(tanh(((%x: f32 + " CUBE " * 0.044715) * " ROOT " || (%x: f32 * " ROOT ") * (%x * %x * 0.044715 + 1)" \
	" || (%x: f32 * " ROOT ") * (%x * 0.044715 * %x + 1))) + 1)"

TEXT_RULE(gelu_tanh_half_first, "gelu-tanh-half-first", 70, "(x * 0.5) * (1 + tanh(...)) is gelu(x) by tanh",
          "(%x * 0.5 || %x / 2) * " TANH " => gelu(%x, approximate=\"tanh\")");
TEXT_RULE(gelu_tanh_half_inside, "gelu-tanh-half-inside", 70, "x * (0.5 * (1 + tanh(...))) is gelu(x) by tanh",
          "%x * (" TANH " * 0.5 || " TANH " / 2) => gelu(%x, approximate=\"tanh\")");
TEXT_RULE(gelu_tanh_half_last, "gelu-tanh-half-last", 70, "(x * (1 + tanh(...))) * 0.5 is gelu(x) by tanh",
          "(%x * " TANH ") * 0.5 => gelu(%x, approximate=\"tanh\")");
