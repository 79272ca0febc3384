/* neg: -x; unsigned integers wrap, bool is rejected. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	if (hdt_expr_dtype(x) == HDT_BOOL)
		hdt_reject(t, "bool has no negative; use logical_not");
	hdt_output_elements(t, hdt_neg(x));
}

const hdt_operator hdt_op_neg = {
	.size = sizeof(hdt_operator),
	.name = "neg",
	.doc = "-x",
	.inputs = "x",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"neg(T[4, 7])",
			"neg(f32[n, 9]) where n = 5",
			"neg(f32[0, 3])",
			"neg(f32[1])",
			NULL,
		},
};
