/* expression.h: the little language of calls in which mappings and text rules say what becomes of a call:
 *
 *     add(mul(self, beta), matmul(mat1, mat2))        names stand for arguments
 *     softmax(%x, axis=a)                              %names stand for matched values
 *     reshape(self, shape=[1, 4])   where(c, x, none)  literals: numbers, strings, true, false, none, dtypes, lists
 *
 * An operand of an operator is a tensor, a list of tensors (each becomes an input), a number (a rank-0 constant, see
 * weak_scalar) or none (an optional input left out). Attributes take their kind from the argument. */
#ifndef CORE_GRAPH_EXPRESSION_H
#define CORE_GRAPH_EXPRESSION_H

#include "graph/graph.h"
#include <hidet/mapping.h>

typedef struct expression {
	parser *parser; /* at the first token of the expression */
	hdt_graph *graph;
	/* What a bare name or a %name (kind tells) stands for; false: unknown. */
	bool (*find)(void *closure, token_kind kind, const char *name, hdt_argument *out);
	void *closure;
} expression;

/* Build the expression. *node is the node of the outermost call, NULL when it is no call. False after a fault. */
bool expression_build(expression *e, hdt_argument *out, hdt_node **node);

/* Read one literal: number, string, true, false, none, dtype or a list of numbers. */
bool expression_literal(parser *p, hdt_argument *out);

/* A number (DIM, FLOAT, BOOL) as a rank-0 constant of the dtype that it has beside `beside` (may be NULL): the dtype of
 * `beside` unless the number is of a higher category (bool < integer < float), which gives f32 or i64. A tensor of rank
 * 0 whose bytes are known counts as a number when `beside` has dimensions. Other tensors come back unchanged; NULL with
 * a fault for other kinds. */
hdt_value *weak_scalar(hdt_graph *graph, const hdt_argument *argument, const hdt_value *beside);

/* The argument as an attribute's value. */
bool argument_attribute(hdt_context *context, const char *name, const hdt_argument *argument, hdt_attribute_value *out);

const char *argument_kind_text(hdt_argument_kind kind);

#endif
