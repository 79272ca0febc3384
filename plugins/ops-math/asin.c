/* asin: inverse sine, in radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ASIN, hdt_element(t, 0)));
}

const hdt_operator hdt_op_asin = {
	.size = sizeof(hdt_operator),
	.name = "asin",
	.doc = "inverse sine, in radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"asin(T[4, 7] in -1..1)",
			"asin(f32[n, 9] in -1..1) where n = 5",
			"asin(f32[0, 3])",
			"asin(i32[6] in -1..1)",
			NULL,
		},
};
