/* memory_elements.c: elements as statements load and store them: a warp's at once, each inside of its buffer. */
#include "memory_access.h"

#include <inttypes.h>
#include <string.h>

memory *memory_of(const warp *w, const sim_buffer *b)
{
	return b->scope == HDT_SCOPE_SHARED ? &w->w.block->buffers[b->index] : &w->set->globals[b->index];
}

static const sim_lanes *lanes_at(const warp *w, reg r)
{
	return (const sim_lanes *)(w->registers + r);
}

/* The element of each lane, in `room` where it is the same for all. NULL: one is outside of the buffer. */
static const int64_t *find_elements(warp *w, const step *s, int64_t elements, int64_t room[SIM_LANES])
{
	const int64_t *at = lanes_at(w, s->a)->i;
	uint64_t any = 0;
	uint32_t outside = 0;
	if (s->uniform_a) {
		for (int l = 0; l < SIM_LANES; l++)
			room[l] = at[0];
		at = room;
	}
	for (int l = 0; l < SIM_LANES;
	     l++) /* the sign tells: at < 0 or at > elements - 1, which wraps for none that is both */
		any |= (uint64_t)at[l] | ((uint64_t)elements - 1 - (uint64_t)at[l]);
	if (!(any >> 63))
		return at;
	SIM_FOR_LANES (l, w->w.active)
		outside |= (uint32_t)((uint64_t)at[l] >= (uint64_t)elements) << l;
	if (!outside)
		return at;
	int lane = __builtin_ctz(outside);
	fault_access(w, lane, HDT_INTERNAL, s->access, "out of bounds: element %" PRId64 " of %s, which has %" PRId64,
	             at[lane], s->access->buffer->name, elements);
	return NULL;
}

/* In memory a register buffer's element e of lane l stands at e * 32 + l. */
static void spread_lanes(int64_t to[SIM_LANES], const int64_t at[SIM_LANES])
{
	for (int l = 0; l < SIM_LANES; l++)
		to[l] = at[l] * SIM_LANES + l;
}

/* Every active lane wrote the element before. */
static bool check_registers(warp *w, const step *s, const int64_t at[SIM_LANES])
{
	const uint32_t *written = w->written + s->access->buffer->offset;
	uint32_t missing = 0;
	if (s->uniform_a)
		missing = ~written[at[0]] & w->w.active;
	else
		SIM_FOR_LANES (l, w->w.active)
			missing |= ~written[at[l]] & UINT32_C(1) << l;
	if (!missing)
		return true;
	fault_access(w, __builtin_ctz(missing), HDT_INTERNAL, s->access, "a register is read that was never written");
	return false;
}

static bool load_registers(warp *w, const step *s, sim_lanes *to)
{
	const sim_buffer *b = s->access->buffer;
	const unsigned char *base = w->memory + b->byte_offset * SIM_LANES;
	int64_t room[SIM_LANES];
	const int64_t *at = find_elements(w, s, b->elements, room);
	if (!at || !check_registers(w, s, at))
		return false;
	if (s->uniform_a) {
		lanes_load_row((hdt_dtype)s->dtype)(to, base + at[0] * b->bytes * SIM_LANES);
		return true;
	}
	spread_lanes(room, at);
	lanes_gather((hdt_dtype)s->dtype)(to, base, room, w->w.active);
	return true;
}

static bool store_registers(warp *w, const step *s, const sim_lanes *from)
{
	const sim_buffer *b = s->access->buffer;
	unsigned char *base = w->memory + b->byte_offset * SIM_LANES;
	uint32_t *written = w->written + b->offset;
	int64_t room[SIM_LANES];
	const int64_t *at = find_elements(w, s, b->elements, room);
	if (!at)
		return false;
	if (s->uniform_a && w->w.active == UINT32_MAX) {
		written[at[0]] = UINT32_MAX;
		lanes_store_row((hdt_dtype)s->dtype)(base + at[0] * b->bytes * SIM_LANES, from);
		return true;
	}
	SIM_FOR_LANES (l, w->w.active)
		written[at[l]] |= UINT32_C(1) << l;
	spread_lanes(room, at);
	lanes_scatter((hdt_dtype)s->dtype)(base, room, from, w->w.active);
	return true;
}

static int64_t elements_of(const memory *m, const sim_buffer *b)
{
	return m->bytes >> __builtin_ctz((unsigned)b->bytes);
}

/* Elements that have a cell each: most of them were read before by a thread of this warp, since the last barrier. */
static bool check_loads(warp *w, const step *s, memory *m, const int64_t at[SIM_LANES])
{
	int bytes = s->access->buffer->bytes;
	const subject what = {.access = s->access};
	bool single = bytes == m->granule;
	int64_t again = -1; /* the element of the lane before, when nothing was to be done for it */
	SIM_FOR_LANES (l, w->w.active) {
		if (at[l] == again)
			continue;
		again = -1;
		if (single && order_read_again(w, l, m, &m->cells[at[l]])) {
			again = at[l];
			continue;
		}
		if (!check_written(w, l, m, &what, at[l] * bytes, bytes) ||
		    !check_order(w, l, m, &what, at[l] * bytes, bytes, READS, who_of(w, l), NULL))
			return false;
	}
	return true;
}

bool memory_load(warp *w, const step *s)
{
	const sim_buffer *b = s->access->buffer;
	sim_lanes *to = (sim_lanes *)(w->registers + s->to);
	if (b->scope == HDT_SCOPE_REGISTER)
		return load_registers(w, s, to);
	memory *m = memory_of(w, b);
	int64_t room[SIM_LANES];
	const int64_t *at = find_elements(w, s, elements_of(m, b), room);
	if (!at || !check_loads(w, s, m, at))
		return false;
	lanes_gather((hdt_dtype)s->dtype)(to, m->data, at, w->w.active);
	return true;
}

bool memory_store(warp *w, const step *s)
{
	const sim_buffer *b = s->access->buffer;
	const sim_lanes *from = lanes_at(w, s->b);
	if (b->scope == HDT_SCOPE_REGISTER)
		return store_registers(w, s, from);
	memory *m = memory_of(w, b);
	int64_t room[SIM_LANES];
	const int64_t *at = find_elements(w, s, elements_of(m, b), room);
	if (!at)
		return false;
	const subject what = {.access = s->access};
	/* One lane after the other, as two of them may write the same element. */
	SIM_FOR_LANES (l, w->w.active) {
		uint64_t element = sim_lane_bits(from, l, (hdt_dtype)s->dtype);
		int64_t offset = at[l] * b->bytes;
		if (!check_order(w, l, m, &what, offset, b->bytes, WRITES, who_of(w, l), &element))
			return false;
		memcpy(m->data + offset, &element, (size_t)b->bytes);
		memset(m->written + offset, 1, (size_t)b->bytes);
	}
	return true;
}
