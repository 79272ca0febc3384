/* bitwise_not: complement of each bit; of bool: not. */
#include "bits.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_output_elements(t, hdt_unary(HDT_OP_BIT_NOT, bits_operand(t, 0)));
}

const hdt_operator hdt_op_bitwise_not = {
	.size = sizeof(hdt_operator),
	.name = "bitwise_not",
	.doc = "complement of each bit; of bool: not",
	.inputs = "x",
	.dtypes = "bool int uint",
	.define = define,
	.samples =
		(const char *const[]){
			"bitwise_not(T[4, 7])",
			"bitwise_not(i32[n, 9]) where n = 5",
			"bitwise_not(i32[0, 3])",
			"bitwise_not(bool[1])",
			NULL,
		},
};
