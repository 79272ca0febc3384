/* acosh: inverse hyperbolic cosine. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ACOSH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_acosh = {
	.size = sizeof(hdt_operator),
	.name = "acosh",
	.doc = "inverse hyperbolic cosine",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"acosh(T[4, 7] in 1..4)",
			"acosh(f32[n, 9] in 1..4) where n = 5",
			"acosh(f32[0, 3])",
			"acosh(i32[6] in 1..4)",
			NULL,
		},
};
