/* silu: x * sigmoid(x). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	activation_output(t, hdt_mul(x, activation_sigmoid(x)));
}

const hdt_operator hdt_op_silu = {
	.size = sizeof(hdt_operator),
	.name = "silu",
	.doc = "x * sigmoid(x)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"silu(T[4, 7])",
			"silu(f32[n, 9]) where n = 5",
			"silu(f32[0, 3])",
			"silu(f32[1])",
			NULL,
		},
};
