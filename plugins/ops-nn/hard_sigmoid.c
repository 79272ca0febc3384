/* hard_sigmoid: min(max(x + 3, 0), 6) / 6. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *step = hdt_min(hdt_max(hdt_add(x, hdt_like(x, 3)), hdt_like(x, 0)), hdt_like(x, 6));
	activation_output(t, hdt_div(step, hdt_like(x, 6)));
}

const hdt_operator hdt_op_hard_sigmoid = {
	.size = sizeof(hdt_operator),
	.name = "hard_sigmoid",
	.doc = "min(max(x + 3, 0), 6) / 6",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"hard_sigmoid(T[4, 7] in -5..5)",
			"hard_sigmoid(f32[n, 9] in -5..5) where n = 5",
			"hard_sigmoid(f32[0, 3])",
			"hard_sigmoid(f32[1])",
			NULL,
		},
};
