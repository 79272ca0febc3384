/* vec.c: growth of the arrays of vec.h: capacity doubles from 8. */
#include "base/vec.h"

#include "base/context.h"
#include <stdlib.h>
#include <string.h>

static int next_capacity(int capacity)
{
	return capacity ? (capacity > 0x3fffffff ? 0 : capacity * 2) : 8;
}

bool vec_grow(hdt_context *context, void **items, int count, int *capacity, size_t item_bytes)
{
	int more = next_capacity(*capacity);
	/* Beyond what an int counts: as much as no memory has. */
	void *p = hdt_allocate(context, more ? (size_t)more * item_bytes : SIZE_MAX);
	if (!p)
		return false;
	if (count)
		memcpy(p, *items, (size_t)count * item_bytes);
	*items = p;
	*capacity = more;
	return true;
}

bool heap_grow(void **items, int count, int *capacity, size_t item_bytes)
{
	(void)count;
	int more = next_capacity(*capacity);
	void *p = more ? realloc(*items, (size_t)more * item_bytes) : NULL;
	if (!p)
		return false;
	*items = p;
	*capacity = more;
	return true;
}
