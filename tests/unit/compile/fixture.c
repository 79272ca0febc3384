#include "fixture.h"

#include "operators.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hdt_registry *registry;
hdt_context *context, *diagnostics;
hdt_graph *graph;
char folder[64];

static void add_operators(registry_stage *stage, const hdt_operator *const *list)
{
	for (; list && *list; list++)
		registry_stage_add(stage, REGISTRY_OPERATOR, (*list)->name, *list);
}

void fixture_begin(const hdt_target *target, const hdt_operator *const *operators,
                   const hdt_scheduler *const *schedulers)
{
	char reason[256];
	registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "test");
	add_operators(stage, test_operators);
	add_operators(stage, operators);
	registry_stage_add(stage, REGISTRY_TARGET, "cpu", target);
	registry_stage_add(stage, REGISTRY_SCHEDULER, hdt_scheduler_auto_cpu.name, &hdt_scheduler_auto_cpu);
	for (; schedulers && *schedulers; schedulers++)
		registry_stage_add(stage, REGISTRY_SCHEDULER, (*schedulers)->name, *schedulers);
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(registry);
	context = context_new(registry);
	diagnostics = context_new(registry);
	graph = hdt_graph_new(context, "g");
	strcpy(folder, "/tmp/hidet-compile-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

void fixture_end(void)
{
	char command[96];
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	cr_assert_eq(system(command), 0);
	context_free(diagnostics);
	context_free(context);
	registry_free(registry);
}
