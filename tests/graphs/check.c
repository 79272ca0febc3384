/* check.c: compiles many cases into two objects and compares what they compute. */
#include "check.h"

#include "compile.h"
#include "exec/compare.h"
#include "tensors/tensors.h"
#include "values.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_PER_BATCH = 300, SECONDS_PER_CASE = 5, SECONDS_ALONE = 60 };

/* A case while it is checked. */
typedef struct subject {
	const fuzz_case *c;
	verdict *verdict;
	hdt_context *contexts[2]; /* as it is, optimised */
	hdt_graph *graphs[2];
	compiled_graph *compiled[2];
	values want[CASE_RUNS];
	double scale; /* of the tolerances */
} subject;

static void decide(subject *s, outcome o, int how, const char *format, ...) HDT_PRINTF(4, 5);
static void decide(subject *s, outcome o, int how, const char *format, ...)
{
	va_list args;
	if (s->verdict->outcome != OUTCOME_NONE)
		return;
	s->verdict->outcome = o;
	s->verdict->optimised = how;
	va_start(args, format);
	vsnprintf(s->verdict->message, sizeof s->verdict->message, format, args);
	va_end(args);
}

/* ---- before --------------------------------------------------------------------------------------------------------- */

static void open_subject(const checker *k, subject *s)
{
	for (int how = 0; how < 2; how++) {
		s->contexts[how] = context_new(k->registry);
		s->graphs[how] = s->contexts[how] ? case_graph(s->c, s->contexts[how]) : NULL;
		if (!s->graphs[how] || graph_verify(s->graphs[how]) != HDT_OK) {
			decide(s, OUTCOME_UNUSABLE, how, "%s", s->contexts[how] ? s->contexts[how]->message : "out of memory");
			return;
		}
	}
	s->scale = 1;
	for (int n = 0; n < s->graphs[0]->node_count; n++)
		s->scale = s->graphs[0]->nodes[n]->op->tolerance > s->scale ? s->graphs[0]->nodes[n]->op->tolerance : s->scale;
	for (int r = 0; r < s->c->runs; r++) {
		values_init(&s->want[r], s->graphs[0], s->c, r);
		if (values_add_graph(&s->want[r]) != JUDGED_FINE)
			decide(s, OUTCOME_UNUSABLE, 0, "not tame, or not well conditioned (%s)", s->contexts[0]->message);
	}
}

static void close_subject(subject *s)
{
	for (int r = 0; r < s->c->runs; r++)
		values_fini(&s->want[r]);
	for (int how = 0; how < 2; how++) {
		compiled_free(s->compiled[how]);
		context_free(s->contexts[how]);
	}
}

static void compile(const checker *k, subject *subjects, int count, int how)
{
	hdt_graph **graphs = calloc((size_t)count + 1, sizeof *graphs);
	compiled_graph **compiled = calloc((size_t)count + 1, sizeof *compiled);
	hdt_context *context = context_new(k->registry);
	const hdt_compile_options how_to = {
		.size = sizeof how_to, .target = k->target, .jobs = k->jobs, .cache_dir = "", .no_optimise = how == 0};
	int n = 0;
	for (int i = 0; i < count; i++)
		if (subjects[i].verdict->outcome == OUTCOME_NONE)
			graphs[n++] = subjects[i].graphs[how];
	hdt_status status = n ? compile_graphs(context, graphs, n, &how_to, NULL, compiled) : HDT_OK;
	for (int i = 0, at = 0; i < count; i++) {
		subject *s = &subjects[i];
		if (s->verdict->outcome != OUTCOME_NONE)
			continue;
		s->compiled[how] = compiled[at++];
		if (!s->compiled[how])
			decide(s, OUTCOME_REFUSED, how, "compiling: %s%s", s->contexts[how]->message,
			       status != HDT_OK ? context->message : "");
	}
	context_free(context);
	free(graphs);
	free(compiled);
}

/* ---- running -------------------------------------------------------------------------------------------------------- */

