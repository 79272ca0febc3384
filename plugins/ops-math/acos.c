/* acos: inverse cosine, in radians. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_ACOS, hdt_element(t, 0)));
}

const hdt_operator hdt_op_acos = {
	.size = sizeof(hdt_operator),
	.name = "acos",
	.doc = "inverse cosine, in radians",
	.inputs = "x",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"acos(T[4, 7] in -1..1)",
			"acos(f32[n, 9] in -1..1) where n = 5",
			"acos(f32[0, 3])",
			"acos(i32[6] in -1..1)",
			NULL,
		},
};
