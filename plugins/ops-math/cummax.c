/* cummax: running maximum along an axis; from the first NaN on, NaN. */
#include "scan.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	scan_define(t, HDT_REDUCE_MAX, false);
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis to run along"},
	{0},
};

const hdt_operator hdt_op_cummax = {
	.size = sizeof(hdt_operator),
	.name = "cummax",
	.doc = "running maximum along an axis",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"cummax(T[3, 5], axis=-1)",
			"cummax(f32[n, 6], axis=0) where n = 5",
			"cummax(f32[0, 3], axis=0)",
			"cummax(f32[3, 1], axis=1)",
			"cummax(f32[2, 3, 2], axis=1)",
			NULL,
		},
};
