/* floor_divide: floor(x / y).
 *
 * Floats as Python divides: the quotient of x without its remainder, so that 1 // 0.1 is 9 although 1 / 0.1 rounds
 * to 10. By zero, floats give x / y and integers 0. */
#include <hidet/plugin.h>

static const hdt_expr *floor_of_floats(const hdt_expr *x, const hdt_expr *y)
{
	const hdt_expr *zero = hdt_like(x, 0), *one = hdt_like(x, 1);
	const hdt_expr *rest = hdt_binary(HDT_OP_FMOD, x, y);
	const hdt_expr *signs_differ = hdt_binary(HDT_OP_NE, hdt_less(y, zero), hdt_less(rest, zero));
	const hdt_expr *round_down = hdt_and(hdt_binary(HDT_OP_NE, rest, zero), signs_differ);
	const hdt_expr *quotient = hdt_div(hdt_sub(x, rest), y);
	const hdt_expr *nearly = hdt_select(round_down, hdt_sub(quotient, one), quotient);
	const hdt_expr *floor = hdt_unary(HDT_OP_FLOOR, nearly);
	/* The division above is rounded, so the whole number may be missed by a little. */
	const hdt_expr *missed = hdt_less(hdt_like(x, 0.5), hdt_sub(nearly, floor));
	return hdt_select(hdt_equal(y, zero), hdt_div(x, y), hdt_select(missed, hdt_add(floor, one), floor));
}

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *y = hdt_element(t, 1);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	if (hdt_is_float(dtype))
		hdt_output_elements(t, hdt_cast(floor_of_floats(hdt_widen(x), hdt_widen(y)), dtype));
	else
		hdt_output_elements(t, hdt_floordiv(x, y));
}

const hdt_operator hdt_op_floor_divide = {
	.size = sizeof(hdt_operator),
	.name = "floor_divide",
	.doc = "floor of the quotient",
	.inputs = "x, y",
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"floor_divide(T[3, 4] in 1..5, T[4] in 1..5)",
			"floor_divide(f32[n, 5] in 1..5, f32[n, 1] in 1..5) where n = 4",
			"floor_divide(f32[0, 3], f32[3])",
			"floor_divide(i32[4, 3] in -9..9, i32[3] in -4..-1)",
			"floor_divide(f32[4, 3] in -9..9, f32[3] in -4..-0.5)",
			NULL,
		},
};
