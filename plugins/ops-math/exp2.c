/* exp2: 2 to the power x. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_EXP2, hdt_element(t, 0)));
}

const hdt_operator hdt_op_exp2 = {
	.size = sizeof(hdt_operator),
	.name = "exp2",
	.doc = "2 to the power x",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"exp2(T[4, 7])",
			"exp2(f32[n, 9]) where n = 5",
			"exp2(f32[0, 3])",
			"exp2(i32[6])",
			NULL,
		},
};
