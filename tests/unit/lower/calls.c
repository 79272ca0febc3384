/* calls.c: calls becoming bodies: what is refused, and what goes. */
#include "fixture.h"

#include <string.h>

TestSuite(calls, .init = fixture_init, .fini = fixture_fini);

static hdt_function *helper(hdt_program *program, const char *name)
{
	hdt_function *f = hdt_function_new(program, name, HDT_FUNCTION_CUDA);
	hdt_parameter_pointer(f, "x", HDT_F32);
	return f;
}

static void call(hdt_function *caller, const hdt_function *callee)
{
	hdt_operand operand = {.tensor = caller->parameters[0]};
	hdt_call_function(caller, callee, &operand, 1);
}

Test(calls, a_circle_is_refused_by_its_names)
{
	hdt_program *program = hdt_program_new(c, "circle");
	hdt_function *f[] = {helper(program, "c"), helper(program, "a"), helper(program, "b"), helper(program, "k")};
	hdt_function_grid(f[3], HDT_AT(hdt_int(c, 1)), HDT_AT(hdt_int(c, 32)));
	call(f[1], f[0]);
	call(f[1], f[2]);
	call(f[2], f[1]);
	call(f[3], f[1]);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", c->message);
	cr_assert_eq(run_pass(program, "inline"), HDT_BAD_MODEL);
	cr_assert(strstr(c->message, "in a circle: @a -> @b -> @a"), "%s", c->message);
}

/* Each function calls the one before it twice: 2^40 bodies. */
Test(calls, bodies_without_end_are_refused_at_once)
{
	text source = {0};
	text_add(&source, "fn @f0(x: *f32) cuda { x[0] = x[0] + 1.0; }\n");
	for (int i = 1; i <= 40; i++)
		text_format(&source, "fn @f%d(x: *f32) cuda { call @f%d(x); call @f%d(x); }\n", i, i - 1, i - 1);
	text_add(&source, "fn @k(x: *f32) cuda grid(1) block(1) { call @f40(x); }\n");
	hdt_program *program = program_of(source.data);
	text_free(&source);
	cr_assert_eq(run_pass(program, "inline"), HDT_UNSUPPORTED);
	cr_assert(strstr(c->message, "more than 16384 statements"), "%s", c->message);
}

/* 20 functions, each with 40 branches around its call. */
Test(calls, nests_without_end_are_refused)
{
	text source = {0};
	text_add(&source, "fn @f0(x: *f32) cuda { x[0] = 1.0; }\n");
	for (int i = 1; i <= 20; i++) {
		text_format(&source, "fn @f%d(x: *f32) cuda { ", i);
		for (int k = 0; k < 40; k++)
			text_add(&source, "if x[1] > 0.0 { ");
		text_format(&source, "call @f%d(x); ", i - 1);
		for (int k = 0; k < 41; k++)
			text_add(&source, "}");
		text_add(&source, "\n");
	}
	text_add(&source, "fn @k(x: *f32) cuda grid(1) block(1) { call @f20(x); }\n");
	hdt_program *program = program_of(source.data);
	text_free(&source);
	cr_assert_eq(run_pass(program, "inline"), HDT_UNSUPPORTED);
	cr_assert(strstr(c->message, "within each other"), "%s", c->message);
}

Test(calls, chains_of_calls_are_bounded)
{
	enum { LENGTH = 80 };
	hdt_function *chain[LENGTH];
	hdt_program *program = hdt_program_new(c, "chain");
	for (int i = 0; i < LENGTH; i++)
		chain[i] = helper(program, hdt_format(c, "f%d", i));
	for (int i = 0; i + 1 < LENGTH; i++)
		call(chain[i], chain[i + 1]);
	hdt_function *kernel = helper(program, "k");
	hdt_function_grid(kernel, HDT_AT(hdt_int(c, 1)), HDT_AT(hdt_int(c, 1)));
	call(kernel, chain[0]);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", c->message);
	cr_assert_eq(run_pass(program, "inline"), HDT_UNSUPPORTED);
	cr_assert(strstr(c->message, "calls are more than 64 deep"), "%s", c->message);
}

Test(calls, a_tensor_map_is_not_made_within_a_loop)
{
	refuses("inline",
	        "fn @f(a: *f32, m: i32) cuda { view A[i < m, j < 8] = a[i * 8 + j]; map ma = A box(8, 8); a[0] = 1.0; }\n"
	        "fn @k(a: *f32, m: i32) cuda grid(1) block(1) { for i in 0..2 { call @f(a, m); } }\n",
	        "the tensor map ma");
}

Test(calls, swapped_buffers_stay_apart)
{
	hdt_program *program =
		keeps_meaning("inline", "fn @move(x: *f32, y: *f32, i: i64) cuda { x[i] = y[i + 1]; y[i] = x[i] * 2.0; }\n"
	                            "fn @k(x: *f32, y: *f32) cuda grid(1) block(4) {\n"
	                            "  call @move(x, y, threadIdx.x); call @move(y, x, threadIdx.x + 4); x[9] = y[9]; }\n");
	cr_assert_eq(program->function_count, 1);
}

Test(calls, parameters_of_other_shapes_see_the_elements_row_by_row)
{
	keeps_meaning("inline",
	              "fn @f(x: f32[3, 4], y: f32[12], z: *f32) cuda {\n"
	              "  for i in 0..3 { for j in 0..4 { x[i, j] = y[i * 4 + j] + z[i * 4 + j]; } } }\n"
	              "fn @k(x: f32[2, 6], y: f32[2, 3, 2], z: f32[4, 3]) cuda grid(1) block(1) { call @f(x, y, z); }\n");
}

Test(calls, a_view_can_be_given)
{
	keeps_meaning("inline", "fn @f(row: f32[n], n: i64) cuda { for i in 0..n { row[i] = row[i] + f32(i); } }\n"
	                        "fn @k(x: f32[4, 8]) cuda grid(1) block(4) {\n"
	                        "  view part[i < 5] = x[threadIdx.x, i + 2]; call @f(part, 5); call @f(part, 3); }\n");
}

/* Equal calls would be one node, and one value to whoever shares values. */
Test(calls, each_copy_of_an_effect_is_a_call_of_its_own)
{
	hdt_program *program = program_of("fn @k(x: *f32) cuda grid(1) block(32) {\n"
	                                  "  for i in 0..2 unroll+ { let v = shfl_down(x[0], 1); x[1] = v; } }\n");
	cr_assert_eq(run_pass(program, "copies"), HDT_OK, "%s", c->message);
	const hdt_stmt *first = program->functions[0]->body, *second = first->next->next;
	cr_assert_eq(first->value->op, HDT_OP_CALL);
	cr_assert_eq(second->value->op, HDT_OP_CALL);
	cr_assert_neq(first->value, second->value);
}
