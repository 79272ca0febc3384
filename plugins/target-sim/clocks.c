/* clocks.c: how knowledge of each other's accesses goes from thread to thread: full barriers raise the numbers of all at
 * once; clocks, which barriers of a few threads, flags and atomics own, hand on what those who arrived knew. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

/* ---- what several threads know ---- */

void seen_release(seen *s)
{
	if (s && --s->references == 0)
		free(s);
}

static seen *seen_retain(seen *s)
{
	if (s)
		s->references++;
	return s;
}

static seen *seen_new(const sim_set *set)
{
	seen *s = calloc(1, sizeof *s + (size_t)set->thread_slots * sizeof(stamp));
	if (s)
		s->references = 1;
	return s;
}

/* *s may be changed: it is nobody else's. */
static bool seen_own(const sim_set *set, seen **s)
{
	if (*s && (*s)->references == 1)
		return true;
	seen *copy = seen_new(set);
	if (!copy)
		return false;
	if (*s)
		memcpy(copy->times, (*s)->times, (size_t)set->thread_slots * sizeof(stamp));
	seen_release(*s);
	*s = copy;
	return true;
}

static bool seen_join(const sim_set *set, seen **to, const seen *from)
{
	if (!from || *to == from)
		return true;
	if (!seen_own(set, to))
		return false;
	for (int i = 0; i < set->thread_slots; i++)
		(*to)->times[i] = later((*to)->times[i], from->times[i]);
	return true;
}

void order_forget(warp *w)
{
	stamp start = w->set->start;
	w->fenced = 0;
	for (int l = 0; l < SIM_LANES; l++) {
		w->time[l] = w->known_warp[l] = w->known_block[l] = w->known_set[l] = w->known_async[l] = start;
		seen_release(w->seen[l]);
		w->seen[l] = NULL;
	}
}

/* ---- clocks ---- */

void clock_fini(sim_clock *c)
{
	seen_release(c->seen);
	free(c->foreign);
	*c = (sim_clock){.address = c->address, .next = c->next};
}

void clocks_fini(clocks *all)
{
	for (int i = 0; i < CLOCK_BUCKETS; i++) {
		for (sim_clock *c = all->buckets[i], *next; c; c = next) {
			next = c->next;
			clock_fini(c);
			free(c);
		}
		all->buckets[i] = NULL;
	}
}

void sim_clock_clear(sim_clock *c)
{
	clock_fini(c);
}

sim_clock *sim_clock_at(sim_warp *sw, uint64_t address)
{
	warp *w = (warp *)sw;
	clocks *all = address & SIM_SHARED ? &w->set->shared_clocks : &w->set->global_clocks;
	sim_clock **bucket = &all->buckets[(address >> 2 ^ address >> 12) % CLOCK_BUCKETS];
	if (address & SIM_SHARED) /* blocks of several clusters have the same addresses */
		address |= (uint64_t)(w->w.block->rank / w->set->cluster_count) << 32;
	for (sim_clock *c = *bucket; c; c = c->next)
		if (c->address == address)
			return c;
	sim_clock *c = calloc(1, sizeof *c);
	if (!c) {
		fault_memory(w);
		return NULL;
	}
	c->address = address;
	c->next = *bucket;
	return *bucket = c;
}

static bool add_interval(interval **items, int *count, int *capacity, interval one)
{
	for (int i = 0; i < *count; i++) {
		if ((*items)[i].begin == one.begin) {
			(*items)[i].end = later((*items)[i].end, one.end);
			return true;
		}
	}
	if (*count == *capacity) {
		int more = *capacity ? *capacity * 2 : 8;
		interval *grown = realloc(*items, (size_t)more * sizeof *grown);
		if (!grown)
			return false;
		*items = grown;
		*capacity = more;
	}
	(*items)[(*count)++] = one;
	return true;
}

