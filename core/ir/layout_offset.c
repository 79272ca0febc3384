/* layout_offset.c: what a layout means: the offset of an element as an expression of its indices, and whether they are within its shape.
 *
 *     row(2, 2) * column(2, 3) at (i, j)    ->    (i // 2 * 2 + j // 3) * 6 + i % 2 + j % 3 * 2
 *
 * Each index is taken to be within its extent, so that what tells an outermost tile needs no remainder. */
#include "ir/layout.h"

typedef const hdt_expr *const *index_list;

static const hdt_expr *offset_of(const layout_node *l, index_list indices);

static const hdt_expr *constant(const layout_node *l, int64_t value)
{
	return hdt_int(l->layout.context, value);
}

static const hdt_expr *strided_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *offset = constant(l, 0);
	for (int d = 0; d < l->box.rank; d++)
		offset = hdt_add(offset, hdt_mul(indices[d], constant(l, l->box.strides[d])));
	return offset;
}

/* The innermost part gets the remainders by its shape, the next ones what their quotients leave. */
static const hdt_expr *composed_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *rest[HDT_MAX_RANK], *inner[HDT_MAX_RANK], *offsets[LAYOUT_MAX_NODES];
	const hdt_expr *total = constant(l, 0);
	int rank = l->layout.rank;
	for (int d = 0; d < rank; d++)
		rest[d] = indices[d];
	for (int i = l->part_count - 1; i > 0; i--) {
		for (int d = 0; d < rank; d++) {
			const hdt_expr *extent = constant(l, l->parts[i]->layout.shape[d]);
			inner[d] = hdt_mod(rest[d], extent);
			rest[d] = hdt_floordiv(rest[d], extent);
		}
		offsets[i] = offset_of(l->parts[i], inner);
	}
	offsets[0] = offset_of(l->parts[0], rest);
	for (int i = 0; i < l->part_count; i++)
		total = hdt_add(hdt_mul(total, constant(l, l->parts[i]->layout.size)), offsets[i]);
	return total;
}

static const hdt_expr *concatenated_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *total = constant(l, 0);
	for (int i = 0; i < l->part_count; i++) {
		const layout_node *part = l->parts[i];
		total = hdt_add(hdt_mul(total, constant(l, part->layout.size)), offset_of(part, indices));
		indices += part->layout.rank;
	}
	return total;
}

static const hdt_expr *permuted_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	for (int d = 0; d < l->layout.rank; d++)
		of_base[l->dims[d]] = indices[d];
	return offset_of(l->base, of_base);
}

static const hdt_expr *reshaped_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK], *position = strided_offset(l, indices); /* its box is in row order */
	for (int d = l->base->layout.rank - 1; d >= 0; d--) {
		const hdt_expr *extent = constant(l, l->base->layout.shape[d]);
		of_base[d] = d ? hdt_mod(position, extent) : position;
		position = hdt_floordiv(position, extent);
	}
	return offset_of(l->base, of_base);
}

static const hdt_expr *swizzled_offset(const layout_node *l, index_list indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	int64_t extent = l->layout.shape[l->dim], largest = (l->layout.shape[l->regards] - 1) >> l->log_step;
	const hdt_expr *mask = hdt_floordiv(indices[l->regards], constant(l, INT64_C(1) << l->log_step));
	if (largest >= extent)
		mask = hdt_mod(mask, constant(l, extent));
	for (int d = 0; d < l->layout.rank; d++)
		of_base[d] = indices[d];
	if (largest > 0)
		of_base[l->dim] = hdt_binary(HDT_OP_BIT_XOR, indices[l->dim], mask);
	return offset_of(l->base, of_base);
}

static const hdt_expr *offset_of(const layout_node *l, index_list indices)
{
	switch (l->kind) {
	case LAYOUT_STRIDED:
		return strided_offset(l, indices);
	case LAYOUT_LOCAL:
		return constant(l, 0);
	case LAYOUT_COMPOSE:
		return composed_offset(l, indices);
	case LAYOUT_CONCAT:
		return concatenated_offset(l, indices);
	case LAYOUT_PERMUTE:
		return permuted_offset(l, indices);
	case LAYOUT_RESHAPE:
		return reshaped_offset(l, indices);
	case LAYOUT_SWIZZLE:
		return swizzled_offset(l, indices);
	}
	return NULL;
}

/* The indices as i64; false after a fault, which NULL among them is. */
static bool check_indices(const hdt_layout *layout, index_list indices, int count, const hdt_expr **out)
{
	if (count != layout->rank) {
		hdt_fail(layout->context, HDT_INTERNAL, "a layout of rank %d is given %d ind%s", layout->rank, count,
				 count == 1 ? "ex" : "ices");
		return false;
	}
	for (int d = 0; d < count; d++) {
		if (!indices[d])
			return false;
		if (indices[d]->context != layout->context || !hdt_is_integer((hdt_dtype)indices[d]->dtype)) {
			hdt_fail(layout->context, HDT_INTERNAL, "an index of a layout is an integer of its context, not %s",
					 hdt_expr_text(indices[d]));
			return false;
		}
		if (!(out[d] = hdt_cast(indices[d], HDT_I64)))
			return false;
	}
	return true;
}

const hdt_expr *hdt_layout_offset(const hdt_layout *layout, const hdt_expr *const *indices, int count)
{
	const hdt_expr *checked[HDT_MAX_RANK];
	if (!layout || !check_indices(layout, indices, count, checked))
		return NULL;
	return offset_of(layout_node_of(layout), checked);
}

const hdt_expr *hdt_layout_within(const hdt_layout *layout, const hdt_expr *const *indices, int count)
{
	const hdt_expr *checked[HDT_MAX_RANK];
	if (!layout || !check_indices(layout, indices, count, checked))
		return NULL;
	const hdt_expr *within = hdt_number(layout->context, HDT_BOOL, 1);
	for (int d = 0; d < count; d++) {
		within = hdt_and(within, hdt_less_equal(hdt_int(layout->context, 0), checked[d]));
		within = hdt_and(within, hdt_less(checked[d], hdt_int(layout->context, layout->shape[d])));
	}
	return within;
}
