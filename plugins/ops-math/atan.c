/* atan: inverse tangent, in radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ATAN, hdt_element(t, 0)));
}

const hdt_operator hdt_op_atan = {
	.size = sizeof(hdt_operator),
	.name = "atan",
	.doc = "inverse tangent, in radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"atan(T[4, 7])",
			"atan(f32[n, 9]) where n = 5",
			"atan(f32[0, 3])",
			"atan(i32[6])",
			NULL,
		},
};
