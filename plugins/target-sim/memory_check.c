/* memory_check.c: was it written before it is read, and is it ordered with accesses by other threads? */
#include "memory_access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ---- */

sim_status fault_subject(warp *w, int lane, const subject *s, const char *what)
{
	char element[160];
	if (s->access)
		return fault_access(w, lane, HDT_INTERNAL, s->access, "%s", what);
	if (!s->buffer)
		return sim_fault(&w->w, lane, "%d bytes of memory: %s", s->bytes, what);
	element_text(s->buffer, s->offset / s->buffer->bytes, element, sizeof element);
	return sim_fault(&w->w, lane, "%s, %d bytes: %s", element, s->bytes, what);
}

static void fault_conflict(warp *w, int lane, const subject *s, const conflict *other, bool writes)
{
	char text[256], what[320];
	conflict_text(w, other, text, sizeof text);
	snprintf(what, sizeof what, "data race: %s here, %s", writes ? "written" : "read", text);
	fault_subject(w, lane, s, what);
}

static const char *scope_text(const memory *m)
{
	return m->global ? "global" : "shared";
}

/* ---- bytes of shared and global memory ---- */

static inline bool all_written(const uint8_t *written, int64_t bytes)
{
	uint32_t four;
	if (bytes == 4) {
		memcpy(&four, written, sizeof four);
		return four == 0x01010101;
	}
	return !memchr(written, 0, (size_t)bytes);
}

bool check_written(warp *w, int lane, const memory *m, const subject *s, int64_t offset, int bytes)
{
	char what[80];
	if (all_written(m->written + offset, bytes))
		return true;
	snprintf(what, sizeof what, "%s memory is read that was never written", scope_text(m));
	fault_subject(w, lane, s, what);
	return false;
}

bool check_order(warp *w, int lane, memory *m, const subject *s, int64_t offset, int bytes, access_kind kind,
                 uint32_t who, const void *from)
{
	conflict other;
	for (int64_t i = offset >> m->shift, last = (offset + bytes - 1) >> m->shift; i <= last; i++) {
		if (kind == READS ? order_read(w, lane, m, &m->cells[i], who, &other)
		                  : order_write(w, lane, m, &m->cells[i], who, false, &other))
			continue;
		/* Writing once more what stands there is no fault: redundant threads do so. */
		if (other.write && from && !memcmp(m->data + offset, from, (size_t)bytes) &&
		    all_written(m->written + offset, bytes) && order_write(w, lane, m, &m->cells[i], who, true, &other))
			continue;
		fault_conflict(w, lane, s, &other, kind != READS);
		return false;
	}
	return true;
}
