/* pixel_shuffle: channels to pixels: [..., C * r * r, H, W] to [..., C, H * r, W * r]. */
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
	const hdt_expr *r = hdt_int(t->context, factor), *square = hdt_int(t->context, factor * factor);
	const hdt_expr *channels = x->shape[lead], *height = x->shape[lead + 1], *width = x->shape[lead + 2];
	hdt_require(t, hdt_equal(hdt_mod(channels, square), hdt_int(t->context, 0)),
	            "channels must be a multiple of factor squared");
	hdt_list sizes = HDT_AT(hdt_floordiv(channels, square), hdt_mul(height, r), hdt_mul(width, r));
	hdt_list i = hdt_axes(t, hdt_list_join(t, hdt_list_part(hdt_shape(x), 0, lead), sizes));
	const hdt_expr *c = hdt_list_item(i, lead), *h = hdt_list_item(i, lead + 1), *w = hdt_list_item(i, lead + 2);
	const hdt_expr *channel = hdt_add(hdt_mul(hdt_add(hdt_mul(c, r), hdt_mod(h, r)), r), hdt_mod(w, r));
	hdt_list at = hdt_list_join(t, hdt_list_part(i, 0, lead), HDT_AT(channel, hdt_floordiv(h, r), hdt_floordiv(w, r)));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"factor", HDT_ATTRIBUTE_INT, NULL, "r"},
	{0},
};

const hdt_operator hdt_op_pixel_shuffle = {
	.size = sizeof(hdt_operator),
	.name = "pixel_shuffle",
	.doc = "channels to pixels: [..., C * r * r, H, W] to [..., C, H * r, W * r]",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"pixel_shuffle(T[1, 8, 2, 3], factor=2)",
			"pixel_shuffle(f32[n, 9, 2, 2], factor=3) where n = 3",
			"pixel_shuffle(f32[0, 4, 1, 1], factor=2)",
			"pixel_shuffle(f32[4, 1, 1], factor=2)",
			"pixel_shuffle(f32[3, 2, 2], factor=1)",
			NULL,
		},
};
