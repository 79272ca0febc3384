/* cosh: hyperbolic cosine. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_COSH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_cosh = {
	.size = sizeof(hdt_operator),
	.name = "cosh",
	.doc = "hyperbolic cosine",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"cosh(T[4, 7])",
			"cosh(f32[n, 9]) where n = 5",
			"cosh(f32[0, 3])",
			"cosh(i32[6])",
			NULL,
		},
};
