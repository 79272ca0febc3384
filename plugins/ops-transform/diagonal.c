/* diagonal: a diagonal of the matrices of two axes; the axes are dropped and the diagonal becomes the last one. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int row = hdt_get_axis(t, "axis1", x->rank), column = hdt_get_axis(t, "axis2", x->rank);
	const hdt_expr *zero = hdt_int(t->context, 0);
	int64_t offset = hdt_get_int(t, "offset");

	if (row == column || offset == INT64_MIN) {
		hdt_reject(t, "a diagonal needs two different axes");
		return;
	}
	const hdt_expr *down = hdt_int(t->context, offset < 0 ? -offset : 0),
				   *right = hdt_int(t->context, offset > 0 ? offset : 0);
	hdt_list shape = hdt_shape(x), rest = HDT_SCALAR, at = HDT_SCALAR;
	const hdt_expr *height = hdt_sub(hdt_list_item(shape, row), down),
				   *width = hdt_sub(hdt_list_item(shape, column), right);
	for (int d = 0; d < x->rank; d++) {
		if (d != row && d != column)
			rest = hdt_list_insert(t, rest, rest.count, x->shape[d]);
	}
	hdt_list i = hdt_axes(t, hdt_list_insert(t, rest, rest.count, hdt_max(zero, hdt_min(height, width))));
	const hdt_expr *along = hdt_list_item(i, rest.count);
	for (int d = 0, other = 0; d < x->rank; d++) {
		const hdt_expr *index = d == row      ? hdt_add(along, down)
		                        : d == column ? hdt_add(along, right)
		                                      : hdt_list_item(i, other++);
		at = hdt_list_insert(t, at, d, index);
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"offset", HDT_ATTRIBUTE_INT, "0", "0: the main one, 1: the one above it"},
	{"axis1", HDT_ATTRIBUTE_INT, "0", "the rows"},
	{"axis2", HDT_ATTRIBUTE_INT, "1", "the columns"},
	{0},
};

const hdt_operator hdt_op_diagonal = {
	.size = sizeof(hdt_operator),
	.name = "diagonal",
	.doc = "a diagonal of two dimensions, as the last one",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"diagonal(T[3, 4])",
			"diagonal(f32[n, 3], offset=1) where n = 5",
			"diagonal(f32[0, 3])",
			"diagonal(f32[1, 1], offset=2)",
			"diagonal(f32[2, 4, 3], offset=-1, axis1=-2, axis2=-1)",
			"diagonal(f32[2, 4, 3], axis1=2, axis2=0)",
			NULL,
		},
};
