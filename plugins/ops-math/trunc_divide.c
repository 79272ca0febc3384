/* trunc_divide: x / y rounded toward zero; integers by zero give 0. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	if (hdt_is_float(dtype))
		hdt_output_elements(t, hdt_cast(hdt_unary(HDT_OP_TRUNC, hdt_div(hdt_widen(x), hdt_widen(y))), dtype));
	else
		hdt_output_elements(t, hdt_binary(HDT_OP_TRUNCDIV, x, y));
}

const hdt_operator hdt_op_trunc_divide = {
	.size = sizeof(hdt_operator),
	.name = "trunc_divide",
	.doc = "quotient rounded toward zero",
	.inputs = "x, y",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"trunc_divide(T[3, 4] in 1..5, T[4] in 1..5)",
			"trunc_divide(f32[n, 5] in 1..5, f32[n, 1] in 1..5) where n = 4",
			"trunc_divide(f32[0, 3], f32[3])",
			"trunc_divide(i32[4, 3] in -9..9, i32[3] in -4..-1)",
			"trunc_divide(f32[4, 3] in -9..9, f32[3] in -4..-0.5)",
			NULL,
		},
};
