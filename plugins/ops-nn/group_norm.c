/* group_norm: (x - mean) / sqrt(variance + eps) over groups of channels and all that lies behind them, times weight,
 * plus bias by channel. */
#include "moments.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int64_t groups = hdt_get_int(t, "groups");
	if (x->rank < 2 || groups < 1 || !hdt_is_float(x->dtype)) {
		hdt_reject(t, "floats of at least 2 dimensions and at least one group are needed");
		return;
	}
	const hdt_expr *count = hdt_int(t->context, groups), *each = hdt_floordiv(x->shape[1], count);
	hdt_require(t, hdt_equal(hdt_mod(x->shape[1], count), hdt_int(t->context, 0)),
	            "channels are no multiple of groups");
	hdt_list row = hdt_axes(t, HDT_AT(x->shape[0], count));
	hdt_list inner = hdt_axes(t, hdt_list_insert(t, hdt_list_part(hdt_shape(x), 2, x->rank), 0, each));
	const hdt_expr *channel = hdt_add(hdt_mul(hdt_list_item(row, 1), each), hdt_list_item(inner, 0));
	hdt_list at = hdt_list_join(t, HDT_AT(hdt_list_item(row, 0), channel), hdt_list_part(inner, 1, inner.count));
	moments m = moments_of(t, row, inner, hdt_widen(hdt_at_list(x, at)));

	hdt_list i = hdt_axes(t, hdt_shape(x));
	hdt_list own = HDT_AT(hdt_list_item(i, 0), hdt_floordiv(hdt_list_item(i, 1), each));
	const hdt_expr *normal = moments_normalise(t, &m, own, hdt_widen(hdt_at_list(x, i)));
	const hdt_expr *y = moments_scale(t, normal, 1, 2, hdt_list_part(hdt_shape(x), 1, 1), hdt_list_part(i, 1, 1));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(y, x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"groups", HDT_ATTRIBUTE_INT, NULL, "how many groups the channels (dimension 1) form"},
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-5", "added to the variance"},
	{0},
};

const hdt_operator hdt_op_group_norm = {
	.size = sizeof(hdt_operator),
	.name = "group_norm",
	.doc = "normalisation over groups of channels",
	.inputs = "x, weight?, bias?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"group_norm(T[2, 4, 3], T[4], T[4], groups=2)",
			"group_norm(f32[n, 6, 2, 2], groups=3) where n = 5",
			"group_norm(f32[2, 4, n], f32[4], groups=4) where n = 3",
			"group_norm(f32[0, 2, 2], groups=1)",
			"group_norm(f32[1, 2], groups=1)",
			"group_norm(f32[2, 4, 3], none, f32[4], groups=2, eps=0.1)",
			NULL,
		},
};
