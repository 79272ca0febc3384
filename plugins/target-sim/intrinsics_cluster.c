/* intrinsics_cluster.c: the blocks of a cluster: their barrier, and each other's shared memory. */
#include "intrinsics.h"

#include "machine.h"

static set_barrier *barrier_of(const sim_block *block)
{
	return &block->set->cluster_barriers[block->rank / block->set->cluster_count];
}

/* Count the warp as arrived; the last one of the cluster opens the barrier. */
static bool arrive(warp *w, bool releases)
{
	set_barrier *b = barrier_of(w->w.block);
	int phase = (int)(b->generation & 1);
	if (b->arrived == 0)
		sim_clock_clear(&b->clocks[phase]);
	if (releases && !sim_release(&w->w, w->w.active, &b->clocks[phase]))
		return false;
	if (w->in_cluster_barrier) {
		sim_fault(&w->w, 0, "the warp arrives at the cluster's barrier again without a cluster_wait in between");
		return false;
	}
	w->in_cluster_barrier = true;
	w->cluster_generation = b->generation;
	if (++b->arrived == w->w.block->warp_count * w->w.block->set->cluster_count) {
		b->arrived = 0;
		b->generation++;
	}
	return true;
}

static sim_status wait(warp *w)
{
	set_barrier *b = barrier_of(w->w.block);
	if (!w->in_cluster_barrier)
		return sim_fault(&w->w, 0, "the warp waits at the cluster's barrier without having arrived");
	if (b->generation == w->cluster_generation)
		return SIM_WAIT;
	w->in_cluster_barrier = false;
	return sim_acquire(&w->w, w->w.active, &b->clocks[w->cluster_generation & 1]) ? SIM_DONE : SIM_FAULT;
}

static sim_status cluster_sync(sim_warp *w, const sim_call *call)
{
	(void)call;
	return w->again || arrive((warp *)w, true) ? wait((warp *)w) : SIM_FAULT;
}

static sim_status cluster_arrive(sim_warp *w, const sim_call *call)
{
	(void)call;
	return arrive((warp *)w, true) ? SIM_DONE : SIM_FAULT;
}

static sim_status cluster_arrive_relaxed(sim_warp *w, const sim_call *call)
{
	(void)call;
	return arrive((warp *)w, false) ? SIM_DONE : SIM_FAULT;
}

static sim_status cluster_wait(sim_warp *w, const sim_call *call)
{
	(void)call;
	return wait((warp *)w);
}

static sim_status give(const sim_warp *w, const sim_call *call, int value)
{
	SIM_FOR_LANES (l, w->active)
		call->result->i[l] = value;
	return SIM_DONE;
}

static sim_status cluster_rank(sim_warp *w, const sim_call *call)
{
	return give(w, call, sim_cluster_rank(w->block));
}

static sim_status cluster_blocks(sim_warp *w, const sim_call *call)
{
	return give(w, call, sim_cluster_size(w->block));
}

/* The same place of another block's shared memory; 0 after a fault. */
static uint64_t mapped(sim_warp *w, int lane, const sim_operand *at, int64_t rank, int bytes)
{
	uint64_t address = sim_address(w, lane, at, 0, bytes, bytes);
	if (address && (rank < 0 || rank >= sim_cluster_size(w->block))) {
		sim_fault(w, lane, "block %lld of a cluster of %d", (long long)rank, sim_cluster_size(w->block));
		return 0;
	}
	return address ? (address & ~(UINT64_C(0xff) << 24)) | (uint64_t)rank << 24 : 0;
}

static sim_status cluster_load(sim_warp *w, const sim_call *call)
{
	unsigned char vector[LARGEST_VECTOR];
	SIM_FOR_LANES (l, w->active) {
		int bytes = vector_size(call->operands[2].value->i[l], call->operands[0].dtype);
		if (bytes != 4 && bytes != 8 && bytes != 16)
			return sim_fault(w, l, "cluster_load of %lld elements: 4, 8 or 16 bytes are possible",
			                 (long long)call->operands[2].value->i[l]);
		uint64_t from = mapped(w, l, &call->operands[1], call->operands[3].value->i[l], bytes);
		if (!from || !sim_read_at(w, l, from, vector, bytes, bytes) ||
		    !sim_write(w, l, &call->operands[0], 0, vector, bytes, 1))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status cluster_store(sim_warp *w, const sim_call *call)
{
	unsigned char vector[LARGEST_VECTOR];
	SIM_FOR_LANES (l, w->active) {
		int bytes = vector_size(call->operands[2].value->i[l], call->operands[1].dtype);
		if (bytes != 4 && bytes != 8 && bytes != 16)
			return sim_fault(w, l, "cluster_store of %lld elements: 4, 8 or 16 bytes are possible",
			                 (long long)call->operands[2].value->i[l]);
		uint64_t to = mapped(w, l, &call->operands[0], call->operands[3].value->i[l], bytes);
		if (!to || !sim_read(w, l, &call->operands[1], 0, vector, bytes, 1) ||
		    !sim_write_at(w, l, to, vector, bytes, bytes))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

const sim_intrinsic sim_cluster_intrinsics[] = {
	{"cluster_sync", cluster_sync},
	{"cluster_arrive", cluster_arrive},
	{"cluster_arrive_relaxed", cluster_arrive_relaxed},
	{"cluster_wait", cluster_wait},
	{"cluster_rank", cluster_rank},
	{"cluster_blocks", cluster_blocks},
	{"cluster_load", cluster_load},
	{"cluster_store", cluster_store},
	{NULL, NULL},
};
