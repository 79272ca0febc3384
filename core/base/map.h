/* map.h: hash map from pointers (interned strings, nodes) to pointers, in a context's arena. Keys are never removed. */
#ifndef CORE_BASE_MAP_H
#define CORE_BASE_MAP_H

#include <hidet/base.h>

typedef struct map {
	hdt_context *context;
	const void **keys;
	void **values;
	size_t count, capacity;
} map;

void map_init(map *m, hdt_context *context);
void *map_get(const map *m, const void *key);       /* NULL when absent */
bool map_set(map *m, const void *key, void *value); /* false after a fault in the context: memory is out */

#endif
