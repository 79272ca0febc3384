/* Tensor programs: building, the text form, names, and what the verifier refuses. */
#include "script/script.h"

#include "base/context.h"
#include <criterion/criterion.h>
#include <string.h>

static hdt_context *context;
static hdt_program *program;
static hdt_function *f;
static const hdt_tensor *x, *y; /* f32[n, 7] and f32[n] */
static const hdt_expr *n;

static const hdt_expr *number(double v)
{
	return hdt_number(context, HDT_F32, v);
}
static const hdt_expr *integer(int64_t v)
{
	return hdt_int(context, v);
}

static void set_up(void)
{
	context = context_new(NULL);
	program = hdt_program_new(context, "p");
	n = hdt_symbol(context, "n", 1, 64);
	x = hdt_program_workspace(program, "x", HDT_F32, HDT_AT(n, integer(7)));
	y = hdt_program_workspace(program, "y", HDT_F32, HDT_AT(n));
	f = hdt_function_new(program, "f", HDT_FUNCTION_CPU);
	hdt_use(f, x);
	hdt_use(f, y);
}

static void tear_down(void)
{
	context_free(context);
}

TestSuite(script, .init = set_up, .fini = tear_down);

static void expect_text(const char *want)
{
	text t = {0};
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	program_print(&t, program);
	cr_assert_str_eq(t.data, want);
	text_free(&t);
	cr_assert_eq(program_verify(program), HDT_OK, "%s", context->message);
}

static void expect_fault(const char *part)
{
	if (program_finish(program) == HDT_OK)
		program_verify(program);
	cr_assert_eq(hdt_context_status(context), HDT_INTERNAL, "no fault");
	cr_assert(strstr(context->message, part), "%s", context->message);
}

static const hdt_expr *begin_rows(void)
{
	return hdt_begin_for(f, "i", n, HDT_LOOP_PARALLEL);
}

Test(script, row_sum_prints_as_documented)
{
	const hdt_expr *i = begin_rows();
	const hdt_tensor *s = hdt_local(f, "s", HDT_F32, HDT_SCALAR);
	hdt_store(f, s, HDT_SCALAR, number(0));
	const hdt_expr *j = hdt_begin_for(f, "j", integer(7), HDT_LOOP_SERIAL);
	hdt_store(f, s, HDT_SCALAR, hdt_add(hdt_at_list(s, HDT_SCALAR), hdt_at(x, i, j)));
	hdt_end(f);
	hdt_store(f, y, HDT_AT(i), hdt_at_list(s, HDT_SCALAR));
	hdt_end(f);
	expect_text("program @p() workspace(x: f32[n, 7], y: f32[n]) where n in 1..64 {\n"
	            "  fn @f(x, y) cpu {\n"
	            "    for i in 0..n parallel {\n"
	            "      register s: f32;\n"
	            "      s = 0.0;\n"
	            "      for j in 0..7 {\n"
	            "        s = s + x[i, j];\n"
	            "      }\n"
	            "      y[i] = s;\n"
	            "    }\n"
	            "  }\n"
	            "}\n");
}

Test(script, branches_lets_and_loop_kinds_print)
{
	const hdt_expr *i = begin_rows();
	const hdt_expr *v = hdt_let(f, "v", hdt_at(x, i, integer(0)));
	hdt_begin_if(f, hdt_less(v, number(0)));
	const hdt_expr *j = hdt_begin_for(f, "j", integer(7), HDT_LOOP_VECTORISE);
	hdt_store(f, x, HDT_AT(i, j), v);
	hdt_end(f);
	hdt_begin_else(f);
	const hdt_expr *k = hdt_begin_for(f, "k", integer(2), HDT_LOOP_UNROLL);
	hdt_store(f, x, HDT_AT(i, k), hdt_neg(v));
	hdt_end(f);
	hdt_end(f);
	hdt_end(f);
	expect_text("program @p() workspace(x: f32[n, 7], y: f32[n]) where n in 1..64 {\n"
	            "  fn @f(x, y) cpu {\n"
	            "    for i in 0..n parallel {\n"
	            "      let v = x[i, 0];\n"
	            "      if v < 0.0 {\n"
	            "        for j in 0..7 vectorise {\n"
	            "          x[i, j] = v;\n"
	            "        }\n"
	            "      } else {\n"
	            "        for k in 0..2 unroll {\n"
	            "          x[i, k] = -v;\n"
	            "        }\n"
	            "      }\n"
	            "    }\n"
	            "  }\n"
	            "}\n");
}

