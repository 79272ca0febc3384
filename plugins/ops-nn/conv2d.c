/* conv2d: x [n, channels, height, width] with a weight [outputs, channels / groups, height, width]; cross-correlation,
 * zeros as padding. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_define(t, 2);
}

const hdt_operator hdt_op_conv2d = {
	.size = sizeof(hdt_operator),
	.name = "conv2d",
	.doc = "2-dimensional convolution (cross-correlation)",
	.inputs = "x, weight, bias?",
	.attributes = conv_attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"conv2d(T[1, 2, 5, 5], T[3, 2, 3, 3], T[3], padding=1)",
			"conv2d(f32[n, 1, 4, 4], f32[2, 1, 2, 2]) where n = 3",
			"conv2d(f32[1, 1, n, 4], f32[1, 1, 3, 3], none, stride=2, padding=1) where n = 5",
			"conv2d(f32[0, 1, 3, 3], f32[1, 1, 2, 2])",
			"conv2d(f32[1, 1, 1, 1], f32[1, 1, 1, 1], f32[1])",
			"conv2d(f32[1, 4, 6, 5], f32[6, 2, 2, 3], f32[6], stride=[2, 1], padding=[1, 2], dilation=[2, 1], "
			"groups=2)",
			"conv2d(f32[1, 3, 3, 3], f32[3, 1, 2, 2], groups=3)",
			"conv2d(f32[2, 3, 3], f32[2, 2, 2, 2])",
			NULL,
		},
};
