/* softplus: log(1 + exp(beta * x)) / beta. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const hdt_expr *beta = activation_number(t, x, "beta"), *scaled = hdt_mul(x, beta);
	const hdt_expr *curve = hdt_div(hdt_unary(HDT_OP_LOG1P, hdt_unary(HDT_OP_EXP, scaled)), beta);
	if (hdt_get_float(t, "beta") == 0)
		hdt_reject(t, "beta must not be 0");
	activation_output(t, hdt_select(hdt_less(hdt_like(x, hdt_get_float(t, "threshold")), scaled), x, curve));
}

static const hdt_attribute attributes[] = {
	{"beta", HDT_ATTRIBUTE_FLOAT, "1", "steepness"},
	{"threshold", HDT_ATTRIBUTE_FLOAT, "20", "beta * x above which x itself is given"},
	{0},
};

const hdt_operator hdt_op_softplus = {
	.size = sizeof(hdt_operator),
	.name = "softplus",
	.doc = "log(1 + exp(beta * x)) / beta",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"softplus(T[4, 7])",
			"softplus(f32[n, 9]) where n = 5",
			"softplus(f32[0, 3])",
			"softplus(f32[1])",
			"softplus(f32[6], beta=2, threshold=1)",
			NULL,
		},
};
