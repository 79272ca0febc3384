/* lower.c: runs the passes of passes.def, in their order, those that the target's language needs. After each, names are made unambiguous
 * again, for a pass may bring bodies together that were apart. */
#include "lower/lower.h"

#include <stdlib.h>
#include <string.h>

const lower_pass lower_passes[] = {
#define LOWER_PASS(verb, word, script, doc) {word, lower_##verb, script, doc},
#include "lower/passes.def"
#undef LOWER_PASS
};
const int lower_pass_count = sizeof lower_passes / sizeof *lower_passes;

hdt_status lower_run(const lower_pass *pass, hdt_program *program, const lowering *how)
{
	hdt_status status = pass->run(program, how);
	if (status == HDT_OK)
		status = program_finish(program);
	if (status == HDT_OK && getenv("HIDET_VERIFY")) {
		status = program_verify(program);
		if (status != HDT_OK)
			context_add_note(program->context, "verifying @%s after the pass '%s'", program->name, pass->word);
	}
	return status;
}

/* Tell `after` of the pass when the program's text is no longer that of before, which is replaced by it. */
static hdt_status tell(const lower_pass *pass, const hdt_program *program, const lowering *how, text *before)
{
	text now = {0};
	program_print(&now, program);
	bool changed = now.length != before->length || (now.length && memcmp(now.data, before->data, now.length) != 0);
	text_free(before);
	*before = now;
	return changed ? how->after(how->closure, pass->word, program) : HDT_OK;
}

hdt_status program_lower(hdt_program *program, const lowering *how)
{
	bool script = how->target->language == HDT_LANGUAGE_SCRIPT;
	hdt_status status = hdt_context_status(program->context);
	text shown = {0};
	if (how->after && status == HDT_OK)
		program_print(&shown, program);
	for (int i = 0; i < lower_pass_count && status == HDT_OK; i++) {
		if (script && !lower_passes[i].script)
			continue;
		status = lower_run(&lower_passes[i], program, how);
		if (status == HDT_OK && how->after)
			status = tell(&lower_passes[i], program, how, &shown);
	}
	text_free(&shown);
	return status;
}
