/* intrinsics.h: the intrinsics of the target. */

/* Into the second-level cache: what is read next shares the first one. */
#define hidet_prefetch(address) __builtin_prefetch((address), 0, 2)

/* The elements of a vector in memory, joined by halving. */
#define HIDET_LANES_JOINED(name, JOIN)                                     \
	HIDET_INLINE float hidet_##name##_lanes(const float *x, int lanes)     \
	{                                                                      \
		if (lanes == HIDET_LANES)                                          \
			return hidet_v_reduce_##name##_f32(hidet_v_load_f32(x));       \
		float y = x[0];                                                    \
		for (int lane = 1; lane < lanes; ++lane)                           \
			y = JOIN(y, x[lane]);                                          \
		return y;                                                          \
	}
#define HIDET_ADD(x, y) ((x) + (y))
HIDET_LANES_JOINED(sum, HIDET_ADD)
HIDET_LANES_JOINED(max, hidet_max_f32)
HIDET_LANES_JOINED(min, hidet_min_f32)

/* Rows a and b of a tile become rows 2i and 2i + 1: a0 b0 a1 b1 ... As often as LANES is halved, that transposes it. */
#if HIDET_LANES == 16
#define HIDET_ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIDET_ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif HIDET_LANES == 8
#define HIDET_ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIDET_ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define HIDET_ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIDET_ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif
HIDET_INLINE void hidet_transpose_vectors(float *to, int64_t to_stride, const float *from, int64_t stride)
{
	hidet_v_f32 a[HIDET_LANES], b[HIDET_LANES];
	HIDET_UNROLL(16)
	for (int i = 0; i < HIDET_LANES; ++i)
		a[i] = hidet_v_load_f32(from + i * stride);
	HIDET_UNROLL(4)
	for (int step = 1; step < HIDET_LANES; step *= 2) {
		HIDET_UNROLL(8)
		for (int i = 0; i < HIDET_LANES / 2; ++i) {
			b[2 * i] = HIDET_ZIP_LOW(a[i], a[i + HIDET_LANES / 2]);
			b[2 * i + 1] = HIDET_ZIP_HIGH(a[i], a[i + HIDET_LANES / 2]);
		}
		HIDET_UNROLL(16)
		for (int i = 0; i < HIDET_LANES; ++i)
			a[i] = b[i];
	}
	HIDET_UNROLL(16)
	for (int i = 0; i < HIDET_LANES; ++i)
		hidet_v_store_f32(to + i * to_stride, a[i]);
}
HIDET_INLINE void hidet_transpose_lanes(float *to, int64_t to_stride, const float *from, int64_t stride, int lanes)
{
	if (lanes == HIDET_LANES) {
		hidet_transpose_vectors(to, to_stride, from, stride);
		return;
	}
	for (int i = 0; i < lanes; ++i)
		for (int j = 0; j < lanes; ++j)
			to[j * to_stride + i] = from[i * stride + j];
}
