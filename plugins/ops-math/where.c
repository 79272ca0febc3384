/* where: x where the condition holds (is not zero), else y, in the promoted dtype of x and y. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *condition = hdt_element(t, 0), *x = hdt_element(t, 1), *y = hdt_element(t, 2);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	const hdt_expr *holds = hdt_binary(HDT_OP_NE, condition, hdt_like(condition, 0));
	hdt_output_elements(t, hdt_select(holds, hdt_cast(x, dtype), hdt_cast(y, dtype)));
}

const hdt_operator hdt_op_where = {
	.size = sizeof(hdt_operator),
	.name = "where",
	.doc = "x where the condition holds, else y",
	.inputs = "condition, x, y",
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"where(bool[3, 4], T[4], T[3, 1])",
			"where(bool[n, 1], f32[n, 5], f32[]) where n = 4",
			"where(bool[0, 3], f32[3], f32[1])",
			"where(u8[1, 3] in 0..1, i32[2, 1], f32[3])",
			NULL,
		},
};
