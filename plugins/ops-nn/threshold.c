/* threshold: x above the threshold, else a value; NaN stays NaN. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	const hdt_expr *threshold = hdt_like(x, hdt_get_float(t, "threshold")),
				   *value = hdt_like(x, hdt_get_float(t, "value"));
	hdt_output_elements(t, hdt_select(hdt_less_equal(x, threshold), value, x));
}

static const hdt_attribute attributes[] = {
	{"threshold", HDT_ATTRIBUTE_FLOAT, NULL, "x must be above it"},
	{"value", HDT_ATTRIBUTE_FLOAT, NULL, "given instead"},
	{0},
};

const hdt_operator hdt_op_threshold = {
	.size = sizeof(hdt_operator),
	.name = "threshold",
	.doc = "x above the threshold, else a value",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"threshold(T[4, 7], threshold=1, value=3)",
			"threshold(f32[n, 9], threshold=0.1, value=-2) where n = 5",
			"threshold(f32[0, 3], threshold=0, value=0)",
			"threshold(f32[1], threshold=0, value=1)",
			NULL,
		},
};
