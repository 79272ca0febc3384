/* add: x + y; the sum of two bool is their or. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	bool both_bool = hdt_expr_dtype(x) == HDT_BOOL && hdt_expr_dtype(y) == HDT_BOOL;
	hdt_output_elements(t, both_bool ? hdt_or(x, y) : hdt_add(x, y));
}

const hdt_operator hdt_op_add = {
	.size = sizeof(hdt_operator),
	.name = "add",
	.doc = "x + y; of bool: or",
	.inputs = "x, y",
	.sign = "+",
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"add(T[3, 4], T[4])",
			"add(i32[n, 5], i32[n, 1]) where n = 4",
			"add(f32[0, 3], f32[3])",
			"add(f32[1, 3], i64[2, 1])",
			"add(i32[], f16[5])",
			NULL,
		},
};
