/* sign: -1, 0 or 1 by the sign of x. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_SIGN, hdt_element(t, 0)));
}

const hdt_operator hdt_op_sign = {
	.size = sizeof(hdt_operator),
	.name = "sign",
	.doc = "-1, 0 or 1 by the sign of x",
	.inputs = "x",
	.dtypes = "float int u8",
	.define = define,
	.samples = (const char *const[]){
		"sign(T[4, 7])",
		"sign(f32[n, 9]) where n = 5",
		"sign(f32[0, 3])",
		"sign(f32[1])",
		NULL,
	},
};
