/* hash.h: hashes: a fast one for tables, SHA-256 for what outlives the process. */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed);
static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
	h ^= v + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
	return h * UINT64_C(0xff51afd7ed558ccd);
}

typedef struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[64];
} sha256;

void sha256_init(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t bytes);
/* Adds a string and its NUL, so that fields do not run into each other. */
void sha256_add_string(sha256 *s, const char *string);
void sha256_hex(sha256 *s, char hex[65]);

#endif
