/* The verifier: each rule broken once. Tasks that the builders refuse to make are made by hand here. */
#include "fixture.h"
#include "task/build.h"
#include <string.h>

TestSuite(verify, .init = set_up, .fini = tear_down);

/* y[i < 4] = value over x: f32[4], with nothing checked. */
typedef struct bare {
	task_builder b;
	hdt_tensor x, y;
	const hdt_tensor *inputs[1], *tensors[1];
	const hdt_expr *shape[1], *axes[1];
	int aliases[1];
} bare;

static bare *bare_task(void)
{
	bare *t = hdt_allocate(context, sizeof *t);
	t->shape[0] = hdt_int(context, 4);
	t->axes[0] = hdt_axis("i", t->shape[0]);
	t->x = (hdt_tensor){.context = context,
	                    .name = hdt_intern(context, "x"),
	                    .kind = HDT_TENSOR_INPUT,
	                    .dtype = HDT_F32,
	                    .rank = 1,
	                    .shape = t->shape};
	t->y = t->x;
	t->y.name = hdt_intern(context, "y");
	t->y.kind = HDT_TENSOR_COMPUTE;
	t->y.axes = t->axes;
	t->y.value = hdt_at(&t->x, t->axes[0]);
	t->inputs[0] = &t->x;
	t->tensors[0] = &t->y;
	t->aliases[0] = -1;
	hdt_task *task = &t->b.task;
	task->context = context;
	task->name = "bare";
	task->inputs = t->inputs;
	task->tensors = task->outputs = t->tensors;
	task->input_count = task->tensor_count = task->output_count = 1;
	task->aliases = t->aliases;
	return t;
}

static void expect_refused(bare *t, const char *part)
{
	cr_assert_eq(task_verify(&t->b.task), HDT_INTERNAL);
	expect_fault(HDT_INTERNAL, part);
}

Test(verify, a_sound_task_passes)
{
	cr_assert_eq(task_verify(&bare_task()->b.task), HDT_OK);
}

Test(verify, value_of_another_dtype)
{
	bare *t = bare_task();
	t->y.dtype = HDT_F16;
	expect_refused(t, "bare: y: has no value, or one of another dtype");
}

Test(verify, axis_that_is_bound_nowhere)
{
	bare *t = bare_task();
	t->y.value = hdt_at(&t->x, hdt_axis("stray", t->shape[0]));
	expect_refused(t, "uses the axis 'stray'");
}

Test(verify, axis_whose_reduction_is_over)
{
	bare *t = bare_task();
	const hdt_expr *k = hdt_axis("k", t->shape[0]);
	t->y.value = hdt_add(hdt_sum(k, hdt_at(&t->x, k)), hdt_at(&t->x, k));
	expect_refused(t, "uses the axis 'k'");
}

Test(verify, reduction_over_an_axis_of_the_tensor)
{
	bare *t = bare_task();
	t->y.value = hdt_sum(t->axes[0], hdt_at(&t->x, t->axes[0]));
	expect_refused(t, "reduces over its own axis 'i'");
}

Test(verify, reduction_inside_a_reduction_over_the_same_axis)
{
	bare *t = bare_task();
	const hdt_expr *k = hdt_axis("k", t->shape[0]), *inner = hdt_sum(k, hdt_at(&t->x, k));
	t->y.value = hdt_sum(k, hdt_mul(hdt_at(&t->x, k), inner));
	expect_refused(t, "over an axis that is bound already");
}

Test(verify, extent_that_uses_a_later_axis)
{
	bare *t = bare_task();
	const hdt_expr *k = hdt_axis("k", t->shape[0]), *l = hdt_axis("l", hdt_add(k, hdt_int(context, 1)));
	const hdt_expr *value = hdt_mul(hdt_at(&t->x, k), hdt_at(&t->x, l));
	t->y.value = hdt_reduce(HDT_REDUCE_SUM, (const hdt_expr *[]){k, l}, 2, value);
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
	t->y.value = hdt_reduce(HDT_REDUCE_SUM, (const hdt_expr *[]){l, k}, 2, value);
	expect_refused(t, "extent of axis 'l' uses an axis that comes after it");
}

Test(verify, extent_that_depends_on_data)
{
	bare *t = bare_task();
	const hdt_expr *k = hdt_axis("k", hdt_cast(hdt_at(&t->x, t->axes[0]), HDT_I64));
	t->y.value = hdt_sum(k, hdt_at(&t->x, hdt_mod(k, t->shape[0])));
	expect_refused(t, "the extent of axis 'k' depends on data");
}

Test(verify, load_of_a_tensor_of_another_task)
{
	bare *t = bare_task(), *other = bare_task();
	t->y.value = hdt_at(&other->x, t->axes[0]);
	expect_refused(t, "reads 'x', which is no input");
}

Test(verify, load_of_itself)
{
	bare *t = bare_task();
	t->y.value = hdt_at(&t->y, t->axes[0]);
	expect_refused(t, "reads 'y', which is no input and not defined before it");
}

