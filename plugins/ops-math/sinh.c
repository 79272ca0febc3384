/* sinh: hyperbolic sine. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_SINH, hdt_element(t, 0)));
}

const hdt_operator hdt_op_sinh = {
	.size = sizeof(hdt_operator),
	.name = "sinh",
	.doc = "hyperbolic sine",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"sinh(T[4, 7])",
			"sinh(f32[n, 9]) where n = 5",
			"sinh(f32[0, 3])",
			"sinh(i32[6])",
			NULL,
		},
};
