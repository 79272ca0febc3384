/* sqrt: square root. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_SQRT, hdt_element(t, 0)));
}

const hdt_operator hdt_op_sqrt = {
	.size = sizeof(hdt_operator),
	.name = "sqrt",
	.doc = "square root",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"sqrt(T[4, 7] in 0..4)",
			"sqrt(f32[n, 9] in 0..4) where n = 5",
			"sqrt(f32[0, 3])",
			"sqrt(i32[6] in 0..4)",
			NULL,
		},
};
