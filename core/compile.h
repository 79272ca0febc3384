/* compile.h: the pipeline: graph in, compiled graph out. */
#ifndef CORE_COMPILE_H
#define CORE_COMPILE_H

#include "exec/compiled.h"

/* Optimise the graph in place (rewrite, resolve, fold, merge, drop dead), stopping after `stop_after` when not NULL. */
hdt_status compile_optimise(hdt_graph *graph, const hdt_compile_options *options, const char *stop_after);
/* The whole way. */
hdt_status compile_graph(hdt_graph *graph, const hdt_compile_options *options, compiled_graph **out);

#endif
