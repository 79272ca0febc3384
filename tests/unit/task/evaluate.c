/* The reference evaluator: results against numbers worked out by hand. */
#include "fixture.h"
#include <math.h>
#include <string.h>

TestSuite(evaluate, .init = set_up, .fini = tear_down);

Test(evaluate, softmax_of_two_rows)
{
	const hdt_task *t = build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 2, 3));
	const float x[] = {0, 0, 0, 1, 2, 3};
	const float want[] = {0.33333334f, 0.33333334f, 0.33333334f, 0.09003057f, 0.24472848f, 0.66524094f};
	float y[6];
	run(t, NULL, y, 1, x);
	expect_floats(y, want, 6);
}

Test(evaluate, matmul_with_sizes_known_at_run_time)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 64), *m = hdt_symbol(context, "m", 0, 64);
	const hdt_task *t = build(&op_matmul, NULL, 2, input_over(HDT_F32, HDT_AT(hdt_int(context, 2), n)),
	                          input_over(HDT_F32, HDT_AT(n, m)));
	const hdt_expr *symbols[] = {n, m};
	const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 0, 1, 1, 1}, want[] = {4, 5, 10, 11};
	float y[4];
	run(t, &(bindings){symbols, (const int64_t[]){3, 2}, 2}, y, 2, a, b);
	expect_floats(y, want, 4);
	run(t, &(bindings){symbols, (const int64_t[]){3, 0}, 2}, y, 2, a, NULL);
}

Test(evaluate, argmax_gives_the_first_and_prefers_nan)
{
	const hdt_task *t = build(&op_argmax, NULL, 1, input_of(HDT_F32, 2, 3, 4));
	const float x[] = {1, 7, 7, 2, -1, NAN, 9, NAN, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
	int64_t y[3];
	run(t, NULL, y, 1, x);
	cr_assert_eq(y[0], 1);
	cr_assert_eq(y[1], 1);
	cr_assert_eq(y[2], 0);
}

Test(evaluate, relu_keeps_nan_and_the_dtype)
{
	const float x[] = {-1, 0, 2.5f, NAN}, want[] = {0, 0, 2.5f, NAN};
	const int8_t bytes[] = {-128, 127, 0};
	float y[4];
	int8_t z[3];
	run(build(&op_relu, NULL, 1, input_of(HDT_F32, 1, 4)), NULL, y, 1, x);
	expect_floats(y, want, 4);
	run(build(&op_relu, NULL, 1, input_of(HDT_I8, 1, 3)), NULL, z, 1, bytes);
	cr_assert(z[0] == 0 && z[1] == 127 && z[2] == 0);
}

Test(evaluate, only_the_chosen_arm_of_a_select_reads)
{
	const hdt_task *t =
		build(&op_join, NULL, 3, input_of(HDT_F32, 1, 2), input_of(HDT_F32, 1, 0), input_of(HDT_F32, 1, 3));
	const float a[] = {1, 2}, c[] = {3, 4, 5}, want[] = {1, 2, 3, 4, 5};
	float y[5];
	run(t, NULL, y, 3, a, NULL, c);
	expect_floats(y, want, 5);
}

Test(evaluate, gather_reads_at_data_and_names_a_bad_index)
{
	const hdt_task *t = build(&op_gather, NULL, 2, input_of(HDT_F32, 1, 3), input_of(HDT_I32, 1, 2));
	const float x[] = {10, 20, 30}, want[] = {30, 10};
	const int32_t good[] = {2, 0}, bad[] = {1, 3}, negative[] = {-1, 0};
	float y[2];
	run(t, NULL, y, 2, x, good);
	expect_floats(y, want, 2);
	cr_assert_eq(task_evaluate(t, NULL, (const void *const[]){x, bad}, (void *const[]){y}), HDT_BAD_INPUT);
	expect_fault(HDT_BAD_INPUT, "gather: index 3 is outside 0..2");
	cr_assert_eq(task_evaluate(t, NULL, (const void *const[]){x, negative}, (void *const[]){y}), HDT_BAD_INPUT);
	expect_fault(HDT_BAD_INPUT, "index -1");
}

Test(evaluate, extent_of_a_reduction_may_depend_on_an_axis)
{
	const hdt_task *t = build(&op_cumsum, NULL, 1, input_of(HDT_F32, 1, 5));
	const float x[] = {1, 2, 3, 4, 5}, want[] = {1, 3, 6, 10, 15};
	float y[5];
	run(t, NULL, y, 1, x);
	expect_floats(y, want, 5);
}

Test(evaluate, transpose_and_reshape_move_elements)
{
	const float x[] = {1, 2, 3, 4, 5, 6}, turned[] = {1, 4, 2, 5, 3, 6};
	const hdt_expr *shape[] = {hdt_int(context, 3), hdt_int(context, 2)};
	float y[6];
	run(build(&op_transpose, NULL, 1, input_of(HDT_F32, 2, 2, 3)), NULL, y, 1, x);
	expect_floats(y, turned, 6);
	run(build(&op_reshape, WITH(hdt_dims_value("shape", shape, 2)), 1, input_of(HDT_F32, 2, 2, 3)), NULL, y, 1, x);
	expect_floats(y, x, 6);
}

/* y[i] = kind over j of x[i, j] */
static const hdt_task *reduction(const char *kind, const char *dtype, int rows, int columns)
{
	const hdt_task *t =
		parse_text(hdt_format(context, "task @r(x: %s[%d, %d]) -> (y) { y[i < %d] = %s(k < %d) x[i, k] }", dtype, rows,
	                          columns, rows, kind, columns));
	cr_assert_not_null(t, "%s", context->message);
	return t;
}

Test(evaluate, seven_reductions_of_floats_and_of_nothing)
{
	static const struct {
		const char *kind;
		float value, empty;
	} cases[] = {{"sum", 6, 0}, {"prod", -8, 1}, {"max", 4, -INFINITY}, {"min", -1, INFINITY}, {"avg", 1.5f, NAN}};
	const float x[] = {2, -1, 4, 1};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		float y[1];
		run(reduction(cases[i].kind, "f32", 1, 4), NULL, y, 1, x);
		expect_floats(y, &cases[i].value, 1);
		run(reduction(cases[i].kind, "f32", 1, 0), NULL, y, 1, NULL);
		expect_floats(y, &cases[i].empty, 1);
	}
}

