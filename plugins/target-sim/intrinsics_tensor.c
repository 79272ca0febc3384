/* intrinsics_tensor.c: boxes of a tensor by the copy engine: zeros for what is outside, swizzled rows in shared
 * memory. */
#include "intrinsics.h"

#include "barrier.h"
#include "bulk.h"

#include <inttypes.h>
#include <string.h>

enum {
	MOST_DIMENSIONS = 5,
	LARGEST_BOX = 256,
	LARGEST_STRIDE = 8,
	MOST_ROW = LARGEST_BOX * 8,
	MOST_BYTES = 1 << 22, /* of a box: more than a block's shared memory */
	UNIT = 16,
	BOX_ALIGNMENT = 128
};

/* A box of a map at coordinates, walked row by row. */
typedef struct box {
	const hdt_launch_map *map;
	int size; /* of an element */
	int64_t at[MOST_DIMENSIONS];
	int64_t count[MOST_DIMENSIONS]; /* elements copied in each dimension */
	int rows, row_bytes;
} box;

/* The part of a row that lies inside of the tensor; 0 bytes: none of it. */
typedef struct inside {
	uint64_t address;
	int offset, bytes; /* in the row */
} inside;

/* ---- maps ---- */

static bool check_map(sim_warp *w, int lane, const hdt_launch_map *m, int coordinates)
{
	int size = hdt_dtype_of(m->dtype)->bytes;
	int64_t pitch = size;
	if (m->rank != coordinates || m->rank < 1 || m->rank > MOST_DIMENSIONS) {
		sim_fault(w, lane, "%d coordinates for a tensor map of %d dimensions, of 1..%d", coordinates, m->rank,
		          MOST_DIMENSIONS);
		return false;
	}
	for (int d = 0; d < m->rank; d++)
		if (m->box[d] < 1 || m->box[d] > LARGEST_BOX || m->strides[d] < 1 || m->strides[d] > LARGEST_STRIDE) {
			sim_fault(w, lane,
			          "dimension %d of a tensor map has a box of %" PRId64 " with stride %" PRId64 ": 1..%d and 1..%d",
			          d, m->box[d], m->strides[d], LARGEST_BOX, LARGEST_STRIDE);
			return false;
		}
	for (int d = m->rank - 1; d >= 0; d--) {
		if (__builtin_mul_overflow(pitch, m->shape[d], &pitch)) {
			sim_fault(w, lane, "a tensor map of more bytes than can be counted");
			return false;
		}
		if (d > 0 && pitch % UNIT != 0) {
			sim_fault(w, lane, "rows of a tensor map have %" PRId64 " bytes: no multiple of %d", pitch, UNIT);
			return false;
		}
	}
	int64_t row = m->box[m->rank - 1] * size;
	if ((uintptr_t)m->address % UNIT == 0 && row % UNIT == 0 && (!m->swizzle || row == m->swizzle))
		return true;
	sim_fault(w, lane,
	          "rows of a tensor map's box have %" PRId64
	          " bytes, swizzled by %d: they are a multiple of %d, as long as the swizzle, of memory "
	          "aligned to %d",
	          row, m->swizzle, UNIT, UNIT);
	return false;
}

/* `first`: the operand that is the first coordinate. False after a fault. */
static bool make_box(sim_warp *w, int lane, const sim_call *call, const sim_operand *map, int first, box *b)
{
	const hdt_launch_map *m = map->map;
	if (!m) {
		sim_fault(w, lane, "%s: the map is none of this launch", call->name);
		return false;
	}
	if (!check_map(w, lane, m, call->count - first))
		return false;
	*b = (box){.map = m, .size = hdt_dtype_of(m->dtype)->bytes};
	int64_t rows = 1;
	for (int d = 0; d < m->rank; d++) {
		bool last = d == m->rank - 1;
		b->at[d] = call->operands[first + d].value->i[lane];
		b->count[d] = last ? m->box[d] : (m->box[d] + m->strides[d] - 1) / m->strides[d];
		rows *= last ? 1 : b->count[d];
	}
	b->row_bytes = (int)b->count[m->rank - 1] * b->size;
	if (rows > MOST_BYTES / b->row_bytes) {
		sim_fault(w, lane, "the box of a tensor map has %" PRId64 " rows of %d bytes: more than shared memory", rows,
		          b->row_bytes);
		return false;
	}
	b->rows = (int)rows;
	return true;
}

static inside row_inside(const box *b, int row)
{
	const hdt_launch_map *m = b->map;
	int64_t element = 0, pitch = 1, columns = m->shape[m->rank - 1], begin = b->at[m->rank - 1],
			end = begin + b->count[m->rank - 1];
	int64_t from = begin < 0 ? 0 : begin, to = end > columns ? columns : end;
	bool out = from >= to;
	for (int d = m->rank - 2; d >= 0; d--) {
		int64_t i = b->at[d] + row % b->count[d] * m->strides[d];
		row /= (int)b->count[d];
		pitch *= m->shape[d + 1];
		out = out || i < 0 || i >= m->shape[d];
		element += i * pitch;
	}
	if (out)
		return (inside){0};
	return (inside){(uint64_t)(uintptr_t)m->address + (uint64_t)((element + from) * b->size),
	                (int)(from - begin) * b->size, (int)(to - from) * b->size};
}

