/* intrinsics_mma.c: mma.sync: d += a b, fragments spread over the lanes as PTX tells. Products are exact; a row's
 * products and d are added in f64 and rounded once (integers: wrapping). */
#include "intrinsics.h"

#include "fragments.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 8, MOST_ROWS = 16, MOST_DEPTH = 32, MOST_BYTES = 16 };

typedef struct shape {
	int rows, depth;
	hdt_dtype dtype; /* of a and b; F32: only what tf32 keeps of it */
} shape;

static shape shape_of(const sim_call *call)
{
	shape s = {.dtype = call->operands[1].dtype};
	sscanf(call->name, "mma_m%dn8k%d", &s.rows, &s.depth);
	return s;
}

/* ---- values ---- */

double operand_value(const void *element, hdt_dtype dtype)
{
	uint16_t half;
	uint32_t word;
	float single;
	switch (dtype) {
	case HDT_F16:
		memcpy(&half, element, sizeof half);
		return (double)sim_half_to_float(half);
	case HDT_BF16:
		memcpy(&half, element, sizeof half);
		return (double)sim_bfloat_to_float(half);
	case HDT_F32:
		memcpy(&word, element, sizeof word);
		word &= ~UINT32_C(0x1fff);
		memcpy(&single, &word, sizeof single);
		return (double)single;
	default:
		return (double)*(const int8_t *)element;
	}
}

typedef struct operands {
	double a[MOST_ROWS][MOST_DEPTH], b[MOST_DEPTH][COLUMNS];
} operands;

static bool read_operands(sim_warp *w, const sim_call *call, const shape *s, operands *o)
{
	int size = hdt_dtype_of(s->dtype)->bytes, p = 4 / size;
	int a_count = s->rows * s->depth / SIM_LANES, b_count = s->depth * COLUMNS / SIM_LANES;
	SIM_FOR_LANES (l, w->active) {
		unsigned char bytes[MOST_BYTES];
		if (!sim_read(w, l, &call->operands[1], 0, bytes, a_count * size, 4))
			return false;
		for (int i = 0; i < a_count; i++) {
			place at = s->rows == 8 ? (place){l / 4, p * (l % 4) + i} : place_of_a(l, i, p);
			o->a[at.row][at.column] = operand_value(bytes + i * size, s->dtype);
		}
		if (!sim_read(w, l, &call->operands[2], 0, bytes, b_count * size, 4))
			return false;
		for (int i = 0; i < b_count; i++) {
			place at = place_of_b(l, i, p);
			o->b[at.row][at.column] = operand_value(bytes + i * size, s->dtype);
		}
	}
	return true;
}

/* Sums of i8 products are exact in f64 as well. */
void add_product(void *d, hdt_dtype dtype, double product)
{
	float single;
	uint16_t half;
	uint32_t word;
	switch (dtype) {
	case HDT_F16:
		memcpy(&half, d, sizeof half);
		half = sim_half_from_float((float)((double)sim_half_to_float(half) + product));
		memcpy(d, &half, sizeof half);
		break;
	case HDT_F32:
		memcpy(&single, d, sizeof single);
		single = (float)((double)single + product);
		memcpy(d, &single, sizeof single);
		break;
	default:
		memcpy(&word, d, sizeof word);
		word += (uint32_t)(int32_t)product;
		memcpy(d, &word, sizeof word);
		break;
	}
}

static sim_status mma(sim_warp *w, const sim_call *call)
{
	shape s = shape_of(call);
	operands o;
	if (!read_operands(w, call, &s, &o))
		return SIM_FAULT;
	hdt_dtype dtype = call->operands[0].dtype;
	int size = hdt_dtype_of(dtype)->bytes, count = s.rows * COLUMNS / SIM_LANES;
	SIM_FOR_LANES (l, w->active) {
		unsigned char d[MOST_BYTES];
		if (!sim_read(w, l, &call->operands[0], 0, d, count * size, 4))
			return SIM_FAULT;
		for (int i = 0; i < count; i++) {
			place at = place_of_d(l, i);
			double product = 0;
			for (int k = 0; k < s.depth; k++)
				product += o.a[at.row][k] * o.b[k][at.column];
			add_product(d + i * size, dtype, product);
		}
		if (!sim_write(w, l, &call->operands[0], 0, d, count * size, 4))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

const sim_intrinsic sim_mma_intrinsics[] = {
	{"mma_m16n8k8_f16", mma},  {"mma_m16n8k16_f16", mma},
	{"mma_m16n8k8_bf16", mma}, {"mma_m16n8k16_bf16", mma},
	{"mma_m16n8k4_tf32", mma}, {"mma_m16n8k8_tf32", mma},
	{"mma_m8n8k16_i8", mma},   {"mma_m16n8k16_i8", mma},
	{"mma_m16n8k32_i8", mma},  {NULL, NULL},
};
