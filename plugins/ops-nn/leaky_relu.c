/* leaky_relu: x above 0, else alpha * x. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *alpha = activation_number(t, x, "alpha");
	activation_output(t, hdt_select(hdt_less(hdt_like(x, 0), x), x, hdt_mul(x, alpha)));
}

static const hdt_attribute attributes[] = {
	{"alpha", HDT_ATTRIBUTE_FLOAT, "0.01", "slope below 0"},
	{0},
};

const hdt_operator hdt_op_leaky_relu = {
	.size = sizeof(hdt_operator),
	.name = "leaky_relu",
	.doc = "x above 0, else alpha * x",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"leaky_relu(T[4, 7])",
			"leaky_relu(f32[n, 9]) where n = 5",
			"leaky_relu(f32[0, 3])",
			"leaky_relu(f32[1])",
			"leaky_relu(f32[6], alpha=-0.5)",
			NULL,
		},
};
