/* peak.c: see peak.h. Compiled for the machine that it runs on, with the vectors of the kernels' own prelude. */
#include "peak.h"

/* Parts that build on each other, in the order in which kernels have them. */
/* clang-format off */
#include "plugins/target-cpu/prelude/runtime.h"
#include "plugins/target-cpu/prelude/macros.h"
#include "plugins/target-cpu/prelude/integer.h"
#include "plugins/target-cpu/prelude/fma.h"
#include "plugins/target-cpu/prelude/float.h"
#include "plugins/target-cpu/prelude/one.h"
#include "plugins/target-cpu/prelude/math.h"
#include "plugins/target-cpu/prelude/half.h"
#include "plugins/target-cpu/prelude/vector.h"
#include "plugins/target-cpu/prelude/math.h"
#include "plugins/target-cpu/prelude/half.h"
#include "plugins/target-cpu/prelude/vector_float.h"
#include "plugins/target-cpu/prelude/intrinsics.h"
#include "plugins/target-cpu/prelude/dot.h"
#include "plugins/target-cpu/prelude/tile.h"
/* clang-format on */

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { CHAINS = 12, MOST_THREADS = 64 };

typedef struct work {
	double flops; /* 0: copy */
	peak_factor factor;
	char *to;
	const char *from;
	size_t bytes;
	bool loop; /* copy in a loop of vectors */
	float sum;
} work;

double peak_now(int threads)
{
	struct timespec t;
	clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void multiply_and_add(work *w)
{
	hidet_v_f32 chain[CHAINS], x = hidet_v_of_f32(0.5f), y = hidet_v_of_f32(w->sum);
	long steps = (long)(w->flops / (2.0 * CHAINS * HIDET_LANES));
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		chain[i] = y + (float)i;
	for (long s = 0; s < steps; s++) {
		HIDET_UNROLL(12)
		for (int i = 0; i < CHAINS; i++)
			chain[i] = hidet_v_fma_f32(chain[i], x, y);
	}
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		w->sum += chain[i][0];
}

#ifdef HIDET_HAS_TILES
static void multiply_in_tiles(work *w)
{
	enum { SIDE = 32, BYTES = SIDE * 1024 };
	static _Thread_local float sums[SIDE * SIDE];
	static _Thread_local char left[BYTES], right[BYTES];
	int64_t depth = w->factor == PEAK_I8 ? 512 : 256;
	long steps = (long)(w->flops / (2.0 * SIDE * SIDE * (double)depth));
	hidet_tile_begin(SIDE);
	for (long s = 0; s < steps; s++)
		if (w->factor == PEAK_I8)
			hidet_tile_dot_i8((int32_t *)sums, SIDE, (int8_t *)left, depth, (int8_t *)right, SIDE * 4, depth, SIDE,
			                  SIDE, (int8_t *)right, 0);
		else
			hidet_tile_dot_bf16(sums, SIDE, (uint16_t *)left, depth, (uint16_t *)right, SIDE * 2, depth, SIDE, SIDE,
			                    (uint16_t *)right, 0);
	hidet_tile_end();
	w->sum += sums[0];
}
#endif

static void multiply_bf16(work *w)
{
	hidet_v_f32 chain[CHAINS];
	hidet_v_i32 a = hidet_v_of_i32(0x3c003c00), b = hidet_v_of_i32((int)w->sum + 0x3c003c01);
	long steps = (long)(w->flops / (4.0 * CHAINS * HIDET_LANES));
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		chain[i] = hidet_v_of_f32((float)i);
	for (long s = 0; s < steps; s++) {
		HIDET_UNROLL(12)
		for (int i = 0; i < CHAINS; i++)
			chain[i] = hidet_v_dot_bf16(chain[i], a, b);
	}
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		w->sum += chain[i][0];
}

static void multiply_i8(work *w)
{
	hidet_v_i32 chain[CHAINS], a = hidet_v_of_i32(0x01020304), b = hidet_v_of_i32((int)w->sum + 0x7f010203);
	long steps = (long)(w->flops / (8.0 * CHAINS * HIDET_LANES));
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		chain[i] = hidet_v_of_i32(i);
	for (long s = 0; s < steps; s++) {
		HIDET_UNROLL(12)
		for (int i = 0; i < CHAINS; i++)
			chain[i] = hidet_v_dot_u8_i8(chain[i], a, b);
	}
	HIDET_UNROLL(12)
	for (int i = 0; i < CHAINS; i++)
		w->sum += (float)chain[i][0];
}

static void multiply(work *w)
{
	if (w->factor == PEAK_F32) {
		multiply_and_add(w);
		return;
	}
#ifdef HIDET_HAS_TILES
	multiply_in_tiles(w);
#else
	if (w->factor == PEAK_BF16)
		multiply_bf16(w);
	else
		multiply_i8(w);
#endif
}

static void copy_in_a_loop(char *restrict to, const char *restrict from, size_t bytes)
{
	typedef hidet_v_f32 memory __attribute__((aligned(4), may_alias));
	for (size_t i = 0; i < bytes; i += sizeof(hidet_v_f32))
		*(memory *)(to + i) = *(const memory *)(from + i);
}

static void *run(void *closure)
{
	work *w = closure;
	if (w->flops > 0)
		multiply(w);
	else if (w->loop)
		copy_in_a_loop(w->to, w->from, w->bytes);
	else
		memcpy(w->to, w->from, w->bytes);
	return NULL;
}

/* The caller is the first of the threads. */
static double seconds_of(work *each, int threads)
{
	pthread_t others[MOST_THREADS];
	bool started[MOST_THREADS] = {false};
	double begin = peak_now(threads);
	for (int i = 1; i < threads; i++)
		started[i] = pthread_create(&others[i], NULL, run, &each[i]) == 0;
	run(&each[0]);
	for (int i = 1; i < threads; i++)
		if (started[i])
			pthread_join(others[i], NULL);
	return peak_now(threads) - begin;
}

double peak_product_seconds(peak_factor factor, double operations, int threads)
{
	work each[MOST_THREADS];
	threads = threads < MOST_THREADS ? threads : MOST_THREADS;
	for (int i = 0; i < threads; i++)
		each[i] = (work){.flops = operations, .factor = factor, .sum = 1e-3f};
	return seconds_of(each, threads);
}

double peak_fma_seconds(double flops, int threads)
{
	return peak_product_seconds(PEAK_F32, flops, threads);
}

double peak_copy_seconds(char *to, const char *from, size_t bytes, int threads)
{
	work each[MOST_THREADS];
	double best = 0;
	threads = threads < MOST_THREADS ? threads : MOST_THREADS;
	size_t part = bytes / (size_t)threads & ~(size_t)63;
	for (int loop = 0; loop < 2; loop++) {
		for (int i = 0; i < threads; i++)
			each[i] = (work){.to = to + i * part, .from = from + i * part, .bytes = part, .loop = loop};
		each[threads - 1].bytes = bytes - part * (size_t)(threads - 1);
		double seconds = seconds_of(each, threads);
		best = loop == 0 || seconds < best ? seconds : best;
	}
	return best;
}
