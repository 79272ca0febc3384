/* equal: is x equal to y? Compared in the promoted dtype; with NaN false. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	hdt_output_elements(t, hdt_equal(x, y));
}

const hdt_operator hdt_op_equal = {
	.size = sizeof(hdt_operator),
	.name = "equal",
	.doc = "is x equal to y? Gives bool",
	.inputs = "x, y",
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"equal(T[3, 4], T[4])",
			"equal(f32[n, 5], f32[n, 1]) where n = 4",
			"equal(f32[0, 3], f32[3])",
			"equal(i32[1, 3], f32[2, 1] in 0..1)",
			NULL,
		},
};
