/* map.c: open addressing with linear probing; half full at most. */
#include "base/map.h"

#include "base/context.h"
#include <string.h>

void map_init(map *m, hdt_context *context)
{
	*m = (map){.context = context};
}

static size_t slot_of(const map *m, const void *key)
{
	uint64_t h = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (m->capacity - 1);
	while (m->keys[i] && m->keys[i] != key)
		i = (i + 1) & (m->capacity - 1);
	return i;
}

void *map_get(const map *m, const void *key)
{
	if (!m->count || !key)
		return NULL;
	size_t i = slot_of(m, key);
	return m->keys[i] ? m->values[i] : NULL;
}

static bool grow(map *m)
{
	map bigger = {.context = m->context, .capacity = m->capacity ? m->capacity * 2 : 16};
	bigger.keys = hdt_allocate(m->context, bigger.capacity * sizeof *bigger.keys);
	bigger.values = hdt_allocate(m->context, bigger.capacity * sizeof *bigger.values);
	if (!bigger.keys || !bigger.values)
		return false;
	for (size_t i = 0; i < m->capacity; i++)
		if (m->keys[i])
			map_set(&bigger, m->keys[i], m->values[i]);
	*m = bigger;
	return true;
}

bool map_set(map *m, const void *key, void *value)
{
	if (m->count * 2 >= m->capacity && !grow(m))
		return false;
	size_t i = slot_of(m, key);
	if (!m->keys[i]) {
		m->keys[i] = key;
		m->count++;
	}
	m->values[i] = value;
	return true;
}
