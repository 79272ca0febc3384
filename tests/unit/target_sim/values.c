/* Intrinsics that give values, against the same in plain C: each kernel of intrinsics/ writes a row of results for
 * each of them. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(values, .init = begin_session, .fini = end_session);

enum { LANES = 32, THREADS = 128 };

static void run(const char *name, const hdt_kernel_argument *arguments, int count)
{
	char path[256];
	hdt_kernel *kernel;
	snprintf(path, sizeof path, "%s/intrinsics/%s.hds", KERNELS, name);
	cr_assert_eq(load_kernel(path, &kernel), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(hdt_kernel_run(kernel, arguments, count), HDT_OK, "%s: %s", name, hdt_session_error(session));
	hdt_kernel_free(kernel);
}

/* ---- values of other lanes ---- */

static int32_t x[LANES];

/* Bits of the lanes of which it is true. */
static uint32_t lanes_where(bool (*is)(int lane, int of), int of)
{
	uint32_t bits = 0;
	for (int l = 0; l < LANES; l++)
		bits |= (uint32_t)is(l, of) << l;
	return bits;
}

static bool is_one_of_three(int lane, int of)
{
	(void)of;
	return x[lane] % 3 == 1;
}

static bool is_equal_of_five(int lane, int of)
{
	return x[lane] % 5 == x[of] % 5;
}

static bool is_equal_eighth(int lane, int of)
{
	return x[lane] / 8 == x[of] / 8;
}

typedef struct sums {
	int32_t sum, min, max, even, has_three;
	uint32_t and, or, xor, least_unsigned;
} sums;

static sums sums_of_lanes(void)
{
	sums s = {.min = INT32_MAX, .max = INT32_MIN, .and = UINT32_MAX, .least_unsigned = UINT32_MAX};
	for (int l = 0; l < LANES; l++) {
		s.sum += x[l];
		s.min = x[l] - 16 < s.min ? x[l] - 16 : s.min;
		s.max = x[l] - 16 > s.max ? x[l] - 16 : s.max;
		s.and &= (uint32_t)(x[l] | 64);
		s.or |= (uint32_t)(x[l] * 4);
		s.xor ^= (uint32_t)(x[l] * 5);
		s.least_unsigned = (uint32_t)(x[l] - 16) < s.least_unsigned ? (uint32_t)(x[l] - 16) : s.least_unsigned;
		s.even += x[l] % 2 == 0;
		s.has_three |= x[l] == 3;
	}
	return s;
}

Test(values, lanes_see_each_other)
{
	enum { ROWS = 26 };
	static int32_t y[ROWS][LANES];
	hdt_array xa = {.dtype = HDT_I32, .rank = 1, .shape = {LANES}, .data = x},
			  ya = {.dtype = HDT_I32, .rank = 1, .shape = {ROWS * LANES}, .data = y};
	for (int l = 0; l < LANES; l++)
		x[l] = l * 37 % 64;
	run("warp_values", (hdt_kernel_argument[]){{.name = "x", .array = &xa}, {.name = "y", .array = &ya}}, 2);
	const sums s = sums_of_lanes();
	for (int l = 0; l < LANES; l++) {
		const int32_t want[ROWS] = {
			x[(l * 7 + 3) % LANES],
			x[l >= 5 ? l - 5 : l],
			x[l + 9 < LANES ? l + 9 : l],
			x[l ^ 21],
			(int32_t)((int64_t)x[31 - l] * 4294967311 / 65536),
			x[l ^ 1] * 2,
			1,
			0,
			(int32_t)lanes_where(is_one_of_three, l),
			(int32_t)lanes_where(is_equal_of_five, l),
			s.sum,
			s.min,
			s.max,
			(int32_t)s.and,
			(int32_t)s.or
			,
			(int32_t)s.xor
			,
			-1,
			l,
			__builtin_popcount((uint32_t)x[l] * 2654435761u),
			(int32_t)s.least_unsigned,
			(int32_t)((double)x[l + 1 < LANES ? l + 1 : l] / 3 * 1000),
			(int32_t)lanes_where(is_equal_eighth, l),
			s.even,
			1,
			s.has_three,
			(int32_t)((uint64_t)(x[0] + 1) * UINT64_C(9223372036854775783) / UINT64_C(4294967296)),
		};
		for (int r = 0; r < ROWS; r++)
			cr_expect_eq(y[r][l], want[r], "row %d, lane %d: %d, not %d", r, l, y[r][l], want[r]);
	}
}

/* ---- fast functions ---- */

static double exact(int row, double v)
{
	switch (row) {
	case 0:
		return exp2(v / 16 - 4);
	case 1:
		return exp(v / 16 - 4);
	case 2:
		return log2(v + 0.75);
	case 3:
		return 1 / (v + 0.75);
	case 4:
		return (v - 7.5) / (v + 0.75);
	case 5:
		return sqrt(v);
	case 6:
		return 1 / sqrt(v + 0.75);
	case 7:
		return sin(v / 20 - 3);
	case 8:
		return cos(v / 20 - 3);
	case 9:
		return tanh(v / 20 - 3);
	case 10:
		return v * (double)1.0000001f - v;
	case 11:
		return v * 1.2345678;
	default:
		return v * 1.1 + 0.3;
	}
}

