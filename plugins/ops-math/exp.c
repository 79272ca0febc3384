/* exp: e to the power x. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_EXP, hdt_element(t, 0)));
}

const hdt_operator hdt_op_exp = {
	.size = sizeof(hdt_operator),
	.name = "exp",
	.doc = "e to the power x",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"exp(T[4, 7])",
			"exp(f32[n, 9]) where n = 5",
			"exp(f32[0, 3])",
			"exp(i32[6])",
			NULL,
		},
};
