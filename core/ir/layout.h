/* layout.h: the host's side of hidet/layout.h: a layout as a tree. Compositions and concatenations hold all their parts
 * in one node, since both are associative. */
#ifndef CORE_IR_LAYOUT_H
#define CORE_IR_LAYOUT_H

#include "ir/box.h"
#include "ir/lex.h"
#include <hidet/layout.h>

enum { LAYOUT_MAX_NODES = 128 }; /* so that no walk needs to bound its depth */

typedef enum layout_kind {
	LAYOUT_STRIDED, /* box */
	LAYOUT_LOCAL,
	LAYOUT_COMPOSE, /* parts, outermost first */
	LAYOUT_CONCAT,  /* parts */
	LAYOUT_PERMUTE, /* base, dims */
	LAYOUT_RESHAPE, /* base */
	LAYOUT_SWIZZLE  /* base, dim, regards, log_step */
} layout_kind;

typedef struct layout_node layout_node;
struct layout_node {
	hdt_layout layout; /* first: a pointer to it is a pointer to the node */
	layout_kind kind;
	int nodes; /* in the tree */
	const layout_node *const *parts;
	int part_count;
	const layout_node *base;
	box box;
	int dims[HDT_MAX_RANK];
	int dim, regards, log_step;
};

static inline const layout_node *layout_node_of(const hdt_layout *layout)
{
	return (const layout_node *)layout;
}
/* The dimension that a swizzle of `dim` regards when none is named; -1: it must be named. */
static inline int swizzle_default(int rank, int dim)
{
	return rank == 2 ? 1 - dim : -1;
}

void layout_print(text *t, const hdt_layout *layout);
/* layout := part { * part }, part := ( layout ) or one of the forms below, then methods; integers as in a task mapping:
 *     row(2, 2) * column(2, 3)    strided(2, 3, ranks=[1, 0])    local(4, 2) * row(2, 2)    concat(row(2), [4, 4])
 *     row(8, 8).swizzle(1)        row(8, 8).swizzle(1, regards=0, log_step=1)    .permute(1, 0)    .reshape(4, 16)
 * A method's point stands right behind the closing parenthesis. Names that resolve_constant knows stand for parts. */
const hdt_layout *parse_layout(parser *p);
/* Does this word before a parenthesis begin a layout? */
bool names_layout(const char *word);

#endif
