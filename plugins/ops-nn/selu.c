/* selu: scale * (x above 0, else alpha * (exp(x) - 1)), with the constants that keep mean 0 and variance 1. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *alpha = hdt_like(x, 1.6732632423543772848170429916717),
				   *scale = hdt_like(x, 1.0507009873554804934193349852946);
	activation_output(
		t, hdt_mul(scale, hdt_select(hdt_less(hdt_like(x, 0), x), x, hdt_mul(alpha, hdt_unary(HDT_OP_EXPM1, x)))));
}

const hdt_operator hdt_op_selu = {
	.size = sizeof(hdt_operator),
	.name = "selu",
	.doc = "scaled elu that keeps mean 0 and variance 1",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"selu(T[4, 7])",
			"selu(f32[n, 9]) where n = 5",
			"selu(f32[0, 3])",
			"selu(f32[1])",
			NULL,
		},
};
