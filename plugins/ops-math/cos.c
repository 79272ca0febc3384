/* cos: cosine of radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_COS, hdt_element(t, 0)));
}

const hdt_operator hdt_op_cos = {
	.size = sizeof(hdt_operator),
	.name = "cos",
	.doc = "cosine of radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"cos(T[4, 7])",
			"cos(f32[n, 9]) where n = 5",
			"cos(f32[0, 3])",
			"cos(i32[6])",
			NULL,
		},
};
