/* logical_and: are x and y both nonzero? NaN counts as nonzero. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	const hdt_expr *p = hdt_binary(HDT_OP_NE, x, hdt_like(x, 0)), *q = hdt_binary(HDT_OP_NE, y, hdt_like(y, 0));
	hdt_output_elements(t, hdt_and(p, q));
}

const hdt_operator hdt_op_logical_and = {
	.size = sizeof(hdt_operator),
	.name = "logical_and",
	.doc = "are x and y both nonzero? Gives bool",
	.inputs = "x, y",
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"logical_and(T[3, 4], T[4])",
			"logical_and(f32[n, 5], f32[n, 1]) where n = 4",
			"logical_and(f32[0, 3], f32[3])",
			"logical_and(bool[1, 3], f32[2, 1] in 0..1)",
			NULL,
		},
};
