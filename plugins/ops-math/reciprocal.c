/* reciprocal: 1 / x; integers give f32. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_div(hdt_like(x, 1), x));
}

const hdt_operator hdt_op_reciprocal = {
	.size = sizeof(hdt_operator),
	.name = "reciprocal",
	.doc = "1 / x",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"reciprocal(T[4, 7] in 0.5..4)",
			"reciprocal(f32[n, 9] in 0.5..4) where n = 5",
			"reciprocal(f32[0, 3])",
			"reciprocal(i32[5] in 1..6)",
			NULL,
		},
};
