/* matmul: NumPy's matrix product: the last two dimensions are matrices, those before broadcast, a list is a row on the
 * left and a column on the right. Without bias. */
#include <hidet/plugin.h>

/* The element of a factor at [lead..., row, column], or of a list at [k]. */
static const hdt_expr *factor(hdt_task *t, const hdt_tensor *x, hdt_list lead, const hdt_expr *row,
                              const hdt_expr *column, const hdt_expr *k)
{
	if (x->rank == 1)
		return hdt_at(x, k);
	return hdt_broadcast_at(x, hdt_list_join(t, lead, HDT_AT(row, column)));
}

static void define(hdt_task *t)
{
	const hdt_tensor *a = hdt_input(t, 0), *b = hdt_input(t, 1);
	bool transpose_a = hdt_get_bool(t, "transpose_a"), transpose_b = hdt_get_bool(t, "transpose_b");

	if (a->rank < 1 || b->rank < 1 || (transpose_a && a->rank < 2) || (transpose_b && b->rank < 2)) {
		hdt_reject(t, "numbers are no matrices, and lists have no transpose");
		return;
	}
	if (a->dtype == HDT_BOOL && b->dtype == HDT_BOOL) {
		hdt_reject(t, "bool has no matrix product; cast to another dtype first");
		return;
	}
	if (hdt_get_bool(t, "in_i32") && (hdt_dtype_of(a->dtype)->bytes > 1 || hdt_dtype_of(b->dtype)->bytes > 1)) {
		hdt_reject(t, "in_i32 is for factors of i8 and u8");
		return;
	}
	hdt_list batches[] = {hdt_list_part(hdt_shape(a), 0, a->rank - 2), hdt_list_part(hdt_shape(b), 0, b->rank - 2)};
	hdt_list batch = hdt_broadcast_shapes(t, batches, 2), shape = batch;
	const hdt_expr *inner = a->shape[transpose_a ? a->rank - 2 : a->rank - 1];
	const hdt_expr *inner_b = b->shape[transpose_b || b->rank == 1 ? b->rank - 1 : b->rank - 2];

	hdt_require(t, hdt_equal(inner, inner_b), "%s columns against %s rows", hdt_expr_text(inner),
	            hdt_expr_text(inner_b));
	if (a->rank > 1)
		shape = hdt_list_insert(t, shape, shape.count, a->shape[transpose_a ? a->rank - 1 : a->rank - 2]);
	if (b->rank > 1)
		shape = hdt_list_insert(t, shape, shape.count, b->shape[transpose_b ? b->rank - 2 : b->rank - 1]);
	hdt_list i = hdt_axes(t, shape), lead = hdt_list_part(i, 0, batch.count);
	const hdt_expr *k = hdt_axis("k", inner), *row = hdt_list_item(i, batch.count),
				   *column = hdt_list_item(i, i.count - 1);
	const hdt_expr *x = factor(t, a, lead, transpose_a ? k : row, transpose_a ? row : k, k);
	const hdt_expr *y = factor(t, b, lead, transpose_b ? column : k, transpose_b ? k : column, k);
	if (hdt_get_bool(t, "in_i32")) {
		x = hdt_cast(x, HDT_I32);
		y = hdt_cast(y, HDT_I32);
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_sum(k, hdt_mul(x, y))));
}

static const hdt_attribute attributes[] = {
	{"transpose_a", HDT_ATTRIBUTE_BOOL, "false", "a is given with its last two dimensions swapped"},
	{"transpose_b", HDT_ATTRIBUTE_BOOL, "false", "b is given with its last two dimensions swapped"},
	{"in_i32", HDT_ATTRIBUTE_BOOL, "false", "products, sums and the result are i32, of factors that are i8 or u8"},
	{0},
};

const hdt_operator hdt_op_matmul = {
	.size = sizeof(hdt_operator),
	.name = "matmul",
	.doc = "matrix product, batches broadcast",
	.inputs = "a, b",
	.attributes = attributes,
	.dtypes = "float i32 i64 u8 i8",
	.define = define,
	.samples =
		(const char *const[]){
			"matmul(T[3, 4], T[4, 5])",
			"matmul(f32[n, 3, 4], f32[4, 2]) where n = 5",
			"matmul(f32[n, m], f32[m, n]) where n = 5, m = 3",
			"matmul(f32[0, 3], f32[3, 2])",
			"matmul(f32[2, 0], f32[0, 3])",
			"matmul(f32[4], f32[4])",
			"matmul(f32[4], f32[2, 4, 3])",
			"matmul(f32[2, 1, 3, 4], f32[5, 4, 1])",
			"matmul(f32[2, 3, 4], f32[4])",
			"matmul(f32[4, 3], f32[5, 4], transpose_a=true, transpose_b=true)",
			"matmul(f16[1, 1], f32[1, 1])",
			"matmul(i8[5, 9], i8[9, 4], in_i32=true)",
			"matmul(u8[3, 2], i8[4, 2], transpose_b=true, in_i32=true)",
			NULL,
		},
};
