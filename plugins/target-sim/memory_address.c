/* memory_address.c: memory by address, as intrinsics reach it: the address lies where its operand points to, is
 * aligned, and all bytes are of one buffer. */
#include "memory_access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool find_shared(warp *w, uint64_t address, int64_t bytes, target *out)
{
	int64_t at = (int64_t)(address & 0xffffff);
	sim_block *block = sim_cluster_block(w->w.block, (int)(address >> 24 & 0xff));
	const sim_function *f = w->set->function;
	for (int i = 0; block && i < f->shared_count; i++) {
		const sim_buffer *b = f->shared[i];
		if (at >= b->offset && at + bytes <= b->offset + b->elements * b->bytes) {
			*out = (target){&block->buffers[i], b, at - b->offset};
			return true;
		}
	}
	return false;
}

static bool find_global(warp *w, uint64_t address, int64_t bytes, target *out)
{
	const sim_function *f = w->set->function;
	for (int i = 0; i < f->source->parameter_count; i++) {
		memory *m = &w->set->globals[i];
		uint64_t base = (uint64_t)(uintptr_t)m->data;
		if (address >= base && address - base <= (uint64_t)m->bytes && bytes <= m->bytes - (int64_t)(address - base)) {
			*out = (target){m, &f->parameters[i], (int64_t)(address - base)};
			return true;
		}
	}
	return false;
}

static bool fault_alignment(warp *w, int lane, const subject *s, int64_t address, int alignment)
{
	char what[120];
	snprintf(what, sizeof what, "misaligned: byte %" PRId64 " of memory is no multiple of %d", address, alignment);
	fault_subject(w, lane, s, what);
	return false;
}

bool find_memory(warp *w, uint64_t address, int64_t bytes, target *out)
{
	return address & SIM_SHARED ? find_shared(w, address, bytes, out) : find_global(w, address, bytes, out);
}

bool find_target(warp *w, int lane, uint64_t address, int64_t bytes, int alignment, target *out)
{
	subject s = {.bytes = (int)bytes};
	bool shared = address & SIM_SHARED;
	if (!find_memory(w, address, bytes, out)) {
		fault_subject(w, lane, &s, "the address lies in no buffer");
		return false;
	}
	s.buffer = out->buffer;
	s.offset = out->offset;
	uint64_t place = shared ? address & 0xffffff : address;
	return place % (uint64_t)alignment == 0 ||
	       fault_alignment(w, lane, &s, shared ? (int64_t)place : out->offset, alignment);
}

/* The mark of an address that was made with an index outside: its dimension. */
enum { OUTSIDE_SHIFT = 58, OUTSIDE_DIMENSIONS = 8 }; /* as mark_outside puts it */

static bool fault_outside(warp *w, int lane, uint64_t address, const sim_buffer *b)
{
	sim_fault(&w->w, lane, "%s: an address with index %d out of bounds is used", b ? b->name : "memory",
	          (int)(address >> OUTSIDE_SHIFT & (OUTSIDE_DIMENSIONS - 1)));
	return false;
}

/* Of an operand: in its own buffer. */
static bool find_operand(warp *w, int lane, const sim_operand *at, int64_t offset, int64_t bytes, int alignment,
                         target *out)
{
	uint64_t address = at->value->u[lane];
	const sim_buffer *b = at->buffer;
	if (address & SIM_OUTSIDE)
		return fault_outside(w, lane, address, b);
	if (!at->address || !b || b->scope == HDT_SCOPE_REGISTER)
		return find_target(w, lane, address + (uint64_t)offset, bytes, alignment, out);
	memory *m = memory_of(w, b);
	int64_t base = b->scope == HDT_SCOPE_SHARED
	                   ? (int64_t)(SIM_SHARED | (uint64_t)sim_cluster_rank(w->w.block) << 24) + b->offset
	                   : (int64_t)(uintptr_t)m->data;
	*out = (target){m, b, (int64_t)address - base + offset};
	subject s = {.buffer = b, .offset = out->offset, .bytes = (int)bytes};
	if (out->offset < 0 || bytes > m->bytes - out->offset) {
		char what[120];
		snprintf(what, sizeof what, "the address operand leaves the buffer, which has %" PRId64 " elements",
		         m->bytes / b->bytes);
		fault_subject(w, lane, &s, what);
		return false;
	}
	uint64_t place = b->scope == HDT_SCOPE_SHARED ? (uint64_t)(b->offset + out->offset) : address + (uint64_t)offset;
	return place % (uint64_t)alignment == 0 ||
	       fault_alignment(w, lane, &s, b->scope == HDT_SCOPE_SHARED ? (int64_t)place : out->offset, alignment);
}

uint64_t sim_address(sim_warp *sw, int lane, const sim_operand *at, int64_t offset, int64_t bytes, int alignment)
{
	target found;
	if (!find_operand((warp *)sw, lane, at, offset, bytes, alignment, &found))
		return 0;
	return at->value->u[lane] + (uint64_t)offset;
}

/* ---- a thread's own registers, by address: bits 32.. the number of the buffer, the low 32 a byte in it ---- */

typedef struct own {
	const sim_buffer *buffer;
	int64_t offset;
} own;

