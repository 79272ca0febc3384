/* reshape: the same elements in row-major order in another shape; costs nothing. */
#include "reindex.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	reindex_define(t, hdt_get_dims(t, "shape"));
}

static const hdt_attribute attributes[] = {
	{"shape", HDT_ATTRIBUTE_DIMS, NULL, "shape of the result"},
	{0},
};

const hdt_operator hdt_op_reshape = {
	.size = sizeof(hdt_operator),
	.name = "reshape",
	.doc = "the same elements in another shape",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"reshape(T[4, 6], shape=[2, 2, 6])",
			"reshape(f32[n, 12], shape=[n, 3, 4]) where n = 5",
			"reshape(f32[2, n, 6], shape=[2 * n, 2, 3]) where n = 3",
			"reshape(f32[0, 3], shape=[3, 0])",
			"reshape(f32[1], shape=[])",
			"reshape(f32[3, 4], shape=[1, 6, 2])",
			"reshape(f32[], shape=[1, 1])",
			"reshape(f32[n, 4], shape=[2, 2 * n]) where n = 3",
			NULL,
		},
};
