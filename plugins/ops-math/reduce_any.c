/* reduce_any: is any nonzero over axes? Gives bool; NaN counts as nonzero. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = reduction_element(t, &r);
	const hdt_expr *holds = hdt_binary(HDT_OP_NE, x, hdt_like(x, 0));
	hdt_output(t, hdt_compute(t, "y", r.outer, reduction_of(&r, HDT_REDUCE_ANY, holds)));
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_any = {
	.size = sizeof(hdt_operator),
	.name = "reduce_any",
	.doc = "is any nonzero over axes? Gives bool",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_any(T[3, 4, 5], axes=[-1])",
			"reduce_any(f32[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_any(f32[3, 0, 2], axes=[1])",
			"reduce_any(f32[4, 1, 3], axes=[0, 2])",
			"reduce_any(f32[3, 5])",
			"reduce_any(f32[], keepdims=true)",
			NULL,
		},
};
