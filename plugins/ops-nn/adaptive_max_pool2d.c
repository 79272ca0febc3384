/* adaptive_max_pool2d: the largest element of each of `size` windows that cover the dimension. */
#include "window.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	adaptive_pool_define(t, 2, HDT_REDUCE_MAX);
}

static const hdt_attribute attributes[] = {
	{"size", HDT_ATTRIBUTE_DIMS, NULL, "how many windows; one value applies to all dimensions"},
	{0},
};

const hdt_operator hdt_op_adaptive_max_pool2d = {
	.size = sizeof(hdt_operator),
	.name = "adaptive_max_pool2d",
	.doc = "largest element of as many 2-dimensional windows as asked for",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "u8 i64 f16 bf16 f32 f64",
	.define = define,
	.samples =
		(const char *const[]){
			"adaptive_max_pool2d(T[1, 2, 5, 6], size=[2, 4])",
			"adaptive_max_pool2d(f32[n, 1, 4, 4], size=2) where n = 3",
			"adaptive_max_pool2d(f32[1, 2, n, 3], size=1) where n = 5",
			"adaptive_max_pool2d(f32[1, 1, n, 3], size=3) where n = 7",
			"adaptive_max_pool2d(f32[0, 1, 2, 2], size=1)",
			"adaptive_max_pool2d(f32[1, 1, 1, 1], size=[1, 1])",
			NULL,
		},
};
