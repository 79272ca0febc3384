/* heap.c: malloc, calloc and realloc that can be told to fail. One thread. */
#include "heap.h"

#include <stddef.h>

static long fail_after = -1;
static bool fail_once;

void heap_fail(long after, bool once)
{
	fail_after = after;
	fail_once = once;
}

long heap_left(void)
{
	return fail_after;
}

static bool must_fail(void)
{
	bool fail = fail_after == 0;
	if (fail_after > 0 || (fail && fail_once))
		fail_after--;
	return fail;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *p, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
	return must_fail() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return must_fail() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *p, size_t bytes)
{
	return must_fail() ? NULL : __real_realloc(p, bytes);
}
