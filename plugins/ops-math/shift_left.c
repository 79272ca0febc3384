/* shift_left: x * 2^y, wrapping; an amount below 0 or not below the width gives 0. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = bits_operand(t, 0), *y = bits_operand(t, 1);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	const hdt_expr *amount = hdt_cast(y, dtype), *width = hdt_number(t->context, dtype, 8 * info->bytes);
	const hdt_expr *fits = hdt_and(hdt_less_equal(hdt_like(amount, 0), amount), hdt_less(amount, width));
	hdt_output_elements(t, hdt_select(fits, hdt_binary(HDT_OP_SHL, hdt_cast(x, dtype), amount), hdt_like(amount, 0)));
}

const hdt_operator hdt_op_shift_left = {
	.size = sizeof(hdt_operator),
	.name = "shift_left",
	.doc = "x shifted left by y bits",
	.inputs = "x, y",
	.dtypes = "int u8",
	.define = define,
	.samples =
		(const char *const[]){
			"shift_left(T[3, 4], T[4] in 0..5)",
			"shift_left(i32[n, 5], i32[n, 1]) where n = 4",
			"shift_left(i32[0, 3], i32[3])",
			"shift_left(u8[1, 3], i64[2, 1] in -1..70)",
			NULL,
		},
};
