/* The text form of tasks: what is printed is read back the same, and faults tell where they are. */
#include "fixture.h"
#include "task/build.h"
#include <string.h>

TestSuite(text, .init = set_up, .fini = tear_down);

Test(text, softmax_as_in_the_documentation)
{
	const hdt_task *t = build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 4, 7));
	cr_assert_str_eq(round_trip(t), "task @softmax(x: f32[4, 7]) -> (y) {\n"
	                                "  m[i0 < 4] = max(k < 7) x[i0, k]\n"
	                                "  e[i0 < 4, i1 < 7] = exp(x[i0, i1] - m[i0])\n"
	                                "  s[i0 < 4] = sum(k < 7) e[i0, k]\n"
	                                "  y[i0 < 4, i1 < 7] = e[i0, i1] / s[i0]\n"
	                                "}\n");
}

Test(text, every_operator_of_the_tests_survives_the_trip)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 64), *six = hdt_int(context, 6);
	task_input v = input_over(HDT_F32, HDT_AT(n)), m = input_over(HDT_F32, HDT_AT(n, six));
	round_trip(build(&op_softmax, NULL, 1, m));
	round_trip(build(&op_matmul, NULL, 2, m, input_of(HDT_F32, 2, 6, 3)));
	round_trip(build(&op_argmax, NULL, 1, m));
	round_trip(build(&op_relu, NULL, 1, m));
	round_trip(build(&op_relu, NULL, 1, input_of(HDT_I8, 0)));
	round_trip(build(&op_add, NULL, 2, m, input_of(HDT_F16, 1, 6)));
	round_trip(build(&op_join, NULL, 3, v, v, input_of(HDT_F32, 1, 3)));
	round_trip(build(&op_gather, NULL, 2, v, input_of(HDT_I32, 1, 5)));
	round_trip(build(&op_cumsum, NULL, 1, v));
	round_trip(build(&op_transpose, NULL, 1, m));
	round_trip(build(&op_mean16, NULL, 1, input_over(HDT_F16, HDT_AT(n))));
	round_trip(build(&op_scale, WITH(hdt_float_value("factor", 0.1), hdt_dtype_value("dtype", HDT_BF16)), 1, m));
	const hdt_expr *shape[] = {hdt_int(context, 2), hdt_mul(n, hdt_int(context, 3))};
	const char *reshape = round_trip(build(&op_reshape, WITH(hdt_dims_value("shape", shape, 2)), 1, m));
	cr_assert(strstr(reshape, "  alias y = x\n") && strstr(reshape, "  inverse x["), "%s", reshape);
}

Test(text, sizes_and_requirements)
{
	const hdt_expr *n = hdt_symbol(context, "n", 0, 8), *m = hdt_symbol(context, "m", 2, 9);
	const hdt_task *t = build(&op_add, NULL, 2, input_over(HDT_F32, HDT_AT(n)), input_over(HDT_F32, HDT_AT(m)));
	const char *printed = round_trip(t);
	cr_assert_not_null(strstr(printed, "(x: f32[n], y: f32[m]) -> (out) where m in 2..9, n in 0..8 {\n"), "%s",
	                   printed);
	cr_assert_not_null(strstr(printed, " \"the shapes [n], [m] do not broadcast: n differs from m\"\n"), "%s", printed);
}

static void define_same_names(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *j = hdt_axis("i", x->shape[0]), *k = hdt_axis("n", x->shape[0]);
	const hdt_tensor *a =
		hdt_compute(t, "x", HDT_AT(i, j), hdt_sum(k, hdt_mul(hdt_at(x, i), hdt_mul(hdt_at(x, j), hdt_at(x, k)))));
	hdt_output(t, hdt_compute(t, "x", HDT_AT(j, i), hdt_at(a, j, i)));
}

Test(text, names_are_made_unique)
{
	const hdt_operator op = OPERATOR("names", "x", define_same_names);
	const hdt_expr *n = hdt_symbol(context, "n", 1, 9);
	const char *printed = round_trip(build(&op, NULL, 1, input_over(HDT_F32, HDT_AT(n))));
	cr_assert_not_null(strstr(printed, "  x_1[i < n, i_1 < n] = sum(n_1 < n)"), "%s", printed);
	cr_assert_not_null(strstr(printed, "  x_2[i < n, i_1 < n] = x_1[i, i_1]\n"), "%s", printed);
}

Test(text, equal_tasks_give_equal_texts_whatever_was_built_before)
{
	const char *first = hdt_format(context, "%s", text_of(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 4, 7))));
	hdt_context *old = context;
	set_up();
	build(&op_matmul, NULL, 2, input_of(HDT_F32, 2, 7, 4), input_of(HDT_F32, 2, 4, 7));
	build(&op_join, NULL, 2, input_of(HDT_F32, 1, 7), input_of(HDT_F32, 1, 4));
	cr_assert_str_eq(text_of(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 4, 7))), first);
	tear_down();
	context = old;
}

