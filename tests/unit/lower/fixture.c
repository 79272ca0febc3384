#include "fixture.h"

#include <string.h>

hdt_context *c;

void fixture_init(void)
{
	c = lowering_context();
	cr_assert(c);
}

void fixture_fini(void)
{
	lowering_context_free(c);
}

hdt_program *program_of(const char *source)
{
	hdt_program *program = hdt_program_parse(c, "test.hds", source, NULL, 0);
	cr_assert(program, "%s", c->message);
	return program;
}

hdt_status run_pass(hdt_program *program, const char *word)
{
	lowering how = {.target = &lowering_target, .info = &paper_device};
	int at = 0;
	while (at < lower_pass_count && strcmp(lower_passes[at].word, word))
		at++;
	cr_assert_lt(at, lower_pass_count, "no pass has the word %s", word);
	return lower_run(&lower_passes[at], program, &how);
}

const char *text_of(const hdt_program *program)
{
	text t = {0};
	program_print(&t, program);
	const char *result = text_finish(&t, c);
	cr_assert(result);
	return result;
}

void refuses(const char *word, const char *source, const char *says)
{
	hdt_program *program = program_of(source);
	const char *before = text_of(program);
	cr_assert_neq(run_pass(program, word), HDT_OK, "not refused:\n%s", text_of(program));
	cr_assert(strstr(c->message, says), "it says: %s", c->message);
	context_clear_fault(c);
	cr_assert_str_eq(text_of(program), before);
}

hdt_program *keeps_meaning(const char *word, const char *source)
{
	meaning before, after;
	hdt_program *program = program_of(source);
	cr_assert_eq(meaning_take(program, &before), HDT_OK, "%s: %s", source, c->message);
	cr_assert(before.known && before.cells.count > 0);
	cr_assert_eq(run_pass(program, word), HDT_OK, "%s: %s", source, c->message);
	cr_assert_eq(meaning_take(program, &after), HDT_OK, "%s\n%s: %s", source, text_of(program), c->message);
	cr_assert(meaning_same(&before, &after), "%s\n-> %s", source, text_of(program));
	return program;
}
