/* operand.c: brings slices of a factor into shared memory:
 *
 *     for part in 0..4 { cp_async_zero(&ring[slot, row, k], &a[first + row, index * 32 + k], 8, select(inside, 8, 0)); }
 *
 * by asynchronous copies where the factor lies there as it is needed, else computed by the threads. What is outside of the matrix, or where the
 * factor's own condition does not hold, is 0. Rows of a slice are swizzled, so that eight of them can be read at once, 16 bytes of each. */
#include "tile.h"

static int64_t bytes_of(const operand *o)
{
	return hdt_dtype_of(o->dtype)->bytes;
}

/* Rows and dense columns of a slice in shared memory. */
static int64_t slice_rows(const kernel *k, const operand *o)
{
	return o->side_dense ? k->slice : o->tile;
}

static int64_t slice_columns(const kernel *k, const operand *o)
{
	return o->side_dense ? o->tile : k->slice;
}

/* Pieces of 16 bytes change places within up to 128 bytes: piece p of row r goes to p ^ r, or p ^ (r / 2) where two rows fill them. */
static const hdt_layout *swizzled(hdt_context *c, int64_t rows, int64_t columns, int64_t bytes)
{
	int64_t piece = VECTOR_BYTES / bytes, pieces = columns / piece, near = 1;
	while (near < 8 && pieces % (2 * near) == 0)
		near *= 2;
	const int64_t apart[] = {rows, pieces / near, near, piece}, flat[] = {rows, columns};
	int step = near == 8 ? 0 : near == 4 ? 1 : 2;
	const hdt_layout *l = hdt_layout_row(c, apart, 4);
	if (near > 1)
		l = hdt_layout_swizzle(l, 2, 0, step);
	return hdt_layout_reshape(l, flat, 2);
}

const hdt_tensor *operand_ring(const kernel *k, const operand *o, const char *name)
{
	hdt_context *c = k->context;
	int64_t rows = slice_rows(k, o), columns = slice_columns(k, o), stages[] = {k->stages};
	hdt_buffer_options options = {.scope = HDT_SCOPE_SHARED, .dynamic = true};
	options.layout = hdt_layout_concat(hdt_layout_row(c, stages, 1), swizzled(c, rows, columns, bytes_of(o)));
	return hdt_buffer(k->function, name, o->dtype, HDT_AT(hdt_int(c, k->stages), hdt_int(c, rows), hdt_int(c, columns)),
	                  &options);
}

const hdt_tensor *operand_ring_padded(const kernel *k, const operand *o, const char *name, int64_t pad)
{
	hdt_context *c = k->context;
	const hdt_buffer_options options = {.scope = HDT_SCOPE_SHARED, .dynamic = true};
	return hdt_buffer(
		k->function, name, o->dtype,
		HDT_AT(hdt_int(c, k->stages), hdt_int(c, slice_rows(k, o)), hdt_int(c, slice_columns(k, o) + pad)), &options);
}

const hdt_expr *operand_address(const operand *o, const hdt_expr *slot, const hdt_expr *side, const hdt_expr *depth)
{
	const hdt_expr *at[] = {slot, o->side_dense ? depth : side, o->side_dense ? side : depth};
	return hdt_address(o->ring, at, 3);
}

/* Where the factor's axes are at an element of the side and of the sum. */
typedef struct place {
	const hdt_expr *side[HDT_MAX_RANK], *depth[HDT_MAX_RANK];
} place;

static bool place_at(const kernel *k, const operand *o, const hdt_expr *side, const hdt_expr *depth, place *out)
{
	return side && depth && span_at(o->side, side, out->side) && span_at(&k->product->depth, depth, out->depth);
}

static const hdt_expr *bind(const kernel *k, const operand *o, const place *at, const hdt_expr *e)
{
	const product *p = k->product;
	e = hdt_substitute(e, o->side->axes, at->side, o->side->shape.count);
	e = hdt_substitute(e, p->depth.axes, at->depth, p->depth.shape.count);
	return hdt_substitute(e, p->batch.axes, k->batch, p->batch.shape.count);
}

/* Copy `width` elements, or write as many zeros when it is not so that `inside`. */
static void copy(const kernel *k, const hdt_expr *to, const hdt_expr *from, const hdt_expr *inside, int64_t width)
{
	hdt_context *c = k->context;
	const hdt_expr *count = hdt_int(c, width);
	if (inside) {
		const hdt_expr *all = hdt_number(c, HDT_I32, (double)width), *none = hdt_number(c, HDT_I32, 0);
		hdt_do(k->function, "cp_async_zero", HDT_AT(to, from, count, hdt_select(inside, all, none)));
	} else {
		hdt_do(k->function, "cp_async", HDT_AT(to, from, count));
	}
}

/* The address of the factor's memory, and when it is read. */
static const hdt_expr *source_of(const kernel *k, const operand *o, const hdt_expr *side, const hdt_expr *depth,
                                 const hdt_expr **condition)
{
	const hdt_expr *indices[HDT_MAX_RANK], *plain[] = {side, depth};
	place here;
	if (o->packed)
		return hdt_address(o->packed, plain, 2);
	if (!place_at(k, o, side, depth, &here))
		return NULL;
	if (o->condition)
		*condition = bind(k, o, &here, o->condition);
	for (int d = 0; d < o->load->count; d++)
		indices[d] = bind(k, o, &here, o->load->args[d]);
	return hdt_address(o->load->tensor, indices, o->load->count);
}

