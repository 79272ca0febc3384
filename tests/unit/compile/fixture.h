/* fixture.h: what every test of the pipeline starts with: operators of the tests, a target, the rule-based scheduler, an empty graph, and a folder
 * that is gone afterwards. */
#ifndef TEST_COMPILE_FIXTURE_H
#define TEST_COMPILE_FIXTURE_H

#include "base/context.h"
#include "graph/graph.h"
#include "registry/registry.h"

extern const hdt_target hdt_target_cpu;
extern const hdt_scheduler hdt_scheduler_auto_cpu;

extern hdt_registry *registry;
extern hdt_context *context, *diagnostics; /* of compilations, and of runs */
extern hdt_graph *graph;
extern char folder[64];

/* With these besides; both lists are ended by NULL, or NULL. */
void fixture_begin(const hdt_target *target, const hdt_operator *const *operators,
                   const hdt_scheduler *const *schedulers);
void fixture_end(void);

#endif
