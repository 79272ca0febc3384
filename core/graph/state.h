/* state.h: what a graph is inside this folder: hdt_graph first, then the growing lists behind its read-only arrays. */
#ifndef CORE_GRAPH_STATE_H
#define CORE_GRAPH_STATE_H

#include "base/map.h"
#include "base/vec.h"
#include "graph/graph.h"

/* Bytes handed over with a constant; they stay owned by the graph even when the constant is rolled back or folded away.
 */
typedef struct owned_data {
	hdt_data data;
	struct owned_data *next;
} owned_data;

/* A node and the marks of a walk over the graph. */
typedef struct graph_node {
	hdt_node node; /* first */
	unsigned walk; /* the last walk that entered it */
	bool live;
} graph_node;

typedef struct graph_state {
	hdt_graph graph; /* first: a graph is cast to its state */
	VEC(hdt_value *) inputs;
	VEC(hdt_value *) outputs;
	VEC(const char *) output_names;
	VEC(hdt_node *) nodes;
	VEC(hdt_value *) values; /* every value ever made, in order of making */
	VEC(const hdt_expr *) symbols;
	VEC(hdt_assertion) assertions;
	map names; /* interned name -> value */
	owned_data *owned;
	const char *origin;
	int64_t next_number; /* of unnamed values */
	int64_t next_suffix; /* of names given twice */
	unsigned walks;      /* how many walks there were; a walk's number is never 0 */
} graph_state;

static inline graph_state *graph_state_of(const hdt_graph *graph)
{
	return (graph_state *)graph;
}
static inline graph_node *graph_node_of(const hdt_node *node)
{
	return (graph_node *)node;
}

/* Copy the lists' addresses into the public arrays; after every change of a list. */
void graph_publish(graph_state *state);
/* A new value with a unique name made of `prefix` and `name` (NULL: a number). NULL when memory is out. */
hdt_value *graph_add_value(graph_state *state, const char *prefix, const char *name, hdt_dtype dtype, hdt_list shape);
/* The task of `op` on `inputs`, whose dtypes and shapes are as `signature` says. */
const hdt_task *graph_build_task(hdt_context *context, const hdt_operator *op, const task_input *inputs, int count,
                                 const hdt_attribute_value *attributes);
/* What a value looks like to a task; `value` NULL: an input left out. */
task_input graph_task_input(const hdt_value *value);
/* Bytes of a static shape; -1 when it is symbolic, negative or too large to count. */
int64_t graph_shape_bytes(hdt_dtype dtype, hdt_list shape);

#endif
