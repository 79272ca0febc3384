/* pass.h: the passes over a graph. One file, one verb each; run in the order of compile.c. */
#ifndef CORE_PASS_PASS_H
#define CORE_PASS_PASS_H

#include "graph/graph.h"

struct explanation;

/* Nodes whose inputs are all constants with known bytes become constants (reference evaluator), up to `limit_bytes` of
 * output each. */
hdt_status pass_fold_constants(hdt_graph *graph, int64_t limit_bytes);
/* Equal nodes (operator, inputs, attributes) become one. */
hdt_status pass_merge_common(hdt_graph *graph);
/* What each run computes of f32 is computed of `to`, a float of 16 bits; inputs and outputs stay what they are. `explain`: which nodes cannot,
 * and why; or NULL. */
hdt_status pass_precision(hdt_graph *graph, hdt_dtype to, struct explanation *explain);
/* Nodes that nothing depends on are dropped. */
hdt_status pass_drop_dead(hdt_graph *graph);

#endif
