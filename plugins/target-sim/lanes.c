/* lanes.c: conversions, selections, and elements of memory over the lanes; the lookup of operations. */
#include "lanes_tables.h"

#include <string.h>

/* How the dtypes stand in a lane and in memory:
 * X(dtype, lane's field, memory's C type, value of an element, element of a value) */
#define AS_IT_IS(v) (v)
#define TRUTH(v) ((v) != 0)
#define EACH_DTYPE(X)                                                \
	X(BOOL, i, uint8_t, TRUTH, TRUTH)                                \
	X(U8, i, uint8_t, AS_IT_IS, (uint8_t))                           \
	X(U16, i, uint16_t, AS_IT_IS, (uint16_t))                        \
	X(U32, i, uint32_t, AS_IT_IS, (uint32_t))                        \
	X(U64, i, int64_t, AS_IT_IS, AS_IT_IS)                           \
	X(I8, i, int8_t, AS_IT_IS, (int8_t))                             \
	X(I16, i, int16_t, AS_IT_IS, (int16_t))                          \
	X(I32, i, int32_t, AS_IT_IS, (int32_t))                          \
	X(I64, i, int64_t, AS_IT_IS, AS_IT_IS)                           \
	X(F16, f, uint16_t, sim_half_to_float, sim_half_from_float)      \
	X(BF16, f, uint16_t, sim_bfloat_to_float, sim_bfloat_from_float) \
	X(F32, f, float, AS_IT_IS, AS_IT_IS)                             \
	X(F64, d, double, AS_IT_IS, AS_IT_IS)

/* Most accesses are by all lanes: worth a loop without a test. */
#define DEFINE_MEMORY(dtype, field, type, value_of, element_of)                                      \
	static void gather_##dtype(sim_lanes *to, const void *base, const int64_t *at, uint32_t mask)    \
	{                                                                                                \
		const type *row = base;                                                                      \
		if (mask == UINT32_MAX) {                                                                    \
			for (int l = 0; l < SIM_LANES; l++)                                                      \
				to->field[l] = value_of(row[at[l]]);                                                 \
			return;                                                                                  \
		}                                                                                            \
		SIM_FOR_LANES (l, mask)                                                                      \
			to->field[l] = value_of(row[at[l]]);                                                     \
	}                                                                                                \
	static void load_row_##dtype(sim_lanes *to, const void *base)                                    \
	{                                                                                                \
		const type *row = base;                                                                      \
		for (int l = 0; l < SIM_LANES; l++)                                                          \
			to->field[l] = value_of(row[l]);                                                         \
	}                                                                                                \
	static void store_row_##dtype(void *base, const sim_lanes *from)                                 \
	{                                                                                                \
		type *row = base;                                                                            \
		for (int l = 0; l < SIM_LANES; l++)                                                          \
			row[l] = element_of(from->field[l]);                                                     \
	}                                                                                                \
	static void scatter_##dtype(void *base, const int64_t *at, const sim_lanes *from, uint32_t mask) \
	{                                                                                                \
		type *row = base;                                                                            \
		SIM_FOR_LANES (l, mask)                                                                      \
			row[at[l]] = element_of(from->field[l]);                                                 \
	}
EACH_DTYPE(DEFINE_MEMORY)

#define GATHER_ROW(dtype, ...) [HDT_##dtype] = gather_##dtype,
#define LOAD_ROW_ROW(dtype, ...) [HDT_##dtype] = load_row_##dtype,
#define STORE_ROW_ROW(dtype, ...) [HDT_##dtype] = store_row_##dtype,
#define SCATTER_ROW(dtype, ...) [HDT_##dtype] = scatter_##dtype,
static lane_gather *const gathers[HDT_DTYPE_COUNT] = {EACH_DTYPE(GATHER_ROW)};
static lane_row *const load_rows[HDT_DTYPE_COUNT] = {EACH_DTYPE(LOAD_ROW_ROW)};
static lane_row_out *const store_rows[HDT_DTYPE_COUNT] = {EACH_DTYPE(STORE_ROW_ROW)};
static lane_scatter *const scatters[HDT_DTYPE_COUNT] = {EACH_DTYPE(SCATTER_ROW)};

lane_gather *lanes_gather(hdt_dtype dtype)
{
	return gathers[dtype];
}

lane_row *lanes_load_row(hdt_dtype dtype)
{
	return load_rows[dtype];
}

lane_row_out *lanes_store_row(hdt_dtype dtype)
{
	return store_rows[dtype];
}

lane_scatter *lanes_scatter(hdt_dtype dtype)
{
	return scatters[dtype];
}

void sim_load_element(sim_lanes *to, int lane, hdt_dtype dtype, const void *from)
{
	switch (dtype) {
#define LOAD_CASE(name, field, type, value_of, element_of) \
	case HDT_##name: {                                     \
		type element;                                      \
		memcpy(&element, from, sizeof element);            \
		to->field[lane] = value_of(element);               \
		break;                                             \
	}
		EACH_DTYPE(LOAD_CASE)
	default:
		break;
	}
}

