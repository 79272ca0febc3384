/* hash.c: FNV-1a with a final mix for tables; SHA-256 (FIPS 180-4) for cache keys. */
#include "base/hash.h"

#include <string.h>

uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
	for (size_t i = 0; i < bytes; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h ^ (h >> 29);
}

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
	return (x >> n) | (x << (32 - n));
}

/* One round: of the eight variables two change, and the next round calls each by the name behind. */
static inline void mix(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h,
                       uint32_t word)
{
	uint32_t t = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + word;
	*d += t;
	*h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void digest_block(sha256 *s, const unsigned char *block)
{
	uint32_t w[64];
	uint32_t a = s->state[0], b = s->state[1], c = s->state[2], d = s->state[3];
	uint32_t e = s->state[4], f = s->state[5], g = s->state[6], h = s->state[7];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
		       block[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)) + w[i - 7] +
		       (rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10));
	}
	for (int i = 0; i < 64; i += 8) {
		const uint32_t *k = round_constants + i, *x = w + i;
		mix(a, b, c, &d, e, f, g, &h, k[0] + x[0]);
		mix(h, a, b, &c, d, e, f, &g, k[1] + x[1]);
		mix(g, h, a, &b, c, d, e, &f, k[2] + x[2]);
		mix(f, g, h, &a, b, c, d, &e, k[3] + x[3]);
		mix(e, f, g, &h, a, b, c, &d, k[4] + x[4]);
		mix(d, e, f, &g, h, a, b, &c, k[5] + x[5]);
		mix(c, d, e, &f, g, h, a, &b, k[6] + x[6]);
		mix(b, c, d, &e, f, g, h, &a, k[7] + x[7]);
	}
	const uint32_t end[8] = {a, b, c, d, e, f, g, h};
	for (int i = 0; i < 8; i++)
		s->state[i] += end[i];
}

void sha256_init(sha256 *s)
{
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(s->state, start, sizeof start);
	s->bytes = 0;
}

void sha256_add(sha256 *s, const void *data, size_t bytes)
{
	const unsigned char *p = data;
	while (bytes) {
		size_t filled = s->bytes % 64, n = 64 - filled < bytes ? 64 - filled : bytes;
		const unsigned char *block = n == 64 ? p : s->block;
		if (n < 64)
			memcpy(s->block + filled, p, n);
		s->bytes += n;
		p += n;
		bytes -= n;
		if (s->bytes % 64 == 0)
			digest_block(s, block);
	}
}

void sha256_add_string(sha256 *s, const char *string)
{
	sha256_add(s, string, strlen(string) + 1);
}

void sha256_hex(sha256 *s, char hex[65])
{
	uint64_t bits = s->bytes * 8;
	sha256_add(s, "\x80", 1);
	while (s->bytes % 64 != 56)
		sha256_add(s, "", 1);
	for (int i = 7; i >= 0; i--) {
		unsigned char byte = (unsigned char)(bits >> (8 * i));
		sha256_add(s, &byte, 1);
	}
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 64; i++)
		hex[i] = digits[(s->state[i / 8] >> (28 - 4 * (i % 8))) & 15];
	hex[64] = 0;
}
