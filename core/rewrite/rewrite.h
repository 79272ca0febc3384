/* rewrite.h: applies resolve and rewrite rules to a graph until nothing changes. */
#ifndef CORE_REWRITE_REWRITE_H
#define CORE_REWRITE_REWRITE_H

#include "graph/graph.h"
#include "registry/registry.h"
#include <hidet/rule.h>

typedef struct rewrite_options {
	int limit;     /* stop after this many applications (bisecting); negative: no limit */
	int cap;       /* applications after which the rules are said to loop; 0: 100 + 20 per node */
	text *explain; /* every application and every reason to decline, or NULL */
} rewrite_options;

/* To a fixed point, highest rank first. A rule whose replacement is wrong is rolled back and switched off for this
 * graph with a warning that names it; when the cap is reached the names of the last rules to fire are reported and the
 * graph stays as it is: both return HDT_OK. `applied` (may be NULL) counts applications. */
hdt_status graph_rewrite(hdt_graph *graph, const rewrite_options *options, int *applied);
hdt_status graph_resolve(hdt_graph *graph, const rewrite_options *options, int *applied);

#endif
