/* sin: sine of radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_SIN, hdt_element(t, 0)));
}

const hdt_operator hdt_op_sin = {
	.size = sizeof(hdt_operator),
	.name = "sin",
	.doc = "sine of radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"sin(T[4, 7])",
			"sin(f32[n, 9]) where n = 5",
			"sin(f32[0, 3])",
			"sin(i32[6])",
			NULL,
		},
};
