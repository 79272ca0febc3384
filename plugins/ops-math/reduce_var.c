/* reduce_var: sum of squared distances from the mean, divided by (number of elements - correction); in two passes. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = hdt_widen(reduction_element(t, &r));
	if (!hdt_is_float(r.x->dtype))
		hdt_reject(t, "the variance of %s is not defined; cast to a float first", hdt_dtype_of(r.x->dtype)->name);
	const hdt_tensor *mean = hdt_compute(t, "mean", r.outer, reduction_of(&r, HDT_REDUCE_AVG, x));
	const hdt_expr *distance = hdt_sub(hdt_widen(reduction_element(t, &r)), hdt_at_list(mean, r.outer));
	const hdt_expr *sum = reduction_of(&r, HDT_REDUCE_SUM, hdt_mul(distance, distance));
	/* Fewer elements than the correction leave nothing to divide by. */
	const hdt_expr *freedom =
		hdt_sub(hdt_cast(r.count, hdt_expr_dtype(x)), hdt_like(x, hdt_get_float(t, "correction")));
	const hdt_expr *variance = hdt_div(sum, hdt_max(freedom, hdt_like(x, 0)));
	hdt_output(t, hdt_compute(t, "y", r.outer, hdt_cast(variance, r.x->dtype)));
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{"correction", HDT_ATTRIBUTE_FLOAT, "1", "taken off the number of elements before dividing"},
	{0},
};

const hdt_operator hdt_op_reduce_var = {
	.size = sizeof(hdt_operator),
	.name = "reduce_var",
	.doc = "variance over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_var(T[3, 4, 5], axes=[-1])",
			"reduce_var(f32[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_var(f32[3, 0, 2], axes=[1])",
			"reduce_var(f32[4, 1, 3], axes=[0, 2])",
			"reduce_var(f32[3, 5])",
			"reduce_var(f32[], keepdims=true)",
			"reduce_var(f32[3, 6], axes=[1], correction=0)",
			NULL,
		},
};