Test(script, names_that_would_hide_others_get_a_number)
{
	const hdt_expr *i = hdt_begin_for(f, "n", n, HDT_LOOP_PARALLEL);  /* a loop named like the symbol */
	const hdt_tensor *local = hdt_local(f, "x", HDT_F32, HDT_SCALAR); /* a local named like a buffer */
	const hdt_expr *j = hdt_begin_for(f, "n", integer(7), HDT_LOOP_SERIAL);
	const hdt_expr *v = hdt_let(f, "x", hdt_at(x, i, j));
	hdt_store(f, local, HDT_SCALAR, hdt_mul(v, hdt_cast(i, HDT_F32)));
	hdt_end(f);
	hdt_end(f);
	expect_text("program @p() workspace(x: f32[n, 7], y: f32[n]) where n in 1..64 {\n"
	            "  fn @f(x, y) cpu {\n"
	            "    for n_1 in 0..n parallel {\n"
	            "      register x_1: f32;\n"
	            "      for n_2 in 0..7 {\n"
	            "        let x_2 = x[n_1, n_2];\n"
	            "        x_1 = x_2 * f32(n_1);\n"
	            "      }\n"
	            "    }\n"
	            "  }\n"
	            "}\n");
}

Test(script, loops_beside_each_other_keep_their_name)
{
	for (int twice = 0; twice < 2; twice++) {
		const hdt_expr *i = begin_rows();
		hdt_store(f, y, HDT_AT(i), number(twice));
		hdt_end(f);
	}
	cr_assert_eq(program_finish(program), HDT_OK);
	cr_assert_str_eq(program->functions[0]->body->axis->name, "i");
	cr_assert_str_eq(program->functions[0]->body->next->axis->name, "i");
	cr_assert_eq(program_verify(program), HDT_OK);
}

Test(script, symbols_are_collected_sorted_and_once)
{
	const hdt_expr *b = hdt_symbol(context, "batch", 1, 8);
	const hdt_expr *i = hdt_begin_for(f, "i", hdt_mul(b, n), HDT_LOOP_SERIAL);
	hdt_begin_if(f, hdt_less(i, n));
	hdt_store(f, y, HDT_AT(i), number(0));
	hdt_end(f);
	hdt_end(f);
	cr_assert_eq(program_finish(program), HDT_OK);
	cr_assert_eq(program->symbol_count, 2);
	cr_assert(program->symbols[0] == b && program->symbols[1] == n);
}

Test(script, a_stored_value_is_converted_to_the_buffers_dtype)
{
	const hdt_expr *i = begin_rows();
	hdt_store(f, y, HDT_AT(i), i);
	hdt_end(f);
	cr_assert_eq(program_finish(program), HDT_OK);
	cr_assert_eq(program->functions[0]->body->body->value->dtype, HDT_F32);
	cr_assert_eq(program_verify(program), HDT_OK);
}

Test(script, builders_take_null)
{
	cr_assert_null(hdt_begin_for(NULL, "i", n, HDT_LOOP_SERIAL));
	cr_assert_null(hdt_use(f, NULL));
	cr_assert_null(hdt_local(NULL, "s", HDT_F32, HDT_SCALAR));
	cr_assert_null(hdt_let(f, "v", NULL));
	hdt_store(f, NULL, HDT_SCALAR, NULL);
	hdt_begin_if(f, NULL);
	hdt_end(NULL);
	hdt_program_bind(NULL, NULL);
	cr_assert_eq(program_finish(NULL), HDT_INTERNAL);
	cr_assert_eq(hdt_context_status(context), HDT_OK);
	cr_assert_eq(program_finish(program), HDT_OK);
}

Test(script, nothing_is_added_after_a_fault)
{
	hdt_fail(context, HDT_BAD_MODEL, "earlier");
	begin_rows();
	hdt_end(f);
	hdt_end(f);
	cr_assert_null(f->body);
	cr_assert_eq(program_finish(program), HDT_BAD_MODEL);
}

Test(script, a_body_left_open_is_a_fault)
{
	begin_rows();
	expect_fault("function @f: a body was left open");
}

Test(script, an_end_too_many_is_a_fault)
{
	hdt_end(f);
	expect_fault("function @f: an end with nothing open");
}

Test(script, an_else_without_if_is_a_fault)
{
	begin_rows();
	hdt_begin_else(f);
	expect_fault("an else without its if");
}

Test(script, a_foreign_buffer_is_a_fault)
{
	hdt_program *other = hdt_program_new(context, "other");
	hdt_use(f, hdt_program_workspace(other, "z", HDT_F32, HDT_SCALAR));
	expect_fault("z is not a buffer of program @p");
}

