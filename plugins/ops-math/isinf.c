/* isinf: is x infinite? Integers and bool never are anything but finite. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	bool is_float = hdt_is_float(hdt_expr_dtype(x));
	hdt_output_elements(t, is_float ? hdt_unary(HDT_OP_ISINF, x) : hdt_number(t->context, HDT_BOOL, 0));
}

const hdt_operator hdt_op_isinf = {
	.size = sizeof(hdt_operator),
	.name = "isinf",
	.doc = "is x infinite? Gives bool",
	.inputs = "x",
	.dtypes = "float i32 bool",
	.define = define,
	.samples =
		(const char *const[]){
			"isinf(T[4, 7])",
			"isinf(f32[n, 9]) where n = 5",
			"isinf(f32[0, 3])",
			"isinf(f32[1])",
			NULL,
		},
};