/* What is inside of the matrix, at an element. */
static const hdt_expr *inside_of(const kernel *k, const operand *o, const hdt_expr *side, const hdt_expr *depth)
{
	const hdt_expr *deep = hdt_less(depth, k->depth_end); /* slices beyond the last one are brought, too: as zeros */
	return both(span_within(o->side, side, o->tile), deep);
}

/* The elements that a thread moves at once. What is turned over on the way is moved one by one. */
static int64_t piece_width(const operand *o)
{
	if (o->along_depth == o->side_dense)
		return 1;
	return o->copied ? o->vector : VECTOR_BYTES / bytes_of(o);
}

/* Element `at`, 0 where it is not so that `inside`. A load is made all the same, of the first element of all: it waits for no branch, so that those of
 * neighbours are on their way together. */
static const hdt_expr *element_at(const kernel *k, const operand *o, const place *at, const hdt_expr *inside)
{
	const hdt_expr *indices[HDT_MAX_RANK], *value;
	if (o->load) {
		if (o->condition)
			inside = both(inside, bind(k, o, at, o->condition));
		if (inside)
			inside = hdt_let(k->function, "inside", inside);
		for (int d = 0; d < o->load->count; d++) {
			indices[d] = bind(k, o, at, o->load->args[d]);
			indices[d] = inside && indices[d] ? hdt_select(inside, indices[d], hdt_like(indices[d], 0)) : indices[d];
		}
		value = hdt_let(k->function, "value", hdt_load(o->load->tensor, indices, o->load->count));
	} else {
		value = hdt_cast(bind(k, o, at, o->factor), o->dtype);
	}
	return inside && value ? hdt_select(inside, value, hdt_like(value, 0)) : value;
}

/* Compute elements from (side, depth) of the slice on, along the direction in which they lie in memory. */
static void compute(const kernel *k, const operand *o, const hdt_expr *to, const hdt_expr *side, const hdt_expr *depth,
                    int64_t width)
{
	hdt_context *c = k->context;
	hdt_function *f = k->function;
	const hdt_tensor *piece = hdt_local(f, "piece", o->dtype, HDT_AT(hdt_int(c, width)));
	const hdt_expr *e = hdt_begin_for(f, "e", hdt_int(c, width), HDT_LOOP_UNROLL), *first = hdt_int(c, 0);
	place here;
	side = hdt_let(f, "side", o->along_depth ? side : hdt_add(side, e));
	depth = hdt_let(f, "depth", o->along_depth ? hdt_add(depth, e) : depth);
	if (place_at(k, o, side, depth, &here))
		hdt_store(f, piece, HDT_AT(e), element_at(k, o, &here, inside_of(k, o, side, depth)));
	hdt_end(f);
	hdt_do(f, "store_vector", HDT_AT(to, hdt_address(piece, &first, 1), hdt_int(c, width)));
}

/* A piece that begins at (side, depth) of slice `index`. */
static void bring_piece(const kernel *k, const operand *o, const hdt_expr *slot, const hdt_expr *index,
                        const hdt_expr *side, const hdt_expr *depth, int64_t width)
{
	const hdt_expr *begin = hdt_mul(hdt_add(k->first_slice, index), hdt_int(k->context, k->slice));
	const hdt_expr *to = operand_address(o, slot, side, depth), *condition = NULL;
	side = hdt_let(k->function, "side", hdt_add(o->first, side));
	depth = hdt_let(k->function, "depth", hdt_add(begin, depth));
	if (!o->copied) {
		compute(k, o, to, side, depth, width);
		return;
	}
	const hdt_expr *from = side && depth ? source_of(k, o, side, depth, &condition) : NULL;
	if (from)
		copy(k, to, from, both(inside_of(k, o, side, depth), condition), width);
}

void operand_bring(const kernel *k, const operand *o, const hdt_expr *slot, const hdt_expr *index)
{
	hdt_context *c = k->context;
	hdt_function *f = k->function;
	int64_t width = piece_width(o), across = (o->along_depth ? k->slice : o->tile) / width;
	int64_t pieces = o->tile * k->slice / width, parts = (pieces + k->threads - 1) / k->threads;
	const hdt_expr *part = hdt_int(c, 0), *inside = NULL;
	if (parts > 1)
		part = hdt_begin_for(f, "part", hdt_int(c, parts), HDT_LOOP_UNROLL);
	const hdt_expr *piece = hdt_add(hdt_mul(part, hdt_int(c, k->threads)), k->thread);
	if (pieces % k->threads != 0)
		inside = hdt_less(piece, hdt_int(c, pieces));
	guard_begin(f, inside);
	const hdt_expr *slow = hdt_floordiv(piece, hdt_int(c, across));
	const hdt_expr *fast = hdt_mul(hdt_mod(piece, hdt_int(c, across)), hdt_int(c, width));
	bring_piece(k, o, slot, index, o->along_depth ? slow : fast, o->along_depth ? fast : slow, width);
	guard_end(f, inside);
	if (parts > 1)
		hdt_end(f);
}
