/* reduce_prod: product over axes; integers and bool give i64. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = reduction_element(t, &r);
	bool is_float = hdt_is_float(r.x->dtype);
	const hdt_expr *y = is_float ? reduction_of(&r, HDT_REDUCE_PROD, x)
	                             : reduction_in(&r, HDT_REDUCE_PROD, HDT_I64, hdt_cast(x, HDT_I64));
	hdt_output(t, hdt_compute(t, "y", r.outer, y));
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_prod = {
	.size = sizeof(hdt_operator),
	.name = "reduce_prod",
	.doc = "product over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_prod(T[3, 4, 5], axes=[-1])",
			"reduce_prod(f32[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_prod(f32[3, 0, 2], axes=[1])",
			"reduce_prod(f32[4, 1, 3], axes=[0, 2])",
			"reduce_prod(f32[3, 5])",
			"reduce_prod(f32[], keepdims=true)",
			NULL,
		},
};
