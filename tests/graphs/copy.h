/* copy.h: part of a graph as a graph of its own. */
#ifndef TESTS_GRAPHS_COPY_H
#define TESTS_GRAPHS_COPY_H

#include "graph/graph.h"

/* What to leave out; all of it may be NULL. */
typedef struct copy_plan {
	const bool *outputs;            /* per output of the graph: keep it; NULL: all */
	const hdt_node *cut;            /* its outputs become inputs */
	const hdt_value *bypassed, *by; /* who reads the first reads the second, of the same type */
	const hdt_value *opened;        /* a constant that becomes an input */
	bool (*number)(void *closure, const hdt_expr *symbol, int64_t *value); /* a symbol that becomes a number */
	void *closure;
} copy_plan;

/* Nodes that no kept output needs are left out, and inputs that nothing reads and no size needs. In the same context; NULL after a
 * fault. New inputs have the names of the values that they stand for, after "v". */
hdt_graph *graph_copy(const hdt_graph *graph, const copy_plan *plan);
/* The name of the input that stands for a value cut or opened. */
const char *copy_name(const hdt_value *value);

#endif
