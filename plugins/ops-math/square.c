/* square: x * x. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_mul(x, x));
}

const hdt_operator hdt_op_square = {
	.size = sizeof(hdt_operator),
	.name = "square",
	.doc = "x * x",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"square(T[4, 7])",
			"square(f32[n, 9]) where n = 5",
			"square(f32[0, 3])",
			"square(f32[1])",
			NULL,
		},
};
