/* argmin: i64 index of the first smallest element; NaN counts as smallest. */
#include "arg_reduction.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	arg_reduction_define(t, HDT_REDUCE_MIN);
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "none", "axis to search along; none: the flattened tensor"},
	{"keepdims", HDT_ATTRIBUTE_BOOL, "false", "keep the axis with size 1"},
	{0},
};

const hdt_operator hdt_op_argmin = {
	.size = sizeof(hdt_operator),
	.name = "argmin",
	.doc = "index of the smallest element (i64)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"argmin(T[3, 7], axis=-1)",
			"argmin(f32[n, 6], axis=0, keepdims=true) where n = 5",
			"argmin(f32[0, 3], axis=1)",
			"argmin(f32[3, 1], axis=1)",
			"argmin(f32[3, 4])",
			"argmin(f32[3, 4], keepdims=true)",
			NULL,
		},
};
