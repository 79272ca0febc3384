/* schedule.c: chooses a scheduler for each group's task and has it build the program. */
#include "exec/schedule.h"

#include "exec/tuning.h"
#include <stdlib.h>
#include <string.h>

static hdt_status fail_unscheduled(const fusion_group *group, const hdt_target *target, const text *declined)
{
	const char *why = declined->data ? declined->data : "no plugin schedules for this target";
	return hdt_fail(group->task->context, HDT_UNSUPPORTED, "nothing can schedule '%s' for target %s: %s", group->text,
	                target->name, why);
}

/* What tuning has found, or the best by its own estimate. `why` gets what is to be told of it. */
static hdt_status choose(const fusion_group *group, const loaded *on, const schedule_options *options, candidate *best,
                         text *why)
{
	hdt_context *context = group->task->context;
	finding found;
	candidate *all;
	text declined = {0};
	if (options->findings &&
	    tuning_find(context, options->findings, tuning_key(context, group->task, on), group->task, on, &found)) {
		*best = found.best;
		text_format(why, "tuned, %.2f us", found.us);
		return HDT_OK;
	}
	int count = candidates_list(context, group->task, on, 0, &all, &declined);
	hdt_status status = count > 0    ? HDT_OK
	                    : count == 0 ? fail_unscheduled(group, on->target, &declined)
	                                 : hdt_context_status(context);
	if (status == HDT_OK) {
		*best = all[0];
		text_format(why, "%.2f us", best->cost_us);
		for (int i = 1; i < count; i++)
			text_format(why, "; %s: %.2f us", all[i].scheduler->name, all[i].cost_us);
		if (declined.length)
			text_format(why, "; %s", declined.data);
	}
	text_free(&declined);
	return status;
}

/* How one task is computed. */
typedef struct schedule {
	candidate by;
	const char *why; /* to be told; NULL: it was fixed */
	step made;       /* of the first group that has the task */
} schedule;

void schedules_init(schedules *s, hdt_context *context)
{
	map_init(&s->made, context);
}

static void tell(const fusion_group *group, const schedule *s, explanation *explain)
{
	hdt_context *context = group->task->context;
	text who = {0};
	candidate_print(&who, &s->by);
	const char *name = who.data ? who.data : "";
	hdt_log(context, 2, "%s: scheduled by %s, %s", group->text, name, s->why);
	if (explain)
		explain_line(explain, NULL, "%s: scheduled by %s, %s", group->text, name, s->why);
	text_free(&who);
}

/* What is known under this name; made by whom is fixed, or whom is best. NULL after a fault. */
static schedule *find_schedule(const char *key, const candidate *fixed, const fusion_group *group, const loaded *on,
                               const schedule_options *options)
{
	hdt_context *context = group->task->context;
	schedule *s = map_get(&options->known->made, key);
	text why = {0};
	if (s)
		return s;
	s = hdt_allocate(context, sizeof *s);
	if (!s || !map_set(&options->known->made, key, s))
		return NULL;
	hdt_status status = HDT_OK;
	if (fixed) {
		s->by = *fixed;
	} else {
		status = choose(group, on, options, &s->by, &why);
		s->why = text_finish(&why, context);
		if (status == HDT_OK && !s->why)
			return NULL;
	}
	if (status == HDT_OK) {
		(void)candidate_guess(&s->by, group->task, on->target->info(on->device)); /* to be told */
		status = candidate_build(&s->by, group, on, &s->made);
	}
	return status == HDT_OK ? s : NULL;
}

/* `fixed` NULL: the best. */
static hdt_status schedule_by(const candidate *fixed, const fusion_group *group, const loaded *on,
                              const schedule_options *options, step *out)
{
	hdt_context *context = group->task->context;
	text name = {0};
	if (fixed)
		candidate_print(&name, fixed);
	task_print(&name, group->task);
	const char *key = name.data && !name.failed ? hdt_intern(context, name.data) : NULL;
	text_free(&name);
	const schedule *s = key ? find_schedule(key, fixed, group, on, options) : NULL;
	if (!s)
		return hdt_context_status(context) != HDT_OK
		           ? hdt_context_status(context)
		           : hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory scheduling '%s'", group->text);
	if (s->why)
		tell(group, s, options->explain);
	*out = s->made;
	out->group = group;
	return HDT_OK;
}

hdt_status schedule_group(const fusion_group *group, const loaded *on, const schedule_options *options, step *out)
{
	return schedule_by(NULL, group, on, options, out);
}

/* Who is to take whatever it applies to. */
typedef struct asked {
	candidate by;
	bool took;     /* the choice was for the first one */
	text declined; /* why not the others */
} asked;

/* Who computes the group, when that is not to be chosen here; NULL. */
static const candidate *find_fixed(const schedule_options *options, asked *a, int index, const fusion_group *group,
                                   const loaded *on)
{
	if (options->fixed && options->fixed[index].scheduler)
		return &options->fixed[index];
	if (!options->by)
		return NULL;
	hdt_answer answer = a->by.scheduler->query(group->task, on->target->info(on->device));
	if (!answer.applies) {
		text_format(&a->declined, "%s'%s': %s", a->declined.length ? "; " : "", group->text,
		            answer.reason ? answer.reason : "no reason given");
		return NULL;
	}
	if (a->took)
		a->by.chosen = false;
	a->took = true;
	return &a->by;
}

hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on,
                           const schedule_options *options, step **steps, int *count)
{
	step *all = hdt_allocate(context, ((size_t)groups->count + 1) * sizeof *all);
	hdt_status status = all ? HDT_OK : HDT_OUT_OF_MEMORY;
	asked a = {.by = options->by ? *options->by : (candidate){0}};
	*steps = all;
	*count = groups->count;
	for (int i = 0; i < groups->count && status == HDT_OK; i++) {
		const candidate *fixed = find_fixed(options, &a, i, &groups->groups[i], on);
		status = schedule_by(fixed, &groups->groups[i], on, options, &all[i]);
	}
	if (status == HDT_OK && options->by && !a.took)
		status = hdt_fail(context, HDT_UNSUPPORTED, "scheduler %s takes nothing of the graph: %s", a.by.scheduler->name,
		                  a.declined.data ? a.declined.data : "there is nothing");
	text_free(&a.declined);
	return status;
}
