/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/context.h"
#include <string.h>

void set_up(void)
{
	context_begin(&hdt_target_sim);
}

void tear_down(void)
{
	context_end();
}

hdt_program *schedule(const char *source)
{
	const hdt_task *task = parse_task(source);
	const hdt_target_info info = {.size = sizeof info, .target = "sim"};
	return check_program(hdt_scheduler_auto_cuda.build(task, &info));
}

const char *lowered(hdt_program *program, hdt_language language)
{
	hdt_target like = hdt_target_sim;
	like.language = language;
	lowering how = {.target = &like};
	cr_assert_eq(program_lower(program, &how), HDT_OK, "%s", context->message);
	return program_text(program);
}

const char *kernel_text(hdt_program *program)
{
	text t = {0};
	emitted_texts needed = {0};
	lowered(program, HDT_LANGUAGE_C);
	cr_assert_eq(emit_kernels(&t, program, "k", &needed), HDT_OK, "%s", context->message);
	return text_finish(&t, context);
}

static int64_t constant(const hdt_expr *e)
{
	int64_t value = -1;
	cr_assert(hdt_is_const(e, &value), "%s", hdt_expr_text(e));
	return value;
}

int64_t blocks_of(const hdt_program *program, int index)
{
	return constant(program->functions[index]->grid[0]);
}

int64_t threads_of(const hdt_program *program, int index)
{
	return constant(program->functions[index]->block[0]);
}

int count_of(const char *haystack, const char *needle)
{
	int count = 0;
	for (const char *at = haystack; (at = strstr(at, needle)); at += strlen(needle))
		count++;
	return count;
}
