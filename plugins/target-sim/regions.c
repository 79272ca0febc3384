/* regions.c: the device's memory: allocations in plain memory, each with a mark for every byte that was written, and,
 * once a launch has touched it, the last accesses to every element. */
#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 256 };

/* Where the address is, or would be put in: the first region that ends behind it. */
static int place_of(const regions *r, const unsigned char *address)
{
	int low = 0, high = r->count;
	while (low < high) {
		int middle = low + (high - low) / 2;
		const memory *m = &r->items[middle]->memory;
		if (m->data + m->bytes > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

region *regions_find(const regions *r, const void *address)
{
	int i = place_of(r, address);
	return i < r->count && r->items[i]->memory.data <= (const unsigned char *)address ? r->items[i] : NULL;
}

/* Pages that are zero until they are touched. */
static void *map_zeros(size_t bytes)
{
	void *pages =
		mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return pages == MAP_FAILED ? NULL : pages;
}

void region_forget(region *r)
{
	if (r->memory.cells)
		munmap(r->memory.cells, r->cell_bytes);
	r->memory.cells = NULL;
}

bool region_prepare(region *r, int granule)
{
	memory *m = &r->memory;
	if (m->cells && m->granule <= granule)
		return true;
	region_forget(r); /* it tells of earlier launches, which come before this one anyway */
	r->cell_bytes = ((size_t)m->bytes / (size_t)granule + 1) * sizeof(cell);
	m->granule = granule;
	m->shift = __builtin_ctz((unsigned)granule);
	m->cells = map_zeros(r->cell_bytes);
	return m->cells != NULL;
}

static void region_free(region *r)
{
	if (!r)
		return;
	region_forget(r);
	if (r->memory.written)
		munmap(r->memory.written, (size_t)r->memory.bytes);
	free(r->memory.data);
	free(r);
}

static region *region_new(size_t bytes)
{
	void *data = NULL;
	region *r = calloc(1, sizeof *r);
	if (!r || posix_memalign(&data, ALIGNMENT, bytes) != 0) {
		free(r);
		return NULL;
	}
	r->memory = (memory){.data = data, .written = map_zeros(bytes), .bytes = (int64_t)bytes, .global = true};
	if (r->memory.written)
		return r;
	region_free(r);
	return NULL;
}

void *memory_allocate(hdt_device *device, size_t bytes)
{
	regions *all = &device->regions;
	if (bytes > SIZE_MAX / 64)
		return NULL;
	if (all->count == all->capacity) {
		int capacity = all->capacity ? all->capacity * 2 : 64;
		region **items = realloc(all->items, (size_t)capacity * sizeof(region *));
		if (!items)
			return NULL;
		all->items = items;
		all->capacity = capacity;
	}
	region *r = region_new(bytes ? bytes : 1);
	if (!r)
		return NULL;
	int i = place_of(all, r->memory.data);
	memmove(&all->items[i + 1], &all->items[i], (size_t)(all->count - i) * sizeof *all->items);
	all->items[i] = r;
	all->count++;
	return r->memory.data;
}

void memory_release(hdt_device *device, void *address)
{
	regions *all = &device->regions;
	region *r = address ? regions_find(all, address) : NULL;
	if (!r)
		return;
	int i = place_of(all, address);
	memmove(&all->items[i], &all->items[i + 1], (size_t)(all->count - i - 1) * sizeof *all->items);
	all->count--;
	region_free(r);
}

hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes)
{
	region *r = regions_find(&device->regions, to);
	size_t at = r ? (size_t)((unsigned char *)to - r->memory.data) : 0;
	if (bytes == 0)
		return HDT_OK;
	if (r && bytes > (size_t)r->memory.bytes - at)
		return HDT_INTERNAL;
	memmove(to, from, bytes);
	if (r)
		memset(r->memory.written + at, 1, bytes);
	return HDT_OK;
}

void memory_fini(hdt_device *device)
{
	for (int i = 0; i < device->regions.count; i++)
		region_free(device->regions.items[i]);
	free(device->regions.items);
}
