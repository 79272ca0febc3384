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
	if (options->directory &&
	    tuning_find(context, options->directory, tuning_key(context, group->task, on), group->task, on, &found)) {
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

/* The best guess of a template, to be told. */
static void fill_guess(candidate *c, const hdt_task *task, const loaded *on)
{
	if (!c->chosen && scheduler_is_template(c->scheduler))
		c->chosen = c->scheduler->space(task, on->target->info(on->device), 0, &c->choice, 1) > 0;
}

static void tell(const fusion_group *group, const candidate *best, const text *why, explanation *explain)
{
	hdt_context *context = group->task->context;
	text who = {0};
	candidate_print(&who, best);
	const char *name = who.data ? who.data : "", *reason = why->data ? why->data : "";
	hdt_log(context, 2, "%s: scheduled by %s, %s", group->text, name, reason);
	if (explain)
		explain_line(explain, NULL, "%s: scheduled by %s, %s", group->text, name, reason);
	text_free(&who);
}

hdt_status schedule_group(const fusion_group *group, const loaded *on, const schedule_options *options, step *out)
{
	candidate best = {0};
	text why = {0};
	hdt_status status = choose(group, on, options, &best, &why);
	if (status == HDT_OK) {
		fill_guess(&best, group->task, on);
		tell(group, &best, &why, options->explain);
		status = candidate_build(&best, group, on, out);
	}
	text_free(&why);
	return status;
}

hdt_status schedule_groups(hdt_context *context, const partition *groups, const loaded *on,
                           const schedule_options *options, step **steps, int *count)
{
	step *all = hdt_allocate(context, ((size_t)groups->count + 1) * sizeof *all);
	hdt_status status = all ? HDT_OK : HDT_OUT_OF_MEMORY;
	*steps = all;
	*count = groups->count;
	for (int i = 0; i < groups->count && status == HDT_OK; i++)
		if (options->fixed && options->fixed[i].scheduler)
			status = candidate_build(&options->fixed[i], &groups->groups[i], on, &all[i]);
		else
			status = schedule_group(&groups->groups[i], on, options, &all[i]);
	return status;
}
