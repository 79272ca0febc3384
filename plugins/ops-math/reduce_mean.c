/* reduce_mean: mean over axes of floats; of nothing: NaN. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = reduction_element(t, &r);
	if (!hdt_is_float(r.x->dtype))
		hdt_reject(t, "the mean of %s is not defined; cast to a float first", hdt_dtype_of(r.x->dtype)->name);
	hdt_output(t, hdt_compute(t, "y", r.outer, reduction_of(&r, HDT_REDUCE_AVG, x)));
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_mean = {
	.size = sizeof(hdt_operator),
	.name = "reduce_mean",
	.doc = "mean over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_mean(T[3, 4, 5], axes=[-1])",
			"reduce_mean(f32[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_mean(f32[3, 0, 2], axes=[1])",
			"reduce_mean(f32[4, 1, 3], axes=[0, 2])",
			"reduce_mean(f32[3, 5])",
			"reduce_mean(f32[], keepdims=true)",
			NULL,
		},
};
