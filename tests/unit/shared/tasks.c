/* tasks.c: see tasks.h. */
#include "tasks.h"

#include "base/context.h"
#include "registry/registry.h"
#include <math.h>

hdt_context *context;
static hdt_registry *registry;

void context_begin(const hdt_target *target)
{
	char reason[256];
	registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "test");
	registry_stage_add(stage, REGISTRY_TARGET, target->name, target);
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(registry);
	context = context_new(registry);
}

void context_end(void)
{
	context_free(context);
	registry_free(registry);
}

const hdt_task *parse_task(const char *source)
{
	parser p;
	parser_init(&p, context, "test", source);
	const hdt_task *task = task_parse(&p);
	cr_assert(task, "%s\n%s", context->message, source);
	return task;
}

const char *program_text(const hdt_program *program)
{
	text t = {0};
	program_print(&t, program);
	return text_finish(&t, context);
}

hdt_program *check_program(hdt_program *program)
{
	cr_assert(program, "%s", context->message);
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	cr_assert_eq(program_verify(program), HDT_OK, "%s\n%s", context->message, program_text(program));
	return program;
}

void check_elements(const hdt_tensor *t, const void *got, const void *wanted, int64_t bytes, const hdt_program *program)
{
	const hdt_dtype_info *info = hdt_dtype_of(t->dtype);
	for (int64_t i = 0; i < bytes / info->bytes; i++) {
		scalar a = scalar_load(got, t->dtype, i), b = scalar_load(wanted, t->dtype, i);
		bool equal = !hdt_is_float(t->dtype) ? a.i == b.i
		             : isnan(b.f)            ? isnan(a.f)
		                          : a.f == b.f || fabs(a.f - b.f) <= 2 * (info->atol + info->rtol * fabs(b.f));
		cr_assert(equal, "%s: element %lld is %.9g, not %.9g (%lld, %lld)\n%s", t->name, (long long)i, a.f, b.f,
		          (long long)a.i, (long long)b.i, program_text(program));
	}
}
