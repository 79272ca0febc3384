#include "device_target.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Addresses of the device are beyond those that a process can have. */
#define DEVICE_BASE (UINT64_C(1) << 62)

const device_function *device_functions;
int device_uploads, device_downloads, device_allocations;

hdt_target_info device_info = {.size = sizeof device_info,
                               .target = "device",
                               .device = "a device for tests",
                               .cache_key = "device 1",
                               .threads_per_block = 1024,
                               .grid = {1000, 100, 10},
                               .block = {1024, 1024, 64},
                               .cluster_blocks = 8,
                               .shared_bytes = 4096,
                               .shared_bytes_asked = 8192};

static bool is_device(const void *address)
{
	return (uint64_t)(uintptr_t)address >= DEVICE_BASE;
}

void *device_memory(const void *address)
{
	cr_assert(is_device(address), "an address of the host came to the device");
	return (void *)((uintptr_t)address - (uintptr_t)DEVICE_BASE);
}

static const hdt_target_info *get_info(const hdt_device *device)
{
	(void)device;
	return &device_info;
}

static void close_device(hdt_device *device)
{
	(void)device;
}

static void unload(hdt_device *device, hdt_object *object)
{
	(void)device, (void)object;
}

static void *find(hdt_object *object, const char *name)
{
	(void)object;
	for (const device_function *f = device_functions; f->name; f++) {
		size_t n = strlen(name), m = strlen(f->name);
		if (n > m && name[n - m - 1] == '_' && strcmp(name + n - m, f->name) == 0)
			return (void *)(uintptr_t)f;
	}
	return NULL;
}

bool device_full;

static bool tell_memory(hdt_device *device, size_t *available, size_t *total)
{
	(void)device;
	*available = 24;
	*total = 1000;
	return true;
}

static void *allocate(hdt_device *device, size_t bytes)
{
	(void)device;
	if (device_full)
		return NULL;
	char *memory = aligned_alloc(256, (bytes + 256) / 256 * 256);
	device_allocations += memory != NULL;
	return memory ? memory + DEVICE_BASE : NULL;
}

static void release(hdt_device *device, void *memory)
{
	(void)device;
	device_allocations--;
	free(device_memory(memory));
}

static hdt_status copy(hdt_device *device, void *to, const void *from, size_t bytes)
{
	(void)device;
	device_uploads += is_device(to);
	device_downloads += is_device(from);
	memcpy(is_device(to) ? device_memory(to) : to, is_device(from) ? device_memory(from) : from, bytes);
	return HDT_OK;
}

static hdt_status run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	(void)device;
	for (int i = 0; i < count; i++) {
		const device_function *f = launches[i].function;
		if (f->run(&launches[i]))
			continue;
		*fault = (hdt_fault){i, HDT_BAD_INPUT, "told to fail"};
		return HDT_BAD_INPUT;
	}
	return HDT_OK;
}

const hdt_target device_target = {
	.size = sizeof device_target,
	.name = "device",
	.kind = HDT_FUNCTION_CUDA,
	.close = close_device,
	.info = get_info,
	.unload = unload,
	.find = find,
	.allocate = allocate,
	.release = release,
	.copy = copy,
	.run = run,
	.memory = tell_memory,
};
