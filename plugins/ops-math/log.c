/* log: natural logarithm. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_LOG, hdt_element(t, 0)));
}

const hdt_operator hdt_op_log = {
	.size = sizeof(hdt_operator),
	.name = "log",
	.doc = "natural logarithm",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"log(T[4, 7] in 0.1..4)",
			"log(f32[n, 9] in 0.1..4) where n = 5",
			"log(f32[0, 3])",
			"log(i32[6] in 1..4)",
			NULL,
		},
};
