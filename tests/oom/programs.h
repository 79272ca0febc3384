/* programs.h: what is done with tensor programs while memory runs out. */
#ifndef TESTS_OOM_PROGRAMS_H
#define TESTS_OOM_PROGRAMS_H

#include "graph/graph.h"

/* Every loaded scheduler's program for every node, printed, verified, lowered and emitted for every loaded target that runs it. */
hdt_status programs_of_graph(hdt_graph *graph, text *out);

/* The programs of a text, the same way. */
hdt_status programs_of_text(hdt_context *context, const char *name, const char *source, text *out);

/* The one program of a text, compiled and run on the target that takes programs, with small sizes; what its buffers hold at the end goes to
 * `out`. */
hdt_status programs_run(hdt_context *context, const char *name, const char *source, text *out);

#endif
