/* log10: logarithm to base 10. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_LOG10, hdt_element(t, 0)));
}

const hdt_operator hdt_op_log10 = {
	.size = sizeof(hdt_operator),
	.name = "log10",
	.doc = "logarithm to base 10",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"log10(T[4, 7] in 0.1..4)",
			"log10(f32[n, 9] in 0.1..4) where n = 5",
			"log10(f32[0, 3])",
			"log10(i32[6] in 1..4)",
			NULL,
		},
};
