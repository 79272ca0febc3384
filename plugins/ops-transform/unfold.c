/* unfold: windows along an axis, as a new last dimension. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	int64_t size = hdt_get_int(t, "size"), step = hdt_get_int(t, "step");
	const hdt_expr *extent = hdt_list_item(hdt_shape(x), axis), *one = hdt_int(t->context, 1);

	if (size < 0 || step < 1) {
		hdt_reject(t, "size must not be negative and step must be positive");
		return;
	}
	const hdt_expr *width = hdt_int(t->context, size), *stride = hdt_int(t->context, step);
	hdt_require(t, hdt_less_equal(width, extent), "a window is larger than axis %d", axis);
	const hdt_expr *windows = hdt_add(hdt_floordiv(hdt_sub(extent, width), stride), one);
	hdt_list i = hdt_axes(t, hdt_list_insert(t, hdt_list_replace(t, hdt_shape(x), axis, windows), x->rank, width));
	const hdt_expr *at = hdt_add(hdt_mul(hdt_list_item(i, axis), stride), hdt_list_item(i, x->rank));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, hdt_list_replace(t, hdt_list_part(i, 0, x->rank), axis, at))));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "the axis"},
	{"size", HDT_ATTRIBUTE_INT, NULL, "elements in a window"},
	{"step", HDT_ATTRIBUTE_INT, NULL, "distance of windows"},
	{0},
};

const hdt_operator hdt_op_unfold = {
	.size = sizeof(hdt_operator),
	.name = "unfold",
	.doc = "windows along an axis, as a new last dimension",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"unfold(T[2, 7], axis=1, size=3, step=2)",
			"unfold(f32[n, 3], axis=0, size=2, step=1) where n = 5",
			"unfold(f32[0, 3], axis=1, size=3, step=1)",
			"unfold(f32[1], axis=0, size=1, step=1)",
			NULL,
		},
};