Test(script, a_view_over_what_is_no_axis_is_a_fault)
{
	const hdt_expr *two = integer(2);
	cr_assert_null(hdt_view(f, "v", HDT_AT(two), hdt_use(f, x), HDT_AT(two, two)));
	expect_fault("function @f: dimension 0 of the view v is given by 2, which is no axis");
}

Test(script, a_cluster_of_four_extents_is_a_fault)
{
	hdt_function *k = hdt_function_new(program, "k", HDT_FUNCTION_CUDA);
	hdt_function_cluster(k, HDT_AT(integer(1), integer(1), integer(1), integer(2)));
	expect_fault("function @k: a cluster has up to three extents, of a kernel");
}

Test(script, a_buffer_that_is_no_parameter_is_a_fault)
{
	hdt_function *g = hdt_function_new(program, "g", HDT_FUNCTION_CPU);
	hdt_store(g, y, HDT_AT(integer(0)), number(0));
	expect_fault("function @g: in a store statement: neither a parameter of the function nor a buffer in scope: y");
}

Test(script, a_local_out_of_scope_is_a_fault)
{
	const hdt_expr *i = begin_rows();
	hdt_begin_if(f, hdt_less(i, integer(3)));
	const hdt_tensor *s = hdt_local(f, "s", HDT_F32, HDT_SCALAR);
	hdt_end(f);
	hdt_store(f, s, HDT_SCALAR, number(0));
	hdt_end(f);
	expect_fault("neither a parameter of the function nor a buffer in scope: s");
}

Test(script, a_loop_variable_out_of_scope_is_a_fault)
{
	const hdt_expr *i = begin_rows();
	hdt_end(f);
	hdt_store(f, y, HDT_AT(i), number(0));
	expect_fault("not in scope: i");
}

Test(script, buffers_from_around_a_parallel_loop_are_not_seen_in_it)
{
	const hdt_tensor *v = hdt_local(f, "v", HDT_F32, HDT_SCALAR);
	const hdt_expr *i = begin_rows();
	hdt_store(f, y, HDT_AT(i), hdt_at_list(v, HDT_SCALAR));
	hdt_end(f);
	expect_fault("cannot share a buffer of the function: make it within the loop: v");
}

Test(script, values_and_views_from_around_a_parallel_loop_are_seen_in_it)
{
	const hdt_expr *v = hdt_let(f, "v", hdt_at(y, integer(0)));
	const hdt_expr *axis = hdt_axis("k", integer(1));
	const hdt_tensor *first = hdt_view(f, "first", HDT_AT(axis), y, HDT_AT(axis));
	const hdt_expr *i = begin_rows();
	hdt_store(f, y, HDT_AT(i), hdt_add(v, hdt_at(first, integer(0))));
	hdt_end(f);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	cr_assert_eq(program_verify(program), HDT_OK, "%s", context->message);
}

Test(script, a_parallel_loop_within_another_is_a_fault)
{
	begin_rows();
	hdt_begin_for(f, "j", integer(7), HDT_LOOP_PARALLEL);
	hdt_end(f);
	hdt_end(f);
	expect_fault("a parallel loop within another statement, or in a kernel: j");
}

Test(script, a_reduction_left_over_is_a_fault)
{
	const hdt_expr *i = begin_rows(), *k = hdt_axis("k", integer(7));
	hdt_store(f, y, HDT_AT(i), hdt_sum(k, hdt_at(x, i, k)));
	hdt_end(f);
	expect_fault("in a store statement: a reduction that was not made a loop");
}

Test(script, a_local_of_unknown_size_is_a_fault)
{
	hdt_local(f, "s", HDT_F32, HDT_AT(n));
	expect_fault("the size is not constant: s");
}

Test(script, a_local_too_large_for_the_stack_is_a_fault)
{
	hdt_local(f, "s", HDT_F32, HDT_AT(integer(1000), integer(1000)));
	expect_fault("too large for a buffer of a function: s");
}

Test(script, a_wrong_number_of_indices_is_a_fault)
{
	hdt_store(f, y, HDT_AT(integer(0), integer(0)), number(0));
	expect_fault("a store to y with 2 indices, its rank is 1");
}

Test(script, nesting_is_bounded)
{
	for (int i = 0; i < 100; i++)
		hdt_begin_for(f, "i", integer(2), HDT_LOOP_SERIAL);
	expect_fault("more than 64 loops and branches within each other");
}
