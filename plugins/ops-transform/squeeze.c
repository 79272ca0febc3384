/* squeeze: without the dimensions in axes, which have size 1. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axes[HDT_MAX_RANK], count = hdt_get_axis_list(t, "axes", x->rank, axes);
	bool dropped[HDT_MAX_RANK] = {false};
	hdt_list shape = HDT_SCALAR, at = HDT_SCALAR;

	for (int n = 0; n < count; n++) {
		dropped[axes[n]] = true;
		hdt_require(t, hdt_equal(x->shape[axes[n]], hdt_int(t->context, 1)), "dimension %d does not have size 1",
		            axes[n]);
	}
	for (int d = 0; d < x->rank; d++) {
		if (!dropped[d])
			shape = hdt_list_insert(t, shape, shape.count, x->shape[d]);
	}
	hdt_list i = hdt_axes(t, shape);
	for (int d = 0, kept = 0; d < x->rank; d++)
		at = hdt_list_insert(t, at, d, dropped[d] ? hdt_int(t->context, 0) : hdt_list_item(i, kept++));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
	hdt_declare_alias(t, 0, 0);
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "dimensions to drop; each must have size 1"},
	{0},
};

const hdt_operator hdt_op_squeeze = {
	.size = sizeof(hdt_operator),
	.name = "squeeze",
	.doc = "without the dimensions in axes, which have size 1",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"squeeze(T[1, 3, 1, 4], axes=[0, 2])",
			"squeeze(f32[n, 1], axes=[-1]) where n = 5",
			"squeeze(f32[0, 1], axes=[1])",
			"squeeze(f32[1], axes=[0])",
			"squeeze(f32[2, 3], axes=[])",
			NULL,
		},
};
