/* softsign: x / (1 + |x|). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	activation_output(t, hdt_div(x, hdt_add(hdt_like(x, 1), hdt_unary(HDT_OP_ABS, x))));
}

const hdt_operator hdt_op_softsign = {
	.size = sizeof(hdt_operator),
	.name = "softsign",
	.doc = "x / (1 + |x|)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"softsign(T[4, 7])",
			"softsign(f32[n, 9]) where n = 5",
			"softsign(f32[0, 3])",
			"softsign(f32[1])",
			NULL,
		},
};
