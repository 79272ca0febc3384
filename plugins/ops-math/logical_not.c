/* logical_not: is x zero? Gives bool. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_equal(x, hdt_like(x, 0)));
}

const hdt_operator hdt_op_logical_not = {
	.size = sizeof(hdt_operator),
	.name = "logical_not",
	.doc = "is x zero? Gives bool",
	.inputs = "x",
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"logical_not(T[4, 7])",
			"logical_not(bool[n, 9]) where n = 5",
			"logical_not(f32[0, 3])",
			"logical_not(f32[1])",
			NULL,
		},
};