static void compare_output(subject *s, int how, int run, int output, const hdt_array *got)
{
	const hdt_array *want = &values_find(&s->want[run], s->graphs[0]->outputs[output])->exact;
	if (want->dtype != got->dtype || !same_shape(want, got)) {
		decide(s, OUTCOME_DIFFERS, how, "run %d, output %d has another dtype or shape", run, output);
		return;
	}
	comparison c = values_compare(got, want, s->scale);
	if (c.mismatched)
		decide(s, OUTCOME_DIFFERS, how,
		       "run %d, output %d: %lld of %lld elements differ, largest error %.3g; %.9g instead of %.9g", run, output,
		       (long long)c.mismatched, (long long)c.elements, c.max_absolute, c.worst_got, c.worst_want);
}

static void run_subject(subject *s, int how, int run)
{
	const hdt_graph *g = s->graphs[0];
	hdt_array *inputs = calloc((size_t)g->input_count + 1, sizeof *inputs);
	hdt_array *got = calloc((size_t)g->output_count + 1, sizeof *got);
	for (int i = 0; i < g->input_count; i++)
		inputs[i] = values_find(&s->want[run], g->inputs[i])->exact;
	hdt_context *context = s->contexts[how];
	if (compiled_run(s->compiled[how], context, inputs, g->input_count, got, g->output_count) != HDT_OK)
		decide(s, OUTCOME_REFUSED, how, "run %d: %s", run, context->message);
	for (int i = 0; i < g->output_count && s->verdict->outcome == OUTCOME_NONE; i++)
		compare_output(s, how, run, i, &got[i]);
	free(inputs);
	free(got);
}

static void check_all(const checker *k, const fuzz_case *const *cases, int count, verdict *out)
{
	subject *subjects = calloc((size_t)count + 1, sizeof *subjects);
	for (int i = 0; i < count; i++) {
		subjects[i].c = cases[i];
		subjects[i].verdict = &out[i];
		open_subject(k, &subjects[i]);
	}
	for (int how = 0; how < 2; how++)
		compile(k, subjects, count, how);
	for (int i = 0; i < count; i++) {
		for (int how = 0; how < 2; how++)
			for (int r = 0; r < cases[i]->runs && out[i].outcome == OUTCOME_NONE; r++)
				run_subject(&subjects[i], how, r);
		decide(&subjects[i], OUTCOME_PASSED, 0, "passed");
		close_subject(&subjects[i]);
	}
	free(subjects);
}

/* ---- the child ------------------------------------------------------------------------------------------------------ */

/* True when it came to an end of its own; else *how says what ended it. */
static bool run_child(const checker *k, const fuzz_case *const *cases, int count, unsigned seconds, verdict *shared,
                      int *how)
{
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		alarm(seconds);
		check_all(k, cases, count, shared);
		_exit(0);
	}
	int status = -1;
	while (child > 0 && waitpid(child, &status, 0) < 0)
		;
	*how = child < 0 ? -1 : status;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void describe_end(verdict *v, int how)
{
	v->outcome = OUTCOME_CRASHED;
	if (WIFSIGNALED(how))
		snprintf(v->message, sizeof v->message, "%s",
		         WTERMSIG(how) == SIGALRM ? "takes too long" : strsignal(WTERMSIG(how)));
	else
		snprintf(v->message, sizeof v->message, "ended with status %d", WIFEXITED(how) ? WEXITSTATUS(how) : how);
}

bool check_cases(const checker *k, const fuzz_case *const *cases, int count, verdict *out)
{
	size_t bytes = sizeof(verdict) * ((size_t)count + 1);
	verdict *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int how = 0;
	if (shared == MAP_FAILED)
		return false;
	bool ended = run_child(k, cases, count, SECONDS_PER_BATCH + SECONDS_PER_CASE * (unsigned)count, shared, &how);
	/* one bad case may spoil its batch: each alone */
	for (int i = 0; i < count && count > 1 && how != -1; i++) {
		if (ended && shared[i].outcome != OUTCOME_REFUSED)
			continue;
		shared[i] = (verdict){0};
		if (!run_child(k, &cases[i], 1, SECONDS_ALONE, &shared[i], &how))
			describe_end(&shared[i], how);
	}
	if (!ended && count == 1)
		describe_end(&shared[0], how);
	memcpy(out, shared, bytes - sizeof(verdict));
	munmap(shared, bytes);
	return how != -1;
}
