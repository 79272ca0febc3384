/* contraction.c: what is found as a sum of products, and what is not. */
#include "fixture.h"
#include <hidet/contraction.h>

TestSuite(contraction, .init = set_up, .fini = tear_down);

static const hdt_task *task_of(const char *source)
{
	parser p;
	parser_init(&p, context, "test", source);
	const hdt_task *task = task_parse(&p);
	cr_assert(task, "%s", hdt_context_message(context));
	return task;
}

static hdt_contraction find(const hdt_task *task)
{
	hdt_contraction c;
	const char *reason = NULL;
	cr_assert(hdt_contraction_find(task, &c, &reason), "%s", reason);
	return c;
}

static void make_constant(const hdt_task *task, int input)
{
	((hdt_tensor *)(uintptr_t)task->inputs[input])->constant = true;
}

static const char *names(const hdt_expr *const *axes, int count)
{
	const char *all = "";
	for (int i = 0; i < count; i++)
		all = hdt_format(context, "%s%s%s", all, i ? " " : "", axes[i]->name);
	return all;
}
#define AXES(c, kind) names((c).kind##s, (c).kind##_count)
#define PLAIN_AXES(c, kind) names((c).kind, (c).kind##_count)

static const char *reason_against(const char *source)
{
	hdt_contraction c;
	const char *reason = NULL;
	cr_assert_not(hdt_contraction_find(task_of(source), &c, &reason));
	return reason;
}

Test(contraction, sorts_axes_of_a_product)
{
	hdt_contraction c = find(task_of("task @t(x: f32[8, 16], w: f32[4, 16], b: f32[4]) -> (y) {\n"
	                                 "  y[i < 8, j < 4] = max(sum(k < 16) x[i, k] * w[j, k] + b[j], 0.0)\n}"));
	cr_expect_str_eq(AXES(c, row), "i");
	cr_expect_str_eq(AXES(c, column), "j");
	cr_expect_str_eq(PLAIN_AXES(c, batch), "");
	cr_expect_str_eq(PLAIN_AXES(c, depth), "k");
	cr_expect_str_eq(hdt_expr_text(c.a), "x[i, k]");
	cr_expect_str_eq(hdt_expr_text(c.b), "w[j, k]");
}

Test(contraction, the_last_dimension_is_a_column_even_when_there_are_fewer_rows)
{
	hdt_contraction c = find(task_of("task @t(x: f32[16, 64], w: f32[4, 16]) -> (y) {\n"
	                                 "  y[i < 4, j < 64] = sum(k < 16) w[i, k] * x[k, j]\n}"));
	cr_expect_str_eq(AXES(c, row), "i");
	cr_expect_str_eq(AXES(c, column), "j");
	cr_expect_str_eq(hdt_expr_text(c.b), "x[k, j]");
}

Test(contraction, constant_factor_is_b_wherever_its_axes_stand)
{
	const hdt_task *task = task_of("task @t(x: f32[16, 64], w: f32[4, 16]) -> (y) {\n"
	                               "  y[i < 4, j < 64] = sum(k < 16) w[i, k] * x[k, j]\n}");
	make_constant(task, 1);
	hdt_contraction c = find(task);
	cr_expect_str_eq(AXES(c, row), "j");
	cr_expect_str_eq(AXES(c, column), "i");
	cr_expect_str_eq(hdt_expr_text(c.b), "w[i, k]");
	cr_expect(c.b_constant && !c.a_constant);
}

Test(contraction, a_matrix_times_a_vector_has_columns_when_the_matrix_is_constant)
{
	const hdt_task *task = task_of("task @t(w: f32[64, 16], x: f32[16]) -> (y) {\n"
	                               "  y[i < 64] = sum(k < 16) w[i, k] * x[k]\n}");
	cr_expect_str_eq(AXES(find(task), column), "i");
	make_constant(task, 0);
	hdt_contraction c = find(task);
	cr_expect_str_eq(AXES(c, row), "");
	cr_expect_str_eq(AXES(c, column), "i");
}

Test(contraction, axes_of_both_factors_are_a_batch_and_those_of_none_rows)
{
	hdt_contraction c = find(task_of("task @t(q: f32[2, 8, 16], k: f32[2, 8, 16]) -> (y) {\n"
	                                 "  y[h < 2, z < 3, i < 8, j < 8] = sum(d < 16) q[h, i, d] * k[h, j, d]\n}"));
	cr_expect_str_eq(PLAIN_AXES(c, batch), "h");
	cr_expect_str_eq(AXES(c, row), "i z");
	cr_expect_str_eq(AXES(c, column), "j");
}

Test(contraction, convolution_has_several_depth_axes_and_rows)
{
	const hdt_task *task =
		task_of("task @t(x: f32[2, 8, 8, 4], w: f32[6, 4, 3, 3]) -> (y) {\n"
	            "  y[n < 2, h < 6, v < 6, o < 6] = sum(c < 4, p < 3, q < 3) x[n, h + p, v + q, c] * w[o, c, p, q]\n}");
	make_constant(task, 1);
	hdt_contraction c = find(task);
	cr_expect_str_eq(AXES(c, row), "n h v");
	cr_expect_str_eq(AXES(c, column), "o");
	cr_expect_str_eq(PLAIN_AXES(c, depth), "c p q");
}

