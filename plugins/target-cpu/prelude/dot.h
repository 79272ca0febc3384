/* dot.h: sums of products of 16-bit and 8-bit numbers, several to a lane of 32 bits: dot_bf16 and dot_i8. Every processor
 * gives the same bits; some have an instruction for it. Assembler, since the compilers' names for these instructions and
 * their types change from version to version. */
typedef int16_t hidet_v_words __attribute__((vector_size(HIDET_LANES * 4)));
#if HIDET_LANES == 16
#define HIDET_REGISTER "v"
#else
#define HIDET_REGISTER "x"
#endif

/* The second product is added first, as the instruction does. Products of bf16 are exact in f32, so it is all the same
 * whether they are fused with the sum. */
HIDET_INLINE hidet_v_f32 hidet_v_dot_bf16(hidet_v_f32 sums, hidet_v_i32 a, hidet_v_i32 b)
{
#if HIDET_LANES == 16 && defined(__AVX512BF16__)
	__asm__("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(b), "v"(a));
	return sums;
#else
	hidet_v_i32 upper = hidet_v_of_i32(-65536);
	sums = HIDET_FMA((hidet_v_f32)(a & upper), (hidet_v_f32)(b & upper), sums);
	return HIDET_FMA((hidet_v_f32)(a << 16), (hidet_v_f32)(b << 16), sums);
#endif
}

/* The low and high bytes of words, with their signs. */
#define HIDET_LOW_BYTES(x) ((hidet_v_words)(x) << 8 >> 8)
#define HIDET_HIGH_BYTES(x) ((hidet_v_words)(x) >> 8)

/* Sums of two neighbouring products of words. */
HIDET_INLINE hidet_v_i32 hidet_v_dot_words(hidet_v_words a, hidet_v_words b)
{
#if defined(__AVX2__)
	__asm__("vpmaddwd %1, %0, %0" : "+" HIDET_REGISTER(a) : HIDET_REGISTER(b));
	return (hidet_v_i32)a;
#elif defined(__SSE2__)
	__asm__("pmaddwd %1, %0" : "+x"(a) : "x"(b));
	return (hidet_v_i32)a;
#else
	hidet_v_i32 x = (hidet_v_i32)a, y = (hidet_v_i32)b;
	return (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16);
#endif
}

/* The first factors are unsigned: what they are with 128 added, or the sign bit turned. */
HIDET_INLINE hidet_v_i32 hidet_v_dot_u8_i8(hidet_v_i32 sums, hidet_v_i32 a, hidet_v_i32 b)
{
#if HIDET_LANES == 16 && defined(__AVX512VNNI__)
	__asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
	return sums;
#elif HIDET_LANES == 8 && defined(__AVXVNNI__)
	__asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(a), "x"(b));
	return sums;
#else
	hidet_v_words low = (hidet_v_words)a & 255, high = (hidet_v_words)a >> 8 & 255;
	sums += hidet_v_dot_words(low, HIDET_LOW_BYTES(b));
	return sums + hidet_v_dot_words(high, HIDET_HIGH_BYTES(b));
#endif
}

HIDET_INLINE hidet_v_i32 hidet_v_of_bytes(const void *from)
{
	int32_t bits;
	__builtin_memcpy(&bits, from, 4);
	return hidet_v_of_i32(bits);
}

HIDET_INLINE void hidet_dot_bf16(float *sums, const uint16_t *a, const uint16_t *b, int lanes)
{
	if (lanes == HIDET_LANES) {
		hidet_v_i32 pairs = hidet_v_fetch_i32((const int32_t *)b);
		hidet_v_store_f32(sums, hidet_v_dot_bf16(hidet_v_load_f32(sums), hidet_v_of_bytes(a), pairs));
		return;
	}
	for (int lane = 0; lane < lanes; ++lane)
		for (int i = 1; i >= 0; --i)
			sums[lane] += hidet_load_bf16(a[i]) * hidet_load_bf16(b[2 * lane + i]);
}

HIDET_INLINE void hidet_dot_i8(int32_t *sums, const int8_t *a, const int8_t *b, int lanes)
{
	if (lanes == HIDET_LANES) {
		hidet_v_i32 quads = hidet_v_fetch_i32((const int32_t *)b);
		hidet_v_i32 turned = hidet_v_of_bytes(a) ^ hidet_v_of_i32((int32_t)0x80808080u);
		hidet_v_store_i32(sums, hidet_v_dot_u8_i8(hidet_v_load_i32(sums), turned, quads));
		return;
	}
	for (int lane = 0; lane < lanes; ++lane)
		for (int i = 0; i < 4; ++i)
			sums[lane] = hidet_add_i32(sums[lane], (a[i] + 128) * b[4 * lane + i]);
}

/* ---- bringing rows of bf16 into pairs ---- */

HIDET_INLINE void hidet_zip_bf16(uint16_t *to, const uint16_t *first, const uint16_t *second, int lanes)
{
	if (lanes == HIDET_LANES) {
		hidet_v_i32 low = hidet_v_widen_f32(hidet_v_fetch_u16(first)), high = hidet_v_widen_f32(hidet_v_fetch_u16(second));
		hidet_v_put_i32((int32_t *)to, low | high << 16);
		return;
	}
	for (int lane = 0; lane < lanes; ++lane) {
		to[2 * lane] = first[lane];
		to[2 * lane + 1] = second[lane];
	}
}

HIDET_INLINE void hidet_transpose_pairs(uint16_t *to, int64_t to_stride, const uint16_t *from, int64_t stride, int lanes)
{
	if (lanes == HIDET_LANES && to_stride % 2 == 0 && stride % 2 == 0) {
		hidet_transpose_vectors((float *)to, to_stride / 2, (const float *)from, stride / 2);
		return;
	}
	for (int i = 0; i < lanes; ++i)
		for (int j = 0; j < lanes; ++j)
			__builtin_memcpy(to + j * to_stride + 2 * i, from + i * stride + 2 * j, 4);
}
