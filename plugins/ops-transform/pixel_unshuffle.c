/* pixel_unshuffle: pixels to channels: [..., C, H * r, W * r] to [..., C * r * r, H, W]. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int64_t factor = hdt_get_int(t, "factor");
	int lead = x->rank - 3;

	if (lead < 0 || factor < 1 || factor > 1 << 15) {
		hdt_reject(t, "[..., channels, height, width] and a positive factor are needed");
		return;
	}
	const hdt_expr *r = hdt_int(t->context, factor), *zero = hdt_int(t->context, 0);
	const hdt_expr *channels = x->shape[lead], *height = x->shape[lead + 1], *width = x->shape[lead + 2];
	hdt_require(t, hdt_equal(hdt_mod(height, r), zero), "the height must be a multiple of factor");
	hdt_require(t, hdt_equal(hdt_mod(width, r), zero), "the width must be a multiple of factor");
	hdt_list sizes = HDT_AT(hdt_mul(channels, hdt_int(t->context, factor * factor)), hdt_floordiv(height, r),
	                        hdt_floordiv(width, r));
	hdt_list i = hdt_axes(t, hdt_list_join(t, hdt_list_part(hdt_shape(x), 0, lead), sizes));
	hdt_list channel = hdt_unflatten(t->context, HDT_AT(channels, r, r), hdt_list_item(i, lead));
	const hdt_expr *h = hdt_add(hdt_mul(hdt_list_item(i, lead + 1), r), hdt_list_item(channel, 1));
	const hdt_expr *w = hdt_add(hdt_mul(hdt_list_item(i, lead + 2), r), hdt_list_item(channel, 2));
	hdt_list at = hdt_list_join(t, hdt_list_part(i, 0, lead), HDT_AT(hdt_list_item(channel, 0), h, w));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"factor", HDT_ATTRIBUTE_INT, NULL, "r"},
	{0},
};

const hdt_operator hdt_op_pixel_unshuffle = {
	.size = sizeof(hdt_operator),
	.name = "pixel_unshuffle",
	.doc = "pixels to channels: [..., C, H * r, W * r] to [..., C * r * r, H, W]",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"pixel_unshuffle(T[1, 2, 4, 6], factor=2)",
			"pixel_unshuffle(f32[n, 1, 3, 6], factor=3) where n = 3",
			"pixel_unshuffle(f32[0, 1, 2, 2], factor=2)",
			"pixel_unshuffle(f32[1, 1, 1], factor=1)",
			NULL,
		},
};
