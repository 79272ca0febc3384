/* log2: logarithm to base 2. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_LOG2, hdt_element(t, 0)));
}

const hdt_operator hdt_op_log2 = {
	.size = sizeof(hdt_operator),
	.name = "log2",
	.doc = "logarithm to base 2",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"log2(T[4, 7] in 0.1..4)",
			"log2(f32[n, 9] in 0.1..4) where n = 5",
			"log2(f32[0, 3])",
			"log2(i32[6] in 1..4)",
			NULL,
		},
};
