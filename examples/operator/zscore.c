/* zscore: each row with its mean taken off, divided by its standard deviation: (x - mean) / sqrt(variance + eps).
 *
 * A row is what lies along the last axis. The computation is the whole operator: shapes, kernels and test come from it. */
#include <hidet/plugin.h>

static void define(hdt_task *task)
{
	const hdt_tensor *x = hdt_input(task, 0);
	if (x->rank < 1) {
		hdt_reject(task, "a row needs at least one dimension");
		return;
	}
	int last = x->rank - 1;
	hdt_list i = hdt_axes(task, hdt_shape(x)), row = hdt_list_part(i, 0, last);
	const hdt_expr *k = hdt_axis("k", x->shape[last]), *j = hdt_axis("j", x->shape[last]);

	const hdt_tensor *mean = hdt_compute(task, "mean", row, hdt_reduce(HDT_REDUCE_AVG, &k, 1, hdt_at_list(x, hdt_list_replace(task, i, last, k))));
	const hdt_expr *other = hdt_sub(hdt_at_list(x, hdt_list_replace(task, i, last, j)), hdt_at_list(mean, row));
	const hdt_tensor *variance = hdt_compute(task, "variance", row, hdt_reduce(HDT_REDUCE_AVG, &j, 1, hdt_mul(other, other)));

	const hdt_expr *spread = hdt_at_list(variance, row);
	spread = hdt_unary(HDT_OP_SQRT, hdt_add(spread, hdt_like(spread, hdt_get_float(task, "eps"))));
	const hdt_expr *distance = hdt_sub(hdt_at_list(x, i), hdt_at_list(mean, row));
	hdt_output(task, hdt_compute(task, "y", i, hdt_div(distance, spread)));
}

static const hdt_attribute attributes[] = {
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-5", "added to the variance"},
	{0},
};

const hdt_operator hdt_op_zscore = {
	.size = sizeof(hdt_operator),
	.name = "acme.zscore",
	.doc = "each row less its mean, divided by its standard deviation",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "f32 f64",
	.define = define,
	.samples = (const char *const[]){
		"acme.zscore(T[4, 7])",
		"acme.zscore(T[n, 5], eps=0.1) where n = 3",
		"acme.zscore(T[2, n]) where n = 9",
		"acme.zscore(T[2, 3, 4] in 5..6)",
		"acme.zscore(T[0, 3])",
		"acme.zscore(T[3, 1])",
		NULL,
	},
};
