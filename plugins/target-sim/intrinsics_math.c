/* intrinsics_math.c: arithmetic that is one instruction. The approximate ones are given as exactly as f32 can,
 * subnormals counting as 0: a result that needs less precision than the hardware states passes there too. */
#include "intrinsics.h"

#include <math.h>
#include <string.h>

static float flush(double v)
{
	float f = (float)v;
	return fpclassify(f) == FP_SUBNORMAL ? copysignf(0, f) : f;
}

/* X(name, value of the flushed operands x and y) */
#define FAST(X)                \
	X(exp2_fast, exp2(x))      \
	X(exp_fast, exp(x))        \
	X(log2_fast, log2(x))      \
	X(rcp_fast, 1 / x)         \
	X(div_fast, x / y)         \
	X(sqrt_fast, sqrt(x))      \
	X(rsqrt_fast, 1 / sqrt(x)) \
	X(sin_fast, sin(x))        \
	X(cos_fast, cos(x))        \
	X(tanh_fast, tanh(x))
#define DEFINE_FAST(name, fast)                                                    \
	static sim_status name(sim_warp *w, const sim_call *call)                      \
	{                                                                              \
		SIM_FOR_LANES (l, w->active) {                                             \
			double x = flush(call->operands[0].value->f[l]);                       \
			double y = call->count > 1 ? flush(call->operands[1].value->f[l]) : 0; \
			(void)y;                                                               \
			call->result->f[l] = flush(fast);                                      \
		}                                                                          \
		return SIM_DONE;                                                           \
	}
FAST(DEFINE_FAST)

/* To 10 bits of mantissa, ties away from zero. */
static sim_status round_tf32(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		float x = call->operands[0].value->f[l];
		uint32_t bits;
		memcpy(&bits, &x, sizeof bits);
		if ((bits & 0x7f800000) != 0x7f800000)
			bits = (bits + 0x1000) & ~UINT32_C(0x1fff);
		memcpy(&call->result->f[l], &bits, sizeof bits);
	}
	return SIM_DONE;
}

static sim_status popcount(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active)
		call->result->i[l] = __builtin_popcount((uint32_t)call->operands[0].value->u[l]);
	return SIM_DONE;
}

/* ---- pairs of 16-bit floats in registers ---- */

static sim_status write_pair(sim_warp *w, int lane, const sim_call *call, hdt_dtype dtype, const sim_lanes *pair)
{
	uint16_t bits[2] = {(uint16_t)sim_lane_bits(pair, 0, dtype), (uint16_t)sim_lane_bits(pair, 1, dtype)};
	return sim_write(w, lane, &call->operands[0], 0, bits, sizeof bits, 1) ? SIM_DONE : SIM_FAULT;
}

static sim_status pack(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active) {
		sim_lanes pair = {.f = {call->operands[1].value->f[l], call->operands[2].value->f[l]}};
		if (write_pair(w, l, call, call->operands[0].dtype, &pair) != SIM_DONE)
			return SIM_FAULT;
	}
	return SIM_DONE;
}

/* The product of two 16-bit floats is exact in double. Sum and narrowing round to odd, which keeps ties apart, so
 * that only the last rounding counts. */
static float round_sum(double product, double addend, hdt_dtype dtype)
{
	double sum = product + addend, part = sum - product, lost = (product - (sum - part)) + (addend - part);
	uint64_t bits;
	memcpy(&bits, &sum, sizeof bits);
	if (lost != 0 && isfinite(sum) && !(bits & 1))
		bits += (lost > 0) == (sum > 0) ? 1 : UINT64_MAX;
	memcpy(&sum, &bits, sizeof sum);
	float narrow = (float)sum;
	uint32_t odd;
	memcpy(&odd, &narrow, sizeof odd);
	if ((double)narrow != sum && isfinite(narrow) && !(odd & 1))
		odd += (fabs(sum) > fabs((double)narrow)) ? 1 : UINT32_MAX;
	memcpy(&narrow, &odd, sizeof narrow);
	return dtype == HDT_F16 ? sim_half_to_float(sim_half_from_float(narrow))
	                        : sim_bfloat_to_float(sim_bfloat_from_float(narrow));
}

static sim_status fused_pair(sim_warp *w, const sim_call *call)
{
	hdt_dtype dtype = call->operands[0].dtype;
	SIM_FOR_LANES (l, w->active) {
		uint16_t bits[3][2];
		sim_lanes pair, x[3];
		for (int i = 0; i < 3; i++) {
			if (!sim_read(w, l, &call->operands[i + 1], 0, bits[i], sizeof bits[i], 1))
				return SIM_FAULT;
			sim_set_lane_bits(&x[i], 0, dtype, bits[i][0]);
			sim_set_lane_bits(&x[i], 1, dtype, bits[i][1]);
		}
		for (int e = 0; e < 2; e++)
			pair.f[e] = round_sum((double)x[0].f[e] * (double)x[1].f[e], (double)x[2].f[e], dtype);
		if (write_pair(w, l, call, dtype, &pair) != SIM_DONE)
			return SIM_FAULT;
	}
	return SIM_DONE;
}

const sim_intrinsic sim_math_intrinsics[] = {
#define ROW(name, fast) {#name, name},
	FAST(ROW)
#undef ROW
		{"round_tf32", round_tf32},
	{"popcount", popcount},
	{"pack_f16x2", pack},
	{"pack_bf16x2", pack},
	{"fma_f16x2", fused_pair},
	{"fma_bf16x2", fused_pair},
	{NULL, NULL},
};
