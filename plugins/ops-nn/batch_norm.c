/* batch_norm: normalisation by given moments of each channel (dimension 1), as in inference. */
#include "moments.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *mean = hdt_input(t, 1), *var = hdt_input(t, 2);
	if (x->rank < 2 || mean->rank != 1 || var->rank != 1 || !hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats of at least 2 dimensions, and a mean and a variance for each channel are needed");
		return;
	}
	hdt_list i = hdt_axes(t, hdt_shape(x)), channel = hdt_list_part(i, 1, 1),
			 channels = hdt_list_part(hdt_shape(x), 1, 1);
	hdt_require(t, hdt_and(hdt_equal(mean->shape[0], x->shape[1]), hdt_equal(var->shape[0], x->shape[1])),
	            "mean or variance does not fit the channels");
	const hdt_expr *element = hdt_widen(hdt_at_list(x, i)), *spread = hdt_widen(hdt_at_list(var, channel));
	const hdt_expr *distance = hdt_sub(element, hdt_widen(hdt_at_list(mean, channel)));
	const hdt_expr *scale = hdt_unary(HDT_OP_RSQRT, hdt_add(spread, hdt_like(spread, hdt_get_float(t, "eps"))));
	const hdt_expr *y = moments_scale(t, hdt_mul(distance, scale), 3, 4, channels, channel);
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-5", "added to the variance"},
	{0},
};

const hdt_operator hdt_op_batch_norm = {
	.size = sizeof(hdt_operator),
	.name = "batch_norm",
	.doc = "(x - mean) / sqrt(var + eps) * weight + bias by channel",
	.inputs = "x, mean, var, weight?, bias?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"batch_norm(T[2, 3, 4], T[3], T[3] in 0.5..2, T[3], T[3])",
			"batch_norm(f32[n, 3, 2, 2], f32[3], f32[3] in 0.5..2) where n = 5",
			"batch_norm(f32[0, 3], f32[3], f32[3] in 0.5..2)",
			"batch_norm(f32[2, 1], f32[1], f32[1] in 0.5..2, f32[1])",
			"batch_norm(f16[2, 3, 2], f32[3], f32[3] in 0.5..2, f32[3], f32[3], eps=0.01)",
			"batch_norm(f32[2, 3], f32[3], f32[3] in 0.5..2, none, f32[3])",
			NULL,
		},
};
