/* avg_pool2d: the mean of each window. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	avg_pool_define(t, 2);
}

const hdt_operator hdt_op_avg_pool2d = {
	.size = sizeof(hdt_operator),
	.name = "avg_pool2d",
	.doc = "mean of 2-dimensional windows",
	.inputs = "x",
	.attributes = avg_pool_attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"avg_pool2d(T[1, 2, 5, 6], kernel=2)",
			"avg_pool2d(f32[n, 1, 3, 3], kernel=2, stride=1) where n = 3",
			"avg_pool2d(f32[1, 1, n, 4], kernel=3, stride=2, padding=1) where n = 5",
			"avg_pool2d(f32[0, 1, 3, 3], kernel=2)",
			"avg_pool2d(f32[1, 1, 1, 1], kernel=1)",
			"avg_pool2d(f32[1, 1, 5, 6], kernel=3, stride=2, padding=1, ceil_mode=true)",
			"avg_pool2d(f32[1, 1, 5, 6], kernel=3, stride=2, padding=1, ceil_mode=true, count_include_pad=false)",
			"avg_pool2d(f32[1, 1, 5, 6], kernel=2, divisor=3)",
			NULL,
		},
};
