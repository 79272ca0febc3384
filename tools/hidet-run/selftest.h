/* selftest.h: one case of the selftest, and what is done with it: collected (selftest.c, selftest_templates.c), compiled many at a time and compared
 * (selftest_run.c), reported (selftest.c). */
#ifndef HIDET_RUN_SELFTEST_H
#define HIDET_RUN_SELFTEST_H

#include "base/vec.h"
#include "exec/candidate.h"
#include "graph/graph.h"
#include "options.h"

typedef struct hdt_session hdt_session;

/* A sample of an operator with one dtype for its T, or a sample of a scheduler with one of its choices. */
typedef struct test_case {
	const char *source; /* the sample */
	hdt_dtype dtype;    /* for T; HDT_DTYPE_COUNT: there is none */
	bool resolved;      /* the operator by its resolve rules, if there are any */
	candidate by;       /* who computes it; without a scheduler: the best */
	/* while its batch is there */
	hdt_context *context;
	sample sample;
	double tolerance; /* the loosest of its operators, as a multiple of the dtype's */
	hdt_array *inputs;
	evaluated *want;
	compiled_graph *compiled;
	bool tried;   /* to be compiled */
	bool refused; /* by its scheduler, as the sample says */
	/* the outcome */
	const char *problem; /* malloc'ed; NULL: passed */
	double max_relative;
} test_case;

typedef struct selftest {
	hdt_session *session;
	const options *o;
	hdt_context *context; /* of names and diagnostics of the whole */
	VEC(test_case) cases;
	int passed, failed;
	const char *unusable; /* why the target compiled nothing of a batch, or NULL */
} selftest;

/* Is the operator or scheduler asked for on the command line? */
bool selftest_wants(const selftest *s, const char *name);
/* Add the samples of the target's schedulers, and with --choices every choice. A sample that cannot be tested at all becomes a case that has
 * failed. False: memory is out, or the target cannot be used, as the context says. */
bool selftest_add_templates(selftest *s);
/* Run cases one after another, compiled together; their outcomes are set. */
enum { SELFTEST_BATCH = 96 };
void selftest_run(selftest *s, test_case *cases, int count);

/* `run` each in a process of its own (selftest_apart.c), which a crash or a kernel without an end costs no other case. */
void selftest_run_apart(test_case *const *cases, int count, void (*run)(test_case *c));

void case_problem(test_case *c, const char *format, ...) HDT_PRINTF(2, 3);
/* Read its sample, make up its inputs and constants, and compute what is to come out. False after a problem. */
bool case_prepare(const selftest *s, test_case *c);
void case_release(test_case *c);

#endif
