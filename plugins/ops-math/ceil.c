/* ceil: smallest integer not below x; integers stay as they are. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_is_integer(hdt_expr_dtype(x)) ? x : hdt_unary(HDT_OP_CEIL, x));
}

const hdt_operator hdt_op_ceil = {
	.size = sizeof(hdt_operator),
	.name = "ceil",
	.doc = "smallest integer not below x",
	.inputs = "x",
	.dtypes = "float i32",
	.define = define,
	.samples =
		(const char *const[]){
			"ceil(T[4, 7] in -5..5)",
			"ceil(f32[n, 9]) where n = 5",
			"ceil(f32[0, 3])",
			"ceil(f32[1])",
			NULL,
		},
};
