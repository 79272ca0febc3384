/* intrinsics_cluster_async.c: what a block starts in the shared memory of another of its cluster: stores that
 * complete on a barrier there, and arrivals. */
#include "intrinsics.h"

#include "barrier.h"
#include <inttypes.h>

/* The place in block `rank` that has this one's address; 0 after a fault. */
static uint64_t mapped(sim_warp *w, int lane, const sim_operand *at, int64_t rank, int bytes)
{
	uint64_t address = sim_address(w, lane, at, 0, bytes, bytes);
	if (!address || (rank >= 0 && rank < sim_cluster_size(w->block)))
		return address ? (address & ~(UINT64_C(0xff) << 24)) | (uint64_t)rank << 24 : 0;
	sim_fault(w, lane, "block %" PRId64 " of a cluster of %d", rank, sim_cluster_size(w->block));
	return 0;
}

static sim_status store_async(sim_warp *w, const sim_call *call)
{
	unsigned char data[16];
	SIM_FOR_LANES (l, w->active) {
		int64_t bytes = call->operands[2].value->i[l] * hdt_dtype_of(call->operands[1].dtype)->bytes,
				rank = call->operands[4].value->i[l];
		if (bytes != 4 && bytes != 8 && bytes != 16)
			return sim_fault(w, l, "%s stores 4, 8 or 16 bytes, not %" PRId64, call->name, bytes);
		uint64_t to = mapped(w, l, &call->operands[0], rank, (int)bytes),
				 barrier = mapped(w, l, &call->operands[3], rank, 8);
		sim_clock *clock = to && barrier ? barrier_clock(w, l, barrier) : NULL;
		if (!clock || !sim_read(w, l, &call->operands[1], 0, data, (int)bytes, 1) ||
		    !sim_async_write(w, l, to, data, (int)bytes, (int)bytes))
			return SIM_FAULT;
		sim_async_complete(w, clock, to, (int)bytes);
		if (!barrier_add_bytes(w, l, barrier, -bytes))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status mbarrier_arrive(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = mapped(w, l, &call->operands[0], call->operands[1].value->i[l], 8);
		if (!barrier || !barrier_arrive(w, l, barrier))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

const sim_intrinsic sim_cluster_async_intrinsics[] = {
	{"cluster_store_async", store_async},
	{"cluster_mbarrier_arrive", mbarrier_arrive},
	{NULL, NULL},
};
