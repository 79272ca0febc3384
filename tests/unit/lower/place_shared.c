/* place_shared.c: places of dynamic shared buffers: none meets another that lives beside it. */
#include "fixture.h"

#include <string.h>

TestSuite(place_shared, .init = fixture_init, .fini = fixture_fini);

typedef struct search {
	const char *name;
	const hdt_tensor *found;
} search;

static void find(const hdt_stmt *s, void *closure)
{
	search *wanted = closure;
	if (s->kind == HDT_STMT_BUFFER && !strcmp(s->tensor->name, wanted->name))
		wanted->found = s->tensor;
}

static int64_t place_of(const hdt_program *program, const char *name)
{
	search s = {name, NULL};
	stmt_walk(program->functions[0]->body, find, &s);
	cr_assert(s.found, "there is no %s in\n%s", name, text_of(program));
	return s.found->place;
}

static int64_t total_of(const hdt_program *program)
{
	int64_t bytes = -1;
	cr_assert(hdt_is_const(program->functions[0]->shared_bytes, &bytes));
	return bytes;
}

static hdt_program *placed(const char *body)
{
	hdt_program *program = program_of(hdt_format(c, "fn @k(y: *f32, n: i32) cuda grid(1) block(32) {\n%s}\n", body));
	cr_assert_eq(run_pass(program, "shared"), HDT_OK, "%s", c->message);
	return program;
}

Test(place_shared, one_behind_the_other_aligned)
{
	hdt_program *p =
		placed("shared dynamic a: f32[5]; shared dynamic b: f16[3]; shared c: f32[8]; shared dynamic d: i8[1];\n");
	cr_assert(place_of(p, "a") == 0 && place_of(p, "b") == 32 && place_of(p, "d") == 48);
	cr_assert_eq(total_of(p), 64);
}

Test(place_shared, addressed_buffers_are_aligned_for_tiles)
{
	hdt_program *p =
		placed("shared dynamic a: f16[5]; shared dynamic b: f16[64]; shared dynamic d: f16[1024]; register r: f16[4];\n"
	           "load_rows(&r[0], &b[0]); load_rows(&r[0], &d[0]); y[0] = f32(a[0]);\n");
	cr_assert(place_of(p, "a") == 0 && place_of(p, "b") == 128 && place_of(p, "d") == 1024);
	cr_assert_eq(total_of(p), 3072);
}

Test(place_shared, what_is_asked_for_comes_behind)
{
	hdt_program *p =
		program_of("fn @k(y: *f32, n: i32) cuda grid(1) block(32) shared(n * 4) { shared dynamic a: f32[4]; }\n");
	cr_assert_eq(run_pass(p, "shared"), HDT_OK, "%s", c->message);
	const hdt_expr *n = p->functions[0]->scalars[0];
	int64_t value = 10, bytes;
	bindings b = {&n, &value, 1};
	cr_assert(expr_evaluate(p->functions[0]->shared_bytes, &b, &bytes));
	cr_assert_eq(bytes, 56);
}

Test(place_shared, without_dynamic_buffers_nothing_changes)
{
	hdt_program *p = placed("shared a: f32[4];\n");
	cr_assert_null(p->functions[0]->shared_bytes);
}

#define BODY(name) "shared dynamic " name ": f32[64]; " name "[threadIdx.x] = 1.0; y[threadIdx.x] = " name "[0];"

Test(place_shared, bodies_apart_by_a_barrier_share)
{
	hdt_program *p = placed("for i in 0..4 { " BODY("a") " } syncthreads(); for i in 0..4 { " BODY("b") " }\n");
	cr_assert_eq(place_of(p, "b"), place_of(p, "a"));
	cr_assert_eq(total_of(p), 256);
}

Test(place_shared, bodies_without_a_barrier_between_do_not_share)
{
	hdt_program *p = placed("for i in 0..4 { " BODY("a") " } for i in 0..4 { " BODY("b") " } syncthreads();\n");
	cr_assert_eq(place_of(p, "b"), 256);
}

Test(place_shared, branches_of_one_if_do_not_share)
{
	hdt_program *p = placed("if threadIdx.x < 4 { " BODY("a") " } else { " BODY("b") " }\n");
	cr_assert_eq(place_of(p, "b"), 256);
}

Test(place_shared, around_a_loop_a_second_barrier_is_wanted)
{
	hdt_program *one =
		placed("for t in 0..n { for i in 0..4 { " BODY("a") " } syncthreads(); for i in 0..4 { " BODY("b") " } }\n");
	cr_assert_eq(place_of(one, "b"), 256);
	hdt_program *two = placed("for t in 0..n { for i in 0..4 { " BODY("a") " } syncthreads(); for i in 0..4 { " BODY(
		"b") " } syncthreads(); }\n");
	cr_assert_eq(place_of(two, "b"), 0);
	hdt_program *first = placed("for t in 0..n { syncthreads(); for i in 0..4 { " BODY(
		"a") " } syncthreads(); for i in 0..4 { " BODY("b") " } }\n");
	cr_assert_eq(place_of(first, "b"), 0);
}

Test(place_shared, what_lives_to_the_end_shares_with_those_before_it_alone)
{
	hdt_program *p =
		placed("for i in 0..4 { " BODY("a") " } syncthreads(); " BODY("b") " for i in 0..4 { " BODY("d") " }\n");
	cr_assert(place_of(p, "b") == 0 && place_of(p, "d") == 256);
}

Test(place_shared, what_may_be_written_through_its_address_shares_with_none)
{
	hdt_program *p = placed(
		"for i in 0..4 { " BODY("a") " atomic_add(&a[0], 1.0); } syncthreads(); for i in 0..4 { " BODY("b") " }\n");
	cr_assert_neq(place_of(p, "b"), 0);
}
