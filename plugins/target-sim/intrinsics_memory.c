/* intrinsics_memory.c: several elements at once, aligned to all of them; loads and stores that order others. */
#include "intrinsics.h"

#include "machine.h"
#include <string.h>

/* Bytes of `n` elements, the operand `count`; 0 after a fault. */
static int vector_bytes(sim_warp *w, const sim_call *call)
{
	int64_t n = call->operands[2].value->i[__builtin_ctz(w->active)], bytes = vector_size(n, call->operands[0].dtype);
	if (bytes && (bytes & (bytes - 1)) == 0 && call->operands[0].dtype == call->operands[1].dtype)
		return (int)bytes;
	sim_fault(w, __builtin_ctz(w->active),
	          "%s of %lld elements, from one dtype to another or not of 1, 2, 4, 8 or 16 bytes together", call->name,
	          (long long)n);
	return 0;
}

/* Aligned on either side to what is moved, as far as registers have a place. */
static sim_status move(sim_warp *w, const sim_call *call)
{
	unsigned char vector[LARGEST_VECTOR];
	int bytes = vector_bytes(w, call);
	SIM_FOR_LANES (l, bytes ? w->active : 0)
		if (!sim_read(w, l, &call->operands[1], 0, vector, bytes, bytes) ||
		    !sim_write(w, l, &call->operands[0], 0, vector, bytes, bytes))
			return SIM_FAULT;
	return bytes ? SIM_DONE : SIM_FAULT;
}

static sim_status load_acquire(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		void *at = sim_atomic(w, l, &call->operands[0], hdt_dtype_of(call->result_dtype)->bytes);
		sim_clock *clock = at ? sim_clock_at(w, call->operands[0].value->u[l]) : NULL;
		if (!clock || !sim_acquire(w, UINT32_C(1) << l, clock))
			return SIM_FAULT;
		sim_load_element(call->result, l, call->result_dtype, at);
	}
	return SIM_DONE;
}

static sim_status store_release(sim_warp *w, const sim_call *call)
{
	hdt_dtype dtype = call->operands[1].dtype;
	SIM_FOR_LANES (l, w->active) {
		sim_clock *clock = sim_clock_at(w, call->operands[0].value->u[l]);
		void *at = clock && sim_release(w, UINT32_C(1) << l, clock)
		               ? sim_atomic_place(w, l, &call->operands[0], hdt_dtype_of(dtype)->bytes)
		               : NULL;
		if (!at)
			return SIM_FAULT;
		sim_store_element(at, dtype, call->operands[1].value, l);
	}
	return SIM_DONE;
}

/* A hint: nothing is read. */
static sim_status ignore(sim_warp *w, const sim_call *call)
{
	(void)w, (void)call;
	return SIM_DONE;
}

const sim_intrinsic sim_memory_intrinsics[] = {
	{"load_vector", move},          {"load_vector_readonly", move},
	{"load_vector_l2", move},       {"load_vector_streaming", move},
	{"store_vector", move},         {"store_vector_streaming", move},
	{"load_acquire", load_acquire}, {"store_release", store_release},
	{"prefetch_l2", ignore},        {NULL, NULL},
};
