/* isfinite: is x neither infinite nor NaN? Integers and bool never are anything but finite. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	bool is_float = hdt_is_float(hdt_expr_dtype(x));
	hdt_output_elements(t, is_float ? hdt_unary(HDT_OP_ISFINITE, x) : hdt_number(t->context, HDT_BOOL, 1));
}

const hdt_operator hdt_op_isfinite = {
	.size = sizeof(hdt_operator),
	.name = "isfinite",
	.doc = "is x neither infinite nor NaN? Gives bool",
	.inputs = "x",
	.dtypes = "float i32 bool",
	.define = define,
	.samples =
		(const char *const[]){
			"isfinite(T[4, 7])",
			"isfinite(f32[n, 9]) where n = 5",
			"isfinite(f32[0, 3])",
			"isfinite(f32[1])",
			NULL,
		},
};
