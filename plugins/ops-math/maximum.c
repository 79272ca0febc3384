/* maximum: the larger one; NaN when either is NaN. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_max(hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_maximum = {
	.size = sizeof(hdt_operator),
	.name = "maximum",
	.doc = "larger of x and y",
	.inputs = "x, y",
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"maximum(T[3, 4], T[4])",
			"maximum(f32[n, 5], f32[n, 1]) where n = 4",
			"maximum(f32[0, 3], f32[3])",
			"maximum(f32[1, 3], i64[2, 1])",
			NULL,
		},
};
