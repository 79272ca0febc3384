/* bitwise_xor: bitwise exclusive or of integers and bool. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_binary(HDT_OP_BIT_XOR, bits_operand(t, 0), bits_operand(t, 1)));
}

const hdt_operator hdt_op_bitwise_xor = {
	.size = sizeof(hdt_operator),
	.name = "bitwise_xor",
	.doc = "bitwise exclusive or of integers and bool",
	.inputs = "x, y",
	.dtypes = "bool int u8",
	.define = define,
	.samples =
		(const char *const[]){
			"bitwise_xor(T[3, 4], T[4])",
			"bitwise_xor(i32[n, 5], i32[n, 1]) where n = 4",
			"bitwise_xor(i32[0, 3], i32[3])",
			"bitwise_xor(u8[1, 3], i64[2, 1])",
			NULL,
		},
};
