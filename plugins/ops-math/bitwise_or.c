/* bitwise_or: bitwise or of integers and bool. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_BIT_OR, bits_operand(t, 0), bits_operand(t, 1)));
}

const hdt_operator hdt_op_bitwise_or = {
	.size = sizeof(hdt_operator),
	.name = "bitwise_or",
	.doc = "bitwise or of integers and bool",
	.inputs = "x, y",
	.dtypes = "bool int u8",
	.define = define,
	.samples =
		(const char *const[]){
			"bitwise_or(T[3, 4], T[4])",
			"bitwise_or(i32[n, 5], i32[n, 1]) where n = 4",
			"bitwise_or(i32[0, 3], i32[3])",
			"bitwise_or(u8[1, 3], i64[2, 1])",
			NULL,
		},
};
