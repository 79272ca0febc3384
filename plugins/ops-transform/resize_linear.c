/* resize_linear: the last 1, 2 or 3 dimensions in another size, by linear interpolation between neighbouring pixels. */
#include "resize.h"

#include <hidet/plugin.h>

/* The weighted mean of the two neighbours along dimension d, of those along d + 1, and so on. */
static const hdt_expr *interpolate(hdt_task *t, const resize *r, int d, hdt_list at, bool align_corners)
{
	if (d == r->count)
		return hdt_widen(hdt_at_list(r->x, at));
	if (hdt_proves_equal(resize_from(r, d), resize_to(r, d)))
		return interpolate(t, r, d + 1, at, align_corners);
	const hdt_expr *last = hdt_sub(resize_from(r, d), hdt_int(t->context, 1));
	const hdt_expr *exact = resize_position(t, r, d, hdt_dtype_of(r->x->dtype)->compute, align_corners);
	const hdt_expr *position = hdt_max(exact, hdt_like(exact, 0)), *one = hdt_like(exact, 1);
	const hdt_expr *low = hdt_min(hdt_cast(position, HDT_I64), last);
	const hdt_expr *high = hdt_min(hdt_add(low, hdt_int(t->context, 1)), last);
	const hdt_expr *weight = hdt_min(hdt_sub(position, hdt_cast(low, hdt_expr_dtype(position))), one);
	const hdt_expr *a = interpolate(t, r, d + 1, hdt_list_replace(t, at, r->lead + d, low), align_corners);
	const hdt_expr *b = interpolate(t, r, d + 1, hdt_list_replace(t, at, r->lead + d, high), align_corners);
	return hdt_add(hdt_mul(hdt_sub(one, weight), a), hdt_mul(weight, b));
}

static const hdt_expr *triangle(const hdt_expr *distance)
{
	return hdt_max(hdt_sub(hdt_like(distance, 1), hdt_unary(HDT_OP_ABS, distance)), hdt_like(distance, 0));
}

static void define(hdt_task *t)
{
	resize r;
	bool align_corners = hdt_get_bool(t, "align_corners");
	if (!resize_begin(t, 3, &r))
		return;
	if (!hdt_is_float(r.x->dtype)) {
		hdt_reject(t, "%s pixels are not interpolated; cast to a float first", hdt_dtype_of(r.x->dtype)->name);
		return;
	}
	if (hdt_get_bool(t, "antialias")) {
		const hdt_tensor *y = r.x;
		for (int d = r.count - 1; d >= 0; d--)
			y = resize_filtered(t, &r, y, d, align_corners, 1, triangle);
		hdt_output(t, y);
		return;
	}
	const hdt_expr *value = interpolate(t, &r, 0, r.outputs, align_corners);
	hdt_output(t, hdt_compute(t, "y", r.outputs, hdt_cast(value, r.x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"size", HDT_ATTRIBUTE_DIMS, NULL, "sizes of the last dimensions in the result"},
	{"align_corners", HDT_ATTRIBUTE_BOOL, "false", "the middles of the outer pixels stay in place, not their edges"},
	{"antialias", HDT_ATTRIBUTE_BOOL, "false", "when shrinking, weigh all pixels that fall on one"},
	RESIZE_SCALES,
	{0},
};

const hdt_operator hdt_op_resize_linear = {
	.size = sizeof(hdt_operator),
	.name = "resize_linear",
	.doc = "the last dimensions in another size, by linear interpolation",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"resize_linear(T[1, 2, 3, 4], size=[6, 5])",
			"resize_linear(f32[n, 2, 3], size=7) where n = 3",
			"resize_linear(f32[1, n, 3], size=[2 * n, 6]) where n = 4",
			"resize_linear(f32[0, 2, 2], size=[4, 4])",
			"resize_linear(f32[1, 1], size=3)",
			"resize_linear(f32[1, 5, 7], size=[3, 2], align_corners=true)",
			"resize_linear(f32[1, 4], size=1, align_corners=true)",
			"resize_linear(f32[1, 2, 3, 2], size=[3, 2, 3])",
			"resize_linear(f32[1, 3, 4], size=[5, 6], scale_h=1.7, scale_w=1.6)",
			"resize_linear(f32[1, 7, 5], size=[3, 8], antialias=true)",
			NULL,
		},
};
