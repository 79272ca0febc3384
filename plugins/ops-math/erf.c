/* erf: error function. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ERF, hdt_element(t, 0)));
}

const hdt_operator hdt_op_erf = {
	.size = sizeof(hdt_operator),
	.name = "erf",
	.doc = "error function",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"erf(T[4, 7])",
			"erf(f32[n, 9]) where n = 5",
			"erf(f32[0, 3])",
			"erf(i32[6])",
			NULL,
		},
};
