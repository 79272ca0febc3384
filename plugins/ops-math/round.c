/* round: nearest integer, ties to even; integers stay as they are. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_is_integer(hdt_expr_dtype(x)) ? x : hdt_unary(HDT_OP_ROUND, x));
}

const hdt_operator hdt_op_round = {
	.size = sizeof(hdt_operator),
	.name = "round",
	.doc = "nearest integer, ties to even",
	.inputs = "x",
	.dtypes = "float i32",
	.define = define,
	.samples =
		(const char *const[]){
			"round(T[4, 7] in -5..5)",
			"round(f32[n, 9]) where n = 5",
			"round(f32[0, 3])",
			"round(f32[1])",
			NULL,
		},
};
