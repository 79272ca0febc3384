/* sign: -1, 0 or 1 by the sign of x; NaN gives 0. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *zero = hdt_like(x, 0);
	const hdt_expr *below = hdt_select(hdt_less(x, zero), hdt_like(x, -1), zero);
	hdt_output_elements(t, hdt_select(hdt_less(zero, x), hdt_like(x, 1), below));
}

const hdt_operator hdt_op_sign = {
	.size = sizeof(hdt_operator),
	.name = "sign",
	.doc = "-1, 0 or 1 by the sign of x",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"sign(T[4, 7])",
			"sign(f32[n, 9]) where n = 5",
			"sign(f32[0, 3])",
			"sign(f32[1])",
			NULL,
		},
};
