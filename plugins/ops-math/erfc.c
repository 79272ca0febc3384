/* erfc: 1 - erf(x). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ERFC, hdt_element(t, 0)));
}

const hdt_operator hdt_op_erfc = {
	.size = sizeof(hdt_operator),
	.name = "erfc",
	.doc = "1 - erf(x)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"erfc(T[4, 7])",
			"erfc(f32[n, 9]) where n = 5",
			"erfc(f32[0, 3])",
			"erfc(i32[6])",
			NULL,
		},
};