Test(verify, index_from_data_without_a_guard)
{
	bare *t = bare_task();
	const hdt_expr *index = hdt_cast(hdt_at(&t->x, t->axes[0]), HDT_I64);
	t->y.value = hdt_at(&t->x, hdt_add(index, t->axes[0]));
	expect_refused(t, "is not guarded by bounded()");
	t->y.value = hdt_at(&t->x, hdt_bounded(index, t->shape[0]));
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
}

Test(verify, result_of_an_arg_reduction_is_a_safe_index)
{
	bare *t = bare_task();
	const hdt_expr *k = hdt_axis("k", t->shape[0]);
	t->y.value = hdt_at(&t->x, hdt_arg_reduce(HDT_REDUCE_MAX, k, hdt_at(&t->x, k)));
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
}

Test(verify, index_out_of_bounds_for_certain)
{
	bare *t = bare_task();
	t->y.value = hdt_at(&t->x, hdt_add(t->axes[0], hdt_int(context, 4)));
	expect_refused(t, "index 0 of 'x', i + 4, is out of bounds: the dimension is 4");
	t->y.value = hdt_at(&t->x, hdt_sub(t->axes[0], hdt_int(context, 4)));
	expect_refused(t, "is out of bounds");
}

Test(verify, index_that_is_out_of_bounds_for_one_element)
{
	bare *t = bare_task();
	t->y.value = hdt_at(&t->x, hdt_add(t->axes[0], hdt_int(context, 1)));
	expect_refused(t, "index 0 of 'x', i + 1, is out of bounds: the dimension is 4");
	t->y.value = hdt_at(&t->x, hdt_sub(hdt_int(context, 2), t->axes[0]));
	expect_refused(t, "is out of bounds");
	t->y.value = hdt_at(&t->x, hdt_sub(hdt_int(context, 3), t->axes[0]));
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
}

Test(verify, index_that_may_be_in_bounds_or_is_guarded_passes)
{
	bare *t = bare_task();
	const hdt_expr *i = t->axes[0], *four = hdt_int(context, 4), *zero = hdt_like(hdt_at(&t->x, i), 0);
	t->y.value = hdt_at(&t->x, hdt_mod(hdt_add(i, i), four));
	cr_assert_eq(task_verify(&t->b.task), HDT_OK);
	const hdt_expr *never = hdt_less(hdt_at(&t->x, i), zero);
	t->y.value = hdt_select(never, hdt_at(&t->x, hdt_add(i, four)), zero);
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
}

Test(verify, two_tensors_of_one_name)
{
	bare *t = bare_task();
	t->y.name = t->x.name;
	expect_refused(t, "the name is taken by an input");
}

Test(verify, output_that_is_no_tensor_of_the_task)
{
	bare *t = bare_task(), *other = bare_task();
	t->b.task.outputs = other->tensors;
	expect_refused(t, "output 0 is no tensor of the task");
	t->b.task.output_count = 0;
	expect_refused(t, "has no output");
}

Test(verify, shape_that_depends_on_an_axis)
{
	bare *t = bare_task();
	const hdt_expr *shape[] = {t->axes[0]};
	t->x.shape = shape;
	expect_refused(t, "x: dimension 0 is no i64 expression of sizes");
}

Test(verify, alias_that_moves_elements)
{
	bare *t = bare_task();
	t->aliases[0] = 0;
	cr_assert_eq(task_verify(&t->b.task), HDT_OK, "%s", context->message);
	t->y.value = hdt_at(&t->x, hdt_sub(hdt_int(context, 3), t->axes[0]));
	expect_refused(t, "is declared to be the memory of 'x'");
	t->y.value = hdt_add(hdt_at(&t->x, t->axes[0]), hdt_number(context, HDT_F32, 1));
	expect_refused(t, "its elements differ");
}

static const char *const reversed = "task @reversed(x: f32[n]) -> (y) where n in 1..8 {\n"
									"  y[i < n] = x[n - i - 1]\n"
									"  inverse x[a] -> y[%s]\n"
									"}";

Test(verify, declared_inverse_maps_are_tried)
{
	cr_assert_not_null(parse_text(hdt_format(context, reversed, "n - a - 1")), "%s", context->message);
	cr_assert_null(parse_text(hdt_format(context, reversed, "a")));
	expect_fault(HDT_INTERNAL, "the inverse map declared for 'x' does not hold");
}

Test(verify, an_inverse_map_cannot_hide_a_reduction_over_the_input)
{
	cr_assert_null(parse_text("task @normed(x: f32[4]) -> (y) {\n"
	                          "  s[] = sum(k < 4) x[k]\n"
	                          "  y[i < 4] = x[i] / s[]\n"
	                          "  inverse x[a] -> y[a]\n"
	                          "}"));
	expect_fault(HDT_INTERNAL, "the inverse map declared for 'x' does not hold");
}

Test(verify, alias_with_sizes_known_at_run_time_is_tried)
{
	static const char *const form = "task @flat(x: f32[n, m]) -> (y) where n in 1..8, m in 1..8 {\n"
									"  y[i < n * m] = x[%s]\n"
									"  alias y = x\n"
									"}";
	cr_assert_not_null(parse_text(hdt_format(context, form, "i // m, i % m")), "%s", context->message);
	cr_assert_null(parse_text(hdt_format(context, form, "i % n, i // n")));
	expect_fault(HDT_INTERNAL, "is declared to be the memory of 'x'");
}