Test(evaluate, reductions_of_bool)
{
	const bool x[] = {true, true, false, true, false, false, true, true, true};
	bool y[3], none[1];
	run(reduction("all", "bool", 3, 3), NULL, y, 1, x);
	cr_assert(!y[0] && !y[1] && y[2]);
	run(reduction("any", "bool", 3, 3), NULL, y, 1, x);
	cr_assert(y[0] && y[1] && y[2]);
	run(reduction("all", "bool", 1, 0), NULL, none, 1, NULL);
	cr_assert(none[0]);
	run(reduction("any", "bool", 1, 0), NULL, none, 1, NULL);
	cr_assert_not(none[0]);
}

Test(evaluate, reductions_of_integers_wrap_and_start_at_the_ends_of_the_range)
{
	const int8_t x[] = {100, 100, -3, -7, 0, 0};
	int8_t y[2], none[1];
	run(reduction("sum", "i8", 2, 3), NULL, y, 1, x);
	cr_assert_eq(y[0], (int8_t)197);
	cr_assert_eq(y[1], -7);
	run(reduction("avg", "i8", 2, 3), NULL, y, 1, x);
	cr_assert_eq(y[0], 65, "summed beyond 8 bits");
	cr_assert_eq(y[1], -3, "floor of -7 / 3");
	run(reduction("max", "i8", 1, 0), NULL, none, 1, NULL);
	cr_assert_eq(none[0], -128);
	run(reduction("min", "u8", 1, 0), NULL, none, 1, NULL);
	cr_assert_eq((uint8_t)none[0], 255);
	const uint64_t big[] = {1, UINT64_MAX, 5};
	uint64_t top[1];
	run(reduction("max", "u64", 1, 3), NULL, top, 1, big);
	cr_assert_eq(top[0], UINT64_MAX);
}

Test(evaluate, f16_sums_are_kept_wider_than_f16)
{
	/* 4096 ones: in f16 the sum would stop at 2048. */
	static uint16_t ones[4096];
	uint16_t y;
	for (int i = 0; i < 4096; i++)
		ones[i] = 0x3c00;
	run(build(&op_mean16, NULL, 1, input_of(HDT_F16, 1, 4096)), NULL, &y, 1, ones);
	cr_assert_eq(y, 0x3c00);
}

Test(evaluate, broadcasting_and_promotion)
{
	const hdt_task *t = build(&op_add, NULL, 2, input_of(HDT_F32, 3, 2, 1, 2), input_of(HDT_I32, 2, 3, 1));
	const float x[] = {1, 2, 3, 4}, want[] = {11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34};
	const int32_t y[] = {10, 20, 30};
	float z[12];
	cr_assert_eq(t->outputs[0]->rank, 3);
	run(t, NULL, z, 2, x, y);
	expect_floats(z, want, 12);
}

