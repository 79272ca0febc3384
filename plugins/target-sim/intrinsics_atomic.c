/* intrinsics_atomic.c: atomics: a lane after the other, in the order of their numbers. */
#include "intrinsics.h"

#include <string.h>

/* old -> new for a value of the dtype, by bits as they stand in memory. */
typedef struct update {
	hdt_dtype dtype;
	sim_lanes old, value, expected;
} update;

typedef void update_fn(update *u);

/* The element of each lane becomes what `change` makes of it; the result is what it was. */
static sim_status update_lanes(sim_warp *w, const sim_call *call, int value, int expected, update_fn *change)
{
	hdt_dtype dtype = call->result_dtype;
	int bytes = hdt_dtype_of(dtype)->bytes;
	SIM_FOR_LANES (l, w->active) {
		update u = {.dtype = dtype};
		void *at = sim_atomic(w, l, &call->operands[0], bytes);
		if (!at)
			return SIM_FAULT;
		sim_load_element(&u.old, 0, dtype, at);
		sim_set_lane_bits(&u.value, 0, dtype, sim_lane_bits(call->operands[value].value, l, dtype));
		if (expected)
			sim_set_lane_bits(&u.expected, 0, dtype, sim_lane_bits(call->operands[expected].value, l, dtype));
		sim_set_lane_bits(call->result, l, dtype, sim_lane_bits(&u.old, 0, dtype));
		change(&u);
		sim_store_element(at, dtype, &u.value, 0);
	}
	return SIM_DONE;
}

static bool old_is_less(const update *u)
{
	return u->dtype == HDT_U64 ? u->old.u[0] < u->value.u[0] : u->old.i[0] < u->value.i[0];
}
static void add(update *u)
{
	if (u->dtype == HDT_F32)
		u->value.f[0] += u->old.f[0];
	else if (u->dtype == HDT_F64)
		u->value.d[0] += u->old.d[0];
	else
		u->value.u[0] += u->old.u[0];
}
static void minimum(update *u)
{
	if (old_is_less(u))
		u->value.i[0] = u->old.i[0];
}
static void maximum(update *u)
{
	if (!old_is_less(u))
		u->value.i[0] = u->old.i[0];
}
static void both(update *u)
{
	u->value.u[0] &= u->old.u[0];
}
static void either(update *u)
{
	u->value.u[0] |= u->old.u[0];
}
static void differing(update *u)
{
	u->value.u[0] ^= u->old.u[0];
}
static void exchange(update *u)
{
	(void)u;
}
static void compare(update *u)
{
	if (u->old.i[0] != u->expected.i[0])
		u->value.i[0] = u->old.i[0];
}

static sim_status atomic_add(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, add);
}
static sim_status atomic_min(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, minimum);
}
static sim_status atomic_max(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, maximum);
}
static sim_status atomic_and(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, both);
}
static sim_status atomic_or(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, either);
}
static sim_status atomic_xor(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, differing);
}
static sim_status atomic_exchange(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 1, 0, exchange);
}
static sim_status atomic_cas(sim_warp *w, const sim_call *call)
{
	return update_lanes(w, call, 2, 1, compare);
}

/* `count` elements side by side, each added by itself; the address is that of all of them. */
static sim_status add_vector(sim_warp *w, const sim_call *call, hdt_dtype dtype, int count)
{
	int bytes = hdt_dtype_of(dtype)->bytes;
	unsigned char addends[16];
	SIM_FOR_LANES (l, w->active) {
		unsigned char *at = sim_atomic(w, l, &call->operands[0], bytes * count);
		if (!at || !sim_read(w, l, &call->operands[1], 0, addends, bytes * count, 1))
			return SIM_FAULT;
		for (int i = 0; i < count; i++) {
			sim_lanes sum, addend;
			sim_load_element(&sum, 0, dtype, at + i * bytes);
			sim_load_element(&addend, 0, dtype, addends + i * bytes);
			sum.f[0] += addend.f[0];
			sim_store_element(at + i * bytes, dtype, &sum, 0);
		}
	}
	return SIM_DONE;
}

static sim_status red_add_f16x2(sim_warp *w, const sim_call *call)
{
	return add_vector(w, call, HDT_F16, 2);
}
static sim_status red_add_bf16x2(sim_warp *w, const sim_call *call)
{
	return add_vector(w, call, HDT_BF16, 2);
}
static sim_status red_add_f32x2(sim_warp *w, const sim_call *call)
{
	return add_vector(w, call, HDT_F32, 2);
}
static sim_status red_add_f32x4(sim_warp *w, const sim_call *call)
{
	return add_vector(w, call, HDT_F32, 4);
}

const sim_intrinsic sim_atomic_intrinsics[] = {
	{"atomic_add", atomic_add},
	{"atomic_min", atomic_min},
	{"atomic_max", atomic_max},
	{"atomic_and", atomic_and},
	{"atomic_or", atomic_or},
	{"atomic_xor", atomic_xor},
	{"atomic_exchange", atomic_exchange},
	{"atomic_cas", atomic_cas},
	{"red_add_f16x2", red_add_f16x2},
	{"red_add_bf16x2", red_add_bf16x2},
	{"red_add_f32x2", red_add_f32x2},
	{"red_add_f32x4", red_add_f32x4},
	{NULL, NULL},
};
