/* lerp: x + weight * (y - x). */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1), *weight = hdt_element(t, 2);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	const hdt_expr *from = hdt_widen(x), *to = hdt_widen(y), *w = hdt_widen(weight);
	const hdt_expr *step = hdt_sub(to, from);
	/* From the nearer end, so that weight 1 gives exactly y. */
	const hdt_expr *near_from = hdt_add(from, hdt_mul(w, step));
	const hdt_expr *near_to = hdt_sub(to, hdt_mul(step, hdt_sub(hdt_like(w, 1), w)));
	const hdt_expr *small = hdt_less(hdt_unary(HDT_OP_ABS, w), hdt_like(w, 0.5));
	hdt_output_elements(t, hdt_cast(hdt_select(small, near_from, near_to), dtype));
}

const hdt_operator hdt_op_lerp = {
	.size = sizeof(hdt_operator),
	.name = "lerp",
	.doc = "x + weight * (y - x)",
	.inputs = "x, y, weight",
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"lerp(T[4, 5], T[5], T[4, 1] in 0..1)",
			"lerp(f32[n, 5], f32[n, 1], f32[] in 0..1) where n = 4",
			"lerp(f32[0, 3], f32[3], f32[1])",
			"lerp(f32[1], f32[3], f32[3])",
			NULL,
		},
};
