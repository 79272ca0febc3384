/* candidate.c: asks schedulers what they can do with a task, and has one of them do it. */
#include "exec/candidate.h"

#include "base/vec.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHOICES = 4096 }; /* of one scheduler for one task */

typedef struct candidates {
	VEC(candidate) all;
} candidates;

/* A scheduler serves one target, or all that run its kind of functions. */
static bool serves(const hdt_scheduler *s, const hdt_target *target)
{
	return s->kind == target->kind && (!s->target || strcmp(s->target, target->name) == 0);
}

const hdt_scheduler *const *schedulers_for(hdt_context *context, const hdt_target *target, int *count)
{
	int all = registry_count(context->registry, REGISTRY_SCHEDULER);
	const hdt_scheduler **list = hdt_allocate(context, sizeof *list * (size_t)(all + 1));
	*count = 0;
	for (int i = 0; list && i < all; i++) {
		const hdt_scheduler *s = registry_at(context->registry, REGISTRY_SCHEDULER, i)->descriptor;
		if (serves(s, target))
			list[(*count)++] = s;
	}
	return list;
}

bool scheduler_is_template(const hdt_scheduler *s)
{
	return s->size >= offsetof(hdt_scheduler, build_choice) + sizeof s->build_choice && s->params && s->space &&
	       s->build_choice;
}

const char *const *scheduler_samples(const hdt_scheduler *s)
{
	return s->size >= offsetof(hdt_scheduler, samples) + sizeof s->samples ? s->samples : NULL;
}

static int compare_cost(const void *a, const void *b)
{
	const candidate *x = a, *y = b;
	if (x->cost_us != y->cost_us)
		return x->cost_us < y->cost_us ? -1 : 1;
	if (x->scheduler->rank != y->scheduler->rank)
		return x->scheduler->rank > y->scheduler->rank ? -1 : 1;
	return strcmp(x->scheduler->name, y->scheduler->name);
}

/* One candidate for each scheduler that applies. */
static bool ask_all(hdt_context *context, const hdt_task *task, const loaded *on, candidates *out, text *declined)
{
	int count;
	const hdt_scheduler *const *list = schedulers_for(context, on->target, &count);
	for (int i = 0; list && i < count; i++) {
		hdt_answer answer = list[i]->query(task, on->target->info(on->device));
		double cost = isnan(answer.cost_us) || answer.cost_us < 0 ? INFINITY : answer.cost_us;
		candidate one = {.scheduler = list[i], .cost_us = cost};
		if (!answer.applies)
			text_format(declined, "%s%s: %s", declined->length ? "; " : "", list[i]->name,
			            answer.reason ? answer.reason : "no reason given");
		else if (!vec_push(context, &out->all, one))
			return false;
	}
	if (list && out->all.count)
		qsort(out->all.items, (size_t)out->all.count, sizeof(candidate), compare_cost);
	return list != NULL;
}

/* The same scheduler with each choice of its space. */
static bool add_choices(hdt_context *context, const hdt_task *task, const loaded *on, int level, candidate one,
                        candidates *out)
{
	hdt_choice *choices = calloc(MOST_CHOICES, sizeof *choices);
	int count = choices ? one.scheduler->space(task, on->target->info(on->device), level, choices, MOST_CHOICES) : 0;
	bool good = choices != NULL;
	one.chosen = true;
	for (int i = 0; i < count && i < MOST_CHOICES && good; i++) {
		one.choice = choices[i];
		good = vec_push(context, &out->all, one);
	}
	free(choices);
	return good;
}

int candidates_list(hdt_context *context, const hdt_task *task, const loaded *on, int level, candidate **out,
                    text *declined)
{
	candidates first = {{0}}, all = {{0}};
	bool good = ask_all(context, task, on, &first, declined);
	for (int i = 0; i < first.all.count && good && level > 0; i++)
		if (scheduler_is_template(first.all.items[i].scheduler))
			good = add_choices(context, task, on, level, first.all.items[i], &all);
		else
			good = vec_push(context, &all.all, first.all.items[i]);
	const candidates *result = level > 0 ? &all : &first;
	*out = result->all.items;
	if (good && hdt_context_status(context) == HDT_OK)
		return result->all.count;
	if (hdt_context_status(context) == HDT_OK)
		hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory listing the ways to compute '%s'", task->name);
	return -1;
}

bool candidate_guess(candidate *c, const hdt_task *task, const hdt_target_info *info)
{
	if (!c->chosen && scheduler_is_template(c->scheduler))
		c->chosen = c->scheduler->space(task, info, 0, &c->choice, 1) > 0;
	return c->chosen || !scheduler_is_template(c->scheduler);
}

hdt_program *candidate_program(candidate c, const hdt_task *task, const hdt_target_info *info)
{
	if (!candidate_guess(&c, task, info))
		return NULL;
	return c.chosen ? c.scheduler->build_choice(task, info, &c.choice) : c.scheduler->build(task, info);
}

/* A builder that gave up has left its reason. */
static hdt_status blame(const candidate *c, const fusion_group *group, hdt_status status)
{
	hdt_context *context = group->task->context;
	text name = {0};
	candidate_print(&name, c);
	const char *who = text_finish(&name, context);
	if (status == HDT_OK)
		return hdt_fail(context, HDT_INTERNAL, "scheduler %s gave no program for '%s'", who ? who : "", group->text);
	context_add_note(context, "scheduler %s built '%s'", who ? who : "", group->text);
	return status;
}

hdt_status candidate_build(const candidate *c, const fusion_group *group, const loaded *on, step *out)
{
	hdt_context *context = group->task->context;
	hdt_program *program = candidate_program(*c, group->task, on->target->info(on->device));
	if (!program)
		return blame(c, group, hdt_context_status(context));
	hdt_status status = program_finish(program);
	if (status == HDT_OK && getenv("HIDET_VERIFY"))
		status = program_verify(program);
	if (status != HDT_OK)
		return blame(c, group, status);
	*out = (step){.group = group, .program = program, .scheduler = c->scheduler};
	return HDT_OK;
}

void candidate_print(text *t, const candidate *c)
{
	text_add(t, c->scheduler->name);
	for (int i = 0; c->chosen && i < HDT_MAX_PARAMS && c->scheduler->params[i]; i++)
		text_format(t, " %s=%lld", c->scheduler->params[i], (long long)c->choice.values[i]);
}

bool candidate_equal(const candidate *a, const candidate *b)
{
	if (a->scheduler != b->scheduler || a->chosen != b->chosen)
		return false;
	for (int i = 0; a->chosen && i < HDT_MAX_PARAMS && a->scheduler->params[i]; i++)
		if (a->choice.values[i] != b->choice.values[i])
			return false;
	return true;
}