Test(contraction, what_was_fused_in_front_is_part_of_the_factor)
{
	hdt_contraction c = find(task_of("task @t(x: f16[8, 16], s: f32[16], w: f32[4, 16]) -> (y) {\n"
	                                 "  y[i < 8, j < 4] = sum(k < 16) max(f32(x[i, k]) * s[k], 0.0) * w[j, k]\n}"));
	cr_expect_str_eq(hdt_expr_text(c.a), "max(f32(x[i, k]) * s[k], 0.0)");
}

Test(contraction, casts_around_the_product_are_looked_through)
{
	hdt_contraction c = find(task_of("task @t(x: f16[8, 16], w: f16[4, 16]) -> (y) {\n"
	                                 "  y[i < 8, j < 4] = f32(sum(k < 16) x[i, k] * w[j, k])\n}"));
	cr_expect_str_eq(hdt_expr_text(c.a), "x[i, k]");
	cr_expect_eq(c.reduce->accumulate, HDT_F32);
}

Test(contraction, result_puts_the_sum_wherever_the_reduction_stands)
{
	hdt_contraction c =
		find(task_of("task @t(x: f32[8, 16], w: f32[4, 16], b: f32[4]) -> (y) {\n  y[i < 8, j < 4] = (sum(k < 16) x[i, "
	                 "k] * w[j, k] + b[j]) * erf(sum(k < 16) x[i, k] * w[j, k] + b[j])\n}"));
	const hdt_expr *sum = hdt_number(context, HDT_F32, 2.5);
	const hdt_expr *value = hdt_contraction_result(&c, sum);
	cr_expect_str_eq(hdt_expr_text(value), "(b[j] + 2.5) * erf(b[j] + 2.5)");
}

Test(contraction, other_tasks_are_declined_with_the_reason)
{
	cr_expect_str_eq(reason_against("task @t(x: f32[8]) -> (y) { y[i < 8] = x[i] * 2.0 }"), "it has no reduction");
	cr_expect_str_eq(reason_against("task @t(x: f32[8, 4]) -> (y) { y[i < 8] = sum(k < 4) x[i, k] }"),
	                 "it does not add up products");
	cr_expect_str_eq(reason_against("task @t(x: f32[8, 4]) -> (y) { y[i < 8] = max(k < 4) x[i, k] * x[i, k] }"),
	                 "its reduction is no sum");
	cr_expect_str_eq(reason_against("task @t(x: f32[8]) -> (y) { y[i < 8] = sum(k < i + 1) x[k] * x[i] }"),
	                 "its sum has not the same extents for all elements");
	cr_expect_str_eq(
		reason_against(
			"task @t(x: f32[8, 4]) -> (y) {\n  m[i < 8] = sum(k < 4) x[i, k] * x[i, k]\n  y[i < 8] = m[i]\n}"),
		"it computes more than one tensor");
	cr_expect_str_eq(reason_against("task @t(x: f32[8, 4]) -> (y) {\n  y[i < 8] = (sum(k < 4) x[i, k] * x[i, k]) * "
	                                "(sum(k < 4) x[k, k] * x[i, k])\n}"),
	                 "it has several reductions");
}

/* ---- hdt_linear ---- */

Test(contraction, linear_gives_factors_and_the_rest)
{
	const hdt_expr *i = hdt_axis("i", hdt_int(context, 8)), *j = hdt_axis("j", hdt_int(context, 8));
	const hdt_expr *n = hdt_symbol(context, "n", 1, 100), *rest;
	const hdt_expr *index = hdt_add(hdt_sub(hdt_mul(hdt_add(i, j), hdt_int(context, 3)), j), n);
	int64_t factors[2];
	cr_assert(hdt_linear(index, HDT_AT(i, j).items, 2, factors, &rest));
	cr_expect_eq(factors[0], 3);
	cr_expect_eq(factors[1], 2);
	cr_expect_eq(rest, n);
	cr_expect_not(hdt_linear(index, HDT_AT(i, j).items, 2, factors, NULL), "the rest is no constant");
	cr_expect(hdt_linear(hdt_add(i, hdt_int(context, 5)), &i, 1, factors, NULL));
}

Test(contraction, what_is_not_linear_in_the_axes_is_refused)
{
	const hdt_expr *i = hdt_axis("i", hdt_int(context, 8)), *n = hdt_symbol(context, "n", 1, 100), *rest;
	int64_t factor;
	cr_expect_not(hdt_linear(hdt_mul(i, n), &i, 1, &factor, &rest));
	cr_expect_not(hdt_linear(hdt_floordiv(i, hdt_int(context, 3)), &i, 1, &factor, &rest));
	const hdt_expr *far = hdt_mul(hdt_mul(hdt_add(i, n), hdt_int(context, INT64_MAX / 2)), hdt_int(context, 4));
	cr_expect_not(hdt_linear(far, &i, 1, &factor, &rest));
}
