/* fill_buffers.c: the value that a buffer starts with is stored into each place of its storage, once.
 *
 *     register acc: f32[64, 8] layout local(64, 1) * row(1, 8) = 0;
 *     ->
 *     register acc: f32[64, 8] layout local(64, 1) * row(1, 8);  for i in 0..8 unroll { acc[0, i] = 0; }
 *
 * A thread holds a part of a buffer whose layout has local parts, so the loops run over places of storage and not over elements: which
 * index reaches a place is told by the layout turned around. The stores still go by index, so layouts may stay. Only registers start
 * with a value: what threads share would need a barrier, and whoever writes the function knows where it belongs. */
#include "lower/edit.h"

#include "ir/layout.h"

enum { MOST_UNROLLED = 256 }; /* places; so that a compiler can keep small buffers in registers */

/* Loops over the places of a layout's storage, in the order of their offsets, and the index of an element at each. */
typedef struct places {
	hdt_context *context;
	const hdt_expr *axes[64]; /* of extents above 1: more would not fit 64 bits */
	int count;
} places;

static const hdt_expr *walk_extent(places *p, int64_t extent)
{
	const hdt_expr *axis = NULL;
	if (extent == 1)
		return hdt_int(p->context, 0);
	if (p->count < (int)(sizeof p->axes / sizeof *p->axes))
		p->axes[p->count++] = axis = hdt_axis("i", hdt_int(p->context, extent));
	return axis;
}

static void walk_layout(places *p, const layout_node *l, const hdt_expr **indices);

static void walk_box(places *p, const box *b, const hdt_expr **indices)
{
	int dims[HDT_MAX_RANK];
	box_dimensions(b, dims);
	for (int i = 0; i < b->rank; i++)
		indices[dims[i]] = walk_extent(p, b->extents[dims[i]]);
}

static void walk_parts(places *p, const layout_node *l, const hdt_expr **indices)
{
	const hdt_expr *inner[HDT_MAX_RANK];
	for (int d = 0; d < l->layout.rank; d++)
		indices[d] = hdt_int(p->context, 0);
	for (int i = 0; i < l->part_count; i++) {
		walk_layout(p, l->parts[i], inner);
		for (int d = 0; d < l->layout.rank; d++)
			indices[d] = hdt_add(hdt_mul(indices[d], hdt_int(p->context, l->parts[i]->layout.shape[d])), inner[d]);
	}
}

static void walk_reshaped(places *p, const layout_node *l, const hdt_expr **indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK], *position = hdt_int(p->context, 0);
	walk_layout(p, l->base, of_base);
	for (int d = 0; d < l->base->layout.rank; d++)
		position = hdt_add(hdt_mul(position, hdt_int(p->context, l->base->layout.shape[d])), of_base[d]);
	for (int d = l->layout.rank - 1; d >= 0; d--) {
		const hdt_expr *extent = hdt_int(p->context, l->layout.shape[d]);
		indices[d] = d ? hdt_mod(position, extent) : position;
		position = hdt_floordiv(position, extent);
	}
}

static void walk_swizzled(places *p, const layout_node *l, const hdt_expr **indices)
{
	walk_layout(p, l->base, indices);
	const hdt_expr *mask = hdt_floordiv(indices[l->regards], hdt_int(p->context, INT64_C(1) << l->log_step));
	mask = hdt_mod(mask, hdt_int(p->context, l->layout.shape[l->dim]));
	indices[l->dim] = hdt_binary(HDT_OP_BIT_XOR, indices[l->dim], mask); /* its own inverse */
}

/* Each element has a place of its own. */
static void walk_elements(places *p, const hdt_layout *l, const hdt_expr **indices)
{
	for (int d = 0; d < l->rank; d++)
		indices[d] = walk_extent(p, l->shape[d]);
}

static void walk_layout(places *p, const layout_node *l, const hdt_expr **indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	bool one_to_one = l->layout.size == l->layout.elements;
	switch (l->kind) {
	case LAYOUT_STRIDED:
		walk_box(p, &l->box, indices);
		break;
	case LAYOUT_LOCAL:
		for (int d = 0; d < l->layout.rank; d++)
			indices[d] = hdt_int(p->context, 0);
		break;
	case LAYOUT_COMPOSE:
		walk_parts(p, l, indices);
		break;
	case LAYOUT_CONCAT:
		for (int i = 0; i < l->part_count; indices += l->parts[i++]->layout.rank)
			walk_layout(p, l->parts[i], indices);
		break;
	case LAYOUT_PERMUTE:
		walk_layout(p, l->base, of_base);
		for (int d = 0; d < l->layout.rank; d++)
			indices[d] = of_base[l->dims[d]];
		break;
	case LAYOUT_RESHAPE:
		if (one_to_one)
			walk_elements(p, &l->layout, indices);
		else
			walk_reshaped(p, l, indices);
		break;
	case LAYOUT_SWIZZLE:
		if (one_to_one)
			walk_elements(p, &l->layout, indices);
		else
			walk_swizzled(p, l, indices);
		break;
	}
}

/* A buffer without a layout lies row by row. */
static const hdt_layout *layout_of(const hdt_tensor *buffer)
{
	int64_t shape[HDT_MAX_RANK] = {0};
	for (int d = 0; d < buffer->rank; d++)
		hdt_is_const(buffer->shape[d], &shape[d]);
	return buffer->layout ? buffer->layout : hdt_layout_row(buffer->context, shape, buffer->rank);
}

static bool is_empty(const hdt_tensor *buffer)
{
	int64_t extent;
	for (int d = 0; d < buffer->rank; d++)
		if (hdt_is_const(buffer->shape[d], &extent) && extent == 0)
			return true;
	return false;
}

static void write_stores(edit *e, const hdt_stmt *s, const hdt_expr *value, stmt_list *out)
{
	const hdt_layout *layout = s->tensor->rank ? layout_of(s->tensor) : NULL;
	const hdt_expr **indices = hdt_allocate(e->context, HDT_MAX_RANK * sizeof *indices);
	places p = {.context = e->context};
	if (!indices || (s->tensor->rank && !layout))
		return;
	if (layout)
		walk_layout(&p, layout_node_of(layout), indices);
	hdt_loop_kind loop = layout && layout->size <= MOST_UNROLLED ? HDT_LOOP_UNROLL : HDT_LOOP_SERIAL;
	stmt_list nest, *at = out;
	for (int i = 0; i < p.count; i++) {
		nest = edit_open(e, at, (hdt_stmt){.kind = HDT_STMT_FOR, .line = s->line, .loop = loop, .axis = p.axes[i]});
		at = &nest;
	}
	edit_add(
		e, at,
		(hdt_stmt){.kind = HDT_STMT_STORE, .line = s->line, .tensor = s->tensor, .indices = indices, .value = value});
	edit_close(e, p.count);
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt buffer = *s;
	if (s->kind != HDT_STMT_BUFFER || !s->value) {
		edit_keep(e, s, out);
		return;
	}
	if (s->tensor->scope != HDT_SCOPE_REGISTER) {
		script_fail(e->function, s, HDT_BAD_MODEL,
		            "%s is not of one thread alone, so it cannot start with a value: store it and put a barrier behind",
		            s->tensor->name);
		return;
	}
	const hdt_expr *value = edit_let(e, out, s, "start", edit_expr(e, s->value));
	buffer.value = NULL;
	edit_keep(e, &buffer, out);
	if (!is_empty(s->tensor))
		write_stores(e, s, value, out);
}

hdt_status lower_fill_buffers(hdt_program *program, const lowering *how)
{
	(void)how;
	return edit_program(program, &(edit){.statement = rewrite});
}
