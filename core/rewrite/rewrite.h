/* rewrite.h: applies resolve and rewrite rules to a graph until nothing changes. */
#ifndef CORE_REWRITE_REWRITE_H
#define CORE_REWRITE_REWRITE_H

#include "graph/graph.h"
#include "registry/registry.h"
#include <hidet/rule.h>
#include <hidet/scheduler.h>

typedef struct rewrite_options {
	int limit;                   /* stop after this many applications (bisecting); negative: no limit */
	int cap;                     /* applications after which the rules are said to loop; 0: 100 + 20 per node */
	struct explanation *explain; /* every application and every reason to decline, or NULL */
	/* Of resolving alone: */
	const hdt_scheduler *const *schedulers; /* that serve the target: they may keep an operator whole */
	int scheduler_count;                    /* 0: nobody is asked */
	const hdt_target_info *target;
} rewrite_options;

/* To a fixed point, highest rank first. A rule whose replacement is wrong is rolled back and switched off for this
 * graph with a warning that names it. When the cap is reached, or the graph grows without end, the rules that fired
 * last are named, the graph becomes what it was, and the others are run without them. All of this returns HDT_OK.
 * `applied` (may be NULL) counts applications. */
hdt_status graph_rewrite(hdt_graph *graph, const rewrite_options *options, int *applied);
hdt_status graph_resolve(hdt_graph *graph, const rewrite_options *options, int *applied);

/* Rules whose text cannot be used; they are left out. The list lives as long as the registry. */
typedef struct refused_rule {
	const registry_entry *entry;
	const char *reason;
} refused_rule;
int rewrite_refused(const hdt_registry *registry, const refused_rule **out);

#endif
