/* log1p: log(1 + x). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_LOG1P, hdt_element(t, 0)));
}

const hdt_operator hdt_op_log1p = {
	.size = sizeof(hdt_operator),
	.name = "log1p",
	.doc = "log(1 + x)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"log1p(T[4, 7] in -0.9..4)",
			"log1p(f32[n, 9] in -0.9..4) where n = 5",
			"log1p(f32[0, 3])",
			"log1p(i32[6] in 0..4)",
			NULL,
		},
};
