/* celu: x above 0, else alpha * (exp(x / alpha) - 1). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *alpha = activation_number(t, x, "alpha"), *zero = hdt_like(x, 0);
	const hdt_expr *below = hdt_mul(alpha, hdt_unary(HDT_OP_EXPM1, hdt_div(x, alpha)));
	if (hdt_get_float(t, "alpha") == 0)
		hdt_reject(t, "alpha must not be 0");
	activation_output(t, hdt_add(hdt_max(x, zero), hdt_min(below, zero)));
}

static const hdt_attribute attributes[] = {
	{"alpha", HDT_ATTRIBUTE_FLOAT, "1", "limit below 0, negated; also stretches the curve"},
	{0},
};

const hdt_operator hdt_op_celu = {
	.size = sizeof(hdt_operator),
	.name = "celu",
	.doc = "x above 0, else alpha * (exp(x / alpha) - 1)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"celu(T[4, 7])",
			"celu(f32[n, 9]) where n = 5",
			"celu(f32[0, 3])",
			"celu(f32[1])",
			"celu(f32[6], alpha=1.5)",
			NULL,
		},
};
