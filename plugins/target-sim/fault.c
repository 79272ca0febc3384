/* fault.c: what is told of a fault: where in the source, which thread of which block, and which element. The first
 * one ends the run. */
#include "machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t add(char *text, size_t size, size_t at, const char *format, ...) HDT_PRINTF(4, 5);
static size_t add(char *text, size_t size, size_t at, const char *format, ...)
{
	va_list arguments;
	if (at >= size)
		return at;
	va_start(arguments, format);
	int more = vsnprintf(text + at, size - at, format, arguments);
	va_end(arguments);
	return more < 0 ? at : at + (size_t)more;
}

/* (3, 0, 0) of thread 3. */
static size_t add_thread(char *text, size_t size, size_t at, const sim_set *set, int64_t thread)
{
	const int64_t *block = set->launch->grid->block;
	return add(text, size, at, "(%" PRId64 ", %" PRId64 ", %" PRId64 ")", thread % block[0],
	           thread / block[0] % block[1], thread / block[0] / block[1]);
}

static void record(warp *w, int lane, hdt_status status, const char *format, va_list arguments)
{
	sim_set *set = w->set;
	hdt_fault *fault = set->fault;
	size_t size = sizeof fault->message, at;
	const sim_block *block = w->w.block;
	if (fault->status != HDT_OK)
		return;
	fault->status = status;
	at = add(fault->message, size, 0, w->w.line ? "%s:%d: " : "%s: ", set->function->file, w->w.line);
	int prefix = vsnprintf(fault->message + at, size - at, format, arguments);
	at += prefix < 0 ? 0 : (size_t)prefix;
	at = add(fault->message, size, at, "; thread ");
	at = add_thread(fault->message, size, at, set, (int64_t)w->w.index * SIM_LANES + lane);
	add(fault->message, size, at, " of block (%" PRId64 ", %" PRId64 ", %" PRId64 ") of @%s", block->at[0],
	    block->at[1], block->at[2], set->function->source->name);
}

sim_status sim_fault(sim_warp *w, int lane, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	record((warp *)w, lane, HDT_INTERNAL, format, arguments);
	va_end(arguments);
	return SIM_FAULT;
}

void fault_memory(warp *w)
{
	hdt_fault *fault = w->set->fault;
	if (fault->status != HDT_OK)
		return;
	fault->status = HDT_OUT_OF_MEMORY;
	snprintf(fault->message, sizeof fault->message, "out of memory while @%s was simulated",
	         w->set->function->source->name);
}

void access_text(const warp *w, const access *a, int lane, char *text, size_t size)
{
	size_t at = add(text, size, 0, "%s", a->tensor->name);
	for (int d = 0; d < a->rank; d++) {
		const sim_lanes *index = (const sim_lanes *)(w->registers + a->indices[d]);
		at = add(text, size, at, "%s%" PRId64, d ? ", " : "[", index->i[a->uniform[d] ? 0 : lane]);
	}
	if (a->rank)
		add(text, size, at, "]");
}

void element_text(const sim_buffer *b, int64_t element, char *text, size_t size)
{
	const hdt_tensor *t = b->tensor;
	int64_t extents[HDT_MAX_RANK], rest = element;
	bool known = !t->layout && t->rank > 0;
	for (int d = 1; d < t->rank && known; d++)
		known = hdt_is_const(t->shape[d], &extents[d]) && extents[d] > 0;
	if (!known || element < 0) {
		snprintf(text, size, "%s, element %" PRId64, b->name, element);
		return;
	}
	int64_t indices[HDT_MAX_RANK];
	for (int d = t->rank - 1; d > 0; d--) {
		indices[d] = rest % extents[d];
		rest /= extents[d];
	}
	indices[0] = rest;
	size_t at = add(text, size, 0, "%s", b->name);
	for (int d = 0; d < t->rank; d++)
		at = add(text, size, at, "%s%" PRId64, d ? ", " : "[", indices[d]);
	add(text, size, at, "]");
}

sim_status fault_access(warp *w, int lane, hdt_status status, const access *a, const char *format, ...)
{
	char element[160], what[320];
	va_list arguments;
	access_text(w, a, lane, element, sizeof element);
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	if (w->set->fault->status == HDT_OK) {
		sim_fault(&w->w, lane, "%s: %s", element, what);
		w->set->fault->status = status;
	}
	return SIM_FAULT;
}

/* ---- races ---- */

void conflict_text(const warp *w, const conflict *other, char *text, size_t size)
{
	const sim_set *set = w->set;
	uint32_t who = other->who & WHO_MASK, line = (other->who & ~WHO_ATOMIC) >> WHO_BITS;
	size_t at = add(text, size, 0, "%s", other->write ? "written" : "read");
	if (other->who & WHO_ATOMIC)
		at = add(text, size, at, " by an atomic");
	if (line)
		at = add(text, size, at, " at line %u", line);
	if (who == WHO_IN_FLIGHT) {
		add(text, size, at, " by an asynchronous copy that was not waited for");
		return;
	}
	if (who == WHO_ASYNC) {
		add(text, size, at, " by an asynchronous copy on whose barrier this thread did not wait");
		return;
	}
	if (who == WHO_MANY) {
		add(text, size, at, " by other threads, without a barrier in between");
		return;
	}
	uint32_t block_slots = (uint32_t)w->w.block->warp_count * SIM_LANES;
	at = add(text, size, at, " by thread ");
	at = add_thread(text, size, at, set, who % block_slots);
	if (other->stamp < set->start)
		add(text, size, at, " of another block, and nothing orders blocks");
	else if (who / block_slots != w->first / block_slots)
		add(text, size, at, " of block %u of those that run together, without a barrier in between", who / block_slots);
	else if (who / SIM_LANES == w->first / SIM_LANES)
		add(text, size, at, " of the same warp, without a barrier in between");
	else
		add(text, size, at, ", without a barrier in between");
}
