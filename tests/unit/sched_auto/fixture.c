/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/context.h"
#include "registry/registry.h"
#include <string.h>

hdt_context *context;
static hdt_registry *registry;

void set_up(void)
{
	registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "test");
	registry_stage_add(stage, REGISTRY_TARGET, hdt_target_sim.name, &hdt_target_sim);
	char reason[256];
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(registry);
	context = context_new(registry);
}

void tear_down(void)
{
	context_free(context);
	registry_free(registry);
}

const hdt_task *parse_task(const char *source)
{
	parser p;
	parser_init(&p, context, "test", source);
	const hdt_task *task = task_parse(&p);
	cr_assert(task, "%s", context->message);
	return task;
}

hdt_program *schedule(const char *source)
{
	const hdt_task *task = parse_task(source);
	const hdt_target_info info = {.size = sizeof info, .target = "sim"};
	hdt_program *program = hdt_scheduler_auto_cuda.build(task, &info);
	cr_assert(program, "%s", context->message);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	cr_assert_eq(program_verify(program), HDT_OK, "%s\n%s", context->message, program_text(program));
	return program;
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

const char *program_text(const hdt_program *program)
{
	text t = {0};
	program_print(&t, program);
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
