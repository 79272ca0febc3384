/* rms_norm: x / sqrt(mean of squares + eps) over the last dimensions, times weight. */
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
	const hdt_expr *value = hdt_widen(hdt_at_list(x, hdt_list_join(t, row, inner)));
	const hdt_expr *mean = hdt_reduce(HDT_REDUCE_AVG, inner.items, inner.count, hdt_mul(value, value));
	const hdt_tensor *squares = hdt_compute(t, "squares", row, mean);

	/* Without one: the distance of 1 and the next number of the dtype that is computed in. */
	double eps = hdt_has(t, "eps") ? hdt_get_float(t, "eps") : x->dtype == HDT_F64 ? 0x1p-52 : 0x1p-23;
	const hdt_expr *root = hdt_unary(HDT_OP_RSQRT, hdt_add(hdt_at_list(squares, row), hdt_like(value, eps)));
	const hdt_expr *normal = hdt_mul(hdt_widen(hdt_at_list(x, i)), root);
	const hdt_expr *y = moments_scale(t, normal, 1, -1, shape, hdt_list_part(i, lead, (int)axes));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_INT, "1", "how many of the last dimensions"},
	{"eps", HDT_ATTRIBUTE_FLOAT, "none", "added to the mean square; none: the smallest step above 1"},
	{0},
};

const hdt_operator hdt_op_rms_norm = {
	.size = sizeof(hdt_operator),
	.name = "rms_norm",
	.doc = "division by the root mean square of the last dimensions",
	.inputs = "x, weight?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"rms_norm(T[3, 8], T[8])",
			"rms_norm(f32[n, 3, 4], f32[3, 4], axes=2) where n = 5",
			"rms_norm(f32[2, n], eps=0.01) where n = 5",
			"rms_norm(f32[0, 3])",
			"rms_norm(f32[3, 1])",
			"rms_norm(f32[6])",
			NULL,
		},
};
