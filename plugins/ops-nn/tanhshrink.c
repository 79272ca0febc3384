/* tanhshrink: x - tanh(x). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	activation_output(t, hdt_sub(x, hdt_unary(HDT_OP_TANH, x)));
}

const hdt_operator hdt_op_tanhshrink = {
	.size = sizeof(hdt_operator),
	.name = "tanhshrink",
	.doc = "x - tanh(x)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"tanhshrink(T[4, 7])",
			"tanhshrink(f32[n, 9]) where n = 5",
			"tanhshrink(f32[0, 3])",
			"tanhshrink(f32[1])",
			NULL,
		},
};
