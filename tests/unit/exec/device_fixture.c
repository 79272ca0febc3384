#include "device_fixture.h"

#include <criterion/criterion.h>

hdt_registry *registry;
hdt_context *context, *diagnostics;
hdt_graph *graph;

static void define_twice(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 0)));
}
const hdt_operator twice = {.size = sizeof twice, .name = "twice", .inputs = "x", .define = define_twice};

void fixture_begin(const hdt_operator *const *operators, const device_function *functions)
{
	char reason[256];
	registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "test");
	for (; *operators; operators++)
		registry_stage_add(stage, REGISTRY_OPERATOR, (*operators)->name, *operators);
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(registry);
	context = context_new(registry);
	diagnostics = context_new(registry);
	graph = hdt_graph_new(context, "g");
	device_functions = functions;
}

void fixture_end(void)
{
	context_free(diagnostics);
	context_free(context);
	registry_free(registry);
	cr_assert_eq(device_allocations, 0, "everything on the device is released");
}

compiled_graph *fixture_compile(const hdt_target *target, const char *const *texts)
{
	static const char *const kernels[] = {"k_a", "k_b", "k_c", "k_d"};
	step steps[4];
	partition groups;
	compiled_graph *c = NULL;
	cr_assert_leq(graph->node_count, 4);
	cr_assert_eq(hdt_context_status(context), HDT_OK, "%s", context->message);
	cr_assert_eq(pass_partition(graph, &(partition_options){.fuse = false}, &groups), HDT_OK, "%s", context->message);
	for (int i = 0; i < graph->node_count; i++) {
		const hdt_program *p = hdt_program_parse(context, NULL, texts[i], NULL, 0);
		cr_assert_not_null(p, "%s", context->message);
		steps[i] = (step){.group = &groups.groups[i], .program = p, .function = kernels[i]};
	}
	loaded *on = loaded_new(target, NULL);
	on->object = (hdt_object *)&registry; /* anything but NULL */
	cr_assert_eq(compiled_new(graph, on, steps, graph->node_count, &(compile_report){0}, &c), HDT_OK, "%s",
	             context->message);
	loaded_release(on);
	return c;
}
