/* conv3d: x [n, channels, depth, height, width] with a weight [outputs, channels / groups, depth, height, width];
 * cross-correlation, zeros as padding. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_define(t, 3);
}

const hdt_operator hdt_op_conv3d = {
	.size = sizeof(hdt_operator),
	.name = "conv3d",
	.doc = "3-dimensional convolution (cross-correlation)",
	.inputs = "x, weight, bias?",
	.attributes = conv_attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"conv3d(T[1, 2, 3, 4, 3], T[2, 2, 2, 2, 2], T[2], padding=1)",
			"conv3d(f32[n, 1, 4, 4, 4], f32[2, 1, 2, 2, 2]) where n = 3",
			"conv3d(f32[1, 1, n, 4, 4], f32[1, 1, 2, 2, 2], none, stride=2, padding=1) where n = 5",
			"conv3d(f32[0, 1, 3, 3, 3], f32[1, 1, 2, 2, 2])",
			"conv3d(f32[1, 1, 1, 1, 1], f32[1, 1, 1, 1, 1], f32[1])",
			"conv3d(f32[1, 4, 3, 4, 3], f32[6, 2, 2, 1, 2], f32[6], stride=[1, 2, 1], padding=[0, 1, 1], groups=2)",
			"conv3d(f32[1, 3, 3, 3, 3], f32[3, 1, 2, 2, 2], groups=3)",
			"conv3d(f32[2, 3, 3, 3], f32[2, 2, 2, 2, 2])",
			NULL,
		},
};
