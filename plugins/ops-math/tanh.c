/* tanh: hyperbolic tangent. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_TANH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_tanh = {
	.size = sizeof(hdt_operator),
	.name = "tanh",
	.doc = "hyperbolic tangent",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"tanh(T[4, 7])",
			"tanh(f32[n, 9]) where n = 5",
			"tanh(f32[0, 3])",
			"tanh(i32[6])",
			NULL,
		},
};
