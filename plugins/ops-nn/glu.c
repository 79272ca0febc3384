/* glu: first half of an axis times the sigmoid of the second half. */
#include "activation.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	const hdt_expr *two = hdt_int(t->context, 2), *size = hdt_list_item(hdt_shape(x), axis),
				   *half = hdt_floordiv(size, two);

	if (!hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats are needed");
		return;
	}
	hdt_require(t, hdt_equal(hdt_mod(size, two), hdt_int(t->context, 0)), "axis %d cannot be halved", axis);
	hdt_list i = hdt_axes(t, hdt_list_replace(t, hdt_shape(x), axis, half));
	const hdt_expr *a = hdt_widen(hdt_at_list(x, i));
	const hdt_expr *b = hdt_widen(hdt_at_list(x, hdt_list_replace(t, i, axis, hdt_add(hdt_list_item(i, axis), half))));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(hdt_mul(a, activation_sigmoid(b)), x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "-1", "the axis to halve"},
	{0},
};

const hdt_operator hdt_op_glu = {
	.size = sizeof(hdt_operator),
	.name = "glu",
	.doc = "first half of an axis times the sigmoid of the second half",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"glu(T[4, 6])",
			"glu(f32[n, 4, 3], axis=1) where n = 5",
			"glu(f32[2 * n, 3], axis=0) where n = 2",
			"glu(f32[0, 2])",
			"glu(f32[2])",
			NULL,
		},
};
