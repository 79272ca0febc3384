/* meaning.h: does a graph compute the same after the passes as before? Both are evaluated on the same made-up inputs.
 */
#ifndef TESTS_TEXT_MEANING_H
#define TESTS_TEXT_MEANING_H

#include "graph/graph.h"

typedef struct meaning {
	evaluated *outputs; /* NULL: the graph cannot be evaluated (weights without bytes) */
	int count;
} meaning;

/* Results on seeded inputs; symbols take the size of their range that is nearest to `size`. The status of a fault is left in the
 * context. */
hdt_status meaning_take(const hdt_graph *graph, int64_t size, meaning *out);
/* Equal within the dtypes' tolerances, and that of the dtype that floats were `computed` in? If not, `reason` says where they differ. */
bool meaning_same(const meaning *before, const meaning *after, hdt_dtype computed, char *reason, size_t reason_bytes);
void meaning_free(meaning *m);

#endif
