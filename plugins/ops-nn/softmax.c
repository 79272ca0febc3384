/* softmax: exponentials divided by their sum along an axis; the largest element is taken off first, so that nothing
 * overflows. */
#include "softmax_rows.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	softmax_rows s = softmax_rows_of(t);
	hdt_output(t, hdt_compute(t, "y", s.i, hdt_cast(hdt_div(hdt_unary(HDT_OP_EXP, s.difference), s.sum), s.dtype)));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "-1", "the axis that sums to 1"},
	{0},
};

const hdt_operator hdt_op_softmax = {
	.size = sizeof(hdt_operator),
	.name = "softmax",
	.doc = "exponentials divided by their sum along an axis",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"softmax(T[4, 7])",
			"softmax(f32[n, 5], axis=0) where n = 5",
			"softmax(f32[2, n]) where n = 9",
			"softmax(f32[0, 3])",
			"softmax(f32[3, 1])",
			"softmax(f32[2, 3, 4] in -80..80, axis=1)",
			NULL,
		},
};
