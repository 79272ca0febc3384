/* bitwise_and: bitwise and of integers and bool. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_BIT_AND, bits_operand(t, 0), bits_operand(t, 1)));
}

const hdt_operator hdt_op_bitwise_and = {
	.size = sizeof(hdt_operator),
	.name = "bitwise_and",
	.doc = "bitwise and of integers and bool",
	.inputs = "x, y",
	.dtypes = "bool int u8",
	.define = define,
	.samples =
		(const char *const[]){
			"bitwise_and(T[3, 4], T[4])",
			"bitwise_and(i32[n, 5], i32[n, 1]) where n = 4",
			"bitwise_and(i32[0, 3], i32[3])",
			"bitwise_and(u8[1, 3], i64[2, 1])",
			NULL,
		},
};
