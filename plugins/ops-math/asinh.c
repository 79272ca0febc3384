/* asinh: inverse hyperbolic sine. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ASINH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_asinh = {
	.size = sizeof(hdt_operator),
	.name = "asinh",
	.doc = "inverse hyperbolic sine",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"asinh(T[4, 7])",
			"asinh(f32[n, 9]) where n = 5",
			"asinh(f32[0, 3])",
			"asinh(i32[6])",
			NULL,
		},
};
