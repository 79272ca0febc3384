/* conv_transpose1d: x [n, channels, width] with a weight [channels, outputs / groups, width]: the gradient of a
 * convolution. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	conv_transpose_define(t, 1);
}

const hdt_operator hdt_op_conv_transpose1d = {
	.size = sizeof(hdt_operator),
	.name = "conv_transpose1d",
	.doc = "1-dimensional transposed convolution",
	.inputs = "x, weight, bias?",
	.attributes = conv_transpose_attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"conv_transpose1d(T[1, 2, 4], T[2, 3, 3], T[3], stride=2)",
			"conv_transpose1d(f32[n, 1, 2], f32[1, 2, 2]) where n = 3",
			"conv_transpose1d(f32[1, 1, n], f32[1, 1, 3], none, stride=2, padding=1, output_padding=1) where n = 3",
			"conv_transpose1d(f32[0, 1, 2], f32[1, 1, 2])",
			"conv_transpose1d(f32[1, 1, 1], f32[1, 1, 1], f32[1])",
			"conv_transpose1d(f32[4, 4], f32[4, 1, 3], stride=3, padding=1, output_padding=2, dilation=2, groups=2)",
			NULL,
		},
};