Test(text, dtypes_are_told_by_the_expressions)
{
	const hdt_task *t = parse_text("task @c(x: f16[3], n: i32[]) -> (a, b, c) {\n"
	                               "  a[i < 3] = f32(x[i]) * 0.5\n"
	                               "  b[i < 3] = x[i] < 0.0\n"
	                               "  c[] = n[] + 1\n"
	                               "}");
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_eq(t->outputs[0]->dtype, HDT_F32);
	cr_assert_eq(t->outputs[1]->dtype, HDT_BOOL);
	cr_assert_eq(t->outputs[2]->rank, 0);
	round_trip(t);
}

Test(text, an_undeclared_size_has_the_widest_range)
{
	const hdt_task *t = parse_text("task @c(x: f32[rows]) -> y { y[i < rows] = x[i] }");
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_not_null(strstr(text_of(t), "where rows in 0..2147483647"), "%s", text_of(t));
}

Test(text, faults_tell_the_place)
{
	static const struct {
		const char *source, *part;
	} cases[] = {
		{"task softmax() -> (y) {}", "expected the task's name"},
		{"task @a(x f32[2]) -> (y) {}", "expected ':' after the name of an input"},
		{"task @a(x: f31[2]) -> (y) {}", "f31"},
		{"task @a(x: f32[2], x: f32[3]) -> (y) {}", "the name 'x' is taken or reserved"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = z[i] }", "z"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = x[i, i] }", "'x' has rank 1, but is read at 2 indices"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = x[j] }", "j"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = x[i] y[i < 2] = x[i] }", "the name 'y' is taken or reserved"},
		{"task @a(x: f32[2]) -> (z) { y[i < 2] = x[i] }", "the output 'z' is not defined"},
		{"task @a(x: f32[2]) -> (x) { y[i < 2] = x[i] }", "the output 'x' is not defined"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = x[i]", "expected '}'"},
		{"task @a(x: f32[2]) -> (y) { require 1 < 2 y[i < 2] = x[i] }", "expected a message in double quotes"},
		{"task @a(x: f32[2]) -> (y) { require 2 < 1 \"no\" y[i < 2] = x[i] }", "a: no"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = x[i] alias q = x }", "'q' is no output"},
		{"task @a(x: f32[n]) -> (y) where n in 5..2 { y[i < n] = x[i] }", "n"},
		{"task @a(x: f32[n]) -> (y) where n in 1 { y[i < n] = x[i] }", "expected '..'"},
		{"task @a(x: f32[2]) -> (y) { y[a<1,b<1,c<1,d<1,e<1,f<1,g<1,h<1,i<1] = x[i] }", "at most 8 axes"},
		{"task @a(x: f32[2]) -> (y) { y[i < 2] = sum(i < 2) }", "test:1:"},
		{"task @a(x: f32[2", "test:1:"},
		{"", "test:1:"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_null(parse_text(cases[i].source), "%s", cases[i].source);
		const char *all = hdt_format(context, "%s\n%s", context->message, context->notes);
		cr_assert_not_null(strstr(all, cases[i].part), "%s\n%s", cases[i].source, all);
		cr_assert_not_null(strstr(all, "test:1:"), "no place: %s\n%s", cases[i].source, all);
		tear_down();
		set_up();
	}
}

Test(text, reductions_side_by_side_may_use_one_name_and_equal_ones_are_one)
{
	const hdt_task *t = parse_text("task @side(x: f32[4], z: f32[3]) -> (y) {\n"
	                               "  y[] = sum(k < 4) x[k] * sum(k_1 < 3) z[k_1] + max(k < 3) z[k] / sum(k < 4) x[k]\n"
	                               "}");
	cr_assert_not_null(t, "%s", context->message);
	const char *printed = round_trip(t);
	cr_assert_not_null(strstr(printed, "max(k < 3) z[k]"), "%s", printed);
	cr_assert_not_null(strstr(printed, "sum(k_1 < 3) z[k_1]"), "%s", printed);
	const hdt_expr *a = hdt_axis("k", hdt_int(context, 4)), *b = hdt_axis("k", hdt_int(context, 4));
	const hdt_tensor *x = t->inputs[0];
	const hdt_expr *value =
		hdt_div(hdt_sum(a, hdt_at(x, a)), hdt_add(hdt_sum(b, hdt_at(x, b)), hdt_sum(a, hdt_at(x, a))));
	cr_assert(task_name_axes(context, NULL, 0, &value, 1));
	cr_assert_str_eq(hdt_expr_text(value), "(sum(k < 4) x[k]) / (sum(k < 4) x[k] + sum(k < 4) x[k])");
	cr_assert_eq(value->args[1]->args[0], value->args[0]);
}
