/* soft_shrink: x moved towards 0 by lambda, at most to 0. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *lambda = activation_number(t, x, "lambda"), *below = hdt_less(x, hdt_neg(lambda));
	const hdt_expr *flat = hdt_mul(x, hdt_like(x, 0)); /* 0, and NaN stays NaN */
	activation_output(t,
	                  hdt_select(hdt_less(lambda, x), hdt_sub(x, lambda), hdt_select(below, hdt_add(x, lambda), flat)));
}

static const hdt_attribute attributes[] = {
	{"lambda", HDT_ATTRIBUTE_FLOAT, "0.5", "half the width of the flat part"},
	{0},
};

const hdt_operator hdt_op_soft_shrink = {
	.size = sizeof(hdt_operator),
	.name = "soft_shrink",
	.doc = "x moved towards 0 by lambda, at most to 0",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"soft_shrink(T[4, 7])",
			"soft_shrink(f32[n, 9]) where n = 5",
			"soft_shrink(f32[0, 3])",
			"soft_shrink(f32[1])",
			"soft_shrink(f32[6], lambda=1)",
			NULL,
		},
};
