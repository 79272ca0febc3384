/* driver.c: which passes run, and of which one hears. */
#include "fixture.h"

#include <string.h>

TestSuite(driver, .init = fixture_init, .fini = fixture_fini);

static hdt_status note(void *closure, const char *pass, const hdt_program *program)
{
	(void)program;
	text_format(closure, "%s ", pass);
	return HDT_OK;
}

static const char *const source = "fn @k(x: f32[8]) cuda grid(1) block(8) {\n"
								  "  view v[i < 8] = x[7 - i];\n"
								  "  for i in 0..2 unroll+ { v.write(threadIdx.x + i, 1.0); } }\n";

Test(driver, one_hears_of_passes_that_changed_something)
{
	text heard = {0};
	lowering how = {.target = &lowering_target, .info = &paper_device, .after = note, .closure = &heard};
	cr_assert_eq(program_lower(program_of(source), &how), HDT_OK, "%s", c->message);
	cr_assert(heard.data && strstr(heard.data, "guard views copies") == heard.data, "%s", heard.data);
	text_free(&heard);
}

Test(driver, views_and_loops_stay_for_targets_that_take_script)
{
	lowering how = {.target = &lowering_script_target, .info = &paper_device};
	hdt_program *program = program_of(source);
	cr_assert_eq(program_lower(program, &how), HDT_OK, "%s", c->message);
	cr_assert(strstr(text_of(program), "view v[i < 8]"), "%s", text_of(program));
	cr_assert(strstr(text_of(program), "unroll+"), "%s", text_of(program));
}

static hdt_status stop(void *closure, const char *pass, const hdt_program *program)
{
	(void)closure;
	return hdt_fail(program->context, HDT_IO_ERROR, "stopped at %s", pass);
}

Test(driver, a_fault_of_the_listener_ends_it)
{
	lowering how = {.target = &lowering_target, .info = &paper_device, .after = stop};
	cr_assert_eq(program_lower(program_of(source), &how), HDT_IO_ERROR);
	cr_assert_str_eq(c->message, "stopped at guard");
}

Test(driver, names_stay_as_they_are_when_nothing_is_to_do)
{
	hdt_program *program = program_of("fn @f(a: *f32, b: i32) cuda grid(1) block(1) { a[0] = f32(b); }\n"
	                                  "fn @main(b: *f32, a: i32) host { launch @f(b, a); launch @f(b, a + 1); }\n");
	const char *before = text_of(program);
	lowering how = {.target = &lowering_target, .info = &paper_device};
	cr_assert_eq(program_lower(program, &how), HDT_OK, "%s", c->message);
	cr_assert_str_eq(text_of(program), before);
}