Test(evaluate, requirement_of_sizes_is_checked)
{
	const hdt_expr *n = hdt_symbol(context, "n", 0, 8), *m = hdt_symbol(context, "m", 0, 8);
	const hdt_task *t = build(&op_add, NULL, 2, input_over(HDT_F32, HDT_AT(n)), input_over(HDT_F32, HDT_AT(m)));
	const float x[] = {1, 2, 3};
	const hdt_expr *symbols[] = {n, m};
	float z[3];
	bindings unequal = {symbols, (const int64_t[]){3, 1}, 2};
	cr_assert_eq(task_evaluate(t, &unequal, (const void *const[]){x, x}, (void *const[]){z}), HDT_BAD_INPUT);
	expect_fault(HDT_BAD_INPUT, "[n], [m] do not broadcast");
	run(t, &(bindings){symbols, (const int64_t[]){3, 3}, 2}, z, 2, x, x);
	cr_assert_eq(z[2], 6);
}

Test(evaluate, load_out_of_range_is_a_fault_and_no_memory_error)
{
	const hdt_task *t = parse_text("task @shift(x: f32[n]) -> (y) where n in 1..9 { y[i < n] = x[i + 2] }");
	const hdt_expr *n = hdt_symbol(context, "n", 1, 9);
	const float x[] = {1, 2, 3};
	float y[3];
	cr_assert_not_null(t, "%s", context->message);
	bindings b = {&n, (const int64_t[]){3}, 1};
	cr_assert_eq(task_evaluate(t, &b, (const void *const[]){x}, (void *const[]){y}), HDT_INTERNAL);
	expect_fault(HDT_INTERNAL, "an index of x 3 is outside 0..2");
}

Test(evaluate, impossible_sizes_are_refused)
{
	const hdt_task *t =
		parse_text("task @big(x: f32[n]) -> (y) where n in 1..4294967296 { t[a < n, b < n] = x[a] y[] = t[0, 0] }");
	const hdt_expr *n = hdt_symbol(context, "n", 1, INT64_C(4294967296));
	const float x[] = {1};
	float y[1];
	cr_assert_not_null(t, "%s", context->message);
	bindings b = {&n, (const int64_t[]){INT64_C(4294967296)}, 1};
	cr_assert_eq(task_evaluate(t, &b, (const void *const[]){x}, (void *const[]){y}), HDT_OUT_OF_MEMORY);
	expect_fault(HDT_OUT_OF_MEMORY, "more elements than memory");
}

Test(evaluate, nested_and_sibling_reductions_over_shared_parts)
{
	/* The inner sum does not depend on j, the outer one uses it at every j and k. */
	const hdt_task *t =
		parse_text("task @n(x: f32[2, 3]) -> (y) {\n"
	               "  y[i < 2, j < 2] = sum(k < 3) (x[i, k] * sum(l < 3) x[k % 2, l]) + max(k < 3) x[j, k]\n"
	               "}");
	const float x[] = {1, 2, 3, 4, 5, 6};
	/* row sums s = 6, 15; sum over k of x[i, k] * s[k % 2]: i=0: 6+30+18, i=1: 24+75+36; row maxima 3, 6 */
	const float want[] = {57, 60, 138, 141};
	float y[4];
	cr_assert_not_null(t, "%s", context->message);
	run(t, NULL, y, 1, x);
	expect_floats(y, want, 4);
}

Test(evaluate, several_outputs_one_read_by_the_other)
{
	const hdt_task *t =
		parse_text("task @two(x: f32[3]) -> (b, a) { a[i < 3] = x[i] * 2.0 b[i < 3] = a[2 - i] + 1.0 }");
	const float x[] = {1, 2, 3};
	float a[3], b[3];
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_eq(task_evaluate(t, NULL, (const void *const[]){x}, (void *const[]){b, a}), HDT_OK);
	expect_floats(a, (const float[]){2, 4, 6}, 3);
	expect_floats(b, (const float[]){7, 5, 3}, 3);
}

Test(evaluate, nesting_beyond_the_limit_is_refused)
{
	/* x[] / x[] / x[] ... does not fold. The verifier's limit is below the evaluator's. */
	text source = {0};
	text_add(&source, "task @deep(x: f32[]) -> (y) { y[] = x[]");
	for (int i = 0; i < 6000; i++)
		text_add(&source, " / x[]");
	text_add(&source, " }");
	const hdt_task *t = parse_text(source.data);
	text_free(&source);
	cr_assert_null(t);
	expect_fault(HDT_INTERNAL, "nested more than");
}

Test(evaluate, more_axes_than_a_tensor_can_have_are_refused)
{
	text source = {0};
	text_add(&source, "task @wide(x: f32[2]) -> (y) { y[] = x[0]");
	for (int i = 0; i < 70; i++)
		text_format(&source, " + sum(k < %d) x[k %% 2]", i + 2);
	text_add(&source, " }");
	cr_assert_null(parse_text(source.data));
	text_free(&source);
	expect_fault(HDT_INTERNAL, "wide: y: uses more than 63 axes");
}
