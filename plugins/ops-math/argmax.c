/* argmax: i64 index of the first largest element; NaN counts as largest. */
#include "arg_reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	arg_reduction_define(t, HDT_REDUCE_MAX);
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "none", "axis to search along; none: the flattened tensor"},
	{"keepdims", HDT_ATTRIBUTE_BOOL, "false", "keep the axis with size 1"},
	{0},
};

const hdt_operator hdt_op_argmax = {
	.size = sizeof(hdt_operator),
	.name = "argmax",
	.doc = "index of the largest element (i64)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"argmax(T[3, 7], axis=-1)",
			"argmax(f32[n, 6], axis=0, keepdims=true) where n = 5",
			"argmax(f32[0, 3], axis=1)",
			"argmax(f32[3, 1], axis=1)",
			"argmax(f32[3, 4])",
			"argmax(f32[3, 4], keepdims=true)",
			NULL,
		},
};
