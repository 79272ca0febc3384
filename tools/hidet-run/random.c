/* random.c: the same made-up data on every machine. */
#include "data.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void random_seed(random_stream *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		r->state[i] = z ^ (z >> 31);
	}
}

uint64_t random_next(random_stream *r)
{
	uint64_t *s = r->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double random_uniform(random_stream *r, double low, double high)
{
	return low + (double)(random_next(r) >> 11) * 0x1p-53 * (high - low);
}

void random_fill(random_stream *r, hdt_dtype dtype, void *data, int64_t elements, double low, double high)
{
	for (int64_t i = 0; i < elements; i++) {
		scalar v = {.i = 0};
		if (hdt_is_float(dtype))
			v.f = random_uniform(r, low, high);
		else
			v.i = (int64_t)floor(random_uniform(r, ceil(low), floor(high) + 1));
		if (dtype == HDT_BOOL)
			v.i = (int64_t)(random_next(r) >> 63);
		scalar_store(data, dtype, i, v);
	}
}
