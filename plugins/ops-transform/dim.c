/* dim: an i64 number of rank 0 holding a size, which may be symbolic. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_list size = hdt_get_dims(t, "size");
	if (size.count != 1)
		hdt_reject(t, "size must be one dimension, not %d", size.count);
	hdt_output(t, hdt_compute(t, "y", HDT_SCALAR, hdt_list_item(size, 0)));
}

static const hdt_attribute attributes[] = {
	{"size", HDT_ATTRIBUTE_DIMS, NULL, "the size, over symbols of the inputs"},
	{0},
};

const hdt_operator hdt_op_dim = {
	.size = sizeof(hdt_operator),
	.name = "dim",
	.doc = "a size as an i64 number",
	.inputs = "",
	.attributes = attributes,
	.dtypes = "i64",
	.define = define,
	.samples =
		(const char *const[]){
			"dim(size=7)",
			"dim(size=[2 * n + 1]) where n = 5",
			"dim(size=0)",
			NULL,
		},
};
