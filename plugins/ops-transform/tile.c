/* tile: the tensor again and again along dimensions. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list repeats = hdt_get_dims(t, "repeats"), shape = HDT_SCALAR, at = HDT_SCALAR;
	int rank = x->rank > repeats.count ? x->rank : repeats.count;
	int new_dims = rank - x->rank, unrepeated = rank - repeats.count;

	for (int d = 0; d < rank; d++) {
		const hdt_expr *times = d < unrepeated ? hdt_int(t->context, 1) : hdt_list_item(repeats, d - unrepeated);
		hdt_require(t, hdt_less_equal(hdt_int(t->context, 0), times), "a number of repeats is negative");
		shape = hdt_list_insert(t, shape, d, d < new_dims ? times : hdt_mul(x->shape[d - new_dims], times));
	}
	hdt_require_sizes(t, shape);
	hdt_list i = hdt_axes(t, shape);
	for (int d = 0; d < x->rank; d++)
		at = hdt_list_insert(t, at, d, hdt_mod(hdt_list_item(i, d + new_dims), x->shape[d]));
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"repeats", HDT_ATTRIBUTE_DIMS, NULL, "how often along the last dimensions; more than x has: new ones"},
	{0},
};

const hdt_operator hdt_op_tile = {
	.size = sizeof(hdt_operator),
	.name = "tile",
	.doc = "the tensor again and again along dimensions",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"tile(T[2, 3], repeats=[2, 1])",
			"tile(f32[n, 3], repeats=[2, 2]) where n = 5",
			"tile(f32[0, 3], repeats=[2, 1])",
			"tile(f32[1, 2], repeats=[3])",
			"tile(f32[2], repeats=[2, 3])",
			"tile(f32[2, 2], repeats=[0, 1])",
			NULL,
		},
};
