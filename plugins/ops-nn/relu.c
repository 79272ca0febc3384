/* relu: max(x, 0); NaN stays NaN. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_max(x, hdt_like(x, 0)));
}

const hdt_operator hdt_op_relu = {
	.size = sizeof(hdt_operator),
	.name = "relu",
	.doc = "max(x, 0)",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"relu(T[4, 7])",
			"relu(f32[n, 9]) where n = 5",
			"relu(f32[0, 3])",
			"relu(f32[1])",
			NULL,
		},
};
