/* tile.h: products of matrices of up to 32 x 32 by tiles of 16 x 16: instructions where the processor has them (AMX), else
 * plain C that gives the same bits, but that subnormal numbers then do not count as 0.
 *
 * Tiles 0 to 3 hold the sums (0 1 the upper rows, 2 3 the lower ones), 4 and 5 the upper and lower rows of the first factor,
 * 6 and 7 the left and right columns of the second. Each has 16 rows of 64 bytes; the rows of 0, 1, 4 and of 2, 3, 5 are as
 * many as there are. */
#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AMX_INT8__)
#define HIDET_HAS_TILES 1
#elif defined(__AMXTILE__) && defined(__AMXBF16__) && defined(__AMXINT8__) /* clang before 15 */
#define HIDET_HAS_TILES 1
#endif

#ifdef HIDET_HAS_TILES
typedef struct hidet_tile_shape {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
} hidet_tile_shape;

#ifndef HIDET_TILE_LOAD /* tests bring their own */
#define HIDET_TILE_SHAPE(shape) __asm__ volatile("ldtilecfg %0" ::"m"(shape))
#define HIDET_TILE_RELEASE() __asm__ volatile("tilerelease" ::)
#define HIDET_TILE_LOAD(tile, from, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile ::"r"(from), "r"((int64_t)(stride)) : "memory")
#define HIDET_TILE_STORE(tile, to, stride) \
	__asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" ::"r"(to), "r"((int64_t)(stride)) : "memory")
#define HIDET_TILE_DOT(instruction, sums, a, b) \
	__asm__ volatile(#instruction " %%tmm" #b ", %%tmm" #a ", %%tmm" #sums ::)
#endif
#endif

HIDET_INLINE void hidet_tile_begin(int64_t rows)
{
#ifdef HIDET_HAS_TILES
	hidet_tile_shape shape = {.palette = 1};
	uint8_t upper = rows < 16 ? (uint8_t)rows : 16, lower = (uint8_t)(rows - upper);
	for (int tile = 0; tile < 8; ++tile) {
		shape.rows[tile] = tile > 5 ? 16 : tile == 2 || tile == 3 || tile == 5 ? lower : upper;
		shape.row_bytes[tile] = shape.rows[tile] ? 64 : 0; /* one without rows is not there */
	}
	HIDET_TILE_SHAPE(shape);
#endif
}

HIDET_INLINE void hidet_tile_end(void)
{
#ifdef HIDET_HAS_TILES
	HIDET_TILE_RELEASE();
#endif
}

#define HIDET_FETCH_LINES(ahead, step, lines)                                            \
	for (int64_t line = 0; line < (lines); ++line)                                       \
	hidet_prefetch((const char *)(ahead) + ((step) * (lines) + line) * 64)

#ifdef HIDET_HAS_TILES
/* A step of the sum is 64 bytes of each row of the first factor, and 16 rows of the second. */
#define HIDET_TILE_PRODUCT(name, S, T, INSTRUCTION)                                                                   \
	HIDET_INLINE void hidet_tile_dot_##name(S *sums, int64_t sums_stride, const T *a, int64_t a_stride, const T *b,   \
	                                        int64_t b_stride, int64_t depth, int64_t rows, int columns,               \
	                                        const T *ahead, int lines)                                                \
	{                                                                                                                 \
		const int64_t s = sums_stride * (int64_t)sizeof(S), x = a_stride * (int64_t)sizeof(T);                        \
		const int64_t y = b_stride * (int64_t)sizeof(T), steps = depth * (int64_t)sizeof(T) / 64;                     \
		HIDET_TILE_LOAD(0, sums, s);                                                                                  \
		if (columns > 16)                                                                                             \
			HIDET_TILE_LOAD(1, sums + 16, s);                                                                         \
		if (rows > 16)                                                                                                \
			HIDET_TILE_LOAD(2, sums + 16 * sums_stride, s);                                                           \
		if (rows > 16 && columns > 16)                                                                                \
			HIDET_TILE_LOAD(3, sums + 16 * sums_stride + 16, s);                                                      \
		for (int64_t step = 0; step < steps; ++step) {                                                                \
			const char *left = (const char *)a + step * 64, *right = (const char *)b + step * 16 * y;                 \
			HIDET_TILE_LOAD(6, right, y);                                                                             \
			HIDET_TILE_LOAD(4, left, x);                                                                              \
			HIDET_TILE_DOT(INSTRUCTION, 0, 4, 6);                                                                     \
			if (columns > 16) {                                                                                       \
				HIDET_TILE_LOAD(7, right + 64, y);                                                                    \
				HIDET_TILE_DOT(INSTRUCTION, 1, 4, 7);                                                                 \
			}                                                                                                         \
			if (rows > 16) {                                                                                          \
				HIDET_TILE_LOAD(5, left + 16 * x, x);                                                                 \
				HIDET_TILE_DOT(INSTRUCTION, 2, 5, 6);                                                                 \
			}                                                                                                         \
			if (rows > 16 && columns > 16)                                                                            \
				HIDET_TILE_DOT(INSTRUCTION, 3, 5, 7);                                                                 \
			HIDET_FETCH_LINES(ahead, step, lines);                                                                    \
		}                                                                                                             \
		HIDET_TILE_STORE(0, sums, s);                                                                                 \
		if (columns > 16)                                                                                             \
			HIDET_TILE_STORE(1, sums + 16, s);                                                                        \
		if (rows > 16)                                                                                                \
			HIDET_TILE_STORE(2, sums + 16 * sums_stride, s);                                                          \
		if (rows > 16 && columns > 16)                                                                                \
			HIDET_TILE_STORE(3, sums + 16 * sums_stride + 16, s);                                                     \
	}
