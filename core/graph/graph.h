/* graph.h: the host's side of graphs: changing them, checks, evaluation, text. Building is in hidet/graph.h. */
#ifndef CORE_GRAPH_GRAPH_H
#define CORE_GRAPH_GRAPH_H

#include "task/task.h"
#include <hidet/graph.h>

/* Every use of `from` (by nodes and as output) becomes `to`; both of the same graph. Shapes and dtypes are the caller's
 * care. Nodes that use it get their tasks rebuilt when dtype or shape differ. */
hdt_status graph_replace_uses(hdt_graph *graph, hdt_value *from, hdt_value *to);
/* Drop the nodes whose outputs nobody uses, and restore the order. When memory is out the graph stays as it is: a
 * fault. */
void graph_sweep(hdt_graph *graph);
/* Number of uses by nodes and outputs. */
int graph_use_count(const hdt_graph *graph, const hdt_value *value);
/* Does computing `value` need an output of `node`? */
bool graph_depends(const hdt_graph *graph, const hdt_value *value, const hdt_node *node);
/* Give a constant whose bytes are not known its bytes; the graph owns `data` from here, also after a fault. Tasks do not depend on them:
 * nothing is rebuilt. */
hdt_status graph_set_constant(hdt_value *constant, hdt_data data);
/* Roll back: forget nodes and values added after the mark. */
typedef struct graph_mark {
	int nodes, values, assertions;
} graph_mark;
graph_mark graph_get_mark(const hdt_graph *graph);
void graph_rewind(hdt_graph *graph, graph_mark mark);
/* The whole graph as it is now (NULL when memory is out), and back to it. Inputs and names of outputs are not part of it. */
typedef struct graph_snapshot graph_snapshot;
const graph_snapshot *graph_take_snapshot(hdt_graph *graph);
void graph_restore(hdt_graph *graph, const graph_snapshot *snapshot);
/* Call the release functions of the constants. Called by context_free through a hook. */
void graph_release(hdt_graph *graph);
/* Bytes of a value of static shape; -1 when symbolic. */
int64_t value_bytes(const hdt_value *value);

/* Same name, kind and content (a float by its bits). */
bool attribute_equal(const hdt_attribute_value *a, const hdt_attribute_value *b);
/* The node's attributes as they would be had only those without a default been given; NULL after a fault. */
const hdt_attribute_value *node_default_attributes(const hdt_node *node);
/* Are both constants of the same dtype, shape and bytes? Looks at the bytes of small ones only; large ones must share
 * their memory. */
bool constant_equal(const hdt_value *a, const hdt_value *b);

hdt_status graph_verify(const hdt_graph *graph);

/* Symbol values from the shapes of the actual inputs: solves dimensions that are a symbol or a symbol times/plus a
 * constant, checks every other dimension, ranges and assertions. Faults are HDT_BAD_INPUT and name input, dimension,
 * value and range. `values[i]` belongs to graph->symbols[i]. */
typedef struct actual_input {
	hdt_dtype dtype;
	int rank;
	const int64_t *shape;
} actual_input;
hdt_status graph_bind(const hdt_graph *graph, hdt_context *diagnostics, const actual_input *inputs, int count,
                      int64_t *values);

/* Reference results: outputs[i] is malloc'ed by the callee (free), its shape set. */
typedef struct evaluated {
	hdt_dtype dtype;
	int rank;
	int64_t shape[HDT_MAX_RANK];
	void *data;
} evaluated;
hdt_status graph_evaluate(const hdt_graph *graph, const bindings *b, const void *const *inputs, evaluated *outputs);

/* Text. Constants of at most 64 elements are written inline; larger ones as `from "file" at offset` into the file that
 * `sink` writes, or bare (`const f32[3, 3]`) when sink is NULL. The text fails when the sink does or memory is out. */
typedef struct constant_sink constant_sink;
struct constant_sink {
	const char *file_name; /* as written in the text */
	bool (*add)(constant_sink *sink, const void *data, size_t bytes, size_t *offset);
	void *closure;
};
void graph_print(text *t, const hdt_graph *graph, constant_sink *sink);
/* Parse a file of graphs and tasks. Constants `from "file"` are mapped, relative to the folder of `file`. */
typedef struct parsed_file {
	hdt_graph *const *graphs;
	int graph_count;
	const hdt_task *const *tasks;
	int task_count;
} parsed_file;
hdt_status text_parse_file(hdt_context *context, const char *file, const char *source, parsed_file *out);
/* What a sample stands for. */
enum {
#define SAMPLE_KIND(NAME, name, doc) SAMPLE_##NAME,
#include "graph/sample_kinds.def"
#undef SAMPLE_KIND
	SAMPLE_KIND_COUNT
};
const char *sample_kind_name(int kind);

/* A call with typed inputs, as in an operator's samples: "softmax(f32[n, 7] in 0..1, axis=1) where n = 5", or in a scheduler's:
 * "tiny: relu(linear(f32[3, 4], const f32[5, 4]))". Makes a graph with inputs in0, in1, ...; ranges of the data and the symbol values are
 * returned. The constants have no bytes yet. */
typedef struct sample {
	hdt_graph *graph;
	double low[16], high[16]; /* per input */
	int64_t values[16];       /* per graph->symbols */
	struct {
		hdt_value *value;
		double low, high;
	} constants[16];
	int constant_count;
	unsigned kinds;        /* 1 << SAMPLE_TINY | ... */
	bool refused;          /* the scheduler is to take nothing of it */
	const char *precision; /* to compile with; NULL: none */
} sample;
/* `t` stands for T; HDT_DTYPE_COUNT: there must be no T. */
hdt_status sample_parse(hdt_context *context, const char *source, hdt_dtype t, sample *out);

#endif
