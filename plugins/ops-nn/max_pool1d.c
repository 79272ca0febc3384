/* max_pool1d: the largest element of each window; NaN when one is NaN. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	max_pool_define(t, 1);
}

const hdt_operator hdt_op_max_pool1d = {
	.size = sizeof(hdt_operator),
	.name = "max_pool1d",
	.doc = "largest element of 1-dimensional windows",
	.inputs = "x",
	.attributes = max_pool_attributes,
	.dtypes = "i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"max_pool1d(T[1, 2, 7], kernel=2)",
			"max_pool1d(f32[n, 1, 3], kernel=2, stride=1) where n = 3",
			"max_pool1d(f32[1, 1, n], kernel=3, stride=2, padding=1) where n = 5",
			"max_pool1d(f32[0, 1, 3], kernel=2)",
			"max_pool1d(f32[1, 1, 1], kernel=1)",
			"max_pool1d(f32[1, 1, 7], kernel=3, stride=2, padding=1, ceil_mode=true)",
			"max_pool1d(f32[1, 1, 7], kernel=2, stride=1, dilation=2, ceil_mode=true)",
			NULL,
		},
};
