/* intrinsics_warp.c: values of other lanes. All lanes that exist take part; the dispatcher has checked that. */
#include "intrinsics.h"

static bool is_narrow(hdt_dtype dtype)
{
	return hdt_is_float(dtype) && dtype != HDT_F64;
}

/* result[l] = value[from(l)], where that lane exists. */
static sim_status shuffle(sim_warp *w, const sim_call *call, int64_t (*from)(int64_t lane, int64_t operand))
{
	const sim_lanes *value = call->operands[0].value, *operand = call->operands[1].value;
	sim_lanes result = *call->result;
	SIM_FOR_LANES (l, w->active) {
		int64_t source = from(l, operand->i[l]);
		if (source < 0 || source >= SIM_LANES)
			source = l;
		if (!(w->active >> source & 1))
			return sim_fault(w, l, "%s takes the value of lane %lld, which the block does not have", call->name,
			                 (long long)source);
		if (is_narrow(call->result_dtype))
			result.f[l] = value->f[source];
		else
			result.i[l] = value->i[source];
	}
	*call->result = result;
	return SIM_DONE;
}

static int64_t from_lane(int64_t lane, int64_t operand)
{
	(void)lane;
	return (int64_t)((uint64_t)operand % SIM_LANES);
}
static int64_t from_below(int64_t lane, int64_t operand)
{
	return (int64_t)((uint64_t)lane - (uint64_t)operand);
}
static int64_t from_above(int64_t lane, int64_t operand)
{
	return (int64_t)((uint64_t)lane + (uint64_t)operand);
}
static int64_t from_partner(int64_t lane, int64_t operand)
{
	return lane ^ operand;
}

static sim_status shfl(sim_warp *w, const sim_call *call)
{
	return shuffle(w, call, from_lane);
}
static sim_status shfl_up(sim_warp *w, const sim_call *call)
{
	return shuffle(w, call, from_below);
}
static sim_status shfl_down(sim_warp *w, const sim_call *call)
{
	return shuffle(w, call, from_above);
}
static sim_status shfl_xor(sim_warp *w, const sim_call *call)
{
	return shuffle(w, call, from_partner);
}

static sim_status give(const sim_warp *w, const sim_call *call, int64_t value)
{
	SIM_FOR_LANES (l, w->active)
		call->result->i[l] = value;
	return SIM_DONE;
}

/* Lanes whose predicate is true. */
static uint32_t ballot_of(const sim_warp *w, const sim_call *call)
{
	uint32_t lanes = 0;
	SIM_FOR_LANES (l, w->active)
		lanes |= (uint32_t)(call->operands[0].value->i[l] != 0) << l;
	return lanes;
}

static sim_status lane_id(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active)
		call->result->i[l] = l;
	return SIM_DONE;
}
static sim_status active_mask(sim_warp *w, const sim_call *call)
{
	return give(w, call, w->active);
}
static sim_status vote_all(sim_warp *w, const sim_call *call)
{
	return give(w, call, ballot_of(w, call) == w->active);
}
static sim_status vote_any(sim_warp *w, const sim_call *call)
{
	return give(w, call, ballot_of(w, call) != 0);
}
static sim_status ballot(sim_warp *w, const sim_call *call)
{
	return give(w, call, ballot_of(w, call));
}

static sim_status match_any(sim_warp *w, const sim_call *call)
{
	const sim_lanes *value = call->operands[0].value;
	SIM_FOR_LANES (l, w->active) {
		uint32_t equal = 0;
		SIM_FOR_LANES (other, w->active)
			equal |= (uint32_t)(value->i[other] == value->i[l]) << other;
		call->result->i[l] = equal;
	}
	return SIM_DONE;
}

/* redux_<op> of i32 or u32: X(op, joined) joins x with y. */
#define REDUCTIONS(X)     \
	X(add, x + y)         \
	X(min, x < y ? x : y) \
	X(max, x > y ? x : y) \
	X(and, x &y)          \
	X(or, x | y)          \
	X(xor, x ^ y)
#define DEFINE_REDUCTION(op, joined)                                \
	static sim_status redux_##op(sim_warp *w, const sim_call *call) \
	{                                                               \
		const sim_lanes *v = call->operands[0].value;               \
		int64_t x = v->i[0];                                        \
		for (int l = 1; l < SIM_LANES; l++) {                       \
			int64_t y = v->i[l];                                    \
			if (w->active >> l & 1)                                 \
				x = (joined);                                       \
		}                                                           \
		return give(w, call, sim_wrap(x, call->result_dtype));      \
	}
REDUCTIONS(DEFINE_REDUCTION)

const sim_intrinsic sim_warp_intrinsics[] = {
	{"lane_id", lane_id},
	{"active_mask", active_mask},
	{"shfl", shfl},
	{"shfl_up", shfl_up},
	{"shfl_down", shfl_down},
	{"shfl_xor", shfl_xor},
	{"vote_all", vote_all},
	{"vote_any", vote_any},
	{"ballot", ballot},
	{"match_any", match_any},
#define ROW(op, joined) {"redux_" #op, redux_##op},
	REDUCTIONS(ROW)
#undef ROW
		{NULL, NULL},
};