void sim_store_element(void *to, hdt_dtype dtype, const sim_lanes *from, int lane)
{
	switch (dtype) {
#define STORE_CASE(name, field, type, value_of, element_of) \
	case HDT_##name: {                                      \
		type element = element_of(from->field[lane]);       \
		memcpy(to, &element, sizeof element);               \
		break;                                              \
	}
		EACH_DTYPE(STORE_CASE)
	default:
		break;
	}
}

uint64_t sim_lane_bits(const sim_lanes *from, int lane, hdt_dtype dtype)
{
	uint64_t bits = 0;
	sim_store_element(&bits, dtype, from, lane);
	return bits;
}

void sim_set_lane_bits(sim_lanes *to, int lane, hdt_dtype dtype, uint64_t bits)
{
	sim_load_element(to, lane, dtype, &bits);
}

int64_t sim_wrap(int64_t v, hdt_dtype dtype)
{
	sim_lanes value = {.i = {v}};
	if (dtype == HDT_BOOL)
		return v != 0;
	sim_set_lane_bits(&value, 0, dtype, (uint64_t)v);
	return value.i[0];
}

/* ---- conversions ---- */

/* Toward zero; NaN is 0; out of range is the nearest value. */
static int64_t saturate(double v, double below, double above, int64_t min, int64_t max)
{
	return v != v ? 0 : v <= below ? min : v >= above ? max : (int64_t)v;
}
static int64_t to_u8(double v)
{
	return saturate(v, 0, 255, 0, 255);
}
static int64_t to_u16(double v)
{
	return saturate(v, 0, 65535, 0, 65535);
}
static int64_t to_u32(double v)
{
	return saturate(v, 0, 4294967295.0, 0, 4294967295);
}
static int64_t to_u64(double v)
{
	return v != v || v <= 0 ? 0 : v >= 0x1p64 ? -1 : (int64_t)(uint64_t)v;
}
static int64_t to_i8(double v)
{
	return saturate(v, -128, 127, -128, 127);
}
static int64_t to_i16(double v)
{
	return saturate(v, -32768, 32767, -32768, 32767);
}
static int64_t to_i32(double v)
{
	return saturate(v, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX);
}
static int64_t to_i64(double v)
{
	return saturate(v, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX);
}
static int64_t to_bool(double v)
{
	return v != 0;
}
static float to_f16(double v)
{
	return sim_half_to_float(sim_half_from_float((float)v));
}
static float to_bf16(double v)
{
	return sim_bfloat_to_float(sim_bfloat_from_float((float)v));
}
static float f16_of_integer(int64_t v)
{
	return to_f16((double)(float)v);
}
static float bf16_of_integer(int64_t v)
{
	return to_bf16((double)(float)v);
}
static float f16_of_u64(uint64_t v)
{
	return to_f16((double)(float)v);
}
static float bf16_of_u64(uint64_t v)
{
	return to_bf16((double)(float)v);
}

#define DEFINE_CAST(name, to_field, from_field, value)                                                    \
	static void name(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count) \
	{                                                                                                     \
		(void)b, (void)c;                                                                                 \
		for (int l = 0; l < count; l++)                                                                   \
			d->to_field[l] = value(a->from_field[l]);                                                     \
	}
