/* elu: x above 0, else alpha * (exp(x) - 1). */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *alpha = activation_number(t, x, "alpha");
	activation_output(t, hdt_select(hdt_less(hdt_like(x, 0), x), x, hdt_mul(alpha, hdt_unary(HDT_OP_EXPM1, x))));
}

static const hdt_attribute attributes[] = {
	{"alpha", HDT_ATTRIBUTE_FLOAT, "1", "limit below 0, negated"},
	{0},
};

const hdt_operator hdt_op_elu = {
	.size = sizeof(hdt_operator),
	.name = "elu",
	.doc = "x above 0, else alpha * (exp(x) - 1)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"elu(T[4, 7])",
			"elu(f32[n, 9]) where n = 5",
			"elu(f32[0, 3])",
			"elu(f32[1])",
			"elu(f32[6], alpha=1.5)",
			NULL,
		},
};
