/* intrinsics_sync.c: barriers of a block and of a warp, fences. */
#include "intrinsics.h"

#include "machine.h"

static int padded_threads(const sim_block *block)
{
	return block->warp_count * SIM_LANES;
}

static int64_t count_true(const warp *w, const sim_call *call)
{
	int64_t count = 0;
	SIM_FOR_LANES (l, w->w.active)
		count += call->count == 1 && call->operands[0].value->i[l] != 0;
	return count;
}

/* The warp has come to the barrier. `whole`: all of the block are to come, by the same statement. */
static bool arrive(warp *w, named_barrier *b, int threads, bool whole, int64_t sum)
{
	int phase = (int)(b->generation & 1);
	if (b->arrived == 0) {
		sim_clock_clear(&b->clocks[phase]);
		b->sums[phase] = 0;
		b->step = w->waits_at;
		b->line = w->w.line;
	} else if (whole && b->step != w->waits_at) {
		sim_fault(&w->w, 0, "divergent barrier: other warps of the block are in another one, at line %d", b->line);
		return false;
	}
	w->generation = b->generation;
	if (!whole && !sim_release(&w->w, w->w.active, &b->clocks[phase]))
		return false;
	b->sums[phase] += sum;
	b->arrived += SIM_LANES;
	if (b->arrived < threads)
		return true;
	if (b->arrived > threads) {
		sim_fault(&w->w, 0, "more threads come to the barrier than the %d that it waits for", threads);
		return false;
	}
	b->arrived = 0;
	b->generation++;
	if (!whole || order_join_block(w->w.block))
		return true;
	fault_memory(w);
	return false;
}

/* Arrive at first, then wait until the generation has passed. */
static sim_status wait_all(warp *w, named_barrier *b, int threads, bool whole, int64_t sum)
{
	if (!w->w.again && !arrive(w, b, threads, whole, sum))
		return SIM_FAULT;
	if (b->generation == w->generation)
		return SIM_WAIT;
	if (!whole && !sim_acquire(&w->w, w->w.active, &b->clocks[w->generation & 1]))
		return SIM_FAULT;
	return SIM_DONE;
}

static sim_status syncthreads(sim_warp *sw, const sim_call *call)
{
	warp *w = (warp *)sw;
	return wait_all(w, &sw->block->barriers[0], padded_threads(sw->block), true, count_true(w, call));
}

/* The barrier, and then a number made of how many threads said true. */
static sim_status syncthreads_with(sim_warp *sw, const sim_call *call, int64_t *sum)
{
	sim_status status = syncthreads(sw, call);
	*sum = sw->block->barriers[0].sums[((warp *)sw)->generation & 1];
	return status;
}

static sim_status give(const sim_warp *w, const sim_call *call, sim_status status, int64_t value)
{
	SIM_FOR_LANES (l, status == SIM_DONE ? w->active : 0)
		call->result->i[l] = value;
	return status;
}

static sim_status syncthreads_and(sim_warp *w, const sim_call *call)
{
	int64_t sum;
	sim_status status = syncthreads_with(w, call, &sum);
	return give(w, call, status, sum == w->block->threads);
}

static sim_status syncthreads_or(sim_warp *w, const sim_call *call)
{
	int64_t sum;
	sim_status status = syncthreads_with(w, call, &sum);
	return give(w, call, status, sum != 0);
}

static sim_status syncthreads_count(sim_warp *w, const sim_call *call)
{
	int64_t sum;
	sim_status status = syncthreads_with(w, call, &sum);
	return give(w, call, status, sum);
}

static sim_status syncwarp(sim_warp *w, const sim_call *call)
{
	(void)call;
	return order_join_warp((warp *)w, w->active) ? SIM_DONE : SIM_FAULT;
}

/* The operands of a named barrier, the same for all lanes. */
static named_barrier *named(sim_warp *w, const sim_call *call, int *threads)
{
	int first = __builtin_ctz(w->active);
	int64_t id = call->operands[0].value->i[first], count = call->operands[1].value->i[first];
	if (id < 0 || id >= NAMED_BARRIERS) {
		sim_fault(w, first, "there is no barrier %lld: they are 0..%d", (long long)id, NAMED_BARRIERS - 1);
		return NULL;
	}
	if (count <= 0 || count % SIM_LANES || count > padded_threads(w->block)) {
		sim_fault(w, first, "a barrier of %lld threads: a multiple of 32 up to those of the block are possible",
		          (long long)count);
		return NULL;
	}
	*threads = (int)count;
	return &w->block->barriers[id];
}

static sim_status bar_sync(sim_warp *w, const sim_call *call)
{
	int threads;
	named_barrier *b = named(w, call, &threads);
	return b ? wait_all((warp *)w, b, threads, false, 0) : SIM_FAULT;
}

static sim_status bar_arrive(sim_warp *w, const sim_call *call)
{
	int threads;
	named_barrier *b = named(w, call, &threads);
	return b && arrive((warp *)w, b, threads, false, 0) ? SIM_DONE : SIM_FAULT;
}

static sim_status fence(sim_warp *w, const sim_call *call)
{
	(void)call;
	sim_fence(w, w->active);
	return SIM_DONE;
}

static sim_status read_clock(sim_warp *w, const sim_call *call)
{
	return give(w, call, SIM_DONE, (int64_t)((warp *)w)->steps);
}

static sim_status nanosleep(sim_warp *w, const sim_call *call)
{
	(void)w, (void)call;
	return SIM_TURN;
}

const sim_intrinsic sim_sync_intrinsics[] = {
	{"syncthreads", syncthreads},
	{"syncthreads_and", syncthreads_and},
	{"syncthreads_or", syncthreads_or},
	{"syncthreads_count", syncthreads_count},
	{"syncwarp", syncwarp},
	{"bar_sync", bar_sync},
	{"bar_arrive", bar_arrive},
	{"threadfence", fence},
	{"threadfence_block", fence},
	{"threadfence_system", fence},
	{"clock", read_clock},
	{"nanosleep", nanosleep},
	{NULL, NULL},
};
