/* shift_right: floor(x / 2^y); an amount below 0 or not below the width leaves the sign: 0 or -1. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = bits_operand(t, 0), *y = bits_operand(t, 1);
	hdt_dtype dtype = hdt_promote(hdt_expr_dtype(x), hdt_expr_dtype(y));
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	const hdt_expr *amount = hdt_cast(y, dtype), *width = hdt_number(t->context, dtype, 8 * info->bytes);
	const hdt_expr *fits = hdt_and(hdt_less_equal(hdt_like(amount, 0), amount), hdt_less(amount, width));
	/* Beyond the width only the sign is left. */
	const hdt_expr *rest = info->kind == HDT_KIND_INT
	                           ? hdt_binary(HDT_OP_SHR, hdt_cast(x, dtype), hdt_sub(width, hdt_like(width, 1)))
	                           : hdt_like(amount, 0);
	hdt_output_elements(t, hdt_select(fits, hdt_binary(HDT_OP_SHR, hdt_cast(x, dtype), amount), rest));
}

const hdt_operator hdt_op_shift_right = {
	.size = sizeof(hdt_operator),
	.name = "shift_right",
	.doc = "x shifted right by y bits",
	.inputs = "x, y",
	.dtypes = "int u8",
	.define = define,
	.samples =
		(const char *const[]){
			"shift_right(T[3, 4] in 0..100, T[4] in 0..5)",
			"shift_right(i32[n, 5], i32[n, 1]) where n = 4",
			"shift_right(i32[0, 3], i32[3])",
			"shift_right(i32[2, 3] in -100..100, i64[2, 1] in -1..70)",
			NULL,
		},
};
