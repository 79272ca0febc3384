/* floor: largest integer not above x; integers stay as they are. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_is_integer(hdt_expr_dtype(x)) ? x : hdt_unary(HDT_OP_FLOOR, x));
}

const hdt_operator hdt_op_floor = {
	.size = sizeof(hdt_operator),
	.name = "floor",
	.doc = "largest integer not above x",
	.inputs = "x",
	.dtypes = "float i32",
	.define = define,
	.samples =
		(const char *const[]){
			"floor(T[4, 7] in -5..5)",
			"floor(f32[n, 9]) where n = 5",
			"floor(f32[0, 3])",
			"floor(f32[1])",
			NULL,
		},
};
