/* full: one value in a shape. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_list shape = hdt_get_dims(t, "shape");
	hdt_dtype dtype = hdt_get_dtype(t, "dtype");
	const hdt_expr *value = hdt_has(t, "value_int") ? hdt_int(t->context, hdt_get_int(t, "value_int"))
	                                                : hdt_number(t->context, dtype, hdt_get_float(t, "value"));
	hdt_require_sizes(t, shape);
	hdt_output(t, hdt_compute(t, "y", hdt_axes(t, shape), hdt_cast(value, dtype)));
}

static const hdt_attribute attributes[] = {
	{"shape", HDT_ATTRIBUTE_DIMS, NULL, "shape of the result"},
	{"value", HDT_ATTRIBUTE_FLOAT, "0", "the value"},
	{"dtype", HDT_ATTRIBUTE_DTYPE, "f32", "dtype of the result"},
	{"value_int", HDT_ATTRIBUTE_INT, "none", "the value when a float cannot hold it"},
	{0},
};

const hdt_operator hdt_op_full = {
	.size = sizeof(hdt_operator),
	.name = "full",
	.doc = "one value in a shape",
	.inputs = "",
	.attributes = attributes,
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"full(shape=[3, 4], value=1, dtype=T)",
			"full(shape=[n, 2], value=-1.5) where n = 5",
			"full(shape=[0], value=inf)",
			"full(shape=[], value_int=9007199254740993, dtype=i64)",
			NULL,
		},
};
