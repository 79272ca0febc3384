/* reduce_norm: (sum |x|^p)^(1/p); p = 0 counts what is nonzero, inf and -inf give the largest and smallest |x|. */
#include "reduction.h"

#include <hidet/plugin.h>
#include <math.h>

/* `x` is the absolute value of an element. */
static const hdt_expr *norm(hdt_task *t, const reduction *r, const hdt_expr *x, double p)
{
	const hdt_expr *zero = hdt_like(x, 0);
	if (isinf(p))
		hdt_require(t, hdt_less_equal(hdt_int(t->context, 1), r->count), "an extreme of nothing: an axis has size 0");
	if (isinf(p))
		return reduction_of(r, p > 0 ? HDT_REDUCE_MAX : HDT_REDUCE_MIN, x);
	if (p == 0)
		return reduction_of(r, HDT_REDUCE_SUM, hdt_cast(hdt_binary(HDT_OP_NE, x, zero), hdt_expr_dtype(x)));
	if (p == 1)
		return reduction_of(r, HDT_REDUCE_SUM, x);
	if (p == 2)
		return hdt_unary(HDT_OP_SQRT, reduction_of(r, HDT_REDUCE_SUM, hdt_mul(x, x)));
	const hdt_expr *sum = reduction_of(r, HDT_REDUCE_SUM, hdt_binary(HDT_OP_POW, x, hdt_like(x, p)));
	return hdt_binary(HDT_OP_POW, sum, hdt_like(x, 1 / p));
}

static void define(hdt_task *t)
{
	reduction r = reduction_begin(t);
	const hdt_expr *x = hdt_unary(HDT_OP_ABS, hdt_widen(reduction_element(t, &r)));
	if (!hdt_is_float(r.x->dtype))
		hdt_reject(t, "the norm of %s is not defined; cast to a float first", hdt_dtype_of(r.x->dtype)->name);
	hdt_output(t, hdt_compute(t, "y", r.outer, hdt_cast(norm(t, &r, x, hdt_get_float(t, "ord")), r.x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"ord", HDT_ATTRIBUTE_FLOAT, "2", "the power p; inf and -inf: largest and smallest"},
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_norm = {
	.size = sizeof(hdt_operator),
	.name = "reduce_norm",
	.doc = "p-norm over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_norm(T[3, 4, 5] in 0.5..2, axes=[-1])",
			"reduce_norm(f32[n, 6] in 0.5..2, axes=[0], keepdims=true) where n = 5",
			"reduce_norm(f32[3, 0, 2], axes=[1])",
			"reduce_norm(f32[4, 1, 3] in 0.5..2, axes=[0, 2])",
			"reduce_norm(f32[3, 5] in 0.5..2)",
			"reduce_norm(f32[] in 0.5..2, keepdims=true)",
			"reduce_norm(f32[3, 6], ord=1, axes=[1])",
			"reduce_norm(f32[3, 6], ord=inf, axes=[1])",
			"reduce_norm(f32[3, 6], ord=-inf, axes=[0])",
			"reduce_norm(f32[3, 6], ord=0)",
			"reduce_norm(f32[3, 6] in 0.1..2, ord=3, axes=[1])",
			NULL,
		},
};
