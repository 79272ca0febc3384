/* remainder: x - floor(x / y) * y, with the sign of y.
 *
 * Floats by the exact remainder of the truncated quotient, moved to the sign of y. By zero, floats give NaN and
 * integers 0. */
#include <hidet/plugin.h>

static const hdt_expr *remainder_of_floats(const hdt_expr *x, const hdt_expr *y)
{
	const hdt_expr *zero = hdt_like(x, 0);
	const hdt_expr *rest = hdt_binary(HDT_OP_FMOD, x, y);
	const hdt_expr *signs_differ = hdt_binary(HDT_OP_NE, hdt_less(y, zero), hdt_less(rest, zero));
	const hdt_expr *move = hdt_and(hdt_binary(HDT_OP_NE, rest, zero), signs_differ);
	return hdt_select(move, hdt_add(rest, y), rest);
}

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	if (hdt_is_float(dtype))
		hdt_output_elements(t, hdt_cast(remainder_of_floats(hdt_widen(x), hdt_widen(y)), dtype));
	else
		hdt_output_elements(t, hdt_mod(x, y));
}

const hdt_operator hdt_op_remainder = {
	.size = sizeof(hdt_operator),
	.name = "remainder",
	.doc = "remainder of floor division, with the sign of y",
	.inputs = "x, y",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"remainder(T[3, 4] in 1..5, T[4] in 1..5)",
			"remainder(f32[n, 5] in 1..5, f32[n, 1] in 1..5) where n = 4",
			"remainder(f32[0, 3], f32[3])",
			"remainder(i32[4, 3] in -9..9, i32[3] in -4..-1)",
			"remainder(f32[4, 3] in -9..9, f32[3] in -4..-0.5)",
			NULL,
		},
};
