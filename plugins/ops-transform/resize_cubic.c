/* resize_cubic: the last two dimensions in another size, by cubic convolution with a = -0.75; beyond the edge the edge
 * continues. */
#include "cubic.h"
#include "resize.h"

#include <hidet/plugin.h>

/* The weighted sum of the four neighbours along dimension d, of those along d + 1. */
static const hdt_expr *interpolate(hdt_task *t, const resize *r, int d, hdt_list at, bool align_corners)
{
	if (d == r->count)
		return hdt_widen(hdt_at_list(r->x, at));
	const hdt_expr *zero = hdt_int(t->context, 0), *last = hdt_sub(resize_from(r, d), hdt_int(t->context, 1));
	const hdt_expr *position = resize_position(t, r, d, hdt_dtype_of(r->x->dtype)->compute, align_corners);
	const hdt_expr *floor = hdt_unary(HDT_OP_FLOOR, position), *low = hdt_cast(floor, HDT_I64), *sum = NULL;
	const hdt_expr *weights[4];

	cubic_weights(hdt_sub(position, floor), weights);
	for (int k = 0; k < 4; k++) {
		const hdt_expr *pixel = hdt_min(hdt_max(hdt_add(low, hdt_int(t->context, k - 1)), zero), last);
		const hdt_expr *value = interpolate(t, r, d + 1, hdt_list_replace(t, at, r->lead + d, pixel), align_corners);
		const hdt_expr *term = hdt_mul(weights[k], value);
		sum = k == 0 ? term : hdt_add(sum, term);
	}
	return sum;
}

/* The filter of antialiasing: a = -0.5. */
static const hdt_expr *smooth(const hdt_expr *distance)
{
	const hdt_expr *x = hdt_unary(HDT_OP_ABS, distance), *one = hdt_like(x, 1), *two = hdt_like(x, 2);
	const hdt_expr *far = hdt_select(hdt_less(x, two), cubic_far(x, -0.5), hdt_like(x, 0));
	return hdt_select(hdt_less(x, one), cubic_near(x, -0.5), far);
}

static void define(hdt_task *t)
{
	resize r;
	bool align_corners = hdt_get_bool(t, "align_corners");
	if (!resize_begin(t, 2, &r))
		return;
	if (!hdt_is_float(r.x->dtype) || r.count != 2) {
		hdt_reject(t, "floats and two sizes are needed");
		return;
	}
	if (hdt_get_bool(t, "antialias")) {
		const hdt_tensor *wide = resize_filtered(t, &r, r.x, 1, align_corners, 2, smooth);
		hdt_output(t, resize_filtered(t, &r, wide, 0, align_corners, 2, smooth));
		return;
	}
	const hdt_expr *value = interpolate(t, &r, 0, r.outputs, align_corners);
	hdt_output(t, hdt_compute(t, "y", r.outputs, hdt_cast(value, r.x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"size", HDT_ATTRIBUTE_DIMS, NULL, "sizes of the last dimensions in the result"},
	{"align_corners", HDT_ATTRIBUTE_BOOL, "false", "the middles of the outer pixels stay in place, not their edges"},
	{"antialias", HDT_ATTRIBUTE_BOOL, "false", "when shrinking, weigh all pixels that fall on one (with a = -0.5)"},
	RESIZE_SCALES,
	{0},
};

const hdt_operator hdt_op_resize_cubic = {
	.size = sizeof(hdt_operator),
	.name = "resize_cubic",
	.doc = "the last two dimensions in another size, by cubic interpolation",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"resize_cubic(T[1, 1, 3, 4], size=[5, 6])",
			"resize_cubic(f32[n, 3, 2], size=[2, 5]) where n = 3",
			"resize_cubic(f32[0, 2, 2], size=[4, 4])",
			"resize_cubic(f32[1, 1, 1], size=[3, 2])",
			"resize_cubic(f32[1, 5, 7], size=[3, 2], align_corners=true)",
			"resize_cubic(f32[1, 3, 4], size=[5, 6], scale_h=1.7, scale_w=1.6)",
			"resize_cubic(f32[1, 7, 5], size=[3, 8], antialias=true)",
			NULL,
		},
};
