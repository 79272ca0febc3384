/* memory.c: device memory. Released pieces wait for the next request of their size class: the driver takes far
 * longer. They go back to it when memory is out, and when the device is closed.
 *
 * A device for compiling only has memory of the host: then all but running works. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

void pool_init(pool *p)
{
	pthread_mutex_init(&p->lock, NULL);
}

/* Sizes within an eighth share a class. 0 when there is no such size. */
static size_t class_bytes(size_t bytes)
{
	size_t step = 512;
	if (bytes > SIZE_MAX / 4)
		return 0;
	while (step < bytes / 16)
		step *= 2;
	return bytes ? (bytes + step - 1) / step * step : step;
}

static block *take(block **list, CUdeviceptr address, size_t bytes)
{
	for (block **at = list; *at; at = &(*at)->next) {
		block *b = *at;
		if (address ? b->address != address : b->bytes != bytes)
			continue;
		*at = b->next;
		return b;
	}
	return NULL;
}

static void put(block **list, block *b)
{
	b->next = *list;
	*list = b;
}

static void give_back_idle(hdt_device *device)
{
	pool *p = &device->pool;
	while (p->idle) {
		block *b = p->idle;
		p->idle = b->next;
		(void)device->driver->memory_free(b->address);
		free(b);
	}
	p->idle_bytes = 0;
}

void pool_fini(hdt_device *device)
{
	pool *p = &device->pool;
	block *lists[] = {p->idle, p->used};
	/* The memory itself goes with the context. */
	for (int i = 0; i < 2; i++)
		for (block *b = lists[i], *next; b; b = next) {
			next = b->next;
			free(b);
		}
	pthread_mutex_destroy(&p->lock);
}

/* A new piece from the driver; NULL when memory is out. */
static block *make(hdt_device *device, size_t bytes)
{
	block *b = malloc(sizeof *b);
	if (!b)
		return NULL;
	*b = (block){.bytes = bytes};
	CUresult result = device->driver->memory_allocate(&b->address, bytes);
	if (result == CUDA_ERROR_OUT_OF_MEMORY && device->pool.idle) {
		give_back_idle(device);
		result = device->driver->memory_allocate(&b->address, bytes);
	}
	if (result == CUDA_SUCCESS && b->address)
		return b;
	free(b);
	return NULL;
}

void *memory_allocate(hdt_device *device, size_t bytes)
{
	size_t rounded = class_bytes(bytes);
	void *memory = NULL;
	if (!rounded)
		return NULL;
	if (!device->driver)
		return posix_memalign(&memory, 256, rounded) == 0 ? memory : NULL;
	if (driver_lost() || !device_enter(device))
		return NULL;
	pool *p = &device->pool;
	pthread_mutex_lock(&p->lock);
	block *b = take(&p->idle, 0, rounded);
	if (b)
		p->idle_bytes -= b->bytes;
	else
		b = make(device, rounded);
	if (b) {
		put(&p->used, b);
		memory = (void *)(uintptr_t)b->address;
	}
	pthread_mutex_unlock(&p->lock);
	device_leave(device);
	return memory;
}

void memory_release(hdt_device *device, void *memory)
{
	if (!memory)
		return;
	if (!device->driver) {
		free(memory);
		return;
	}
	pool *p = &device->pool;
	pthread_mutex_lock(&p->lock);
	block *b = take(&p->used, (CUdeviceptr)(uintptr_t)memory, 0);
	if (b) {
		put(&p->idle, b);
		p->idle_bytes += b->bytes;
	}
	pthread_mutex_unlock(&p->lock);
}

bool memory_available(hdt_device *device, size_t *available, size_t *total)
{
	if (!device_enter(device))
		return false;
	bool told = device->driver->memory_info(available, total) == CUDA_SUCCESS;
	device_leave(device);
	pthread_mutex_lock(&device->pool.lock);
	*available += told ? device->pool.idle_bytes : 0;
	pthread_mutex_unlock(&device->pool.lock);
	return told;
}

hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes)
{
	if (!bytes)
		return HDT_OK;
	if (!device->driver) {
		memmove(to, from, bytes);
		return HDT_OK;
	}
	if (driver_lost() || !device_enter(device))
		return HDT_BAD_TARGET;
	/* Addresses of host and device lie in one space: the driver sees which is which. */
	CUresult result =
		device->driver->memory_copy((CUdeviceptr)(uintptr_t)to, (CUdeviceptr)(uintptr_t)from, bytes, device->stream);
	if (result == CUDA_SUCCESS)
		result = device->driver->stream_wait(device->stream);
	driver_note(device->driver, result);
	device_leave(device);
	return result == CUDA_SUCCESS ? HDT_OK : result == CUDA_ERROR_OUT_OF_MEMORY ? HDT_OUT_OF_MEMORY : HDT_BAD_TARGET;
}
