/* bring_cuda.c: rows of queries, keys and values from where they lie, a packed product of all three mostly, to shared memory:
 *
 *     for part in 0..4 { cp_async_zero(&k_ring[slot, row, column], &qkv[first + row, 768 + head * 64 + column], 8, select(inside, 8, 0)); }
 *
 * by asynchronous copies where their elements lie side by side, else computed by the threads. A row in shared memory has 16 bytes more than it needs,
 * so that eight of them can be read at once, 16 bytes of each. */
#include "attention_mma.h"

#include "../sched-auto/cuda_vector.h"

static int64_t piece_elements(hdt_dtype dtype)
{
	return VECTOR_BYTES / hdt_dtype_of(dtype)->bytes;
}

void factor_choose_way(factor *o, hdt_dtype dtype)
{
	const hdt_expr *e = o->value;
	o->vector = 1;
	o->copied = false;
	if (e->op != HDT_OP_LOAD || e->tensor->dtype != dtype)
		return;
	o->vector = vector_width(e->tensor, (hdt_list){e->args, e->count}, o->column, VECTOR_BYTES);
	o->copied = o->vector * hdt_dtype_of(dtype)->bytes >= 4;
}

const hdt_tensor *factor_ring(const flash *m, const factor *o, const char *name, int64_t stages, int64_t rows)
{
	const hdt_buffer_options options = {.scope = HDT_SCOPE_SHARED, .dynamic = true};
	const hdt_expr *shape[] = {flash_number(m, stages), flash_number(m, rows),
	                           flash_number(m, o->padded + piece_elements(m->h->dtype))};
	return hdt_buffer(m->function, name, m->h->dtype, stages ? (hdt_list){shape, 3} : (hdt_list){shape + 1, 2},
	                  &options);
}

static const hdt_expr *place(const flash *m, const factor *o, const hdt_expr *e, const hdt_expr *row,
                             const hdt_expr *column)
{
	const hdt_expr *from[] = {o->row, o->column}, *to[] = {row, column};
	e = hdt_substitute(e, from, to, 2);
	return hdt_substitute(e, m->h->a.batch, m->batch, m->h->a.batch_count);
}

static void copy(const flash *m, const factor *o, const hdt_expr *to, const hdt_expr *row, const hdt_expr *column,
                 const hdt_expr *inside)
{
	hdt_context *c = m->context;
	const hdt_expr *at[HDT_MAX_RANK], *load = o->value, *width = flash_number(m, o->vector);
	for (int d = 0; d < load->count; d++)
		at[d] = place(m, o, load->args[d], row, column);
	const hdt_expr *from = hdt_address(load->tensor, at, load->count);
	if (inside) {
		const hdt_expr *all = hdt_number(c, HDT_I32, (double)o->vector), *none = hdt_number(c, HDT_I32, 0);
		hdt_do(m->function, "cp_async_zero", HDT_AT(to, from, width, hdt_select(inside, all, none)));
	} else {
		hdt_do(m->function, "cp_async", HDT_AT(to, from, width));
	}
}

void factor_bring(const flash *m, const factor *o, const hdt_tensor *ring, const hdt_expr *slot, int64_t rows,
                  const hdt_expr *first, const hdt_expr *limit)
{
	hdt_function *f = m->function;
	int64_t threads = m->how.warps * LANES, across = o->padded / o->vector;
	int64_t pieces = rows * across, parts = (pieces + threads - 1) / threads;
	const hdt_expr *part = hdt_begin_for(f, "part", flash_number(m, parts), HDT_LOOP_UNROLL);
	const hdt_expr *piece = hdt_add(hdt_mul(part, flash_number(m, threads)), m->thread);
	if (pieces % threads != 0)
		hdt_begin_if(f, hdt_less(piece, flash_number(m, pieces)));
	const hdt_expr *row = hdt_let(f, "row", hdt_floordiv(piece, flash_number(m, across)));
	const hdt_expr *column =
		hdt_let(f, "column", hdt_mul(hdt_mod(piece, flash_number(m, across)), flash_number(m, o->vector)));
	const hdt_expr *at[] = {slot, row, column}, *whole = hdt_mod(limit, flash_number(m, rows)), *inside = NULL;
	if (!hdt_proves_equal(whole, flash_number(m, 0)))
		inside = hdt_less(hdt_add(first, row), limit);
	if (o->padded != o->columns) {
		const hdt_expr *there = hdt_less(column, flash_number(m, o->columns));
		inside = inside ? hdt_and(inside, there) : there;
	}
	const hdt_expr *const *to = slot ? at : at + 1;
	int rank = slot ? 3 : 2;
	if (o->copied) {
		copy(m, o, hdt_address(ring, to, rank), hdt_add(first, row), column, inside);
	} else {
		const hdt_expr *value = hdt_cast(place(m, o, o->value, hdt_add(first, row), column), m->h->dtype);
		hdt_store(f, ring, (hdt_list){to, rank}, inside ? hdt_select(inside, value, hdt_like(value, 0)) : value);
	}
	if (pieces % threads != 0)
		hdt_end(f);
	hdt_end(f);
}
