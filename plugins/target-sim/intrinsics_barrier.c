/* intrinsics_barrier.c: mbarrier. A phase ends when nobody is left to arrive and no bytes are left to come; then the
 * next begins.
 *
 * Each phase of the two parities has a clock: who arrives releases to it, who has seen the phase end acquires from
 * it. */
#include "intrinsics.h"

#include "barrier.h"
#include <inttypes.h>
#include <string.h>

enum { MOST_ARRIVALS = (1 << 20) - 1, MOST_BYTES = (1 << 20) - 1 };

/* The eight bytes. `count` is 0 in what never was initialised. */
typedef struct barrier_state {
	uint64_t phase : 1, count : 20, missing : 20; /* arrivals of each phase; those still missing */
	int64_t bytes : 22;                           /* still to come; negative: more have come than are expected */
} barrier_state;

/* ---- one barrier ---- */

/* The barrier at an address, for a lane that changes or asks it. False after a fault. */
static bool load(sim_warp *w, int lane, uint64_t address, void **memory, barrier_state *state)
{
	sim_lanes value;
	const sim_operand at = {.value = &value, .dtype = HDT_U64};
	value.u[lane] = address;
	if (!(*memory = sim_atomic(w, lane, &at, sizeof *state)))
		return false;
	memcpy(state, *memory, sizeof *state);
	if (state->count)
		return true;
	sim_fault(w, lane, "an mbarrier is used that is not initialised");
	return false;
}

/* A key of its own for each parity. */
static sim_clock *clock_of_phase(sim_warp *w, uint64_t address, unsigned phase)
{
	return sim_clock_at(w, address + 1 + phase);
}

static void store(void *memory, barrier_state state)
{
	if (!state.missing && !state.bytes) {
		state.phase ^= 1;
		state.missing = state.count;
	}
	memcpy(memory, &state, sizeof state);
}

bool barrier_arrive(sim_warp *w, int lane, uint64_t barrier)
{
	barrier_state s;
	void *memory;
	if (!load(w, lane, barrier, &memory, &s))
		return false;
	if (!s.missing) {
		sim_fault(w, lane, "more arrivals at an mbarrier than its count, %d, in a phase that still waits for %d bytes",
		          (int)s.count, (int)s.bytes);
		return false;
	}
	sim_clock *clock = clock_of_phase(w, barrier, s.phase);
	if (!clock || !sim_release(w, UINT32_C(1) << lane, clock))
		return false;
	s.missing--;
	store(memory, s);
	return true;
}

bool barrier_add_bytes(sim_warp *w, int lane, uint64_t barrier, int64_t bytes)
{
	barrier_state s;
	void *memory;
	if (!load(w, lane, barrier, &memory, &s))
		return false;
	int64_t sum = s.bytes + bytes;
	if (sum > MOST_BYTES || sum < -MOST_BYTES) {
		sim_fault(w, lane, "an mbarrier's phase cannot wait for %" PRId64 " bytes: %d at most", sum, MOST_BYTES);
		return false;
	}
	s.bytes = (int)sum;
	store(memory, s);
	return true;
}

sim_clock *barrier_clock(sim_warp *w, int lane, uint64_t barrier)
{
	barrier_state s;
	void *memory;
	return load(w, lane, barrier, &memory, &s) ? clock_of_phase(w, barrier, s.phase) : NULL;
}

/* Has the phase of this parity ended? Then the lane knows what was done before. False after a fault. */
static bool ask(sim_warp *w, int lane, uint64_t barrier, int64_t parity, bool *ended)
{
	barrier_state s;
	void *memory;
	if (!load(w, lane, barrier, &memory, &s))
		return false;
	if (parity != 0 && parity != 1) {
		sim_fault(w, lane, "the parity of an mbarrier's phase is 0 or 1, not %" PRId64, parity);
		return false;
	}
	*ended = s.phase != (unsigned)parity;
	sim_clock *clock = *ended ? clock_of_phase(w, barrier, (unsigned)parity) : NULL;
	return !*ended || (clock && sim_acquire(w, UINT32_C(1) << lane, clock));
}

/* ---- the intrinsics ---- */

static uint64_t address_of(sim_warp *w, int lane, const sim_call *call)
{
	return sim_address(w, lane, &call->operands[0], 0, sizeof(barrier_state), sizeof(barrier_state));
}

static sim_status mbarrier_init(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		int64_t count = call->operands[1].value->i[l];
		if (count < 1 || count > MOST_ARRIVALS)
			return sim_fault(w, l, "the count of an mbarrier is 1..%d, not %" PRId64, MOST_ARRIVALS, count);
		barrier_state s = {.count = (uint64_t)count & MOST_ARRIVALS, .missing = (uint64_t)count & MOST_ARRIVALS};
		if (!sim_write(w, l, &call->operands[0], 0, &s, sizeof s, sizeof s))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status mbarrier_invalidate(sim_warp *w, const sim_call *call)
{
	const barrier_state none = {0};
	SIM_FOR_LANES (l, w->active)
		if (!sim_write(w, l, &call->operands[0], 0, &none, sizeof none, sizeof none))
			return SIM_FAULT;
	return SIM_DONE;
}

static sim_status mbarrier_arrive(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = address_of(w, l, call);
		if (!barrier || !barrier_arrive(w, l, barrier))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status mbarrier_expect_tx(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = address_of(w, l, call);
		if (!barrier || !barrier_add_bytes(w, l, barrier, call->operands[1].value->i[l]))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

/* One lane after the other: expecting alone could end the phase that the arrival belongs to. */
static sim_status mbarrier_arrive_expect_tx(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = address_of(w, l, call);
		if (!barrier || !barrier_add_bytes(w, l, barrier, call->operands[1].value->i[l]) ||
		    !barrier_arrive(w, l, barrier))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status mbarrier_wait(sim_warp *w, const sim_call *call)
{
	bool all = true;
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = address_of(w, l, call);
		bool ended;
		if (!barrier || !ask(w, l, barrier, call->operands[1].value->i[l], &ended))
			return SIM_FAULT;
		all = all && ended;
	}
	return all ? SIM_DONE : SIM_WAIT;
}

static sim_status mbarrier_test(sim_warp *w, const sim_call *call)
{
	bool all = true;
	SIM_FOR_LANES (l, w->active) {
		uint64_t barrier = address_of(w, l, call);
		bool ended;
		if (!barrier || !ask(w, l, barrier, call->operands[1].value->i[l], &ended))
			return SIM_FAULT;
		call->result->i[l] = ended;
		all = all && ended;
	}
	return all ? SIM_DONE : SIM_TURN;
}

/* The order in which this machine does things needs no fence. */
static sim_status fence(sim_warp *w, const sim_call *call)
{
	(void)w;
	(void)call;
	return SIM_DONE;
}

const sim_intrinsic sim_barrier_intrinsics[] = {
	{"mbarrier_init", mbarrier_init},
	{"mbarrier_invalidate", mbarrier_invalidate},
	{"mbarrier_arrive", mbarrier_arrive},
	{"mbarrier_arrive_expect_tx", mbarrier_arrive_expect_tx},
	{"mbarrier_expect_tx", mbarrier_expect_tx},
	{"mbarrier_wait", mbarrier_wait},
	{"mbarrier_test", mbarrier_test},
	{"fence_mbarrier_init", fence},
	{"fence_proxy_async", fence},
	{"fence_proxy_async_shared", fence},
	{NULL, NULL},
};
