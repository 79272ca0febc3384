/* cumprod: running product along an axis; integers and bool give i64. */
#include "scan.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	scan_define(t, HDT_REDUCE_PROD, true);
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, NULL, "axis to run along"},
	{0},
};

const hdt_operator hdt_op_cumprod = {
	.size = sizeof(hdt_operator),
	.name = "cumprod",
	.doc = "running product along an axis",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"cumprod(T[3, 5], axis=-1)",
			"cumprod(f32[n, 6], axis=0) where n = 5",
			"cumprod(f32[0, 3], axis=0)",
			"cumprod(f32[3, 1], axis=1)",
			"cumprod(f32[2, 3, 2], axis=1)",
			NULL,
		},
};
