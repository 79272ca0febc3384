/* instance_norm: (x - mean) / sqrt(variance + eps) over what lies behind the channels (dimension 1), times weight, plus
 * bias by channel. */
#include "moments.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (x->rank < 3 || !hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats of at least 3 dimensions are needed");
		return;
	}
	hdt_list i = hdt_axes(t, hdt_shape(x)), row = hdt_list_part(i, 0, 2),
			 inner = hdt_axes(t, hdt_list_part(hdt_shape(x), 2, x->rank));
	moments m = moments_of(t, row, inner, hdt_widen(hdt_at_list(x, hdt_list_join(t, row, inner))));
	const hdt_expr *normal = moments_normalise(t, &m, row, hdt_widen(hdt_at_list(x, i)));
	const hdt_expr *y = moments_scale(t, normal, 1, 2, hdt_list_part(hdt_shape(x), 1, 1), hdt_list_part(i, 1, 1));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-5", "added to the variance"},
	{0},
};

const hdt_operator hdt_op_instance_norm = {
	.size = sizeof(hdt_operator),
	.name = "instance_norm",
	.doc = "normalisation of each channel",
	.inputs = "x, weight?, bias?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"instance_norm(T[2, 3, 4], T[3], T[3])",
			"instance_norm(f32[n, 2, 2, 2]) where n = 5",
			"instance_norm(f32[1, 2, n], f32[2]) where n = 3",
			"instance_norm(f32[0, 2, 2])",
			"instance_norm(f32[1, 1, 1], eps=0.1)",
			NULL,
		},
};
