/* layout.c: the constructors of layouts. What a layout means is in layout_offset.c. */
#include "ir/layout.h"
#include <string.h>

/* Keep the node, its shape set; elements are counted here. */
static const hdt_layout *make(hdt_context *context, layout_node node)
{
	node.layout.context = context;
	node.layout.elements = 1;
	if (node.nodes > LAYOUT_MAX_NODES) {
		hdt_fail(context, HDT_INTERNAL, "a layout of more than %d parts", LAYOUT_MAX_NODES);
		return NULL;
	}
	for (int d = 0; d < node.layout.rank; d++)
		if (!multiply_into(context, "a layout", &node.layout.elements, node.layout.shape[d]))
			return NULL;
	layout_node *copy = hdt_allocate(context, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = node;
	return &copy->layout;
}

static void set_shape(layout_node *node, const int64_t *shape, int rank)
{
	node->layout.rank = rank;
	memcpy(node->layout.shape, shape, (size_t)rank * sizeof *shape);
}

/* A node over one other, with its storage and, until something else is said, its shape. */
static layout_node derived(layout_kind kind, const hdt_layout *base)
{
	layout_node node = {.kind = kind, .nodes = layout_node_of(base)->nodes + 1, .base = layout_node_of(base)};
	node.layout.size = base->size;
	set_shape(&node, base->shape, base->rank);
	return node;
}

/* ---- leaves ---- */

static const hdt_layout *make_strided(hdt_context *context, const box *b)
{
	layout_node node = {.kind = LAYOUT_STRIDED, .nodes = 1, .box = *b};
	set_shape(&node, b->extents, b->rank);
	node.layout.size = b->size;
	return make(context, node);
}

const hdt_layout *hdt_layout_row(hdt_context *context, const int64_t *shape, int rank)
{
	box b;
	return context && box_init_ordered(&b, context, "row", shape, rank, BOX_ROW) ? make_strided(context, &b) : NULL;
}

const hdt_layout *hdt_layout_column(hdt_context *context, const int64_t *shape, int rank)
{
	box b;
	return context && box_init_ordered(&b, context, "column", shape, rank, BOX_COLUMN) ? make_strided(context, &b)
	                                                                                   : NULL;
}

const hdt_layout *hdt_layout_strided(hdt_context *context, const int64_t *shape, int rank, const int *ranks)
{
	box b;
	return context && box_init(&b, context, "strided", shape, rank, ranks) ? make_strided(context, &b) : NULL;
}

const hdt_layout *hdt_layout_local(hdt_context *context, const int64_t *shape, int rank)
{
	layout_node node = {.kind = LAYOUT_LOCAL, .nodes = 1};
	if (!context || !box_init(&node.box, context, "local", shape, rank, NULL))
		return NULL;
	set_shape(&node, shape, rank);
	node.layout.size = 1;
	return make(context, node);
}

/* ---- joins ---- */

static int part_count(const layout_node *l, layout_kind kind)
{
	return l->kind == kind ? l->part_count : 1;
}

static void copy_parts(const layout_node **to, const layout_node *l, layout_kind kind)
{
	if (l->kind == kind)
		memcpy(to, l->parts, (size_t)l->part_count * sizeof *to);
	else
		to[0] = l;
}

/* The parts of both in one list, and the product of the sizes. */
static bool join(layout_node *node, layout_kind kind, const hdt_layout *left, const hdt_layout *right)
{
	hdt_context *context = left->context;
	const layout_node *a = layout_node_of(left), *b = layout_node_of(right);
	*node = (layout_node){.kind = kind, .nodes = a->nodes + b->nodes + 1};
	node->part_count = part_count(a, kind) + part_count(b, kind);
	node->layout.size = left->size;
	if (context != right->context) {
		hdt_fail(context, HDT_INTERNAL, "a layout was made of parts of two contexts");
		return false;
	}
	if (!multiply_into(context, "the size of a layout", &node->layout.size, right->size))
		return false;
	const layout_node **parts = hdt_allocate(context, (size_t)node->part_count * sizeof *parts);
	if (!parts)
		return false;
	copy_parts(parts, a, kind);
	copy_parts(parts + part_count(a, kind), b, kind);
	node->parts = parts;
	return true;
}

const hdt_layout *hdt_layout_compose(const hdt_layout *outer, const hdt_layout *inner)
{
	layout_node node;
	if (!outer || !inner)
		return NULL;
	if (outer->rank != inner->rank) {
		hdt_fail(outer->context, HDT_INTERNAL, "a layout of rank %d is composed with one of rank %d", outer->rank,
		         inner->rank);
		return NULL;
	}
	if (!join(&node, LAYOUT_COMPOSE, outer, inner))
		return NULL;
	set_shape(&node, outer->shape, outer->rank);
	for (int d = 0; d < outer->rank; d++)
		if (!multiply_into(outer->context, "a layout", &node.layout.shape[d], inner->shape[d]))
			return NULL;
	return make(outer->context, node);
}

const hdt_layout *hdt_layout_concat(const hdt_layout *left, const hdt_layout *right)
{
	layout_node node;
	if (!left || !right)
		return NULL;
	if (left->rank + right->rank > HDT_MAX_RANK) {
		hdt_fail(left->context, HDT_INTERNAL, "layouts of rank %d and %d do not join: the rank is at most %d",
		         left->rank, right->rank, HDT_MAX_RANK);
		return NULL;
	}
	if (!join(&node, LAYOUT_CONCAT, left, right))
		return NULL;
	set_shape(&node, left->shape, left->rank);
	memcpy(node.layout.shape + left->rank, right->shape, (size_t)right->rank * sizeof *right->shape);
	node.layout.rank = left->rank + right->rank;
	return make(left->context, node);
}

/* ---- other views of one ---- */

const hdt_layout *hdt_layout_permute(const hdt_layout *layout, const int *dims, int count)
{
	if (!layout)
		return NULL;
	if (count != layout->rank) {
		hdt_fail(layout->context, HDT_INTERNAL, "permute: %d dimensions are given for a layout of rank %d", count,
		         layout->rank);
		return NULL;
	}
	if (!check_permutation(layout->context, "permute", "dimensions", dims, count))
		return NULL;
	layout_node node = derived(LAYOUT_PERMUTE, layout);
	for (int d = 0; d < count; d++) {
		node.dims[d] = dims[d];
		node.layout.shape[d] = layout->shape[dims[d]];
	}
	return make(layout->context, node);
}

const hdt_layout *hdt_layout_reshape(const hdt_layout *layout, const int64_t *shape, int rank)
{
	box b;
	if (!layout || !box_init(&b, layout->context, "a new shape of a layout", shape, rank, NULL))
		return NULL;
	if (b.size != layout->elements) {
		hdt_fail(layout->context, HDT_INTERNAL, "a layout of %lld elements cannot take a shape of %lld",
		         (long long)layout->elements, (long long)b.size);
		return NULL;
	}
	layout_node node = derived(LAYOUT_RESHAPE, layout);
	node.box = b;
	set_shape(&node, shape, rank);
	return make(layout->context, node);
}

static bool check_swizzle(const hdt_layout *layout, int dim, int regards, int log_step)
{
	int rank = layout->rank;
	const char *fault = NULL;
	if (dim < 0 || dim >= rank || regards >= rank)
		fault = "names a dimension that the layout does not have";
	else if (regards < 0)
		fault = "must tell which dimension it regards unless the rank is 2";
	else if (dim == regards)
		fault = "regards another dimension than the one it changes";
	else if (layout->shape[dim] & (layout->shape[dim] - 1))
		fault = "changes a dimension whose extent is no power of two";
	else if (log_step < 0 || log_step > 62)
		fault = "has a log_step outside 0..62";
	if (fault)
		hdt_fail(layout->context, HDT_INTERNAL, "swizzle(%d, regards=%d, log_step=%d) %s", dim, regards, log_step,
		         fault);
	return !fault;
}

const hdt_layout *hdt_layout_swizzle(const hdt_layout *layout, int dim, int regards, int log_step)
{
	if (!layout)
		return NULL;
	if (regards == -1 && dim >= 0 && dim < layout->rank)
		regards = swizzle_default(layout->rank, dim);
	if (!check_swizzle(layout, dim, regards, log_step))
		return NULL;
	layout_node node = derived(LAYOUT_SWIZZLE, layout);
	node.dim = dim;
	node.regards = regards;
	node.log_step = log_step;
	return make(layout->context, node);
}
