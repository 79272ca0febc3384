/* pad: elements before and after each dimension; negative amounts cut. What is added is a constant, the reflection
 * without the edge, the edge again, or the other end. */
#include <hidet/plugin.h>
#include <string.h>

/* The index of x that stands at `i`, counted from x's first element; in constant mode *inside also tells whether there
 * is one. */
static const hdt_expr *source(hdt_task *t, const char *mode, int d, const hdt_expr *size, const hdt_expr *i,
                              const hdt_expr *before, const hdt_expr *after, const hdt_expr **inside)
{
	const hdt_expr *zero = hdt_int(t->context, 0), *one = hdt_int(t->context, 1);
	const hdt_expr *last = hdt_sub(size, one);

	if (strcmp(mode, "constant") == 0) {
		*inside = hdt_and(*inside, hdt_and(hdt_less_equal(zero, i), hdt_less(i, size)));
		return i;
	}
	if (strcmp(mode, "reflect") == 0) {
		hdt_require(t, hdt_and(hdt_less(before, size), hdt_less(after, size)), "reflection reaches beyond dimension %d",
		            d);
		const hdt_expr *front = hdt_unary(HDT_OP_ABS, i);
		return hdt_sub(last, hdt_unary(HDT_OP_ABS, hdt_sub(last, front)));
	}
	if (strcmp(mode, "replicate") == 0) {
		hdt_require(t, hdt_less_equal(one, size), "dimension %d has nothing to replicate", d);
		return hdt_min(hdt_max(i, zero), last);
	}
	if (strcmp(mode, "circular") == 0) {
		hdt_require(t, hdt_and(hdt_less_equal(before, size), hdt_less_equal(after, size)),
		            "dimension %d is wrapped more than once", d);
		return hdt_mod(i, size);
	}
	hdt_reject(t, "mode is \"%s\", not constant, reflect, replicate or circular", mode);
	return i;
}

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list before = hdt_get_dims(t, "before"), after = hdt_get_dims(t, "after"), shape = HDT_SCALAR, at = HDT_SCALAR;
	const char *mode = hdt_get_string(t, "mode");
	const hdt_expr *inside = hdt_number(t->context, HDT_BOOL, 1);

	if (before.count != x->rank || after.count != x->rank) {
		hdt_reject(t, "before and after must have %d items each", x->rank);
		return;
	}
	for (int d = 0; d < x->rank; d++) {
		const hdt_expr *size = hdt_add(hdt_add(hdt_list_item(before, d), x->shape[d]), hdt_list_item(after, d));
		hdt_require(t, hdt_less_equal(hdt_int(t->context, 0), size), "dimension %d would have a negative size", d);
		shape = hdt_list_insert(t, shape, d, size);
	}
	hdt_list i = hdt_axes(t, shape);
	for (int d = 0; d < x->rank; d++) {
		const hdt_expr *from = hdt_sub(hdt_list_item(i, d), hdt_list_item(before, d));
		int64_t first = 1, last = 1;
		bool known = hdt_is_const(hdt_list_item(before, d), &first) && hdt_is_const(hdt_list_item(after, d), &last);
		if (!known || first > 0 || last > 0)
			from = source(t, mode, d, x->shape[d], from, hdt_list_item(before, d), hdt_list_item(after, d), &inside);
		at = hdt_list_insert(t, at, d, from);
	}
	const hdt_expr *element = hdt_at_list(x, at);
	hdt_output(t, hdt_compute(t, "y", i, hdt_select(inside, element, hdt_like(element, hdt_get_float(t, "value")))));
}

static const hdt_attribute attributes[] = {
	{"before", HDT_ATTRIBUTE_DIMS, NULL, "elements to add before each dimension; negative: to cut"},
	{"after", HDT_ATTRIBUTE_DIMS, NULL, "elements to add after each dimension; negative: to cut"},
	{"value", HDT_ATTRIBUTE_FLOAT, "0", "what is added in constant mode"},
	{"mode", HDT_ATTRIBUTE_STRING, "\"constant\"", "constant, reflect, replicate or circular"},
	{0},
};

const hdt_operator hdt_op_pad = {
	.size = sizeof(hdt_operator),
	.name = "pad",
	.doc = "elements before and after each dimension, or fewer of them",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"pad(T[3, 4], before=[1, 0], after=[0, 2], value=1)",
			"pad(f32[n, 4], before=[2, 1], after=[1, 0]) where n = 5",
			"pad(f32[0, 3], before=[1, 0], after=[0, 1], value=-1)",
			"pad(f32[1], before=[2], after=[2], mode=\"replicate\")",
			"pad(f32[3, 4], before=[1, 2], after=[2, 3], mode=\"reflect\")",
			"pad(f32[3, 4], before=[1, 2], after=[2, 3], mode=\"replicate\")",
			"pad(f32[3, 4], before=[1, 4], after=[3, 0], mode=\"circular\")",
			"pad(f32[5, 6], before=[-1, 1], after=[-2, -3], value=2)",
			"pad(i64[3, n], before=[0, 1], after=[0, 1], mode=\"reflect\") where n = 4",
			"pad(f32[4], before=[0], after=[0])",
			NULL,
		},
};
