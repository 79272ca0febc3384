/* relu6: min(max(x, 0), 6). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_min(hdt_max(x, hdt_like(x, 0)), hdt_like(x, 6)));
}

const hdt_operator hdt_op_relu6 = {
	.size = sizeof(hdt_operator),
	.name = "relu6",
	.doc = "x limited to 0..6",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"relu6(T[4, 7] in 0..9)",
			"relu6(f32[n, 9] in -9..9) where n = 5",
			"relu6(f32[0, 3])",
			"relu6(f32[1])",
			NULL,
		},
};