/* A clock that was used by an earlier set keeps that as an interval. */
static bool clock_enter(const sim_set *set, sim_clock *c)
{
	if (c->set_start == set->start)
		return true;
	bool ok = !c->set_start ||
	          add_interval(&c->foreign, &c->foreign_count, &c->foreign_capacity, (interval){c->set_start, c->latest});
	seen_release(c->seen);
	c->seen = NULL;
	c->known_set = c->known_async = c->latest = 0;
	c->set_start = set->start;
	return ok;
}

/* What these lanes know, and what they did before `now`. */
static bool clock_take(warp *w, uint32_t lanes, sim_clock *c, stamp now)
{
	sim_set *set = w->set;
	stamp mates = 0, block = 0;
	const seen *last = NULL;
	if (!clock_enter(set, c) || !seen_own(set, &c->seen))
		return false;
	SIM_FOR_LANES (l, lanes) {
		mates = later(mates, w->known_warp[l]);
		block = later(block, w->known_block[l]);
		c->known_set = later(c->known_set, w->known_set[l]);
		c->known_async = later(c->known_async, w->known_async[l]);
		if (w->seen[l] != last && !seen_join(set, &c->seen, w->seen[l]))
			return false;
		last = w->seen[l];
	}
	stamp *times = c->seen->times;
	uint32_t threads = (uint32_t)w->w.block->warp_count * SIM_LANES, base = w->first / threads * threads;
	if (set->block_count == 1)
		c->known_set = later(c->known_set, block);
	for (uint32_t i = 0; i < threads && set->block_count > 1; i++)
		times[base + i] = later(times[base + i], block);
	for (uint32_t l = 0; l < SIM_LANES; l++)
		times[w->first + l] = later(times[w->first + l], mates);
	SIM_FOR_LANES (l, lanes)
		times[w->first + (uint32_t)l] = now;
	c->latest = now;
	return true;
}

bool sim_release(sim_warp *sw, uint32_t lanes, sim_clock *c)
{
	warp *w = (warp *)sw;
	stamp now = ++w->set->device->now;
	if (!clock_take(w, lanes, c, now)) {
		fault_memory(w);
		return false;
	}
	SIM_FOR_LANES (l, lanes)
		w->time[l] = now;
	return true;
}

static bool acquire_foreign(sim_set *set, const sim_clock *c)
{
	bool ok = true;
	for (int i = 0; i < c->foreign_count; i++)
		ok = ok && add_interval(&set->foreign, &set->foreign_count, &set->foreign_capacity, c->foreign[i]);
	if (c->set_start && c->set_start != set->start)
		ok = ok && add_interval(&set->foreign, &set->foreign_count, &set->foreign_capacity,
		                        (interval){c->set_start, c->latest});
	return ok;
}

static bool acquire_seen(warp *w, uint32_t lanes, const sim_clock *c)
{
	seen *before = NULL, *after = NULL; /* lanes that knew the same know the same now */
	bool ok = true;
	SIM_FOR_LANES (l, lanes) {
		if (!after || w->seen[l] != before) {
			seen_release(before);
			seen_release(after);
			before = seen_retain(w->seen[l]);
			after = seen_retain(w->seen[l]);
			ok = ok && seen_join(w->set, &after, c->seen);
		}
		seen_release(w->seen[l]);
		w->seen[l] = seen_retain(after);
	}
	seen_release(before);
	seen_release(after);
	return ok;
}

bool sim_acquire(sim_warp *sw, uint32_t lanes, const sim_clock *c)
{
	warp *w = (warp *)sw;
	bool ok = acquire_foreign(w->set, c);
	if (c->set_start == w->set->start) {
		SIM_FOR_LANES (l, lanes) {
			w->known_set[l] = later(w->known_set[l], c->known_set);
			w->known_async[l] = later(w->known_async[l], c->known_async);
		}
		ok = ok && (!c->seen || acquire_seen(w, lanes, c));
	}
	if (!ok)
		fault_memory(w);
	return ok;
}

