/* abs: absolute value. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ABS, hdt_element(t, 0)));
}

const hdt_operator hdt_op_abs = {
	.size = sizeof(hdt_operator),
	.name = "abs",
	.doc = "absolute value",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"abs(T[4, 7])",
			"abs(f32[n, 9]) where n = 5",
			"abs(f32[0, 3])",
			"abs(f32[1])",
			NULL,
		},
};
