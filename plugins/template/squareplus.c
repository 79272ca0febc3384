/* squareplus: (x + sqrt(x * x + b)) / 2, a smooth relu without exponentials. */
#include <hidet/plugin.h> /* 1. all that a plugin includes */

/* 2. The computation, said once, for one output element; shapes, dtypes, kernels and the reference result all come from it. */
static void define(hdt_task *task)
{
	const hdt_expr *x = hdt_element(task, 0);
	const hdt_expr *b = hdt_like(x, hdt_get_float(task, "b"));
	const hdt_expr *root = hdt_unary(HDT_OP_SQRT, hdt_add(hdt_mul(x, x), b));
	hdt_output_elements(task, hdt_div(hdt_add(x, root), hdt_like(x, 2)));
}

/* 3. Attributes, ended by {0}; without a default an attribute must be given. */
static const hdt_attribute attributes[] = {
	{"b", HDT_ATTRIBUTE_FLOAT, "4", "width of the bend at 0"},
	{0},
};

/* 4. The descriptor: its symbol is hdt_op_ and the file's name. */
const hdt_operator hdt_op_squareplus = {
	.size = sizeof(hdt_operator),
	.name = "acme.squareplus",
	.doc = "(x + sqrt(x * x + b)) / 2",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "f32 f64",
	.define = define,
	/* 5. Samples are the operator's own test: hidet-run selftest compares each compiled with the reference. */
	.samples =
		(const char *const[]){
			"acme.squareplus(T[4, 7])",
			"acme.squareplus(T[n, 3], b=0.5) where n = 5",
			"acme.squareplus(T[0, 3])",
			"acme.squareplus(T[1])",
			NULL,
		},
};
