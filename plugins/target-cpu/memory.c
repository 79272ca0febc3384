/* memory.c: buffers in plain memory, aligned to a cache line; large ones on huge pages where the system has them. */
#include "cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HUGE_PAGE = 2 << 20 };

void *memory_allocate(hdt_device *device, size_t bytes)
{
	(void)device;
	size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : CACHE_LINE;
	void *memory = NULL;
	if (bytes > SIZE_MAX / 2 || posix_memalign(&memory, alignment, bytes ? bytes : 1) != 0)
		return NULL;
#ifdef MADV_HUGEPAGE
	if (alignment == HUGE_PAGE)
		(void)madvise(memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* advice: a refusal costs only time */
#endif
	return memory;
}

void memory_release(hdt_device *device, void *memory)
{
	(void)device;
	free(memory);
}

hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes)
{
	(void)device;
	if (bytes)
		memmove(to, from, bytes);
	return HDT_OK;
}
