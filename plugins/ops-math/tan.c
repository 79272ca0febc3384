/* tan: tangent of radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_TAN, hdt_element(t, 0)));
}

const hdt_operator hdt_op_tan = {
	.size = sizeof(hdt_operator),
	.name = "tan",
	.doc = "tangent of radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"tan(T[4, 7] in -1.2..1.2)",
			"tan(f32[n, 9] in -1.2..1.2) where n = 5",
			"tan(f32[0, 3])",
			"tan(i32[6] in -1..1)",
			NULL,
		},
};
