/* reduce_sum: sum over axes; integers and bool give i64. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = reduction_element(t, &r);
	bool is_float = hdt_is_float(r.x->dtype);
	const hdt_expr *y = is_float ? reduction_of(&r, HDT_REDUCE_SUM, x)
	                             : reduction_in(&r, HDT_REDUCE_SUM, HDT_I64, hdt_cast(x, HDT_I64));
	hdt_output(t, hdt_compute(t, "y", r.outer, y));
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_sum = {
	.size = sizeof(hdt_operator),
	.name = "reduce_sum",
	.doc = "sum over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_sum(T[3, 4, 5], axes=[-1])",
			"reduce_sum(bool[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_sum(f32[3, 0, 2], axes=[1])",
			"reduce_sum(f32[4, 1, 3], axes=[0, 2])",
			"reduce_sum(f32[3, 5])",
			"reduce_sum(f32[], keepdims=true)",
			NULL,
		},
};
