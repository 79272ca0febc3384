/* avg_pool3d: the mean of each window. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	avg_pool_define(t, 3);
}

const hdt_operator hdt_op_avg_pool3d = {
	.size = sizeof(hdt_operator),
	.name = "avg_pool3d",
	.doc = "mean of 3-dimensional windows",
	.inputs = "x",
	.attributes = avg_pool_attributes,
	.dtypes = "f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"avg_pool3d(T[1, 2, 3, 4, 3], kernel=2)",
			"avg_pool3d(f32[n, 1, 3, 3, 3], kernel=2, stride=1) where n = 3",
			"avg_pool3d(f32[1, 1, n, 4, 4], kernel=3, stride=2, padding=1) where n = 5",
			"avg_pool3d(f32[0, 1, 3, 3, 3], kernel=2)",
			"avg_pool3d(f32[1, 1, 1, 1, 1], kernel=1)",
			"avg_pool3d(f32[1, 1, 3, 4, 3], kernel=3, stride=2, padding=1, ceil_mode=true)",
			"avg_pool3d(f32[1, 1, 3, 4, 3], kernel=3, stride=2, padding=1, ceil_mode=true, count_include_pad=false)",
			"avg_pool3d(f32[1, 1, 3, 4, 3], kernel=2, divisor=3)",
			NULL,
		},
};
