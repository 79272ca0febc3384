/* limits.c: unrolling, mappings and views: what is refused, within bounded time. */
#include "fixture.h"

#include <string.h>

TestSuite(limits, .init = fixture_init, .fini = fixture_fini);

Test(limits, too_many_copies_are_refused)
{
	refuses("copies", "fn @k(x: *f32) cuda grid(1) block(1) { for i in 0..100000 unroll+ { x[i] = 1.0; } }\n",
	        "more than 16384 statements");
}

Test(limits, copies_of_nothing_end_too)
{
	refuses("copies",
	        "fn @k(x: *f32) cuda grid(1) block(1) {\n"
	        "  for i in 0..1000000 unroll+ { for j in 0..1000000 unroll+ { } } x[0] = 1.0; }\n",
	        "more than 16384 statements");
}

/* Each factor of a mapping may be a repeat of eight dimensions: nests of hundreds of loops. */
Test(limits, deep_mappings_are_refused)
{
	text source = {0};
	text_add(&source,
	         "fn @k(x: *f32) cuda grid(1) block(1) { for a, b, d, e, f, g, h, i in repeat(2, 2, 2, 2, 2, 2, 2, 2)");
	for (int k = 0; k < 6; k++)
		text_add(&source, " * repeat(2, 2, 2, 2, 2, 2, 2, 2)");
	text_add(&source, " on 0 { for t, u, v, w in repeat(2, 2, 2, 2)");
	for (int k = 0; k < 14; k++)
		text_add(&source, " * repeat(2, 2, 2, 2)");
	text_add(&source, " on 0 { for p, q, r, s in repeat(2, 2, 2, 2)");
	for (int k = 0; k < 14; k++)
		text_add(&source, " * repeat(2, 2, 2, 2)");
	text_add(&source, " on 0 { x[a + t + p] = 1.0; } } } }\n");
	hdt_program *program = program_of(source.data);
	text_free(&source);
	cr_assert_eq(run_pass(program, "map"), HDT_UNSUPPORTED, "%s", c->message);
	cr_assert(strstr(c->message, "within each other"), "%s", c->message);
}

/* Each view reads the one before it at two places: 2^24 elements of the first. */
Test(limits, views_that_grow_are_refused)
{
	text source = {0};
	text_add(&source, "fn @k(x: *i64) cuda grid(1) block(1) {\n  view v0[i < 100] = x[i];\n");
	for (int i = 1; i <= 24; i++)
		text_format(&source, "  view v%d[i < 100] = x[v%d[i * 2] + v%d[i * 2 + 1]];\n", i, i - 1, i - 1);
	text_add(&source, "  x[0] = v24[1];\n}\n");
	hdt_program *program = program_of(source.data);
	text_free(&source);
	cr_assert_eq(run_pass(program, "views"), HDT_UNSUPPORTED);
	cr_assert(strstr(c->message, "expressions"), "%s", c->message);
}

Test(limits, workers_that_are_too_few_only_once_a_call_is_inlined_are_told_with_their_line)
{
	hdt_program *program =
		program_of("fn @share(x: *f32, w: i64) cuda {\n  for i in spatial(32) on w { x[i] = 1.0; }\n}\n"
	               "fn @k(x: *f32) cuda grid(1) block(16) { call @share(x, threadIdx.x); }\n");
	lowering how = {.target = &lowering_target, .info = &paper_device};
	cr_assert_eq(program_lower(program, &how), HDT_BAD_MODEL, "%s", c->message);
	cr_assert(strstr(c->message, ":2: in @k: spatial(32) is for 32 workers"), "%s", c->message);
}

Test(limits, shared_buffers_start_with_no_value)
{
	refuses("fill", "fn @k(x: *f32) cuda grid(1) block(1) { shared s: f32[4] = 0.0; x[0] = s[0]; }\n", "barrier");
}

Test(limits, a_buffer_of_nothing_is_filled_with_nothing)
{
	keeps_meaning("fill", "fn @k(x: f32[4]) cuda grid(1) block(1) { register r: f32[2, 0] = 1.0; x[0] = 2.0; }\n");
}
