/* mul: x * y; the product of two bool is their and. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	bool both_bool = hdt_expr_dtype(x) == HDT_BOOL && hdt_expr_dtype(y) == HDT_BOOL;
	hdt_output_elements(t, both_bool ? hdt_and(x, y) : hdt_mul(x, y));
}

const hdt_operator hdt_op_mul = {
	.size = sizeof(hdt_operator),
	.name = "mul",
	.doc = "x * y; of bool: and",
	.inputs = "x, y",
	.sign = "*",
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"mul(T[3, 4], T[4])",
			"mul(i32[n, 5], i32[n, 1]) where n = 4",
			"mul(f32[0, 3], f32[3])",
			"mul(f32[1, 3], i64[2, 1])",
			"mul(bf16[], bf16[5])",
			NULL,
		},
};
