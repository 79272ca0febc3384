/* mish: x * tanh(log(1 + exp(x))). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	activation_output(t, hdt_mul(x, hdt_unary(HDT_OP_TANH, hdt_unary(HDT_OP_LOG1P, hdt_unary(HDT_OP_EXP, x)))));
}

const hdt_operator hdt_op_mish = {
	.size = sizeof(hdt_operator),
	.name = "mish",
	.doc = "x * tanh(log(1 + exp(x)))",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"mish(T[4, 7])",
			"mish(f32[n, 9]) where n = 5",
			"mish(f32[0, 3])",
			"mish(f32[1])",
			NULL,
		},
};
