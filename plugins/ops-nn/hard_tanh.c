/* hard_tanh: x limited to min..max. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *low = activation_number(t, x, "min"), *high = activation_number(t, x, "max");
	activation_output(t, hdt_min(hdt_max(x, low), high));
}

static const hdt_attribute attributes[] = {
	{"min", HDT_ATTRIBUTE_FLOAT, "-1", "lower bound"},
	{"max", HDT_ATTRIBUTE_FLOAT, "1", "upper bound"},
	{0},
};

const hdt_operator hdt_op_hard_tanh = {
	.size = sizeof(hdt_operator),
	.name = "hard_tanh",
	.doc = "x limited to min..max",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"hard_tanh(T[4, 7])",
			"hard_tanh(f32[n, 9]) where n = 5",
			"hard_tanh(f32[0, 3])",
			"hard_tanh(f32[1])",
			"hard_tanh(f32[6], min=-0.5, max=1.5)",
			NULL,
		},
};