/* An integer of any dtype, zero or sign extended, to another one. */
DEFINE_CAST(wrap_BOOL, i, i, TRUTH)
DEFINE_CAST(wrap_U8, i, i, (uint8_t))
DEFINE_CAST(wrap_U16, i, i, (uint16_t))
DEFINE_CAST(wrap_U32, i, i, (uint32_t))
DEFINE_CAST(wrap_U64, i, i, AS_IT_IS)
DEFINE_CAST(wrap_I8, i, i, (int8_t))
DEFINE_CAST(wrap_I16, i, i, (int16_t))
DEFINE_CAST(wrap_I32, i, i, (int32_t))
DEFINE_CAST(wrap_I64, i, i, AS_IT_IS)
DEFINE_CAST(wrap_F16, f, i, f16_of_integer)
DEFINE_CAST(wrap_BF16, f, i, bf16_of_integer)
DEFINE_CAST(wrap_F32, f, i, (float))
DEFINE_CAST(wrap_F64, d, i, (double))
DEFINE_CAST(u64_to_F16, f, u, f16_of_u64)
DEFINE_CAST(u64_to_BF16, f, u, bf16_of_u64)
DEFINE_CAST(u64_to_F32, f, u, (float))
DEFINE_CAST(u64_to_F64, d, u, (double))
#define DEFINE_FROM_FLOAT(from, field)             \
	DEFINE_CAST(from##_to_BOOL, i, field, to_bool) \
	DEFINE_CAST(from##_to_U8, i, field, to_u8)     \
	DEFINE_CAST(from##_to_U16, i, field, to_u16)   \
	DEFINE_CAST(from##_to_U32, i, field, to_u32)   \
	DEFINE_CAST(from##_to_U64, i, field, to_u64)   \
	DEFINE_CAST(from##_to_I8, i, field, to_i8)     \
	DEFINE_CAST(from##_to_I16, i, field, to_i16)   \
	DEFINE_CAST(from##_to_I32, i, field, to_i32)   \
	DEFINE_CAST(from##_to_I64, i, field, to_i64)   \
	DEFINE_CAST(from##_to_F16, f, field, to_f16)   \
	DEFINE_CAST(from##_to_BF16, f, field, to_bf16) \
	DEFINE_CAST(from##_to_F32, f, field, (float))  \
	DEFINE_CAST(from##_to_F64, d, field, (double))
DEFINE_FROM_FLOAT(f32, f)
DEFINE_FROM_FLOAT(f64, d)

#define FLOAT_ROW(from)                                                                                               \
	{                                                                                                                 \
		[HDT_BOOL] = from##_to_BOOL, [HDT_U8] = from##_to_U8, [HDT_U16] = from##_to_U16, [HDT_U32] = from##_to_U32,   \
		[HDT_U64] = from##_to_U64, [HDT_I8] = from##_to_I8, [HDT_I16] = from##_to_I16, [HDT_I32] = from##_to_I32,     \
		[HDT_I64] = from##_to_I64, [HDT_F16] = from##_to_F16, [HDT_BF16] = from##_to_BF16, [HDT_F32] = from##_to_F32, \
		[HDT_F64] = from##_to_F64                                                                                     \
	}
static lane_op *const from_f32[HDT_DTYPE_COUNT] = FLOAT_ROW(f32), *const from_f64[HDT_DTYPE_COUNT] = FLOAT_ROW(f64);
#define WRAP_ROW(dtype, ...) [HDT_##dtype] = wrap_##dtype,
static lane_op *const from_integer[HDT_DTYPE_COUNT] = {EACH_DTYPE(WRAP_ROW)};
static lane_op *const from_u64[HDT_DTYPE_COUNT] = {
	[HDT_F16] = u64_to_F16, [HDT_BF16] = u64_to_BF16, [HDT_F32] = u64_to_F32, [HDT_F64] = u64_to_F64};

lane_op *lanes_cast(hdt_dtype from, hdt_dtype to)
{
	if (hdt_is_float(from))
		return from == HDT_F64 ? from_f64[to] : from_f32[to];
	return from == HDT_U64 && from_u64[to] ? from_u64[to] : from_integer[to];
}

/* ---- moving values ---- */

static void select_narrow(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count)
{
	for (int l = 0; l < count; l++)
		d->f[l] = a->i[l] ? b->f[l] : c->f[l];
}

static void select_wide(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count)
{
	for (int l = 0; l < count; l++)
		d->i[l] = a->i[l] ? b->i[l] : c->i[l];
}

static void broadcast_narrow(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count)
{
	(void)b, (void)c;
	for (int l = 0; l < count; l++)
		d->f[l] = a->f[0];
}

static void broadcast_wide(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count)
{
	(void)b, (void)c;
	for (int l = 0; l < count; l++)
		d->i[l] = a->i[0];
}

/* A value that stands in `f`. */
static bool is_narrow(hdt_dtype dtype)
{
	return hdt_is_float(dtype) && dtype != HDT_F64;
}

lane_op *lanes_select(hdt_dtype dtype)
{
	return is_narrow(dtype) ? select_narrow : select_wide;
}

lane_op *lanes_broadcast(hdt_dtype dtype)
{
	return is_narrow(dtype) ? broadcast_narrow : broadcast_wide;
}

void lanes_merge(sim_lanes *to, const sim_lanes *from, hdt_dtype dtype, uint32_t mask)
{
	SIM_FOR_LANES (l, mask)
		if (is_narrow(dtype))
			to->f[l] = from->f[l];
		else
			to->i[l] = from->i[l];
}

/* ---- lookup ---- */

bool lanes_gives_float(hdt_scalar_op op)
{
	enum { SAME, BOOL, FLOAT, OWN };
	static const uint8_t result_of[HDT_OP_COUNT] = {
#define HDT_SCALAR_OP(name, text, arity, result, traits, doc) [HDT_OP_##name] = result,
#include <hidet/scalar_ops.def>
#undef HDT_SCALAR_OP
	};
	return result_of[op] == FLOAT;
}

lane_op *lanes_operation(hdt_scalar_op op, hdt_dtype operand)
{
	static lane_op *const *const tables[HDT_DTYPE_COUNT] = {
		[HDT_BOOL] = lanes_of_truth, [HDT_U8] = lanes_of_u8,   [HDT_U16] = lanes_of_u16,  [HDT_U32] = lanes_of_u32,
		[HDT_U64] = lanes_of_u64,    [HDT_I8] = lanes_of_i8,   [HDT_I16] = lanes_of_i16,  [HDT_I32] = lanes_of_i32,
		[HDT_I64] = lanes_of_i64,    [HDT_F16] = lanes_of_f32, [HDT_BF16] = lanes_of_f32, [HDT_F32] = lanes_of_f32,
		[HDT_F64] = lanes_of_f64,
	};
	return tables[operand][op];
}
