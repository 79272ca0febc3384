/* minimum: the smaller one; NaN when either is NaN. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_min(hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_minimum = {
	.size = sizeof(hdt_operator),
	.name = "minimum",
	.doc = "smaller of x and y",
	.inputs = "x, y",
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"minimum(T[3, 4], T[4])",
			"minimum(f32[n, 5], f32[n, 1]) where n = 4",
			"minimum(f32[0, 3], f32[3])",
			"minimum(f32[1, 3], i64[2, 1])",
			NULL,
		},
};
