/* atanh: inverse hyperbolic tangent. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ATANH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_atanh = {
	.size = sizeof(hdt_operator),
	.name = "atanh",
	.doc = "inverse hyperbolic tangent",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"atanh(T[4, 7] in -0.9..0.9)",
			"atanh(f32[n, 9] in -0.9..0.9) where n = 5",
			"atanh(f32[0, 3])",
			"atanh(i32[6] in 0..0)",
			NULL,
		},
};
