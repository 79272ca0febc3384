/* trunc: nearest integer toward zero; integers stay as they are. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_is_integer(hdt_expr_dtype(x)) ? x : hdt_unary(HDT_OP_TRUNC, x));
}

const hdt_operator hdt_op_trunc = {
	.size = sizeof(hdt_operator),
	.name = "trunc",
	.doc = "nearest integer toward zero",
	.inputs = "x",
	.dtypes = "float i32",
	.define = define,
	.samples =
		(const char *const[]){
			"trunc(T[4, 7] in -5..5)",
			"trunc(f32[n, 9]) where n = 5",
			"trunc(f32[0, 3])",
			"trunc(f32[1])",
			NULL,
		},
};
