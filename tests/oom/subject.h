/* subject.h: what is done while memory runs out: the way of a graph from its text through the passes, and of programs. */
#ifndef TESTS_OOM_SUBJECT_H
#define TESTS_OOM_SUBJECT_H

#include "graph/graph.h"

typedef enum subject_kind {
	SUBJECT_GRAPHS,    /* a text of graphs and tasks */
	SUBJECT_SAMPLE,    /* a sample call of an operator */
	SUBJECT_SCHEDULES, /* a sample call, whose task becomes programs */
	SUBJECT_KERNELS,   /* a text of programs */
	SUBJECT_RUN        /* a text of one program, which is run */
} subject_kind;

typedef struct subject {
	const char *name;
	const char *source;
	subject_kind kind;
	hdt_dtype dtype; /* T in a sample */
} subject;

/* Graphs: parse, build, verify, evaluate, print; rewrite, resolve, fold, merge, drop; verify, evaluate, print again. Appends
 * every text and every computed byte to `out`, so that two runs can be compared. The status is the context's. Programs: see programs.h. */
hdt_status subject_run(const subject *s, hdt_context *context, text *out);

#endif
