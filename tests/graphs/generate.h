/* generate.h: random graphs of the operators that plugins registered. */
#ifndef TESTS_GRAPHS_GENERATE_H
#define TESTS_GRAPHS_GENERATE_H

#include "case.h"
#include "registry/registry.h"

/* Files with graphs that some of the random ones begin from; count 0: none. */
typedef struct bases {
	const char *const *files;
	int count;
} bases;

/* The graph of this seed: the same on every machine with the same operators and bases. It is valid, its runs are tame, and none of its values
 * hangs on rounding (values.h). False, with the reason on stderr, when it cannot be made or its text does not come back. */
bool case_generate(const hdt_registry *registry, const bases *b, uint64_t seed, fuzz_case *out);

#endif
