/* repeat_interleave: each element several times along an axis. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	const hdt_expr *repeats = hdt_int(t->context, hdt_get_int(t, "repeats"));

	if (hdt_get_int(t, "repeats") < 0)
		hdt_reject(t, "repeats must not be negative");
	hdt_list i =
		hdt_axes(t, hdt_list_replace(t, hdt_shape(x), axis, hdt_mul(hdt_list_item(hdt_shape(x), axis), repeats)));
	hdt_list at = hdt_list_replace(t, i, axis, hdt_floordiv(hdt_list_item(i, axis), repeats));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"repeats", HDT_ATTRIBUTE_INT, NULL, "how often each element comes"},
	{"axis", HDT_ATTRIBUTE_INT, NULL, "the axis"},
	{0},
};

const hdt_operator hdt_op_repeat_interleave = {
	.size = sizeof(hdt_operator),
	.name = "repeat_interleave",
	.doc = "each element several times along an axis",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"repeat_interleave(T[2, 3], repeats=2, axis=1)",
			"repeat_interleave(f32[n, 3], repeats=3, axis=0) where n = 5",
			"repeat_interleave(f32[0, 3], repeats=2, axis=0)",
			"repeat_interleave(f32[1], repeats=1, axis=-1)",
			NULL,
		},
};