HIDET_TILE_PRODUCT(bf16, float, uint16_t, tdpbf16ps)
HIDET_TILE_PRODUCT(i8, int32_t, int8_t, tdpbssd)
#else
/* One element of a step: the even and the odd products are summed apart. */
HIDET_INLINE float hidet_tile_step_bf16(const uint16_t *a, const uint16_t *b, int64_t b_stride, float sum)
{
	float even = 0, odd = 0;
	for (int pair = 0; pair < 16; ++pair) {
		even += hidet_load_bf16(a[2 * pair]) * hidet_load_bf16(b[pair * b_stride]);
		odd += hidet_load_bf16(a[2 * pair + 1]) * hidet_load_bf16(b[pair * b_stride + 1]);
	}
	return sum + (even + odd);
}
HIDET_INLINE int32_t hidet_tile_step_i8(const int8_t *a, const int8_t *b, int64_t b_stride, int32_t sum)
{
	for (int quad = 0; quad < 16; ++quad)
		for (int i = 0; i < 4; ++i)
			sum = hidet_add_i32(sum, a[4 * quad + i] * b[quad * b_stride + i]);
	return sum;
}
#define HIDET_TILE_PRODUCT(name, S, T)                                                                                \
	static __attribute__((unused)) void hidet_tile_dot_##name(S *sums, int64_t sums_stride, const T *a,               \
	                                                          int64_t a_stride, const T *b, int64_t b_stride,         \
	                                                          int64_t depth, int64_t rows, int columns,               \
	                                                          const T *ahead, int lines)                              \
	{                                                                                                                 \
		const int64_t part = 4 / (int64_t)sizeof(T), steps = depth / (16 * part);                                     \
		for (int64_t step = 0; step < steps; ++step) {                                                                \
			for (int64_t row = 0; row < rows; ++row)                                                                  \
				for (int column = 0; column < columns; ++column)                                                      \
					sums[row * sums_stride + column] = hidet_tile_step_##name(                                        \
						a + row * a_stride + step * 16 * part, b + step * 16 * b_stride + column * part, b_stride,    \
						sums[row * sums_stride + column]);                                                            \
			HIDET_FETCH_LINES(ahead, step, lines);                                                                    \
		}                                                                                                             \
	}
HIDET_TILE_PRODUCT(bf16, float, uint16_t)
HIDET_TILE_PRODUCT(i8, int32_t, int8_t)
#endif
