/* pow: x to the power y; an integer to a negative power is 0, or 1 or -1 for x = 1 and x = -1. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_POW, hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_pow = {
	.size = sizeof(hdt_operator),
	.name = "pow",
	.doc = "x to the power y",
	.inputs = "x, y",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"pow(T[3, 4] in 1..3, T[4] in 0..3)",
			"pow(f32[n, 5] in 0.2..2, f32[n, 1] in 0.2..2) where n = 4",
			"pow(f32[0, 3], f32[3])",
			"pow(i32[4, 3] in -3..3, i32[3] in -2..4)",
			"pow(f32[1, 3] in -2..2, i64[2, 1] in -2..3)",
			NULL,
		},
};
