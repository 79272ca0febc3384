/* arena.c: block-wise bump allocation. Blocks double up to 1 MiB; a larger request gets a block of its own. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	arena_block *older;
	size_t size, used;
	max_align_t data[];
};

enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20 };

void arena_init(arena *a)
{
	a->blocks = NULL;
	a->total = 0;
	a->fail_after = -1;
	a->fail_once = false;
}

void arena_fini(arena *a)
{
	while (a->blocks) {
		arena_block *older = a->blocks->older;
		free(a->blocks);
		a->blocks = older;
	}
	a->total = 0;
}

static arena_block *add_block(arena *a, size_t at_least)
{
	size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < at_least)
		size = at_least;
	arena_block *b = malloc(sizeof(arena_block) + size);
	if (!b)
		return NULL;
	b->older = a->blocks;
	b->size = size;
	b->used = 0;
	return a->blocks = b;
}

/* Is this the allocation that a test wants to fail? */
static bool must_fail(arena *a)
{
	bool fail = a->fail_after == 0;
	if (a->fail_after > 0 || (fail && a->fail_once))
		a->fail_after--;
	return fail;
}

void *arena_alloc(arena *a, size_t bytes)
{
	if (bytes > SIZE_MAX / 2 || must_fail(a))
		return NULL;
	bytes = (bytes + 15) & ~(size_t)15;
	arena_block *b = a->blocks;
	if ((!b || b->size - b->used < bytes) && !(b = add_block(a, bytes)))
		return NULL;
	void *p = (char *)b->data + b->used;
	b->used += bytes;
	a->total += bytes;
	return memset(p, 0, bytes);
}

void *arena_copy(arena *a, const void *from, size_t bytes)
{
	void *p = arena_alloc(a, bytes);
	return p && bytes ? memcpy(p, from, bytes) : p;
}

char *arena_string(arena *a, const char *from, size_t length)
{
	char *p = arena_alloc(a, length + 1);
	if (p && length)
		memcpy(p, from, length);
	return p;
}

char *arena_vformat(arena *a, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	char *p = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
	if (p)
		vsnprintf(p, (size_t)length + 1, format, args);
	return p;
}

arena_mark arena_get_mark(const arena *a)
{
	return (arena_mark){a->blocks, a->blocks ? a->blocks->used : 0};
}

void arena_rewind(arena *a, arena_mark mark)
{
	while (a->blocks && a->blocks != mark.block) {
		arena_block *older = a->blocks->older;
		free(a->blocks);
		a->blocks = older;
	}
	if (a->blocks)
		a->blocks->used = mark.used;
}
