/* conv1d: x [n, channels, width] with a weight [outputs, channels / groups, width]; cross-correlation, zeros as
 * padding. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_define(t, 1);
}

const hdt_operator hdt_op_conv1d = {
	.size = sizeof(hdt_operator),
	.name = "conv1d",
	.doc = "1-dimensional convolution (cross-correlation)",
	.inputs = "x, weight, bias?",
	.attributes = conv_attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"conv1d(T[1, 2, 7], T[3, 2, 3], T[3], padding=1)",
			"conv1d(f32[n, 1, 4], f32[2, 1, 2]) where n = 3",
			"conv1d(f32[1, 1, n], f32[1, 1, 3], none, stride=2, padding=1) where n = 5",
			"conv1d(f32[0, 1, 3], f32[1, 1, 2])",
			"conv1d(f32[1, 1, 1], f32[1, 1, 1], f32[1])",
			"conv1d(f32[1, 4, 9], f32[6, 2, 3], f32[6], stride=[2], padding=[2], dilation=[2], groups=2)",
			"conv1d(f32[1, 3, 3], f32[3, 1, 2], groups=3)",
			"conv1d(f32[2, 3], f32[2, 2, 2])",
			NULL,
		},
};
