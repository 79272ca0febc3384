/* selftest_apart.c: runs cases in a process of their own, so that a kernel that crashes or does not end fails its own case only. The child leaves what
 * came out in shared memory; when it ends early, another one goes on behind the case at fault. */
#include "selftest.h"

#include "base/child.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBLEM_BYTES = 1000 };

/* That one case may take. */
static double limit_seconds(void)
{
	const char *word = getenv("HIDET_SELFTEST_TIMEOUT");
	double seconds = word ? strtod(word, NULL) : 0;
	return seconds > 0 ? seconds : 60;
}

typedef struct outcome {
	bool begun, done;
	double max_relative;
	char problem[PROBLEM_BYTES]; /* "": none */
} outcome;

/* In the child: the worst that happens here is its end. */
static void run_in_child(test_case *const *cases, int from, int count, void (*run)(test_case *c),
                         volatile outcome *outcomes)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_dies_plainly();
	for (int i = from; i < count; i++) {
		outcomes[i].begun = true;
		run(cases[i]);
		outcomes[i].max_relative = cases[i]->max_relative;
		if (cases[i]->problem)
			snprintf((char *)(uintptr_t)outcomes[i].problem, PROBLEM_BYTES, "%s", cases[i]->problem);
		outcomes[i].done = true;
	}
	_exit(0);
}

typedef struct report {
	const volatile outcome *outcomes;
	int count;
} report;

static int count_done(const void *closure)
{
	const report *r = closure;
	int done = 0;
	while (done < r->count && r->outcomes[done].done)
		done++;
	return done;
}

/* What the child left of cases from `from` on; the one at which it ended has failed. Returns where to go on; `from`: it began nothing. */
static int take_outcomes(test_case *const *cases, int from, int count, const outcome *outcomes, int status)
{
	int at = from;
	for (; at < count && outcomes[at].done; at++) {
		cases[at]->max_relative = outcomes[at].max_relative;
		if (outcomes[at].problem[0])
			case_problem(cases[at], "%s", outcomes[at].problem);
	}
	if (at == count || !outcomes[at].begun)
		return at;
	if (status < 0)
		case_problem(cases[at], "running: it has not ended after %g seconds", limit_seconds());
	else
		case_problem(cases[at], "running: it crashes (%s)", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
	return at + 1;
}

void selftest_run_apart(test_case *const *cases, int count, void (*run)(test_case *c))
{
	size_t bytes = sizeof(outcome) * (size_t)(count + 1);
	outcome *outcomes = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int at = 0;
	while (outcomes != MAP_FAILED && at < count) {
		fflush(NULL);
		pid_t child = fork();
		if (child == 0)
			run_in_child(cases, at, count, run, outcomes);
		if (child < 0)
			break;
		int status = child_wait(child, limit_seconds(), count_done, &(report){outcomes, count});
		int next = take_outcomes(cases, at, count, outcomes, status);
		if (next == at)
			break;
		at = next;
	}
	for (; at < count; at++) /* no process is to be had */
		run(cases[at]);
	if (outcomes != MAP_FAILED)
		munmap(outcomes, bytes);
}
