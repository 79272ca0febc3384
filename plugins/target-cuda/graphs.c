/* graphs.c: which lists of launches were run before. A list that comes again with the same kernels, addresses and
 * numbers becomes a CUDA graph, which starts in one call; the few that were used last are kept. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

/* ---- a list as bytes ---- */

static bool add(recordings *r, const void *data, size_t bytes)
{
	if (bytes == 0)
		return true;
	if (bytes > r->room - r->bytes) {
		size_t room = (r->bytes + bytes) * 2;
		unsigned char *grown = realloc(r->key, room);
		if (!grown)
			return false;
		r->key = grown;
		r->room = room;
	}
	memcpy(r->key + r->bytes, data, bytes);
	r->bytes += bytes;
	return true;
}

static bool add_map(recordings *r, const hdt_launch_map *m)
{
	size_t bytes = sizeof *m->shape * (size_t)m->rank;
	const int64_t head[] = {(int64_t)m->dtype, m->rank, m->swizzle, (int64_t)(uintptr_t)m->address};
	return add(r, head, sizeof head) && add(r, m->shape, bytes) && add(r, m->box, bytes) && add(r, m->strides, bytes);
}

static bool add_launch(recordings *r, const hdt_launch *l)
{
	const hdt_launch_grid *g = l->grid;
	const int64_t head[] = {
		(int64_t)(uintptr_t)l->function,
		l->buffer_count,
		l->symbol_count,
		l->scalar_count,
		l->map_count,
		g->shared_bytes,
		g->cooperative,
		g->dependent,
	};
	bool good = add(r, head, sizeof head) && add(r, g->grid, sizeof g->grid) && add(r, g->block, sizeof g->block) &&
	            add(r, g->cluster, sizeof g->cluster) &&
	            add(r, l->buffers, sizeof *l->buffers * (size_t)l->buffer_count) &&
	            add(r, l->symbols, sizeof *l->symbols * (size_t)l->symbol_count) &&
	            add(r, l->scalars, sizeof *l->scalars * (size_t)l->scalar_count);
	for (int i = 0; good && i < l->map_count; i++)
		good = add_map(r, &l->maps[i]);
	return good;
}

static uint64_t hash(const unsigned char *data, size_t bytes)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i + 8 <= bytes; i += 8) { /* keys are made of such words */
		uint64_t word;
		memcpy(&word, data + i, sizeof word);
		h = (h ^ word) * UINT64_C(0x100000001b3);
		h ^= h >> 29;
	}
	return h;
}

/* ---- the recordings ---- */

/* Without a driver its part is left alone. */
static void forget(recording *one, const driver *d)
{
	if (one->executable && d)
		(void)d->executable_destroy(one->executable);
	free(one->key);
	*one = (recording){0};
}

/* The one used longest ago, or one that is free. */
static recording *oldest(recordings *r)
{
	recording *found = &r->list[0];
	for (int i = 1; i < MOST_RECORDINGS; i++)
		if (r->list[i].used < found->used)
			found = &r->list[i];
	return found;
}

recording *recordings_get(recordings *r, const driver *d, const hdt_launch *launches, int count)
{
	r->bytes = 0;
	for (int i = 0; i < count; i++)
		if (!add_launch(r, &launches[i]))
			return NULL;
	uint64_t code = hash(r->key, r->bytes);
	for (int i = 0; i < MOST_RECORDINGS; i++) {
		recording *one = &r->list[i];
		if (one->key && one->hash == code && one->bytes == r->bytes && memcmp(one->key, r->key, r->bytes) == 0) {
			one->used = ++r->clock;
			return one;
		}
	}
	recording *one = oldest(r);
	forget(one, d);
	unsigned char *key = malloc(r->bytes);
	if (!key)
		return NULL;
	memcpy(key, r->key, r->bytes);
	*one = (recording){.key = key, .bytes = r->bytes, .hash = code, .used = ++r->clock};
	return one;
}

void recordings_clear(recordings *r, const driver *d)
{
	for (int i = 0; i < MOST_RECORDINGS; i++)
		forget(&r->list[i], d);
}

void recordings_fini(recordings *r, const driver *d)
{
	recordings_clear(r, d);
	free(r->key);
	*r = (recordings){0};
}
