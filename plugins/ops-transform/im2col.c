/* im2col: x [..., C, H, W] to [..., C * kernel height * kernel width, windows]: each column holds a window. */
#include <hidet/plugin.h>

/* Item `d` of a list of one or two. */
static const hdt_expr *item(hdt_task *t, const char *name, int d)
{
	hdt_list list = hdt_get_dims(t, name);
	if (list.count != 1 && list.count != 2)
		hdt_reject(t, "%s must have one or two items, not %d", name, list.count);
	return hdt_list_item(list, list.count == 1 ? 0 : d);
}

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *zero = hdt_int(t->context, 0), *one = hdt_int(t->context, 1),
				   *inside = hdt_number(t->context, HDT_BOOL, 1);
	const hdt_expr *count[2], *kernel[2], *stride[2], *dilation[2], *padding[2];

	if (x->rank < 3) {
		hdt_reject(t, "images of [..., channels, height, width] are needed, not %d dimensions", x->rank);
		return;
	}
	hdt_list images = hdt_list_part(hdt_shape(x), 0, x->rank - 3);
	const hdt_expr *const *sizes = x->shape + x->rank - 2, *channels = x->shape[x->rank - 3];
	for (int d = 0; d < 2; d++) {
		kernel[d] = item(t, "kernel", d);
		stride[d] = item(t, "stride", d);
		dilation[d] = item(t, "dilation", d);
		padding[d] = item(t, "padding", d);
		hdt_require(t, hdt_and(hdt_less_equal(one, kernel[d]), hdt_less_equal(one, stride[d])),
		            "kernel and stride must be positive");
		const hdt_expr *reach = hdt_add(hdt_mul(dilation[d], hdt_sub(kernel[d], one)), one);
		const hdt_expr *padded = hdt_add(sizes[d], hdt_mul(hdt_int(t->context, 2), padding[d]));
		hdt_require(t, hdt_less_equal(reach, padded), "a window is larger than the padded image");
		count[d] = hdt_add(hdt_floordiv(hdt_sub(padded, reach), stride[d]), one);
	}
	const hdt_expr *rows = hdt_mul(channels, hdt_mul(kernel[0], kernel[1])), *columns = hdt_mul(count[0], count[1]);
	hdt_list i = hdt_axes(t, hdt_list_join(t, images, HDT_AT(rows, columns)));
	hdt_list row = hdt_unflatten(t->context, HDT_AT(channels, kernel[0], kernel[1]), hdt_list_item(i, images.count));
	hdt_list column = hdt_unflatten(t->context, HDT_AT(count[0], count[1]), hdt_list_item(i, images.count + 1));
	hdt_list at = hdt_list_insert(t, hdt_list_part(i, 0, images.count), images.count, hdt_list_item(row, 0));
	for (int d = 0; d < 2; d++) {
		const hdt_expr *start = hdt_sub(hdt_mul(hdt_list_item(column, d), stride[d]), padding[d]);
		const hdt_expr *from = hdt_add(start, hdt_mul(hdt_list_item(row, d + 1), dilation[d]));
		if (!hdt_proves_equal(padding[d], zero))
			inside = hdt_and(inside, hdt_and(hdt_less_equal(zero, from), hdt_less(from, sizes[d])));
		at = hdt_list_insert(t, at, at.count, from);
	}
	const hdt_expr *element = hdt_at_list(x, at);
	hdt_output(t, hdt_compute(t, "y", i, hdt_select(inside, element, hdt_like(element, 0))));
}

static const hdt_attribute attributes[] = {
	{"kernel", HDT_ATTRIBUTE_DIMS, NULL, "height and width of a window"},
	{"dilation", HDT_ATTRIBUTE_DIMS, "1", "distance of the elements in a window"},
	{"padding", HDT_ATTRIBUTE_DIMS, "0", "zeros around the image"},
	{"stride", HDT_ATTRIBUTE_DIMS, "1", "distance of windows"},
	{0},
};

const hdt_operator hdt_op_im2col = {
	.size = sizeof(hdt_operator),
	.name = "im2col",
	.doc = "windows of images as columns",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "f16 f32 f64",
	.define = define,
	.samples =
		(const char *const[]){
			"im2col(T[2, 2, 5, 4], kernel=[2, 3])",
			"im2col(f32[n, 1, 4, 4], kernel=2, stride=2) where n = 3",
			"im2col(f32[0, 1, 3, 3], kernel=2)",
			"im2col(f32[1, 1, 1], kernel=1)",
			"im2col(f32[1, 2, 5, 6], kernel=[2, 3], dilation=[2, 1], padding=[1, 2], stride=[2, 1])",
			NULL,
		},
};
