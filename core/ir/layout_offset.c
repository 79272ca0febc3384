/* layout_offset.c: what a layout means: the offset of an element as an expression of its indices, and whether they are
 * within its shape.
 *
 *     row(2, 2) * column(2, 3) at (i, j)    ->    i // 2 * 12 + j * 2 + i % 2
 *
 * Each index is taken to be within its extent, so that what tells an outermost tile needs no remainder. The offset is
 * one flat sum, its terms in the order in which the dimensions vary, slowest first: so the simplifier joins what a
 * mapping took apart. */
#include "ir/layout.h"

typedef const hdt_expr *const *index_list;

/* sum + offset * scale */
static const hdt_expr *add_offset(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale);

static const hdt_expr *constant(const layout_node *l, int64_t value)
{
	return hdt_int(l->layout.context, value);
}

static const hdt_expr *add_strided(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	int dims[HDT_MAX_RANK];
	box_dimensions(&l->box, dims);
	for (int i = 0; i < l->box.rank; i++)
		sum = hdt_add(sum, hdt_mul(indices[dims[i]], constant(l, l->box.strides[dims[i]] * scale)));
	return sum;
}

/* The innermost part gets the remainders by its shape, the next ones what their quotients leave. */
static const hdt_expr *add_composed(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	typedef const hdt_expr *index_tuple[HDT_MAX_RANK];
	int rank = l->layout.rank;
	index_tuple *of_part = hdt_allocate(l->layout.context, (size_t)l->part_count * sizeof *of_part);
	if (!of_part)
		return NULL;
	for (int d = 0; d < rank; d++) {
		const hdt_expr *rest = indices[d];
		for (int i = l->part_count - 1; i > 0; i--) {
			const hdt_expr *extent = constant(l, l->parts[i]->layout.shape[d]);
			of_part[i][d] = hdt_mod(rest, extent);
			rest = hdt_floordiv(rest, extent);
		}
		of_part[0][d] = rest;
	}
	scale *= l->layout.size;
	for (int i = 0; i < l->part_count; i++) {
		scale /= l->parts[i]->layout.size;
		sum = add_offset(sum, l->parts[i], of_part[i], scale);
	}
	return sum;
}

static const hdt_expr *add_concatenated(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	scale *= l->layout.size;
	for (int i = 0; i < l->part_count; i++) {
		scale /= l->parts[i]->layout.size;
		sum = add_offset(sum, l->parts[i], indices, scale);
		indices += l->parts[i]->layout.rank;
	}
	return sum;
}

static const hdt_expr *add_permuted(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	for (int d = 0; d < l->layout.rank; d++)
		of_base[l->dims[d]] = indices[d];
	return add_offset(sum, l->base, of_base, scale);
}

static const hdt_expr *add_reshaped(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	const hdt_expr *position = add_strided(constant(l, 0), l, indices, 1); /* its box is in row order */
	for (int d = l->base->layout.rank - 1; d >= 0; d--) {
		const hdt_expr *extent = constant(l, l->base->layout.shape[d]);
		of_base[d] = d ? hdt_mod(position, extent) : position;
		position = hdt_floordiv(position, extent);
	}
	return add_offset(sum, l->base, of_base, scale);
}

static const hdt_expr *add_swizzled(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
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
	return add_offset(sum, l->base, of_base, scale);
}

static const hdt_expr *add_offset(const hdt_expr *sum, const layout_node *l, index_list indices, int64_t scale)
{
	switch (l->kind) {
	case LAYOUT_STRIDED:
		return add_strided(sum, l, indices, scale);
	case LAYOUT_LOCAL:
		return sum;
	case LAYOUT_COMPOSE:
		return add_composed(sum, l, indices, scale);
	case LAYOUT_CONCAT:
		return add_concatenated(sum, l, indices, scale);
	case LAYOUT_PERMUTE:
		return add_permuted(sum, l, indices, scale);
	case LAYOUT_RESHAPE:
		return add_reshaped(sum, l, indices, scale);
	case LAYOUT_SWIZZLE:
		return add_swizzled(sum, l, indices, scale);
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
	return add_offset(hdt_int(layout->context, 0), layout_node_of(layout), checked, 1);
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
