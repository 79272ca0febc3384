/* intrinsics_bulk.c: rows of bytes by the copy engine, and the groups of its stores. */
#include "intrinsics.h"

#include "barrier.h"
#include "bulk.h"
#include <inttypes.h>

enum { UNIT = 16, PIECE = 1024 };

pending *bulk_stores(sim_warp *w)
{
	static const char key;
	return sim_warp_state(w, &key, SIM_LANES * sizeof(pending));
}

/* A copy of the lane's operands; its addresses are set. False after a fault. */
static bool copy(sim_warp *w, int lane, const sim_call *call, pending_copy *c)
{
	unsigned char data[PIECE];
	int64_t bytes = call->operands[2].value->i[lane];
	if (bytes < UNIT || bytes % UNIT != 0) {
		sim_fault(w, lane, "%s copies a multiple of %d bytes, not %" PRId64, call->name, UNIT, bytes);
		return false;
	}
	c->from_bytes = c->to_bytes = (int)bytes;
	if (!(c->from = sim_address(w, lane, &call->operands[1], 0, bytes, UNIT)) ||
	    !(c->to = sim_address(w, lane, &call->operands[0], 0, bytes, UNIT)))
		return false;
	for (int at = 0; at < bytes; at += PIECE) {
		int piece = bytes - at < PIECE ? (int)bytes - at : PIECE;
		if (!sim_async_read(w, lane, c->from + (uint64_t)at, data, piece, 1) ||
		    !sim_async_write(w, lane, c->to + (uint64_t)at, data, piece, 1))
			return false;
	}
	return true;
}

static sim_status bulk_load(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		pending_copy c;
		uint64_t barrier = sim_address(w, l, &call->operands[3], 0, 8, 8);
		sim_clock *clock = barrier ? barrier_clock(w, l, barrier) : NULL;
		if (!clock || !copy(w, l, call, &c))
			return SIM_FAULT;
		sim_async_complete(w, clock, c.from, c.from_bytes);
		sim_async_complete(w, clock, c.to, c.to_bytes);
		if (!barrier_add_bytes(w, l, barrier, -c.to_bytes))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status bulk_store(sim_warp *w, const sim_call *call)
{
	pending *stores = bulk_stores(w);
	if (!stores)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		pending_copy c;
		if (!copy(w, l, call, &c) || !pending_add(w, &stores[l], c))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status commit(sim_warp *w, const sim_call *call)
{
	pending *stores = bulk_stores(w);
	(void)call;
	if (!stores)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active)
		stores[l].group++;
	return SIM_DONE;
}

/* Those of the oldest groups have been read and, when `written`, are written too. */
static void end_stores(sim_warp *w, int lane, pending *stores, int64_t groups, bool written)
{
	int ended = pending_ended(stores, groups);
	for (int i = 0; i < ended; i++) {
		pending_copy *c = pending_at(stores, i);
		if (c->from_bytes)
			sim_async_join(w, lane, c->from, c->from_bytes);
		c->from_bytes = 0;
		if (written && c->to_bytes)
			sim_async_join(w, lane, c->to, c->to_bytes);
	}
	if (written)
		pending_drop(stores, ended);
}

static sim_status wait_for(sim_warp *w, const sim_call *call, bool written)
{
	pending *stores = bulk_stores(w);
	int64_t groups = call->operands[0].value->i[0];
	if (!stores)
		return SIM_FAULT;
	if (groups < 0)
		return sim_fault(w, 0, "%s takes a number of groups, not %" PRId64, call->name, groups);
	SIM_FOR_LANES (l, w->active)
		end_stores(w, l, &stores[l], groups, written);
	return SIM_DONE;
}

static sim_status wait_group(sim_warp *w, const sim_call *call)
{
	return wait_for(w, call, true);
}

static sim_status wait_group_read(sim_warp *w, const sim_call *call)
{
	return wait_for(w, call, false);
}

static sim_status prefetch(sim_warp *w, const sim_call *call)
{
	(void)w;
	(void)call;
	return SIM_DONE;
}

const sim_intrinsic sim_bulk_intrinsics[] = {
	{"bulk_load", bulk_load},
	{"bulk_store", bulk_store},
	{"bulk_prefetch_l2", prefetch},
	{"bulk_commit_group", commit},
	{"bulk_wait_group", wait_group},
	{"bulk_wait_group_read", wait_group_read},
	{NULL, NULL},
};
