/* rsqrt: 1 / sqrt(x). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_RSQRT, hdt_element(t, 0)));
}

const hdt_operator hdt_op_rsqrt = {
	.size = sizeof(hdt_operator),
	.name = "rsqrt",
	.doc = "1 / sqrt(x)",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"rsqrt(T[4, 7] in 0.1..4)",
			"rsqrt(f32[n, 9] in 0.1..4) where n = 5",
			"rsqrt(f32[0, 3])",
			"rsqrt(i32[6] in 1..4)",
			NULL,
		},
};
