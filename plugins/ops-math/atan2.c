/* atan2: the angle of the point whose height is input 0 and whose width is input 1. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_ATAN2, hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_atan2 = {
	.size = sizeof(hdt_operator),
	.name = "atan2",
	.doc = "angle in radians of the point (y, x), where x is the second input",
	.inputs = "x, y",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"atan2(T[3, 4], T[4])",
			"atan2(f32[n, 5], f32[n, 1]) where n = 4",
			"atan2(f32[0, 3], f32[3])",
			"atan2(i32[1, 3], i64[2, 1])",
			NULL,
		},
};
