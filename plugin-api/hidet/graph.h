/* graph.h: a model as operators on tensors.
 *
 * Text form:
 *     graph @mlp(%x: f32[n, 16]) where n in 1..64 {
 *       %w = const f32[16, 8] from "mlp.bin" at 0
 *       %0 = matmul(%x, %w)
 *       %1 = softmax(%0, axis=-1)
 *       return %1
 *     }
 * Nodes are kept in an order in which each comes after those it reads. */
#ifndef HIDET_GRAPH_H
#define HIDET_GRAPH_H

#include <hidet/operator.h>

HDT_BEGIN

typedef struct hdt_graph hdt_graph;
typedef struct hdt_node hdt_node;
typedef struct hdt_value hdt_value;

/* Bytes of a constant: row-major elements, `release` called once when the last user is gone (may be NULL). Mapped weights come
 * this way: they are never copied. `data` NULL: a constant whose bytes are not known (a graph without weights). */
typedef struct hdt_data {
	const void *data;
	size_t bytes;
	void (*release)(void *owner);
	void *owner;
	bool mapped; /* pages of a file that nobody writes to: they can be read from there again */
} hdt_data;

/* A tensor that flows in a graph. Read only. */
struct hdt_value {
	hdt_graph *graph;
	const char *name; /* interned, unique in the graph, without % */
	hdt_dtype dtype;
	int rank;
	const hdt_expr *const *shape;
	hdt_node *producer;       /* NULL for an input or a constant */
	int index;                /* among the producer's outputs, or the graph's inputs */
	const hdt_data *constant; /* NULL when it is no constant */
};

/* One application of an operator. Read only. */
struct hdt_node {
	hdt_graph *graph;
	const hdt_operator *op;
	hdt_value *const *inputs; /* NULL for an optional input left out before one that is given */
	int input_count;
	hdt_value *const *outputs;
	int output_count;
	const hdt_attribute_value *attributes; /* every declared attribute, in the order of the table; ended by {0} */
	const hdt_task *task;                  /* its computation on these inputs */
	const char *origin;                    /* where it comes from ("encoder.layer.0.attention"), or NULL */
};

struct hdt_graph {
	hdt_context *context;
	const char *name;
	hdt_value *const *inputs;
	int input_count;
	hdt_value *const *outputs;
	int output_count;
	const char *const *output_names; /* as the user knows them */
	hdt_node *const *nodes;
	int node_count;
	const hdt_expr *const *symbols; /* every SYMBOL of the input shapes */
	int symbol_count;
	const hdt_assertion *assertions; /* shape facts the model asserts beside those of its tasks */
	int assertion_count;
};

/* ---- building ------------------------------------------------------------------------------------------------------ */

hdt_graph *hdt_graph_new(hdt_context *context, const char *name);
hdt_value *hdt_graph_input(hdt_graph *graph, const char *name, hdt_dtype dtype, hdt_list shape);
/* A constant of static shape. `data.bytes` must be the size of the tensor (or data.data NULL). The graph owns `data` from here,
 * also after a fault. `name` may be NULL. */
hdt_value *hdt_graph_constant(hdt_graph *graph, const char *name, hdt_dtype dtype, hdt_list shape, hdt_data data);
/* A constant of rank 0. */
hdt_value *hdt_graph_number(hdt_graph *graph, hdt_dtype dtype, double value);
hdt_value *hdt_graph_integer(hdt_graph *graph, hdt_dtype dtype, int64_t value);
void hdt_graph_output(hdt_graph *graph, const char *name, hdt_value *value);
void hdt_graph_assert(hdt_graph *graph, const hdt_expr *condition, const char *message);

/* Apply an operator: infers the outputs by building its task. Returns the node, NULL after a fault (unknown operator, wrong
 * number of inputs, unknown attribute, a computation that rejects the shapes). */
hdt_node *hdt_apply_node(hdt_graph *graph, const char *op, hdt_value *const *inputs, int count,
                         const hdt_attribute_value *attributes);
/* The same, giving its first output:  hdt_apply(g, "softmax", HDT_VALUES(x), HDT_WITH(hdt_int_value("axis", -1)))  */
hdt_value *hdt_apply_list(hdt_graph *graph, const char *op, hdt_value *const *inputs, int count,
                          const hdt_attribute_value *attributes);
#define HDT_VALUES(...) \
	(hdt_value *const[]){__VA_ARGS__}, (int)(sizeof((hdt_value *const[]){__VA_ARGS__}) / sizeof(hdt_value *))
#define HDT_WITH(...)             \
	(const hdt_attribute_value[]) \
	{                             \
		__VA_ARGS__,              \
		{                         \
			0                     \
		}                         \
	}
#define hdt_apply(graph, op, ...) hdt_apply_list(graph, op, __VA_ARGS__)

/* The number of a constant with one element whose bytes are known; false for every other value. */
bool hdt_constant_number(const hdt_value *value, double *out);

/* Attributes of a node by name; a fault when it has none of that name or kind. */
const hdt_attribute_value *hdt_node_attribute(const hdt_node *node, const char *name);

/* The nodes built from here on carry this origin (copied; NULL: none). */
void hdt_graph_set_origin(hdt_graph *graph, const char *origin);

static inline hdt_list hdt_value_shape(const hdt_value *v)
{
	hdt_list l = {v ? v->shape : NULL, v ? v->rank : 0};
	return l;
}

HDT_END
#endif
