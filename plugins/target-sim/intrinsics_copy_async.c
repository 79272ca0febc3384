/* intrinsics_copy_async.c: cp.async. The data moves at once, but what it touches is in flight until the lane has
 * waited. */
#include "intrinsics.h"

#include "barrier.h"
#include "pending.h"

#include <inttypes.h>

static pending *copies_of(sim_warp *w)
{
	static const char key;
	return sim_warp_state(w, &key, SIM_LANES * sizeof(pending));
}

/* n elements, the first `valid` of them read, zeros for the others. */
static bool copy(sim_warp *w, int lane, const sim_call *call, pending *p, int64_t valid)
{
	const sim_operand *to = &call->operands[0], *from = &call->operands[1];
	int64_t n = call->operands[2].value->i[lane], size = hdt_dtype_of(to->dtype)->bytes;
	int bytes = vector_size(n, to->dtype);
	unsigned char data[LARGEST_VECTOR] = {0};
	if (size != hdt_dtype_of(from->dtype)->bytes || (bytes != 4 && bytes != 8 && bytes != 16)) {
		sim_fault(w, lane, "%s copies 4, 8 or 16 bytes of one dtype: %" PRId64 " elements of %s are none of these",
		          call->name, n, hdt_dtype_of(to->dtype)->name);
		return false;
	}
	if (valid < 0 || valid > n) {
		sim_fault(w, lane, "%s reads 0..%" PRId64 " elements, not %" PRId64, call->name, n, valid);
		return false;
	}
	pending_copy c = {.from_bytes = (int)(valid * size), .to_bytes = bytes};
	if (c.from_bytes && (!(c.from = sim_address(w, lane, from, 0, c.from_bytes, c.to_bytes)) ||
	                     !sim_async_read(w, lane, c.from, data, c.from_bytes, 1)))
		return false;
	c.to = sim_address(w, lane, to, 0, c.to_bytes, c.to_bytes);
	return c.to && sim_async_write(w, lane, c.to, data, c.to_bytes, 1) && pending_add(w, p, c);
}

static sim_status cp_async(sim_warp *w, const sim_call *call)
{
	pending *copies = copies_of(w);
	if (!copies)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		int64_t valid = call->operands[call->count == 4 ? 3 : 2].value->i[l];
		if (!copy(w, l, call, &copies[l], valid))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status commit(sim_warp *w, const sim_call *call)
{
	pending *copies = copies_of(w);
	(void)call;
	if (!copies)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active)
		copies[l].group++;
	return SIM_DONE;
}

static sim_status wait_for(sim_warp *w, int64_t groups)
{
	pending *copies = copies_of(w);
	if (!copies)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		int ended = pending_ended(&copies[l], groups);
		for (int i = 0; i < ended; i++) {
			const pending_copy *c = pending_at(&copies[l], i);
			if (c->from_bytes)
				sim_async_join(w, l, c->from, c->from_bytes);
			sim_async_join(w, l, c->to, c->to_bytes);
		}
		pending_drop(&copies[l], ended);
	}
	return SIM_DONE;
}

static sim_status wait_group(sim_warp *w, const sim_call *call)
{
	int64_t groups = call->operands[0].value->i[0];
	return groups < 0 ? sim_fault(w, 0, "%s takes a number of groups, not %" PRId64, call->name, groups)
	                  : wait_for(w, groups);
}

static sim_status wait_all(sim_warp *w, const sim_call *call)
{
	(void)call;
	return wait_for(w, -1);
}

/* The copies complete on the barrier; then the lane counts as arrived there. */
static sim_status mbarrier_arrive(sim_warp *w, const sim_call *call)
{
	pending *copies = copies_of(w);
	if (!copies)
		return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = sim_address(w, l, &call->operands[0], 0, 8, 8);
		sim_clock *clock = barrier ? barrier_clock(w, l, barrier) : NULL;
		if (!clock)
			return SIM_FAULT;
		for (int i = 0; i < copies[l].count; i++) {
			const pending_copy *c = pending_at(&copies[l], i);
			if (c->from_bytes)
				sim_async_complete(w, clock, c->from, c->from_bytes);
			sim_async_complete(w, clock, c->to, c->to_bytes);
		}
		pending_drop(&copies[l], copies[l].count);
		if (!barrier_arrive(w, l, barrier))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

const sim_intrinsic sim_copy_async_intrinsics[] = {
	{"cp_async", cp_async},
	{"cp_async_zero", cp_async},
	{"cp_async_commit_group", commit},
	{"cp_async_wait_group", wait_group},
	{"cp_async_wait_all", wait_all},
	{"cp_async_mbarrier_arrive", mbarrier_arrive},
	{NULL, NULL},
};
