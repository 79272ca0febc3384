/* linear: y = x weight^T + bias: the last dimension of x against the rows of the weight [outputs, inputs]. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *weight = hdt_input(t, 1), *bias = hdt_input(t, 2);

	if (x->rank < 1 || weight->rank != 2 || (bias && bias->rank != 1)) {
		hdt_reject(t, "x of at least 1, a weight of 2 and a bias of 1 dimension are needed");
		return;
	}
	int last = x->rank - 1;
	const hdt_expr *inner = x->shape[last], *outer = weight->shape[0];
	hdt_require(t, hdt_equal(inner, weight->shape[1]), "x has %s features, the weight %s", hdt_expr_text(inner),
	            hdt_expr_text(weight->shape[1]));
	if (bias)
		hdt_require(t, hdt_equal(bias->shape[0], outer), "the bias does not fit the %s outputs", hdt_expr_text(outer));
	hdt_list i = hdt_axes(t, hdt_list_replace(t, hdt_shape(x), last, outer));
	const hdt_expr *k = hdt_axis("k", inner), *o = hdt_list_item(i, last);
	const hdt_expr *sum = hdt_sum(k, hdt_mul(hdt_at_list(x, hdt_list_replace(t, i, last, k)), hdt_at(weight, o, k)));
	hdt_output(t, hdt_compute(t, "y", i, bias ? hdt_add(sum, hdt_at(bias, o)) : sum));
}

const hdt_operator hdt_op_linear = {
	.size = sizeof(hdt_operator),
	.name = "linear",
	.doc = "x times the transposed weight, and a bias",
	.inputs = "x, weight, bias?",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"linear(T[3, 4], T[5, 4], T[5])",
			"linear(f32[n, 2, 4], f32[3, 4]) where n = 5",
			"linear(f32[n, 4], f32[3, 4], f32[3]) where n = 5",
			"linear(f32[0, 4], f32[3, 4], f32[3])",
			"linear(f32[4], f32[1, 4], f32[1])",
			"linear(f32[2, 1], f32[3, 1])",
			NULL,
		},
};
