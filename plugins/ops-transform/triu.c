/* triu: elements on and above a diagonal, else zeros. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *row = hdt_list_item(i, x->rank - 2), *column = hdt_list_item(i, x->rank - 1);
	const hdt_expr *diagonal = hdt_int(t->context, hdt_get_int(t, "diagonal"));

	if (x->rank < 2) {
		hdt_reject(t, "a matrix is needed, not %d dimensions", x->rank);
		return;
	}
	const hdt_expr *element = hdt_at_list(x, i), *kept = hdt_less_equal(diagonal, hdt_sub(column, row));
	hdt_output(t, hdt_compute(t, "y", i, hdt_select(kept, element, hdt_like(element, 0))));
}

static const hdt_attribute attributes[] = {
	{"diagonal", HDT_ATTRIBUTE_INT, "0", "0: the main one, 1: the one above it"},
	{0},
};

const hdt_operator hdt_op_triu = {
	.size = sizeof(hdt_operator),
	.name = "triu",
	.doc = "elements on and above a diagonal, else zeros",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"triu(T[3, 4])",
			"triu(f32[n, 3], diagonal=1) where n = 5",
			"triu(f32[0, 3])",
			"triu(f32[2, 1, 1], diagonal=-1)",
			"triu(f32[2, 4, 3], diagonal=-1)",
			NULL,
		},
};
