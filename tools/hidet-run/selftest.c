/* selftest.c: the verb selftest: the samples of operators, for each dtype that they claim, and of schedulers, compiled and compared with the
 * reference evaluator.
 *
 * An operator that a resolve rule applies to is tested twice: as itself and resolved. Cases are compiled many at a time into one object, which
 * is what makes a few thousand of them a matter of a minute. */
#include "selftest.h"

#include "core/session.h"
#include "verbs.h"
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- collecting ----------------------------------------------------------------------------------------------------- */

/* Is `dtype` among the names and groups of an operator's `dtypes`? */
static bool claims(const char *dtypes, hdt_dtype dtype)
{
	static const char *const groups[] = {
		[HDT_KIND_BOOL] = "bool", [HDT_KIND_UINT] = "uint", [HDT_KIND_INT] = "int", [HDT_KIND_FLOAT] = "float"};
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	for (const char *at = dtypes; at && *at;) {
		size_t n = strcspn(at, " ");
		const char *const names[] = {info->name, groups[info->kind], "any"};
		for (int i = 0; i < 3; i++)
			if (n == strlen(names[i]) && strncmp(at, names[i], n) == 0)
				return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

/* Does the sample leave its dtype open: a T that is a word of its own? */
static bool is_open(const char *source)
{
	for (const char *at = source; (at = strchr(at, 'T')); at++)
		if ((at == source || strchr(" (,=", at[-1])) && (!at[1] || strchr("[ ,)", at[1])))
			return true;
	return false;
}

static bool has_resolve_rule(const hdt_registry *registry, const char *op)
{
	for (int i = 0; i < registry_count(registry, REGISTRY_RESOLVE_RULE); i++)
		if (strcmp(((const hdt_resolve_rule *)registry_at(registry, REGISTRY_RESOLVE_RULE, i)->descriptor)->op, op) ==
		    0)
			return true;
	return false;
}

static bool add_cases(selftest *s, const hdt_operator *op, bool resolved)
{
	for (const char *const *at = op->samples; at && *at; at++) {
		bool open = is_open(*at);
		for (int d = 0; d < HDT_DTYPE_COUNT; d++) {
			test_case c = {.source = *at, .dtype = (hdt_dtype)d, .resolved = resolved};
			if ((open ? claims(op->dtypes, (hdt_dtype)d) : d == HDT_F32) && !vec_push(s->context, &s->cases, c))
				return false;
		}
	}
	return true;
}

static bool add_operator(selftest *s, const hdt_operator *op)
{
	if (!op->samples || !op->samples[0])
		return hdt_fail(s->context, HDT_INTERNAL, "operator '%s' has no samples: nothing can be said of it", op->name),
		       false;
	return add_cases(s, op, false) &&
	       (!has_resolve_rule(session_registry(s->session), op->name) || add_cases(s, op, true));
}

bool selftest_wants(const selftest *s, const char *name)
{
	for (int i = 0; i < s->o->operands.count; i++)
		if (fnmatch(s->o->operands.items[i], name, 0) == 0)
			return true;
	return s->o->operands.count == 0;
}

/* A name that is nobody's is no test that passes. */
static hdt_status check_names(const selftest *s)
{
	const hdt_registry *registry = session_registry(s->session);
	for (int i = 0; i < s->o->operands.count; i++) {
		const char *name = s->o->operands.items[i];
		bool found = false;
		for (int n = 0; n < registry_count(registry, REGISTRY_OPERATOR); n++)
			found = found || fnmatch(name, registry_at(registry, REGISTRY_OPERATOR, n)->name, 0) == 0;
		for (int n = 0; n < registry_count(registry, REGISTRY_SCHEDULER); n++)
			found = found || fnmatch(name, registry_at(registry, REGISTRY_SCHEDULER, n)->name, 0) == 0;
		if (!found)
			return hdt_fail(s->context, HDT_USAGE, "no operator and no scheduler is called '%s'", name);
	}
	return HDT_OK;
}

static hdt_status collect(selftest *s)
{
	const hdt_registry *registry = session_registry(s->session);
	if (check_names(s) != HDT_OK)
		return HDT_USAGE;
	for (int i = 0; i < registry_count(registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		bool wanted = s->o->op ? fnmatch(s->o->op, op->name, 0) == 0 : selftest_wants(s, op->name);
		if (wanted && !add_operator(s, op))
			return hdt_context_status(s->context);
	}
	if (!s->o->op && !selftest_add_templates(s))
		return hdt_context_status(s->context);
	if (s->cases.count)
		return HDT_OK;
	return s->o->op ? hdt_fail(s->context, HDT_USAGE, "no operator is called '%s'", s->o->op)
	                : hdt_fail(s->context, HDT_USAGE, "what is named has no samples for the target '%s'",
	                           s->o->target ? s->o->target : "cpu");
}

/* ---- reporting ------------------------------------------------------------------------------------------------------ */

static const char *case_name(const selftest *s, const test_case *c)
{
	text who = {0};
	if (c->by.scheduler) {
		candidate_print(&who, &c->by);
		const char *name = hdt_format(s->context, "%s: %s", who.data ? who.data : "", c->source);
		text_free(&who);
		return name;
	}
	const char *dtype = is_open(c->source) ? hdt_format(s->context, " with T = %s", hdt_dtype_of(c->dtype)->name) : "";
	return hdt_format(s->context, "%s%s%s", c->source, dtype, c->resolved ? ", resolved" : "");
}

static void show_progress(const selftest *s, int done)
{
	if (s->o->quiet)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%d of %d samples, %d failed ", done, s->cases.count, s->failed);
	else if (done == s->cases.count || done / 1000 != (done - SELFTEST_BATCH) / 1000)
		fprintf(stderr, "%d of %d samples, %d failed\n", done, s->cases.count, s->failed);
}

static json_t *report_case(const selftest *s, const test_case *c)
{
	json_t *entry =
		json_pack("{s:s, s:s, s:s, s:f}", "name", case_name(s, c), "target", s->o->target ? s->o->target : "cpu",
	              "status", c->problem ? "failed" : "passed", "max_rel_err", c->max_relative);
	if (c->by.scheduler)
		json_object_set_new(entry, "scheduler", json_string(c->by.scheduler->name));
	if (c->problem)
		json_object_set_new(entry, "problem", json_string(c->problem));
	return entry;
}

static json_t *make_report(const selftest *s)
{
	json_t *cases = json_array();
	for (int i = 0; i < s->cases.count; i++)
		json_array_append_new(cases, report_case(s, &s->cases.items[i]));
	return json_pack("{s:i, s:i, s:i, s:o}", "passed", s->passed, "failed", s->failed, "skipped", 0, "cases", cases);
}

/* What failed, and with -v what passed; then the sum. */
static void print_report(const selftest *s)
{
	int of_schedulers = 0;
	for (int i = 0; i < s->cases.count; i++) {
		const test_case *c = &s->cases.items[i];
		of_schedulers += c->by.scheduler != NULL;
		if (c->problem || s->o->verbose)
			printf("%s %s%s%s\n", c->problem ? "FAILED" : "passed", case_name(s, c), c->problem ? ": " : "",
			       c->problem ? c->problem : "");
	}
	printf("%d passed, %d failed", s->passed, s->failed);
	if (of_schedulers && of_schedulers < s->cases.count)
		printf("; %d of them of schedulers", of_schedulers);
	printf("\n");
}

/* False: the target compiles nothing. */
static bool run_all(selftest *s)
{
	for (int at = 0; at < s->cases.count; at += SELFTEST_BATCH) {
		int count = s->cases.count - at < SELFTEST_BATCH ? s->cases.count - at : SELFTEST_BATCH;
		selftest_run(s, s->cases.items + at, count);
		if (s->unusable && !s->passed) {
			hdt_fail(s->context, HDT_BAD_TARGET, "%s", s->unusable);
			return false;
		}
		show_progress(s, at + count);
	}
	if (!s->o->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\n");
	return true;
}

int verb_selftest(hdt_session *session, const options *o)
{
	selftest s = {.session = session, .o = o, .context = context_new(session_registry(session))};
	int code;
	if (!s.context)
		return exit_code_of(HDT_OUT_OF_MEMORY);
	if (collect(&s) != HDT_OK || !run_all(&s))
		code = report_fault(s.context);
	else {
		if (!json_on_stdout(o))
			print_report(&s);
		code = !report_json(o, make_report(&s)) ? exit_code_of(HDT_IO_ERROR)
		       : s.failed                       ? exit_code_of(HDT_MISMATCH)
		                                        : 0;
	}
	for (int i = 0; i < s.cases.count; i++)
		free((char *)(uintptr_t)s.cases.items[i].problem);
	context_free(s.context);
	return code;
}