void sim_fence(sim_warp *w, uint32_t lanes)
{
	((warp *)w)->fenced |= lanes;
	((warp *)w)->set->fences = true;
}

bool order_atomic(warp *w, int lane, uint64_t address)
{
	uint32_t one = UINT32_C(1) << lane;
	if (!w->set->fences) /* nobody hands anything on: spare the clocks */
		return true;
	sim_clock *c = sim_clock_at(&w->w, address);
	return c && sim_acquire(&w->w, one, c) && (!(w->fenced & one) || sim_release(&w->w, one, c));
}

/* ---- barriers of all ---- */

bool order_join_warp(warp *w, uint32_t lanes)
{
	stamp now = ++w->set->device->now, block = 0, set = 0, async = 0;
	sim_clock c = {0};
	bool distinct = false;
	if (lanes != w->w.lanes) {
		bool ok = sim_release(&w->w, lanes, &c) && sim_acquire(&w->w, lanes, &c);
		clock_fini(&c);
		return ok;
	}
	SIM_FOR_LANES (l, lanes) {
		block = later(block, w->known_block[l]);
		set = later(set, w->known_set[l]);
		async = later(async, w->known_async[l]);
		distinct = distinct || w->seen[l] != w->seen[0];
	}
	for (int l = 0; l < SIM_LANES; l++) {
		w->time[l] = w->known_warp[l] = now;
		w->known_block[l] = block;
		w->known_set[l] = set;
		w->known_async[l] = async;
	}
	seen *all = NULL;
	for (int l = 0; l < SIM_LANES && distinct; l++)
		if (!seen_join(w->set, &all, w->seen[l])) {
			seen_release(all);
			fault_memory(w);
			return false;
		}
	for (int l = 0; l < SIM_LANES && distinct; l++) {
		seen_release(w->seen[l]);
		w->seen[l] = seen_retain(all);
	}
	seen_release(all);
	return true;
}

static void raise(warp *w, stamp now, stamp set, stamp async, seen *all)
{
	for (int l = 0; l < SIM_LANES; l++) {
		w->time[l] = w->known_warp[l] = w->known_block[l] = now;
		w->known_set[l] = set;
		w->known_async[l] = async;
		seen_release(w->seen[l]);
		w->seen[l] = seen_retain(all);
	}
}

static bool join_blocks(sim_set *set, sim_block *blocks, int count)
{
	stamp now = ++set->device->now, known = 0, async = 0;
	seen *all = NULL;
	bool whole = count == set->block_count, ok = true;
	const seen *last = NULL;
	for (int b = 0; b < count; b++) {
		for (int i = 0; i < blocks[b].warp_count; i++) {
			const warp *w = &blocks[b].warps[i];
			for (int l = 0; l < SIM_LANES; l++) {
				known = later(known, w->known_set[l]);
				async = later(async, w->known_async[l]);
				if (!whole && w->seen[l] != last)
					ok = ok && seen_join(set, &all, w->seen[l]);
				last = w->seen[l];
			}
		}
	}
	if (ok && !whole && count > 1) { /* a cluster of several: all know all of them */
		ok = seen_own(set, &all);
		for (uint32_t i = 0; ok && i < (uint32_t)(count * blocks->warp_count * SIM_LANES); i++)
			all->times[blocks->warps->first + i] = now;
	}
	for (int b = 0; b < count; b++)
		for (int i = 0; i < blocks[b].warp_count; i++)
			raise(&blocks[b].warps[i], now, whole ? now : known, async, all);
	seen_release(all);
	return ok;
}

bool order_join_block(sim_block *block)
{
	return join_blocks(block->set, block, 1);
}

void order_join_set(sim_set *set, int first_block, int count)
{
	if (!join_blocks(set, &set->blocks[first_block], count))
		fault_memory(&set->blocks[first_block].warps[0]);
}
