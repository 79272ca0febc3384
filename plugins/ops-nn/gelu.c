/* gelu: 0.5 x (1 + erf(x / sqrt 2)), or its approximation by tanh. */
#include "activation.h"

#include <hidet/plugin.h>
#include <string.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = activation_input(t);
	const char *approximate = hdt_get_string(t, "approximate");
	const hdt_expr *half = hdt_like(x, 0.5), *one = hdt_like(x, 1), *inner;

	if (strcmp(approximate, "none") == 0) {
		inner = hdt_unary(HDT_OP_ERF, hdt_mul(x, hdt_like(x, 0.70710678118654752440)));
	} else if (strcmp(approximate, "tanh") == 0) {
		const hdt_expr *cube = hdt_mul(hdt_mul(hdt_mul(x, x), x), hdt_like(x, 0.044715));
		inner = hdt_unary(HDT_OP_TANH, hdt_mul(hdt_add(x, cube), hdt_like(x, 0.79788456080286535588)));
	} else {
		hdt_reject(t, "approximate is \"%s\", not none or tanh", approximate);
		return;
	}
	activation_output(t, hdt_mul(hdt_mul(x, half), hdt_add(one, inner)));
}

static const hdt_attribute attributes[] = {
	{"approximate", HDT_ATTRIBUTE_STRING, "\"none\"", "none, or tanh: tanh(sqrt(2 / pi) (x + 0.044715 x^3))"},
	{0},
};

const hdt_operator hdt_op_gelu = {
	.size = sizeof(hdt_operator),
	.name = "gelu",
	.doc = "x times the normal distribution function of x",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"gelu(T[4, 7])",
			"gelu(T[4, 7], approximate=\"tanh\")",
			"gelu(f32[n, 9]) where n = 5",
			"gelu(f32[0, 3])",
			"gelu(f32[1], approximate=\"tanh\")",
			NULL,
		},
};
