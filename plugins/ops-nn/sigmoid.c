/* sigmoid: 1 / (1 + exp(-x)). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	activation_output(t, activation_sigmoid(x));
}

const hdt_operator hdt_op_sigmoid = {
	.size = sizeof(hdt_operator),
	.name = "sigmoid",
	.doc = "1 / (1 + exp(-x))",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"sigmoid(T[4, 7])",
			"sigmoid(f32[n, 9]) where n = 5",
			"sigmoid(f32[0, 3])",
			"sigmoid(f32[1])",
			"sigmoid(i32[3])",
			NULL,
		},
};
