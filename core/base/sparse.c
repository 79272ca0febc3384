/* sparse.c: anonymous pages, from a size on that makes them worth the system's while. */
#include "base/sparse.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LEAST_MAPPED = 64 << 10 };

void *sparse_new(size_t count, size_t item_bytes)
{
	if (item_bytes && count > SIZE_MAX / item_bytes)
		return NULL;
	if (count * item_bytes < LEAST_MAPPED)
		return calloc(count, item_bytes);
	void *table = mmap(NULL, count * item_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return table == MAP_FAILED ? NULL : table;
}

void sparse_free(void *table, size_t count, size_t item_bytes)
{
	if (count * item_bytes < LEAST_MAPPED)
		free(table);
	else if (table)
		munmap(table, count * item_bytes);
}
