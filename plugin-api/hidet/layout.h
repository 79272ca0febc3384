/* layout.h: where the elements of a tensor lie in its storage.
 *
 * A layout sends an index tuple within a box of constant extents to an offset in 0..size-1. Text and meaning:
 *
 *     row(4, 8)  column(4, 8)             the last, or the first, dimension is dense
 *     strided(2, 3, 4, ranks=[1, 0, 2])   dense in the order of the ranks, 0 varying slowest
 *     local(4, 8)                         each element lies with a worker of its own, all of them at offset 0
 *     outer * inner                       tiles of inner, placed by outer
 *     concat(a, b)                        the first indices go to a, the others to b
 *     a.permute(1, 2, 0)                  dimension d is dimension dims[d] of a: of row(2, 3, 4) it has shape 3, 4, 2
 *     a.reshape(4, 16)                    the same elements, in row order, in another shape
 *     a.swizzle(1)                        an index becomes its exclusive or with another, to spread over memory banks
 *
 * Layouts are dual to task mappings: local is to row what spatial is to repeat. docs/mappings.md explains both. They
 * are immutable; NULL after a fault, and given NULL. */
#ifndef HIDET_LAYOUT_H
#define HIDET_LAYOUT_H

#include <hidet/expr.h>

HDT_BEGIN

/* Made only by the functions below; read it freely. */
typedef struct hdt_layout {
	hdt_context *context;
	int rank;
	int64_t shape[HDT_MAX_RANK];
	int64_t elements; /* product of the shape */
	int64_t size;     /* elements of storage */
} hdt_layout;

/* Extents are at least 1. ranks[d] is the significance of dimension d, 0 varying slowest: a permutation of 0..rank-1. */
const hdt_layout *hdt_layout_row(hdt_context *context, const int64_t *shape, int rank);
const hdt_layout *hdt_layout_column(hdt_context *context, const int64_t *shape, int rank);
const hdt_layout *hdt_layout_strided(hdt_context *context, const int64_t *shape, int rank, const int *ranks);
const hdt_layout *hdt_layout_local(hdt_context *context, const int64_t *shape, int rank);

/* At i: outer(i / inner->shape) * inner->size + inner(i % inner->shape), of equal rank. Associative. */
const hdt_layout *hdt_layout_compose(const hdt_layout *outer, const hdt_layout *inner);
/* At (i, j): left(i) * right->size + right(j). Associative. */
const hdt_layout *hdt_layout_concat(const hdt_layout *left, const hdt_layout *right);
/* dims, `count` = rank of them: a permutation of 0..rank-1. permute(p) then permute(q) is permute(d -> p[q[d]]). */
const hdt_layout *hdt_layout_permute(const hdt_layout *layout, const int *dims, int count);
/* Of as many elements. */
const hdt_layout *hdt_layout_reshape(const hdt_layout *layout, const int64_t *shape, int rank);
/* Index `dim`, whose extent is a power of two, becomes  i_dim ^ (i_regards >> log_step), reduced to the extent where it
 * could leave it. `regards` -1: the other dimension of two. */
const hdt_layout *hdt_layout_swizzle(const hdt_layout *layout, int dim, int regards, int log_step);

/* The offset of an element: `count` = rank integer expressions, each within its extent. Constant where they are. */
const hdt_expr *hdt_layout_offset(const hdt_layout *layout, const hdt_expr *const *indices, int count);
/* Do the indices lie within the shape? 0 <= i < extent for each of them, as far as their bounds do not prove it. */
const hdt_expr *hdt_layout_within(const hdt_layout *layout, const hdt_expr *const *indices, int count);

/* Canonical text, in the arena of the context; "<fault>" for NULL. */
const char *hdt_layout_text(const hdt_layout *layout);

HDT_END
#endif
