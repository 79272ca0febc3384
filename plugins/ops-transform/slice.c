/* slice: every step-th element from start to end along some axes. */
#include <hidet/plugin.h>

/* Checks 0 <= start <= end <= size and gives ceil((end - start) / step). */
static const hdt_expr *extent(hdt_task *t, const hdt_expr *size, const hdt_expr *start, const hdt_expr *end,
                              int64_t step)
{
	const hdt_expr *length = hdt_sub(end, start);
	hdt_require(t, hdt_less_equal(hdt_int(t->context, 0), start), "a slice starts below 0");
	hdt_require(t, hdt_less_equal(start, end), "a slice ends before its start");
	hdt_require(t, hdt_less_equal(end, size), "a slice ends behind the last element");
	if (step == 1)
		return length;
	return hdt_floordiv(hdt_add(length, hdt_int(t->context, step - 1)), hdt_int(t->context, step));
}

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int64_t steps[HDT_MAX_RANK];
	int axes[HDT_MAX_RANK], count = hdt_get_axis_list(t, "axes", x->rank, axes);
	bool stepped = hdt_has(t, "steps");
	hdt_list starts = hdt_get_dims(t, "starts"), ends = hdt_get_dims(t, "ends"), shape = hdt_shape(x);

	if (count < 0 || starts.count != count || ends.count != count ||
	    (stepped && hdt_get_ints(t, "steps", steps, HDT_MAX_RANK) != count)) {
		hdt_reject(t, "axes, starts, ends and steps must be equally long");
		return;
	}
	for (int n = 0; n < count; n++) {
		steps[n] = stepped ? steps[n] : 1;
		if (steps[n] < 1) {
			hdt_reject(t, "steps must be positive");
			return;
		}
		const hdt_expr *size = extent(t, x->shape[axes[n]], hdt_list_item(starts, n), hdt_list_item(ends, n), steps[n]);
		shape = hdt_list_replace(t, shape, axes[n], size);
	}
	hdt_list i = hdt_axes(t, shape), at = i;
	for (int n = 0; n < count; n++) {
		const hdt_expr *stride = hdt_int(t->context, steps[n]);
		const hdt_expr *from = hdt_add(hdt_list_item(starts, n), hdt_mul(hdt_list_item(i, axes[n]), stride));
		at = hdt_list_replace(t, at, axes[n], from);
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, at)));
}

static const hdt_attribute attributes[] = {
	{"axes", HDT_ATTRIBUTE_DIMS, NULL, "axes to cut, each at most once"},
	{"starts", HDT_ATTRIBUTE_DIMS, NULL, "first index, 0..size"},
	{"ends", HDT_ATTRIBUTE_DIMS, NULL, "one behind the last index, start..size"},
	{"steps", HDT_ATTRIBUTE_DIMS, "none", "distance of elements; none: 1"},
	{0},
};

const hdt_operator hdt_op_slice = {
	.size = sizeof(hdt_operator),
	.name = "slice",
	.doc = "every step-th element from start to end along some axes",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"slice(T[4, 7], axes=[1], starts=[2], ends=[6])",
			"slice(f32[n, 7], axes=[0], starts=[1], ends=[n]) where n = 5",
			"slice(f32[0, 3], axes=[0], starts=[0], ends=[0])",
			"slice(f32[1], axes=[0], starts=[1], ends=[1])",
			"slice(f32[5, 7], axes=[1, 0], starts=[0, 1], ends=[7, 5], steps=[3, 2])",
			"slice(f32[5, 7], axes=[-1], starts=[1], ends=[2])",
			NULL,
		},
};