Test(values, fast_functions_are_as_exact_as_they_are_told_to_be)
{
	enum { ROWS = 13 };
	static const double relative[ROWS] = {1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 0, 0, 5e-4, 1e-5, 5e-4, 1e-6};
	static float v[THREADS], y[ROWS][THREADS];
	hdt_array va = {.dtype = HDT_F32, .rank = 1, .shape = {THREADS}, .data = v},
			  ya = {.dtype = HDT_F32, .rank = 1, .shape = {ROWS * THREADS}, .data = y};
	for (int i = 0; i < THREADS; i++)
		v[i] = (float)(i * 37 % 128);
	run("fast_math", (hdt_kernel_argument[]){{.name = "x", .array = &va}, {.name = "y", .array = &ya}}, 2);
	for (int r = 0; r < ROWS; r++)
		for (int i = 0; i < THREADS; i++) {
			double want = exact(r, (double)v[i]), error = fabs((double)y[r][i] - want);
			cr_expect(error <= 1e-6 + relative[r] * fabs(want), "row %d of %g: %g, not %g", r, (double)v[i],
			          (double)y[r][i], want);
			if (r == 11)
				cr_expect_eq(frexp((double)y[r][i], &(int){0}) * 2048, rint(frexp((double)y[r][i], &(int){0}) * 2048),
				             "more bits than tf32 has");
		}
}

/* ---- vectors and atomics ---- */

typedef struct vectors {
	float x[512], y[1044];
	uint16_t h[1024], z[1284];
	int32_t n[456];
	uint32_t u[8];
	uint64_t w[2];
} vectors;

static void run_vectors(vectors *v)
{
	for (int i = 0; i < 512; i++)
		v->x[i] = (float)(i * 37 % 128);
	for (int i = 0; i < 1024; i++)
		v->h[i] = (uint16_t)(0x3000 + i * 5 % 512);
	memset(v->u, -1, sizeof v->u);
	hdt_array arrays[] = {{.dtype = HDT_F32, .rank = 1, .shape = {512}, .data = v->x},
	                      {.dtype = HDT_F16, .rank = 1, .shape = {1024}, .data = v->h},
	                      {.dtype = HDT_F32, .rank = 1, .shape = {1044}, .data = v->y},
	                      {.dtype = HDT_F16, .rank = 1, .shape = {1284}, .data = v->z},
	                      {.dtype = HDT_I32, .rank = 1, .shape = {456}, .data = v->n},
	                      {.dtype = HDT_U32, .rank = 1, .shape = {8}, .data = v->u},
	                      {.dtype = HDT_U64, .rank = 1, .shape = {2}, .data = v->w}};
	static const char *const names[] = {"x", "h", "y", "z", "n", "u", "w"};
	hdt_kernel_argument arguments[7] = {{0}};
	for (int i = 0; i < 7; i++)
		arguments[i] = (hdt_kernel_argument){.name = names[i], .array = &arrays[i]};
	run("vectors", arguments, 7);
}

Test(values, vectors_move_side_by_side)
{
	static vectors v;
	run_vectors(&v);
	for (int t = 0; t < THREADS; t++) {
		int other = t / 64 * 64 + 63 - t % 64;
		for (int i = 0; i < 2; i++)
			cr_expect_eq(v.y[t * 2 + i], v.x[other * 4 + 2 + i], "y[%d]", t * 2 + i);
		const float sums_of_x[4] = {v.x[t * 4] + v.x[t * 2 + 1], v.x[t * 4 + 1] + v.x[t], v.x[t * 4 + 2],
		                            v.x[t * 4 + 3]};
		for (int i = 0; i < 4; i++)
			cr_expect_eq(v.y[256 + t * 4 + i], sums_of_x[i], "y[%d]", 256 + t * 4 + i);
		for (int i = 0; i < 8; i++)
			cr_expect_eq(v.z[t * 8 + i], v.h[t * 8 + i], "z[%d]", t * 8 + i);
	}
}

Test(values, atomics_lose_nothing)
{
	static vectors v;
	int32_t sums_of_lanes_modulo[3] = {0}, least = INT32_MAX, most = INT32_MIN;
	uint32_t fewest = UINT32_MAX, bits_left = UINT32_MAX;
	float sum = 0;
	run_vectors(&v);
	for (int t = 0; t < THREADS; t++) {
		sums_of_lanes_modulo[t % 64 % 3] += t % 64 - 20;
		least = 50 - t < least ? 50 - t : least;
		most = t * 7 % 101 > most ? t * 7 % 101 : most;
		fewest = (uint32_t)(t * 77 % 128 + 3) < fewest ? (uint32_t)(t * 77 % 128 + 3) : fewest;
		bits_left &= ~(UINT32_C(1) << t % 16);
		sum += v.x[t];
		cr_expect(v.n[8 + t] == t && v.n[200 + t] == 0, "atomic_exchange by thread %d", t);
		cr_expect(v.n[136 + t % 64] == t % 64 + 1 && v.n[328 + t % 64] == 1, "atomic_cas by thread %d", t);
	}
	cr_expect_eq(v.y[1040], sum, "atomic_add of floats: %g, not %g", (double)v.y[1040], (double)sum);
	cr_expect_eq(v.n[0], 3 * THREADS);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(v.n[1 + i], sums_of_lanes_modulo[i], "n[%d]", 1 + i);
	cr_expect_eq(v.n[4], least);
	cr_expect_eq(v.n[5], most);
	cr_expect_eq(v.u[0], UINT32_MAX + 4000000000u * THREADS);
	cr_expect_eq(v.u[1], fewest);
	cr_expect_eq(v.u[2], UINT32_MAX);
	cr_expect_eq(v.u[3], bits_left);
	cr_expect_eq(v.u[4], UINT32_MAX);
	cr_expect_eq(v.u[5], UINT32_MAX); /* 0 ^ 1 ^ ... ^ 127 is 0 */
	cr_expect_eq(v.w[0], UINT64_C(0x7fffffffffffffff) * THREADS);
	cr_expect_eq(v.w[1], (THREADS - 1) * UINT64_C(4294967311));
}
