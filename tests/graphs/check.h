/* check.h: is a graph compiled to the same as it means? Each case is compiled as it is and with all optimisations, run, and both are
 * compared with the reference evaluator. All of it happens in a child process, so that a crash is an outcome like others. */
#ifndef TESTS_GRAPHS_CHECK_H
#define TESTS_GRAPHS_CHECK_H

#include "case.h"
#include "registry/registry.h"

typedef enum outcome {
	OUTCOME_NONE, /* not reached */
	OUTCOME_PASSED,
	OUTCOME_UNUSABLE, /* the case is no valid one, or not well conditioned: says nothing */
	OUTCOME_DIFFERS,
	OUTCOME_REFUSED, /* compiling or running failed */
	OUTCOME_CRASHED
} outcome;

typedef struct verdict {
	outcome outcome;
	bool optimised; /* which of the two compilations */
	char message[480];
} verdict;

typedef struct checker {
	const hdt_registry *registry;
	const char *target;
	int jobs; /* compilers at a time; 0: as many as processors */
} checker;

static inline bool verdict_failed(const verdict *v)
{
	return v->outcome >= OUTCOME_DIFFERS;
}

/* One verdict for each case. False when there is no child to be had. */
bool check_cases(const checker *checker, const fuzz_case *const *cases, int count, verdict *out);

#endif
