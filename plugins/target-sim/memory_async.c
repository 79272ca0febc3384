/* memory_async.c: copies in flight: the data is moved at once, but what was read and written belongs to the copy
 * until somebody has waited for it. */
#include "memory_access.h"

static uint32_t in_flight(const warp *w, int lane)
{
	return (who_of(w, lane) & ~(uint32_t)WHO_MASK) | WHO_IN_FLIGHT;
}

/* Check as the lane's own access, then leave the cells to the copy. */
bool sim_async_read(sim_warp *sw, int lane, uint64_t address, void *to, int bytes, int alignment)
{
	warp *w = (warp *)sw;
	target t;
	if (!find_target(w, lane, address, bytes, alignment, &t) || !read_target(w, lane, &t, to, bytes, who_of(w, lane)))
		return false;
	for (int64_t i = t.offset >> t.memory->shift, last = (t.offset + bytes - 1) >> t.memory->shift; i <= last; i++)
		t.memory->cells[i].read_who = in_flight(w, lane);
	return true;
}

bool sim_async_write(sim_warp *sw, int lane, uint64_t address, const void *from, int bytes, int alignment)
{
	warp *w = (warp *)sw;
	target t;
	if (!find_target(w, lane, address, bytes, alignment, &t) ||
	    !write_target(w, lane, &t, from, bytes, who_of(w, lane)))
		return false;
	for (int64_t i = t.offset >> t.memory->shift, last = (t.offset + bytes - 1) >> t.memory->shift; i <= last; i++)
		t.memory->cells[i].write_who = in_flight(w, lane);
	return true;
}

/* What is in flight there becomes an access by `who` at `now`. */
static void land(warp *w, uint64_t address, int bytes, uint32_t who, stamp now)
{
	target t;
	if (!find_memory(w, address, bytes, &t))
		return;
	for (int64_t i = t.offset >> t.memory->shift, last = (t.offset + bytes - 1) >> t.memory->shift; i <= last; i++) {
		cell *c = &t.memory->cells[i];
		if ((c->write_who & WHO_MASK) == WHO_IN_FLIGHT) {
			c->write_who = (c->write_who & ~(uint32_t)WHO_MASK) | who;
			c->write_stamp = now;
		}
		if (c->read_stamp && (c->read_who & WHO_MASK) == WHO_IN_FLIGHT) {
			c->read_who = (c->read_who & ~(uint32_t)WHO_MASK) | who;
			c->read_stamp = now;
		}
	}
}

void sim_async_join(sim_warp *sw, int lane, uint64_t address, int bytes)
{
	warp *w = (warp *)sw;
	land(w, address, bytes, w->first + (uint32_t)lane, w->time[lane]);
}

void sim_async_complete(sim_warp *sw, sim_clock *clock, uint64_t address, int bytes)
{
	warp *w = (warp *)sw;
	stamp now = ++w->set->device->now;
	land(w, address, bytes, WHO_ASYNC, now);
	clock->set_start = clock->set_start ? clock->set_start : w->set->start;
	clock->known_async = now + 1;
	w->set->device->now++; /* the next event is not one that those who know this know */
}
