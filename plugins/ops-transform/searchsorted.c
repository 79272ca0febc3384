/* searchsorted: i64: how many items of a sorted sequence lie before each value. Counts them all, so that no item
 * depends on another. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *sorted = hdt_input(t, 0), *x = hdt_input(t, 1);
	bool right = hdt_get_bool(t, "right");
	int lead = sorted->rank - 1;

	if (lead < 0 || (lead > 0 && x->rank != sorted->rank)) {
		hdt_reject(t, "one sequence, or one for each row of x, is needed");
		return;
	}
	for (int d = 0; d < lead; d++)
		hdt_require(t, hdt_equal(sorted->shape[d], x->shape[d]), "dimension %d of sequences and values differs", d);
	hdt_list i = hdt_axes(t, hdt_shape(x));
	const hdt_expr *k = hdt_axis("k", sorted->shape[lead]);
	const hdt_expr *value = hdt_at_list(x, i);
	const hdt_expr *item = hdt_at_list(sorted, hdt_list_insert(t, hdt_list_part(i, 0, lead), lead, k));
	const hdt_expr *before = right ? hdt_not(hdt_less(value, item)) : hdt_less(item, value);
	hdt_output(t, hdt_compute(t, "y", i, hdt_sum(k, hdt_cast(before, HDT_I64))));
}

static const hdt_attribute attributes[] = {
	{"right", HDT_ATTRIBUTE_BOOL, "false", "behind equal items instead of before them"},
	{0},
};

const hdt_operator hdt_op_searchsorted = {
	.size = sizeof(hdt_operator),
	.name = "searchsorted",
	.doc = "where to insert values to keep sequences sorted (i64)",
	.inputs = "sorted, x",
	.attributes = attributes,
	.dtypes = "i32 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"searchsorted(T[5], T[2, 3])",
			"searchsorted(f32[n], f32[4]) where n = 5",
			"searchsorted(f32[0], f32[3])",
			"searchsorted(f32[2, 5], f32[2, 3], right=true)",
			"searchsorted(i64[1], i64[])",
			NULL,
		},
};
