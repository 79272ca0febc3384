/* conv_transpose3d: x [n, channels, depth, height, width] with a weight [channels, outputs / groups, depth, height,
 * width]: the gradient of a convolution. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_transpose_define(t, 3);
}

const hdt_operator hdt_op_conv_transpose3d = {
	.size = sizeof(hdt_operator),
	.name = "conv_transpose3d",
	.doc = "3-dimensional transposed convolution",
	.inputs = "x, weight, bias?",
	.attributes = conv_transpose_attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"conv_transpose3d(T[1, 2, 2, 2, 2], T[2, 1, 2, 2, 2], T[1], stride=2)",
			"conv_transpose3d(f32[n, 1, 2, 2, 2], f32[1, 2, 2, 2, 2]) where n = 3",
			"conv_transpose3d(f32[1, n, 2, 2], f32[1, 1, 3, 3, 3], stride=2, padding=1, output_padding=1) where n = 3",
			"conv_transpose3d(f32[0, 1, 2, 2, 2], f32[1, 1, 2, 2, 2])",
			"conv_transpose3d(f32[1, 1, 1, 1, 1], f32[1, 1, 1, 1, 1], f32[1])",
			"conv_transpose3d(f32[4, 2, 2, 1], f32[4, 1, 2, 1, 2], stride=[1, 2, 1], output_padding=[0, 1, 0], "
			"groups=2)",
			NULL,
		},
};
