/* order.c: which accesses come before which: each element's last accesses against what a thread knows of the others.
 *
 * A thread's knowledge stands in four numbers (of its warp, its block, all that are resident, and copies that
 * completed on barriers) and, once barriers of a few threads were used, in `seen`, a number for each thread. */
#include "machine.h"

/* ---- is it ordered? ---- */

static bool is_published(const sim_set *set, stamp s)
{
	for (int i = 0; i < set->foreign_count; i++)
		if (set->foreign[i].begin <= s && s < set->foreign[i].end)
			return true;
	return false;
}

/* Does the access by `who` (the thread part) at s come before what the lane does now? */
static bool is_before(const warp *w, int lane, const memory *m, stamp s, uint32_t who)
{
	if (s < m->epoch)
		return true;
	if (s < w->set->start)
		return is_published(w->set, s);
	if (who == w->first + (uint32_t)lane)
		return true;
	if (who >= WHO_ASYNC)
		return who == WHO_ASYNC && s < w->known_async[lane];
	if (s < w->known_set[lane])
		return true;
	uint32_t block_threads = (uint32_t)w->w.block->warp_count * SIM_LANES;
	if (s < w->known_block[lane] && who / block_threads == w->first / block_threads)
		return true;
	if (s < w->known_warp[lane] && who / SIM_LANES == w->first / SIM_LANES)
		return true;
	return w->seen[lane] && s < w->seen[lane]->times[who];
}

/* The latest that the lane knows of any thread of the warps whose bit this is. */
static stamp known_of_warps(const warp *w, int lane, int bit)
{
	stamp most = 0;
	for (int slot = bit * SIM_LANES; w->seen[lane] && slot < w->set->thread_slots; slot += 32 * SIM_LANES)
		for (int l = 0; l < SIM_LANES; l++)
			most = later(most, w->seen[lane]->times[slot + l]);
	return most;
}

/* Do all of several readers come before? Each of them read at read_first or later: warps of which nothing so late is
 * known have a reader that is not ordered. */
static bool are_before(const warp *w, int lane, const memory *m, const cell *c)
{
	uint32_t own = w->first / SIM_LANES % 32;
	if (c->read_stamp < w->set->start || c->read_stamp < w->known_set[lane])
		return true;
	if (c->read_stamp < w->known_block[lane] && (!m->global || w->set->block_count == 1))
		return true;
	if (c->read_warps == UINT32_C(1) << own)
		return c->read_stamp < w->known_warp[lane];
	for (int bit = 0; bit < 32; bit++)
		if ((uint32_t)bit != own && c->read_warps >> bit & 1 && c->read_first >= w->known_block[lane] &&
		    known_of_warps(w, lane, bit) <= c->read_first)
			return false;
	return true;
}

/* ---- accesses ---- */

/* Do all earlier reads come before this one, so that it alone need be remembered? */
static bool joins_nobody(const warp *w, int lane, const memory *m, const cell *c, uint32_t me)
{
	uint32_t reader = c->read_who & WHO_MASK;
	if (c->read_stamp < w->set->start)
		return true;
	if (c->read_stamp == w->time[lane] && reader != me) /* others, since all came together */
		return false;
	return reader == WHO_MANY ? are_before(w, lane, m, c) : is_before(w, lane, m, c->read_stamp, reader);
}

bool order_read(const warp *w, int lane, const memory *m, cell *c, uint32_t who, conflict *other)
{
	stamp now = w->time[lane];
	uint32_t me = who & WHO_MASK;
	if (c->read_stamp == now && (c->read_who & WHO_MASK) == me)
		return true; /* as before, and nobody wrote since */
	if (c->write_stamp >= m->epoch && !(who & c->write_who & WHO_ATOMIC) &&
	    !is_before(w, lane, m, c->write_stamp, c->write_who & WHO_MASK)) {
		*other = (conflict){true, c->write_who, c->write_stamp};
		return false;
	}
	uint32_t reader = c->read_who & WHO_MASK, warp_bit = UINT32_C(1) << (w->first / SIM_LANES % 32);
	bool none = c->read_stamp < m->epoch, foreign = !none && c->read_first < w->set->start;
	bool alone = none || joins_nobody(w, lane, m, c, me);
	if (alone) {
		c->read_stamp = now;
		c->read_who = who;
		c->read_first = foreign ? c->read_first : now; /* that another block read it stays known */
		c->read_warps = warp_bit;
		return true;
	}
	c->read_first = c->read_first < now ? c->read_first : now;
	c->read_stamp = later(c->read_stamp, now);
	c->read_who = reader == WHO_IN_FLIGHT ? c->read_who : (c->read_who & ~(uint32_t)WHO_MASK) | WHO_MANY;
	c->read_warps |= warp_bit;
	return true;
}

static bool reads_are_before(const warp *w, int lane, const memory *m, const cell *c)
{
	uint32_t reader = c->read_who & WHO_MASK;
	if (c->read_stamp < m->epoch)
		return true;
	if (c->read_first < w->set->start && !is_published(w->set, c->read_first))
		return false;
	return reader == WHO_MANY ? are_before(w, lane, m, c) : is_before(w, lane, m, c->read_stamp, reader);
}

bool order_write(const warp *w, int lane, const memory *m, cell *c, uint32_t who, bool same, conflict *other)
{
	bool atomics = who & c->write_who & WHO_ATOMIC;
	if (c->write_stamp >= m->epoch && !atomics && !(same && (c->write_who & WHO_MASK) < WHO_ASYNC) &&
	    !is_before(w, lane, m, c->write_stamp, c->write_who & WHO_MASK)) {
		*other = (conflict){true, c->write_who, c->write_stamp};
		return false;
	}
	if (c->read_stamp && !reads_are_before(w, lane, m, c)) {
		*other = (conflict){false, c->read_who, c->read_first < w->set->start ? c->read_first : c->read_stamp};
		return false;
	}
	c->write_stamp = w->time[lane];
	c->write_who = who;
	c->read_stamp = 0;
	return true;
}
