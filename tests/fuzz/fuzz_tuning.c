/* fuzz_tuning.c: no bytes in a finding of tuning make its reader crash, leak or hang; what it accepts is a choice that the scheduler offers, and
 * comes back the same when it is kept. */
#include "exec/tuning.h"
#include "graph/graph.h"
#include "registry/registry.h"
#include "tests/paper_target.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A template, the target that it is for, and a task that it takes: what findings tell of. */

static const hdt_choice template_choices[] = {{{14, 32}}, {{6, 64}}, {{-1, 0}}};

static hdt_answer template_query(const hdt_task *task, const hdt_target_info *target)
{
	(void)task, (void)target;
	return (hdt_answer){.applies = true, .cost_us = 1};
}

static int template_space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	int count = level + 1 < most ? level + 1 : most;
	(void)task, (void)target;
	for (int i = 0; i < count; i++)
		out[i] = template_choices[i];
	return count;
}

static hdt_program *template_build(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	(void)task, (void)target, (void)choice;
	return NULL;
}

static const hdt_scheduler product_template = {
	.size = sizeof product_template,
	.name = "product",
	.doc = "for tests",
	.kind = HDT_FUNCTION_CPU,
	.query = template_query,
	.params = (const char *const[]){"rows", "columns", NULL},
	.space = template_space,
	.build_choice = template_build,
};

static const hdt_target paper_target = {
	.size = sizeof paper_target, .name = "paper", .kind = HDT_FUNCTION_CPU, PAPER_CALLBACKS};

static const hdt_task *parse_task(hdt_context *context)
{
	parsed_file file;
	if (text_parse_file(context, "task.hds", "task @t(x: f32[4]) -> (y) { y[i < 4] = x[i] }", &file) != HDT_OK)
		abort();
	return file.tasks[0];
}

static const hdt_registry *make_registry(void)
{
	static hdt_registry *registry;
	char reason[256];
	if (registry)
		return registry;
	registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "fuzz");
	registry_stage_add(stage, REGISTRY_SCHEDULER, product_template.name, &product_template);
	if (!registry_commit(stage, NULL, reason, sizeof reason))
		abort();
	registry_seal(registry);
	return registry;
}

/* Where the findings are; it is left behind, with the one file of the last input. */
static const char *make_folder(void)
{
	static char folder[] = "/tmp/hidet-fuzz-tuning-XXXXXX";
	static bool made;
	if (!made && !mkdtemp(folder))
		abort();
	made = true;
	return folder;
}

static void write_finding(const char *folder, const uint8_t *data, size_t bytes)
{
	char path[128];
	snprintf(path, sizeof path, "%s/key" TUNING_SUFFIX, folder);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(data, 1, bytes, f) != bytes || fclose(f) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const char *folder = make_folder();
	loaded on = {.target = &paper_target, .references = 1};
	finding found, again;
	hdt_context *context = context_new(make_registry());
	const hdt_task *task = parse_task(context);
	write_finding(folder, data, bytes);
	if (tuning_find(context, folder, "key", task, &on, &found)) {
		bool offered = false;
		for (size_t i = 0; i < sizeof template_choices / sizeof *template_choices; i++)
			offered = offered || memcmp(found.best.choice.values, template_choices[i].values, 2 * sizeof(int64_t)) == 0;
		if (!offered || !(found.us >= 0) || found.level < 0 || found.level > 2)
			abort();
		if (isfinite(found.us) && found.us < 1e30 && isfinite(found.baseline_us) && found.baseline_us < 1e30) {
			if (tuning_store(context, folder, "key", &found) != HDT_OK ||
			    !tuning_find(context, folder, "key", task, &on, &again) || !candidate_equal(&found.best, &again.best))
				abort();
		}
	}
	if (context->status != HDT_OK)
		abort(); /* a finding that does not fit is no fault */
	context_free(context);
	return 0;
}
