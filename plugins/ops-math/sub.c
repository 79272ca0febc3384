/* sub: x - y; unsigned integers wrap, two bool are rejected. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	if (hdt_expr_dtype(x) == HDT_BOOL && hdt_expr_dtype(y) == HDT_BOOL)
		hdt_reject(t, "bool has no difference; use logical_xor");
	hdt_output_elements(t, hdt_sub(x, y));
}

const hdt_operator hdt_op_sub = {
	.size = sizeof(hdt_operator),
	.name = "sub",
	.doc = "x - y",
	.inputs = "x, y",
	.sign = "-",
	.dtypes = "float int uint",
	.define = define,
	.samples =
		(const char *const[]){
			"sub(T[3, 4], T[4])",
			"sub(f32[n, 5], f32[n, 1]) where n = 4",
			"sub(f32[0, 3], f32[3])",
			"sub(f32[1, 3], i64[2, 1])",
			NULL,
		},
};
