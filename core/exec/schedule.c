/* schedule.c: chooses a scheduler for each group's task and has it build the program. */
#include "exec/schedule.h"

#include "base/vec.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct choice {
	const hdt_scheduler *scheduler; /* NULL: none applies */
	double cost;
} choice;

static bool is_better(const hdt_scheduler *s, double cost, const choice *than)
{
	if (!than->scheduler || cost != than->cost)
		return !than->scheduler || cost < than->cost;
	return s->rank > than->scheduler->rank; /* they come sorted by name */
}

/* A scheduler serves one target, or all that run its kind of functions. */
static bool serves(const hdt_scheduler *s, const hdt_target *target)
{
	return s->kind == target->kind && (!s->target || strcmp(s->target, target->name) == 0);
}

/* Ask them all; `reasons` gathers why some do not apply. */
static choice choose(hdt_context *context, const fusion_group *group, const loaded *on, text *reasons)
{
	const hdt_target_info *info = on->target->info(on->device);
	choice best = {NULL, INFINITY};
	int count = registry_count(context->registry, REGISTRY_SCHEDULER);
	for (int i = 0; i < count; i++) {
		const hdt_scheduler *s = registry_at(context->registry, REGISTRY_SCHEDULER, i)->descriptor;
		if (!serves(s, on->target))
			continue;
		hdt_answer answer = s->query(group->task, info);
		if (!answer.applies) {
			text_format(reasons, "%s%s: %s", reasons->length ? "; " : "", s->name,
			            answer.reason ? answer.reason : "no reason given");
			continue;
		}
		double cost = isnan(answer.cost_us) || answer.cost_us < 0 ? INFINITY : answer.cost_us;
		if (is_better(s, cost, &best))
			best = (choice){s, cost};
	}
	return best;
}

static hdt_status fail_unscheduled(const fusion_group *group, const hdt_target *target, const text *reasons)
{
	const char *why = reasons->data ? reasons->data : "no plugin schedules for this target";
	return hdt_fail(group->task->context, HDT_UNSUPPORTED, "nothing can schedule '%s' for target %s: %s", group->text,
	                target->name, why);
}

static hdt_status schedule_group(const fusion_group *group, const loaded *on, step *out)
{
	hdt_context *context = group->task->context;
	text reasons = {0};
	choice best = choose(context, group, on, &reasons);
	hdt_status status = best.scheduler ? HDT_OK : fail_unscheduled(group, on->target, &reasons);
	if (best.scheduler)
		hdt_log(context, 2, "%s: scheduled by %s, %.2f us%s%s", group->text, best.scheduler->name, best.cost,
		        reasons.data ? "; " : "", reasons.data ? reasons.data : "");
	text_free(&reasons);
	if (status != HDT_OK)
		return status;
	hdt_program *program = best.scheduler->build(group->task, on->target->info(on->device));
	if (!program) {
		/* A builder that gave up has left its reason. */
		status = hdt_context_status(context);
		if (status == HDT_OK)
			return hdt_fail(context, HDT_INTERNAL, "scheduler %s gave no program for '%s'", best.scheduler->name,
			                group->text);
		context_add_note(context, "scheduler %s built '%s'", best.scheduler->name, group->text);
		return status;
	}
	status = program_finish(program);
	if (status == HDT_OK && getenv("HIDET_VERIFY"))
		status = program_verify(program);
	if (status != HDT_OK)
		context_add_note(context, "scheduler %s built '%s'", best.scheduler->name, group->text);
	*out = (step){.group = group, .program = program, .scheduler = best.scheduler};
	return status;
}

hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on, step **steps, int *count)
{
	step *all = hdt_allocate(context, ((size_t)groups->count + 1) * sizeof *all);
	hdt_status status = all ? HDT_OK : HDT_OUT_OF_MEMORY;
	*steps = all;
	*count = groups->count;
	for (int i = 0; i < groups->count && status == HDT_OK; i++)
		status = schedule_group(&groups->groups[i], on, &all[i]);
	return status;
}
