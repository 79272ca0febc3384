/* subject.h: what is done while memory runs out: the way of one graph from its text through the passes. */
#ifndef TESTS_OOM_SUBJECT_H
#define TESTS_OOM_SUBJECT_H

#include "graph/graph.h"

/* A sample call of an operator, or the text of graphs and tasks. */
typedef struct subject {
	const char *name;
	const char *source;
	bool is_sample;
	hdt_dtype dtype; /* T in a sample */
} subject;

/* Parse, build, verify, evaluate, print; rewrite, resolve, fold, merge, drop; verify, evaluate, print again. Appends
 * every text and every computed byte to `out`, so that two runs can be compared. The status is the context's. */
hdt_status subject_run(const subject *s, hdt_context *context, text *out);

#endif
