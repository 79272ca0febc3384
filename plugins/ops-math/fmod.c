/* fmod: x - trunc(x / y) * y, with the sign of x; integers by zero give 0. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_FMOD, hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_fmod = {
	.size = sizeof(hdt_operator),
	.name = "fmod",
	.doc = "remainder of truncated division, with the sign of x",
	.inputs = "x, y",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"fmod(T[3, 4] in 1..5, T[4] in 1..5)",
			"fmod(f32[n, 5] in 1..5, f32[n, 1] in 1..5) where n = 4",
			"fmod(f32[0, 3], f32[3])",
			"fmod(i32[4, 3] in -9..9, i32[3] in -4..-1)",
			"fmod(f32[4, 3] in -9..9, f32[3] in -4..-0.5)",
			NULL,
		},
};
