/* roll: y[i] = x[i - shift], around the end. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axes[HDT_MAX_RANK], count = hdt_get_axis_list(t, "axes", x->rank, axes);
	hdt_list shifts = hdt_get_dims(t, "shifts"), i = hdt_axes(t, hdt_shape(x)), at = i;

	if (shifts.count != count)
		hdt_reject(t, "%d shifts for %d axes", shifts.count, count);
	for (int n = 0; n < count && n < shifts.count; n++) {
		const hdt_expr *back = hdt_sub(hdt_list_item(at, axes[n]), hdt_list_item(shifts, n));
		at = hdt_list_replace(t, at, axes[n], hdt_mod(back, x->shape[axes[n]]));
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"shifts", HDT_ATTRIBUTE_DIMS, NULL, "how far along each axis"},
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "the axes"},
	{0},
};

const hdt_operator hdt_op_roll = {
	.size = sizeof(hdt_operator),
	.name = "roll",
	.doc = "elements moved along axes, around the end",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"roll(T[3, 4], shifts=[1], axes=[1])",
			"roll(f32[n, 3], shifts=[-2, 4], axes=[0, -1]) where n = 5",
			"roll(f32[0, 3], shifts=1, axes=0)",
			"roll(f32[1], shifts=3, axes=0)",
			NULL,
		},
};
