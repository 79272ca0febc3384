/* layer_norm: (x - mean) / sqrt(variance + eps) over the last dimensions, times weight, plus bias. */
#include "moments.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int64_t axes = hdt_get_int(t, "axes");
	if (axes < 1 || axes > x->rank || !hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats are needed, and axes from 1 to %d", x->rank);
		return;
	}
	int lead = x->rank - (int)axes;
	hdt_list i = hdt_axes(t, hdt_shape(x)), row = hdt_list_part(i, 0, lead);
	hdt_list shape = hdt_list_part(hdt_shape(x), lead, (int)axes), inner = hdt_axes(t, shape);
	moments m = moments_of(t, row, inner, hdt_widen(hdt_at_list(x, hdt_list_join(t, row, inner))));
	const hdt_expr *normal = moments_normalise(t, &m, row, hdt_widen(hdt_at_list(x, i)));
	const hdt_expr *y = moments_scale(t, normal, 1, 2, shape, hdt_list_part(i, lead, (int)axes));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_INT, "1", "how many of the last dimensions"},
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-5", "added to the variance"},
	{0},
};

const hdt_operator hdt_op_layer_norm = {
	.size = sizeof(hdt_operator),
	.name = "layer_norm",
	.doc = "normalisation over the last dimensions",
	.inputs = "x, weight?, bias?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"layer_norm(T[3, 8], T[8], T[8])",
			"layer_norm(f32[n, 3, 4], f32[3, 4], f32[3, 4], axes=2) where n = 5",
			"layer_norm(f32[2, n]) where n = 5",
			"layer_norm(f32[0, 3], f32[3])",
			"layer_norm(f32[3, 1])",
			"layer_norm(f32[6], eps=0.1)",
			"layer_norm(f32[2, 3], none, f32[3])",
			NULL,
		},
};
