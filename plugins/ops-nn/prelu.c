/* prelu: x above 0, else weight * x, with one weight for all or one for each channel (dimension 1). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *weight = hdt_input(t, 1);
	const hdt_expr *one = hdt_int(t->context, 1), *zero = hdt_int(t->context, 0);

	if (weight->rank > 1 || !hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats are needed, and a weight for all or for each channel");
		return;
	}
	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *element = hdt_widen(hdt_at_list(x, i)), *slope;
	if (weight->rank == 0) {
		slope = hdt_at_list(weight, HDT_SCALAR);
	} else if (x->rank < 2 || hdt_proves_equal(weight->shape[0], one)) {
		hdt_require(t, hdt_equal(weight->shape[0], one), "a list has no channels: one weight is needed");
		slope = hdt_at(weight, zero);
	} else {
		hdt_require(t, hdt_equal(weight->shape[0], x->shape[1]), "the weight does not fit the channels");
		slope = hdt_at(weight, hdt_list_item(i, 1));
	}
	const hdt_expr *y =
		hdt_select(hdt_less(hdt_like(element, 0), element), element, hdt_mul(hdt_widen(slope), element));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

const hdt_operator hdt_op_prelu = {
	.size = sizeof(hdt_operator),
	.name = "prelu",
	.doc = "x above 0, else weight * x",
	.inputs = "x, weight",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"prelu(T[2, 3, 4], T[3])",
			"prelu(f32[n, 3], f32[1]) where n = 5",
			"prelu(f32[0, 3], f32[3])",
			"prelu(f32[1], f32[])",
			"prelu(f32[2, 3, 2, 2], f32[3])",
			NULL,
		},
};
