/* vector_part.h: the first `count` lanes of a vector in memory, 1 to HIDET_LANES - 1: what the extent of a loop leaves
 * over. Nothing behind them is touched; the other lanes of what is loaded are 0. */
#if HIDET_LANES == 16
#define HIDET_V_PART ((unsigned short)((1u << count) - 1))
#define HIDET_V_LOAD_MASKED_F32(x) __builtin_ia32_loadups512_mask(x, (hidet_v_f32){0}, HIDET_V_PART)
#if __has_builtin(__builtin_shufflevector)
/* Half a vector is common, and then no instruction with a mask is better: gcc keeps no sums in registers across one. */
typedef float hidet_v_half_memory __attribute__((vector_size(32), aligned(4), may_alias));
HIDET_INLINE hidet_v_f32 hidet_v_load_half_f32(const float *x)
{
	hidet_v_half lower = *(const hidet_v_half_memory *)x, zero = {0};
	return __builtin_shufflevector(lower, zero, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#define HIDET_V_LOAD_PART_F32(x) \
	(__builtin_constant_p(count) && count == 8 ? hidet_v_load_half_f32(x) : HIDET_V_LOAD_MASKED_F32(x))
#else
#define HIDET_V_LOAD_PART_F32(x) HIDET_V_LOAD_MASKED_F32(x)
#endif
#define HIDET_V_STORE_PART_F32(x, v) __builtin_ia32_storeups512_mask(x, v, HIDET_V_PART)
#elif HIDET_LANES == 8
#define HIDET_V_PART (hidet_v_iota_i32() < hidet_v_of_i32(count))
#define HIDET_V_LOAD_PART_F32(x) __builtin_ia32_maskloadps256((const hidet_v_f32 *)x, HIDET_V_PART)
#define HIDET_V_STORE_PART_F32(x, v) __builtin_ia32_maskstoreps256((hidet_v_f32 *)x, HIDET_V_PART, v)
#endif

#define HIDET_PART(V, name, T)                                      \
	HIDET_INLINE V hidet_v_load_part_##name(const T *x, int count)  \
	{                                                               \
		T part[HIDET_LANES] = {0};                                  \
		for (int lane = 0; lane < count; ++lane)                    \
			part[lane] = x[lane];                                   \
		return hidet_v_load_##name(part);                           \
	}
#define HIDET_STORE_PART(V, name, T)                                     \
	HIDET_INLINE void hidet_v_store_part_##name(T *x, V v, int count)    \
	{                                                                    \
		T part[HIDET_LANES];                                             \
		hidet_v_store_##name(part, v);                                   \
		for (int lane = 0; lane < count; ++lane)                         \
			x[lane] = part[lane];                                        \
	}
HIDET_PART(hidet_v_f32, f16, uint16_t)
HIDET_PART(hidet_v_f32, bf16, uint16_t)
HIDET_PART(hidet_v_i32, bool, uint8_t)
HIDET_PART(hidet_v_i32, i32, int32_t)
HIDET_PART(hidet_v_i32, i16, int16_t)
HIDET_PART(hidet_v_i32, u16, uint16_t)
HIDET_PART(hidet_v_i32, i8, int8_t)
HIDET_PART(hidet_v_i32, u8, uint8_t)
HIDET_STORE_PART(hidet_v_f32, f16, uint16_t)
HIDET_STORE_PART(hidet_v_f32, bf16, uint16_t)
HIDET_STORE_PART(hidet_v_i32, bool, uint8_t)
HIDET_STORE_PART(hidet_v_i32, i32, int32_t)
#ifdef HIDET_V_LOAD_PART_F32
HIDET_INLINE hidet_v_f32 hidet_v_load_part_f32(const float *x, int count)
{
	return HIDET_V_LOAD_PART_F32(x);
}
HIDET_INLINE void hidet_v_store_part_f32(float *x, hidet_v_f32 v, int count)
{
	HIDET_V_STORE_PART_F32(x, v);
}
#else
HIDET_PART(hidet_v_f32, f32, float)
HIDET_STORE_PART(hidet_v_f32, f32, float)
#endif