static bool find_own(warp *w, int lane, const sim_operand *at, int64_t offset, int bytes, own *out)
{
	uint64_t address = at->value->u[lane];
	const sim_buffer *b = at->buffer;
	subject s = {.buffer = b, .bytes = bytes};
	if (address & SIM_OUTSIDE)
		return fault_outside(w, lane, address, b);
	out->buffer = b;
	out->offset = s.offset = (int64_t)(address & 0xffffffff) + offset;
	if (out->offset >= 0 && out->offset + bytes <= b->elements * b->bytes && out->offset % b->bytes == 0 &&
	    bytes % b->bytes == 0)
		return true;
	fault_subject(w, lane, &s, "the address operand leaves the register buffer, or splits its elements");
	return false;
}

static bool read_own(warp *w, int lane, const sim_operand *at, int64_t offset, void *to, int bytes)
{
	own o;
	if (!find_own(w, lane, at, offset, bytes, &o))
		return false;
	int size = o.buffer->bytes;
	for (int i = 0; i < bytes / size; i++) {
		int64_t e = o.offset / size + i;
		if (!(w->written[o.buffer->offset + e] >> lane & 1)) {
			subject s = {.buffer = o.buffer, .offset = e * size, .bytes = size};
			fault_subject(w, lane, &s, "a register is read that was never written");
			return false;
		}
		memcpy((char *)to + i * size, w->memory + (o.buffer->byte_offset + e * size) * SIM_LANES + lane * size,
		       (size_t)size);
	}
	return true;
}

static bool write_own(warp *w, int lane, const sim_operand *at, int64_t offset, const void *from, int bytes)
{
	own o;
	if (!find_own(w, lane, at, offset, bytes, &o))
		return false;
	int size = o.buffer->bytes;
	for (int i = 0; i < bytes / size; i++) {
		int64_t e = o.offset / size + i;
		w->written[o.buffer->offset + e] |= UINT32_C(1) << lane;
		memcpy(w->memory + (o.buffer->byte_offset + e * size) * SIM_LANES + lane * size, (const char *)from + i * size,
		       (size_t)size);
	}
	return true;
}

/* ---- what intrinsics use ---- */

bool read_target(warp *w, int lane, const target *t, void *to, int bytes, uint32_t who)
{
	const subject s = {.buffer = t->buffer, .offset = t->offset, .bytes = bytes};
	if (!check_written(w, lane, t->memory, &s, t->offset, bytes) ||
	    !check_order(w, lane, t->memory, &s, t->offset, bytes, READS, who, NULL))
		return false;
	memcpy(to, t->memory->data + t->offset, (size_t)bytes);
	return true;
}

bool write_target(warp *w, int lane, const target *t, const void *from, int bytes, uint32_t who)
{
	const subject s = {.buffer = t->buffer, .offset = t->offset, .bytes = bytes};
	if (!check_order(w, lane, t->memory, &s, t->offset, bytes, WRITES, who, from))
		return false;
	memcpy(t->memory->data + t->offset, from, (size_t)bytes);
	memset(t->memory->written + t->offset, 1, (size_t)bytes);
	return true;
}

static bool is_register(const sim_operand *at)
{
	return at->buffer && at->buffer->scope == HDT_SCOPE_REGISTER;
}

bool sim_read(sim_warp *sw, int lane, const sim_operand *at, int64_t offset, void *to, int bytes, int alignment)
{
	warp *w = (warp *)sw;
	target t;
	if (is_register(at))
		return read_own(w, lane, at, offset, to, bytes);
	return find_operand(w, lane, at, offset, bytes, alignment, &t) &&
	       read_target(w, lane, &t, to, bytes, who_of(w, lane));
}

bool sim_write(sim_warp *sw, int lane, const sim_operand *at, int64_t offset, const void *from, int bytes,
               int alignment)
{
	warp *w = (warp *)sw;
	target t;
	if (is_register(at))
		return write_own(w, lane, at, offset, from, bytes);
	return find_operand(w, lane, at, offset, bytes, alignment, &t) &&
	       write_target(w, lane, &t, from, bytes, who_of(w, lane));
}

bool sim_read_at(sim_warp *sw, int lane, uint64_t address, void *to, int bytes, int alignment)
{
	warp *w = (warp *)sw;
	target t;
	return find_target(w, lane, address, bytes, alignment, &t) && read_target(w, lane, &t, to, bytes, who_of(w, lane));
}

bool sim_write_at(sim_warp *sw, int lane, uint64_t address, const void *from, int bytes, int alignment)
{
	warp *w = (warp *)sw;
	target t;
	return find_target(w, lane, address, bytes, alignment, &t) &&
	       write_target(w, lane, &t, from, bytes, who_of(w, lane));
}

static void *find_atomic(warp *w, int lane, const sim_operand *at, int bytes, bool reads)
{
	target t;
	if (!find_operand(w, lane, at, 0, bytes, bytes, &t))
		return NULL;
	const subject s = {.buffer = t.buffer, .offset = t.offset, .bytes = bytes};
	if (!order_atomic(w, lane, at->value->u[lane]) ||
	    (reads && !check_written(w, lane, t.memory, &s, t.offset, bytes)) ||
	    !check_order(w, lane, t.memory, &s, t.offset, bytes, UPDATES, who_of(w, lane) | WHO_ATOMIC, NULL))
		return NULL;
	memset(t.memory->written + t.offset, 1, (size_t)bytes);
	return t.memory->data + t.offset;
}

void *sim_atomic(sim_warp *w, int lane, const sim_operand *at, int bytes)
{
	return find_atomic((warp *)w, lane, at, bytes, true);
}

void *sim_atomic_place(sim_warp *w, int lane, const sim_operand *at, int bytes)
{
	return find_atomic((warp *)w, lane, at, bytes, false);
}
