/* resize_nearest: the last dimensions in another size, each pixel the nearest one of the input. Coordinates are
 * computed in f32. */
#include "resize.h"

#include <hidet/plugin.h>

static const hdt_expr *nearest(hdt_task *t, const resize *r, int d, bool exact)
{
	const hdt_expr *i = resize_index(r, d), *from = resize_from(r, d), *to = resize_to(r, d);
	const hdt_expr *last = hdt_sub(from, hdt_int(t->context, 1));

	/* Enlargements by these are exact in f32 too, so the plain quotient says the same. */
	for (int64_t ratio = 1; ratio <= 8; ratio *= 2) {
		const hdt_expr *times = hdt_int(t->context, ratio);
		if (hdt_proves_equal(to, hdt_mul(from, times)) && (ratio <= 2 || !resize_scale_differs(t, r, d, (double)ratio)))
			return hdt_floordiv(i, times);
	}
	const hdt_expr *step = resize_step(t, r, d, HDT_F32, false), *corner = hdt_cast(i, HDT_F32);
	const hdt_expr *position = exact ? hdt_add(corner, hdt_like(corner, 0.5)) : corner;
	return hdt_min(hdt_cast(hdt_unary(HDT_OP_FLOOR, hdt_mul(position, step)), HDT_I64), last);
}

static void define(hdt_task *t)
{
	resize r;
	bool exact = hdt_get_bool(t, "exact");
	if (!resize_begin(t, 3, &r))
		return;
	hdt_list at = r.outputs;
	for (int d = 0; d < r.count; d++)
		at = hdt_list_replace(t, at, r.lead + d, nearest(t, &r, d, exact));
	hdt_output(t, hdt_compute(t, "y", r.outputs, hdt_at_list(r.x, at)));
}

static const hdt_attribute attributes[] = {
	{"size", HDT_ATTRIBUTE_DIMS, NULL, "sizes of the last dimensions in the result"},
	{"exact", HDT_ATTRIBUTE_BOOL, "false", "the pixel whose middle is nearest, not the one that the corner falls on"},
	RESIZE_SCALES,
	{0},
};

const hdt_operator hdt_op_resize_nearest = {
	.size = sizeof(hdt_operator),
	.name = "resize_nearest",
	.doc = "the last dimensions in another size, by the nearest pixel",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "u8 f16 f32 f64",
	.define = define,
	.samples =
		(const char *const[]){
			"resize_nearest(T[1, 2, 3, 4], size=[6, 5])",
			"resize_nearest(f32[n, 2, 3], size=7) where n = 3",
			"resize_nearest(f32[1, n, n], size=[2 * n, 2 * n]) where n = 4",
			"resize_nearest(f32[0, 2, 2], size=[4, 4])",
			"resize_nearest(f32[1, 1], size=3)",
			"resize_nearest(f32[1, 5, 7], size=[3, 2], exact=true)",
			"resize_nearest(f32[1, 2, 3, 4], size=[3, 2, 5])",
			"resize_nearest(f32[1, 3, 4], size=[5, 6], scale_h=1.7, scale_w=1.6)",
			NULL,
		},
};
