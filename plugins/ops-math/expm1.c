/* expm1: exp(x) - 1. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_EXPM1, hdt_element(t, 0)));
}

const hdt_operator hdt_op_expm1 = {
	.size = sizeof(hdt_operator),
	.name = "expm1",
	.doc = "exp(x) - 1",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"expm1(T[4, 7])",
			"expm1(f32[n, 9]) where n = 5",
			"expm1(f32[0, 3])",
			"expm1(i32[6])",
			NULL,
		},
};
