/* A few operators for the tests of the pipeline. */
#include "operators.h"

static void define_add(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 1)));
}
static const hdt_operator add = {.size = sizeof add, .name = "add", .inputs = "x, y", .define = define_add};

static void define_twice(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_add(x, x));
}
static const hdt_operator twice = {.size = sizeof twice, .name = "twice", .inputs = "x", .define = define_twice};

/* Sum of the last axis of a matrix. */
static void define_row_sum(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x || x->rank != 2) {
		hdt_reject(t, "takes a matrix");
		return;
	}
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *k = hdt_axis("k", x->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_sum(k, hdt_at(x, i, k))));
}
static const hdt_operator row_sum = {
	.size = sizeof row_sum, .name = "row_sum", .inputs = "x", .define = define_row_sum};

/* The same memory as one dimension. */
static void define_flat(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", hdt_product(x->context, hdt_shape(x)));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_at_list(x, hdt_unflatten(x->context, hdt_shape(x), i))));
	hdt_declare_alias(t, 0, 0);
}
static const hdt_operator flat = {.size = sizeof flat, .name = "flat", .inputs = "x", .define = define_flat};

/* Elements of x at the indices i. */
static void define_pick(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *index = hdt_input(t, 1);
	if (!x || !index)
		return;
	const hdt_expr *i = hdt_axis("i", index->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_at(x, hdt_bounded(hdt_at(index, i), x->shape[0]))));
}
static const hdt_operator pick = {.size = sizeof pick, .name = "pick", .inputs = "x, index", .define = define_pick};

/* x, and x doubled: two outputs. */
static void define_both(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_neg(hdt_at(x, i))));
	hdt_output(t, hdt_compute(t, "z", HDT_AT(i), hdt_add(hdt_at(x, i), hdt_at(x, i))));
}
static const hdt_operator both = {.size = sizeof both, .name = "both", .inputs = "x", .define = define_both};

const hdt_operator *const test_operators[] = {&add, &twice, &row_sum, &flat, &pick, &both, NULL};
