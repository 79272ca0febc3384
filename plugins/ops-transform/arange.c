/* arange: start + i * step; floats computed in f64 and rounded once. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_list count = hdt_get_dims(t, "count");
	double start = hdt_get_float(t, "start"), step = hdt_get_float(t, "step");
	hdt_dtype dtype = hdt_get_dtype(t, "dtype"), inner = hdt_is_float(dtype) ? HDT_F64 : HDT_I64;

	if (count.count != 1)
		hdt_reject(t, "count must be one dimension, not %d", count.count);
	hdt_require_sizes(t, count);
	const hdt_expr *i = hdt_axis("i", hdt_list_item(count, 0));
	const hdt_expr *way = hdt_mul(hdt_cast(i, inner), hdt_number(t->context, inner, step));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_cast(hdt_add(hdt_number(t->context, inner, start), way), dtype)));
}

static const hdt_attribute attributes[] = {
	{"start", HDT_ATTRIBUTE_FLOAT, "0", "first value"},
	{"step", HDT_ATTRIBUTE_FLOAT, "1", "distance of values"},
	{"count", HDT_ATTRIBUTE_DIMS, NULL, "number of values"},
	{"dtype", HDT_ATTRIBUTE_DTYPE, "i64", "dtype of the result"},
	{0},
};

const hdt_operator hdt_op_arange = {
	.size = sizeof(hdt_operator),
	.name = "arange",
	.doc = "start + i * step for i in 0..count-1",
	.inputs = "",
	.attributes = attributes,
	.dtypes = "u8 i32 i64 f16 bf16 f32 f64",
	.define = define,
	.samples =
		(const char *const[]){
			"arange(start=1, step=2, count=7, dtype=T)",
			"arange(count=[n]) where n = 5",
			"arange(count=0)",
			"arange(start=0.5, step=-0.25, count=1, dtype=f32)",
			NULL,
		},
};
