/* conv_transpose2d: x [n, channels, height, width] with a weight [channels, outputs / groups, height, width]: the
 * gradient of a convolution. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_transpose_define(t, 2);
}

const hdt_operator hdt_op_conv_transpose2d = {
	.size = sizeof(hdt_operator),
	.name = "conv_transpose2d",
	.doc = "2-dimensional transposed convolution",
	.inputs = "x, weight, bias?",
	.attributes = conv_transpose_attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"conv_transpose2d(T[1, 2, 3, 3], T[2, 3, 2, 3], T[3], stride=2)",
			"conv_transpose2d(f32[n, 1, 2, 2], f32[1, 2, 2, 2]) where n = 3",
			"conv_transpose2d(f32[1, 1, n, 2], f32[1, 1, 3, 3], none, stride=2, padding=1, output_padding=1) where n = "
			"3",
			"conv_transpose2d(f32[0, 1, 2, 2], f32[1, 1, 2, 2])",
			"conv_transpose2d(f32[1, 1, 1, 1], f32[1, 1, 1, 1], f32[1])",
			"conv_transpose2d(f32[4, 3, 2], f32[4, 1, 2, 3], stride=[2, 1], padding=[1, 0], dilation=[1, 2], groups=2)",
			NULL,
		},
};
