/* hard_shrink: x outside of -lambda..lambda, else 0. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *lambda = activation_number(t, x, "lambda");
	const hdt_expr *flat = hdt_and(hdt_less_equal(hdt_neg(lambda), x), hdt_less_equal(x, lambda));
	activation_output(t, hdt_select(flat, hdt_like(x, 0), x));
}

static const hdt_attribute attributes[] = {
	{"lambda", HDT_ATTRIBUTE_FLOAT, "0.5", "half the width of the flat part"},
	{0},
};

const hdt_operator hdt_op_hard_shrink = {
	.size = sizeof(hdt_operator),
	.name = "hard_shrink",
	.doc = "x outside of -lambda..lambda, else 0",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"hard_shrink(T[4, 7])",
			"hard_shrink(f32[n, 9]) where n = 5",
			"hard_shrink(f32[0, 3])",
			"hard_shrink(f32[1])",
			"hard_shrink(f32[6], lambda=1)",
			NULL,
		},
};
