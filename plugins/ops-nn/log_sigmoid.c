/* log_sigmoid: log(1 / (1 + exp(-x))), without overflow on either side. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *size = hdt_unary(HDT_OP_ABS, x);
	activation_output(
		t, hdt_sub(hdt_min(x, hdt_like(x, 0)), hdt_unary(HDT_OP_LOG1P, hdt_unary(HDT_OP_EXP, hdt_neg(size)))));
}

const hdt_operator hdt_op_log_sigmoid = {
	.size = sizeof(hdt_operator),
	.name = "log_sigmoid",
	.doc = "log(sigmoid(x))",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"log_sigmoid(T[4, 7])",
			"log_sigmoid(f32[n, 9]) where n = 5",
			"log_sigmoid(f32[0, 3])",
			"log_sigmoid(f32[1])",
			NULL,
		},
};
