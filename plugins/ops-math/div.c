/* div: true quotient; integers and bool give f32. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_div(hdt_element(t, 0), hdt_element(t, 1)));
}

const hdt_operator hdt_op_div = {
	.size = sizeof(hdt_operator),
	.name = "div",
	.doc = "x / y; integers give f32",
	.inputs = "x, y",
	.sign = "/",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"div(T[3, 4] in 0.5..4, T[4] in 0.5..4)",
			"div(f32[n, 5] in 0.5..4, f32[n, 1] in 0.5..4) where n = 4",
			"div(f32[0, 3], f32[3])",
			"div(i32[1, 3], i64[2, 1] in 1..5)",
			"div(i64[3], f32[3] in 0.5..2)",
			NULL,
		},
};
