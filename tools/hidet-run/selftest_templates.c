/* selftest_templates.c: the cases of schedulers: each sample of those that serve the target, by the choice that they would make, or by every
 * choice of a level. A template without samples, or without one of each kind, has failed. */
#include "selftest.h"

#include "core/compile.h"
#include "verbs.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_CHOICES = 4096 };

static bool add(selftest *s, test_case c)
{
	return vec_push(s->context, &s->cases, c);
}

/* A case that has failed before it began. */
static bool add_failed(selftest *s, const hdt_scheduler *scheduler, const char *source, const char *problem)
{
	test_case c = {.source = source, .dtype = HDT_DTYPE_COUNT, .by = {.scheduler = scheduler}};
	case_problem(&c, "%s", problem);
	return add(s, c);
}

/* One case for each choice of the level. */
static bool add_choices(selftest *s, test_case c)
{
	hdt_choice *choices = calloc(MOST_CHOICES, sizeof *choices);
	if (!choices)
		return hdt_fail(s->context, HDT_OUT_OF_MEMORY, "out of memory"), false;
	test_case probe = c;
	int count = 0;
	if (case_prepare(s, &probe)) {
		hdt_compile_options how = compile_options_of(s->o);
		how.precision = probe.sample.precision;
		count = compile_choices(probe.sample.graph, &how, c.by.scheduler, (int)s->o->choices, choices, MOST_CHOICES);
	}
	free((void *)(uintptr_t)probe.problem);
	case_release(&probe);
	bool good = count > 0 || add(s, c); /* it fails, and says why */
	c.by.chosen = true;
	for (int i = 0; i < count && i < MOST_CHOICES && good; i++) {
		c.by.choice = choices[i];
		good = add(s, c);
	}
	free(choices);
	return good;
}

static bool add_sample(selftest *s, const hdt_scheduler *scheduler, const char *source)
{
	test_case c = {.source = source, .dtype = HDT_DTYPE_COUNT, .by = {.scheduler = scheduler}};
	return s->o->choices > 0 && scheduler_is_template(scheduler) ? add_choices(s, c) : add(s, c);
}

/* Which kinds a sample is of; 0 when it cannot be read, which its own case will tell. */
static unsigned kinds_of(const selftest *s, const char *source)
{
	hdt_context *context = context_new(session_registry(s->session));
	sample parsed;
	unsigned kinds = context && sample_parse(context, source, HDT_DTYPE_COUNT, &parsed) == HDT_OK ? parsed.kinds : 0;
	context_free(context);
	return kinds;
}

/* The kinds that no sample is of, as text; NULL: none. */
static const char *missing_kinds(const selftest *s, const char *const *samples)
{
	unsigned kinds = 0;
	text t = {0};
	for (const char *const *at = samples; *at; at++)
		kinds |= kinds_of(s, *at);
	for (int i = 0; i < SAMPLE_KIND_COUNT; i++)
		if (!(kinds & 1u << i))
			text_format(&t, "%s%s", t.length ? ", " : "", sample_kind_name(i));
	return t.length ? text_finish(&t, s->context) : NULL;
}

static bool add_scheduler(selftest *s, const hdt_scheduler *scheduler)
{
	const char *const none[] = {NULL}, *const *samples = scheduler_samples(scheduler);
	if (!samples || !samples[0])
		return !scheduler_is_template(scheduler) ||
		       add_failed(s, scheduler, "(no samples)", "a template without samples: nothing can be said of it");
	const char *missing = scheduler_is_template(scheduler) ? missing_kinds(s, samples) : NULL;
	bool good = !missing || add_failed(s, scheduler, "(kinds)",
	                                   hdt_format(s->context, "no sample of it is of the kind %s", missing));
	for (const char *const *at = samples ? samples : none; *at && good; at++)
		good = add_sample(s, scheduler, *at);
	return good;
}

/* The target of the options, without its ordinal, or the first one there is. NULL: there is none of the name; compiling will tell. */
static const hdt_target *find_target(const selftest *s)
{
	const hdt_registry *registry = session_registry(s->session);
	const char *word = s->o->target;
	if (!word)
		return registry_count(registry, REGISTRY_TARGET) ? registry_at(registry, REGISTRY_TARGET, 0)->descriptor : NULL;
	const char *name = hdt_format(s->context, "%.*s", (int)strcspn(word, ":"), word);
	return name ? registry_target(registry, name) : NULL;
}

bool selftest_add_templates(selftest *s)
{
	int count = 0;
	const hdt_target *target = find_target(s);
	const hdt_scheduler *const *list = target ? schedulers_for(s->context, target, &count) : NULL;
	for (int i = 0; i < count; i++)
		if (selftest_wants(s, list[i]->name) && !add_scheduler(s, list[i]))
			return false;
	return hdt_context_status(s->context) == HDT_OK;
}
