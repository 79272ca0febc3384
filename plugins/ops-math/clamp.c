/* clamp: min(max(x, low), high) in the dtype of x; NaN stays NaN; with low above high: high. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	if (hdt_has(t, "min"))
		x = hdt_max(x, hdt_like(x, hdt_get_float(t, "min")));
	if (hdt_has(t, "max"))
		x = hdt_min(x, hdt_like(x, hdt_get_float(t, "max")));
	hdt_output_elements(t, x);
}

static const hdt_attribute attributes[] = {
	{"min", HDT_ATTRIBUTE_FLOAT, "none", "lower bound"},
	{"max", HDT_ATTRIBUTE_FLOAT, "none", "upper bound"},
	{0},
};

const hdt_operator hdt_op_clamp = {
	.size = sizeof(hdt_operator),
	.name = "clamp",
	.doc = "x limited to min..max",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "float i32 i64 u8",
	.define = define,
	.samples =
		(const char *const[]){
			"clamp(T[4, 7], min=0, max=1)",
			"clamp(f32[n, 9], min=-0.5) where n = 5",
			"clamp(f32[0, 3], max=0.5)",
			"clamp(i32[1], min=-1)",
			"clamp(f32[4], min=1, max=-1)",
			NULL,
		},
};
