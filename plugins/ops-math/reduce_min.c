/* reduce_min: the smallest over axes; NaN when one is NaN; of nothing: a fault. */
#include "reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reduction_of_some(t, HDT_REDUCE_MIN);
}

static const hdt_attribute attributes[] = {
	REDUCTION_ATTRIBUTES,
	{0},
};

const hdt_operator hdt_op_reduce_min = {
	.size = sizeof(hdt_operator),
	.name = "reduce_min",
	.doc = "smallest over axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"reduce_min(T[3, 4, 5], axes=[-1])",
			"reduce_min(f32[n, 6], axes=[0], keepdims=true) where n = 5",
			"reduce_min(f32[4, 1, 3], axes=[0, 2])",
			"reduce_min(f32[3, 5])",
			"reduce_min(f32[], keepdims=true)",
			"reduce_min(f32[0, 3], axes=[1])",
			NULL,
		},
};