/* The row's 16-byte chunks change places by the bits of its address from 7 on. The same again undoes it. */
static void swizzle_row(const box *b, uint64_t address, const unsigned char *from, unsigned char *to)
{
	int chunks = b->map->swizzle / UNIT;
	if (!chunks) {
		memcpy(to, from, (size_t)b->row_bytes);
		return;
	}
	for (int c = 0; c < chunks; c++)
		memcpy(to + (c ^ (int)(address >> 7 & (unsigned)(chunks - 1))) * UNIT, from + c * UNIT, UNIT);
}

/* ---- loads ---- */

/* The same place in another block of the cluster. */
static uint64_t in_block(uint64_t shared, int rank)
{
	return (shared & ~(UINT64_C(0xff) << 24)) | (uint64_t)rank << 24;
}

static bool load_box(sim_warp *w, int lane, const box *b, uint64_t to, sim_clock *clock)
{
	for (int r = 0; r < b->rows; r++) {
		unsigned char row[MOST_ROW] = {0}, swizzled[MOST_ROW];
		inside part = row_inside(b, r);
		uint64_t place = to + (uint64_t)r * (uint64_t)b->row_bytes;
		if (part.bytes && !sim_async_read(w, lane, part.address, row + part.offset, part.bytes, 1))
			return false;
		swizzle_row(b, place, row, swizzled);
		if (!sim_async_write(w, lane, place, swizzled, b->row_bytes, 1))
			return false;
		if (part.bytes)
			sim_async_complete(w, clock, part.address, part.bytes);
	}
	sim_async_complete(w, clock, to, b->rows * b->row_bytes);
	return true;
}

/* To the blocks of the cluster whose bits are set. */
static bool load_for(sim_warp *w, int lane, const sim_call *call, int first, uint64_t blocks)
{
	box b;
	if (!make_box(w, lane, call, &call->operands[1], first, &b))
		return false;
	int bytes = b.rows * b.row_bytes;
	uint64_t to = sim_address(w, lane, &call->operands[0], 0, bytes, BOX_ALIGNMENT),
			 barrier = sim_address(w, lane, &call->operands[2], 0, 8, 8);
	if (!to || !barrier)
		return false;
	for (int rank = 0; rank < 16; rank++) {
		if (!(blocks >> rank & 1))
			continue;
		if (!sim_cluster_block(w->block, rank)) {
			sim_fault(w, lane, "%s: the cluster has no block %d", call->name, rank);
			return false;
		}
		sim_clock *clock = barrier_clock(w, lane, in_block(barrier, rank));
		if (!clock || !load_box(w, lane, &b, in_block(to, rank), clock) ||
		    !barrier_add_bytes(w, lane, in_block(barrier, rank), -bytes))
			return false;
	}
	return true;
}

static sim_status tensor_load(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active)
		if (!load_for(w, l, call, 3, UINT64_C(1) << sim_cluster_rank(w->block)))
			return SIM_FAULT;
	return SIM_DONE;
}

static sim_status tensor_load_multicast(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active)
		if (!load_for(w, l, call, 4, call->operands[3].value->u[l]))
			return SIM_FAULT;
	return SIM_DONE;
}

/* ---- stores ---- */

static bool store_box(sim_warp *w, int lane, const box *b, uint64_t from, pending *stores)
{
	for (int r = 0; r < b->rows; r++) {
		unsigned char row[MOST_ROW], swizzled[MOST_ROW];
		inside part = row_inside(b, r);
		uint64_t place = from + (uint64_t)r * (uint64_t)b->row_bytes;
		if (!part.bytes)
			continue;
		if (!sim_async_read(w, lane, place, swizzled, b->row_bytes, 1))
			return false;
		swizzle_row(b, place, swizzled, row);
		if (!sim_async_write(w, lane, part.address, row + part.offset, part.bytes, 1) ||
		    !pending_add(
				w, stores,
				(pending_copy){.from = place, .from_bytes = b->row_bytes, .to = part.address, .to_bytes = part.bytes}))
			return false;
	}
	return true;
}

/* The device takes a store at a negative coordinate for an illegal instruction, though a load may begin there. */
static bool check_start(sim_warp *w, int lane, const box *b)
{
	for (int d = 0; d < b->map->rank; d++)
		if (b->at[d] < 0) {
			sim_fault(w, lane,
			          "tensor_store begins at coordinate %" PRId64
			          " of dimension %d: a store begins at no negative one",
			          b->at[d], d);
			return false;
		}
	return true;
}

static sim_status tensor_store(sim_warp *w, const sim_call *call)
{
	pending *stores = bulk_stores(w);
	if (!stores)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		box b;
		uint64_t from;
		if (!make_box(w, l, call, &call->operands[0], 2, &b) || !check_start(w, l, &b) ||
		    !(from = sim_address(w, l, &call->operands[1], 0, b.rows * b.row_bytes, BOX_ALIGNMENT)) ||
		    !store_box(w, l, &b, from, &stores[l]))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status tensor_prefetch_l2(sim_warp *w, const sim_call *call)
{
	box b;
	SIM_FOR_LANES (l, w->active)
		if (!make_box(w, l, call, &call->operands[0], 1, &b))
			return SIM_FAULT;
	return SIM_DONE;
}

static sim_status tensor_map_prefetch(sim_warp *w, const sim_call *call)
{
	(void)w;
	(void)call;
	return SIM_DONE;
}

const sim_intrinsic sim_tensor_intrinsics[] = {
	{"tensor_load", tensor_load},
	{"tensor_load_multicast", tensor_load_multicast},
	{"tensor_store", tensor_store},
	{"tensor_prefetch_l2", tensor_prefetch_l2},
	{"tensor_map_prefetch", tensor_map_prefetch},
	{NULL, NULL},
};
