/* device.c: opening a GPU: its context and stream, what it has, which compiler serves it. Without a GPU the variable
 * HIDET_CUDA_ARCH opens a device that can only be compiled for. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TF32_ARCHITECTURE = 80 /* the first that has it */ };

/* ---- what it has ---- */

static int ask(const hdt_device *d, CUdevice number, CUdevice_attribute attribute)
{
	int value = 0;
	return d->driver->device_attribute(&value, attribute, number) == CUDA_SUCCESS ? value : 0;
}

static void describe_device(hdt_device *d, CUdevice number)
{
	hdt_target_info *i = &d->info;
	size_t memory = 0;
	(void)d->driver->device_memory(&memory, number);
	if (d->driver->device_name(d->name, sizeof d->name, number) != CUDA_SUCCESS)
		strcpy(d->name, "GPU");
	i->memory_bytes = (int64_t)memory;
	i->architecture = ask(d, number, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) * 10 +
	                  ask(d, number, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
	i->processors = ask(d, number, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
	i->warp = ask(d, number, CU_DEVICE_ATTRIBUTE_WARP_SIZE);
	i->threads_per_block = ask(d, number, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
	for (int k = 0; k < 3; k++) {
		i->grid[k] = ask(d, number, (CUdevice_attribute)(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X + k));
		i->block[k] = ask(d, number, (CUdevice_attribute)(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X + k));
	}
	/* 8 is what every device with clusters takes. */
	i->cluster_blocks = ask(d, number, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) ? 8 : 0;
	i->shared_bytes = ask(d, number, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
	i->shared_bytes_asked = ask(d, number, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
	i->cache_bytes[1] = ask(d, number, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
	/* kHz, twice in each cycle, by the bits of the bus */
	i->memory_rate = ask(d, number, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE) * 1e3 * 2 *
	                 ask(d, number, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH) / 8;
}

static void describe_compiler(hdt_device *d)
{
	size_t n = (size_t)snprintf(d->cache_key, sizeof d->cache_key, "%s;", d->architecture);
	if (d->compiler)
		n += (size_t)snprintf(d->cache_key + n, sizeof d->cache_key - n, " NVRTC %d.%d;", d->compiler->major,
		                      d->compiler->minor);
	for (int i = 0; i < COMPILER_OPTIONS && n < sizeof d->cache_key; i++)
		n += (size_t)snprintf(d->cache_key + n, sizeof d->cache_key - n, " %s", compiler_options[i]);
	d->info.size = sizeof d->info;
	d->info.target = "cuda";
	d->info.device = d->people;
	d->info.cache_key = d->cache_key;
	d->info.threads = 1;
	d->info.vector_bytes = 16;
}

/* ---- opening ---- */

static hdt_status refuse(hdt_context *context, const hdt_device *d, const char *doing, CUresult error)
{
	char text[256];
	driver_note(d->driver, error);
	if (driver_lost())
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: %s", driver_lost());
	return hdt_fail(context, error == CUDA_ERROR_OUT_OF_MEMORY ? HDT_OUT_OF_MEMORY : HDT_BAD_TARGET, "cuda: %s: %s",
	                doing, driver_error(d->driver, error, text, sizeof text));
}

/* The context, its stream and the record of faults. */
static hdt_status start(hdt_context *context, hdt_device *d, CUdevice number)
{
	CUresult result = d->driver->context_create(&d->context, CU_CTX_SCHED_AUTO, number);
	if (result != CUDA_SUCCESS) {
		d->context = NULL;
		return refuse(context, d, "cannot start work on the GPU", result);
	}
	result = d->driver->stream_create(&d->stream, CU_STREAM_NON_BLOCKING);
	if (result == CUDA_SUCCESS)
		result = faults_init(d);
	CUcontext popped; /* creating it made it current */
	(void)d->driver->context_pop(&popped);
	return result == CUDA_SUCCESS ? HDT_OK : refuse(context, d, "cannot start work on the GPU", result);
}

static hdt_status open_gpu(hdt_context *context, hdt_device *d, int ordinal)
{
	const char *reason;
	int count = 0, version = 0;
	CUdevice number;
	d->driver = driver_get(&reason);
	if (!d->driver)
		return hdt_fail(context, HDT_BAD_TARGET,
		                "cuda: %s. Without a GPU, HIDET_CUDA_ARCH=sm_80 or sm_90a opens the target for compiling only",
		                reason);
	if (driver_lost())
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: %s", driver_lost());
	(void)d->driver->driver_version(&version);
	CUresult result = d->driver->device_count(&count);
	if (result != CUDA_SUCCESS)
		return refuse(context, d, "cannot count the GPUs", result);
	if (ordinal < 0 || ordinal >= count)
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: there is no GPU %d: the driver knows %d", ordinal, count);
	result = d->driver->device_get(&number, ordinal);
	if (result != CUDA_SUCCESS)
		return refuse(context, d, "cannot use the GPU", result);
	describe_device(d, number);
	d->has_architecture = d->compiler && compiler_architecture(d->compiler, d->info.architecture, d->architecture,
	                                                           sizeof d->architecture);
	if (!d->has_architecture)
		snprintf(d->architecture, sizeof d->architecture, "sm_%d", d->info.architecture);
	describe_compiler(d);
	snprintf(d->people, sizeof d->people, "%s, %s, %d processors, driver for CUDA %d.%d", d->name, d->architecture,
	         d->info.processors, version / 1000, version % 1000 / 10);
	return start(context, d, number);
}

static hdt_status open_compiler(hdt_context *context, hdt_device *d, const char *name)
{
	if (!architecture_limits(name, &d->info))
		return hdt_fail(context, HDT_BAD_TARGET,
		                "cuda: HIDET_CUDA_ARCH is '%s': no such architecture is known; try sm_80 or sm_90a", name);
	if (!d->compiler)
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: %s", d->no_compiler);
	for (int i = 0; i < d->compiler->architecture_count; i++)
		d->has_architecture = d->has_architecture || d->compiler->architectures[i] == d->info.architecture;
	snprintf(d->architecture, sizeof d->architecture, "%s", name);
	describe_compiler(d);
	snprintf(d->people, sizeof d->people, "%s, for compiling only", name);
	return HDT_OK;
}

/* Products may round: what is chosen for them differs, so the key does. */
static void allow_tf32(hdt_device *d)
{
	size_t n = strlen(d->cache_key);
	d->info.tf32 = d->info.architecture >= TF32_ARCHITECTURE;
	if (d->info.tf32)
		snprintf(d->cache_key + n, sizeof d->cache_key - n, "; tf32");
}

hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out)
{
	const char *architecture = getenv("HIDET_CUDA_ARCH");
	*out = NULL;
	hdt_device *d = calloc(1, sizeof *d);
	if (!d)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cuda: out of memory");
	pthread_mutex_init(&d->lock, NULL);
	pool_init(&d->pool);
	d->compiler = compiler_get(&d->no_compiler);
	hdt_status status = architecture && *architecture ? open_compiler(context, d, architecture)
	                                                  : open_gpu(context, d, options ? options->ordinal : 0);
	if (status == HDT_OK && options && options->size > offsetof(hdt_target_options, tf32) && options->tf32)
		allow_tf32(d);
	if (status == HDT_OK)
		*out = d;
	else
		device_close(d);
	return status;
}

void device_close(hdt_device *device)
{
	if (!device)
		return;
	bool entered = device->context && device_enter(device);
	recordings_fini(&device->recordings, entered ? device->driver : NULL);
	if (entered)
		device_leave(device);
	pool_fini(device);
	launch_room_fini(&device->room);
	/* With its stream, memory and record. A driver that has lost the process is left alone: it may crash in what it is asked. */
	if (device->context && !driver_lost())
		(void)device->driver->context_destroy(device->context);
	pthread_mutex_destroy(&device->lock);
	free(device);
}

const char *device_lost(const hdt_device *device)
{
	return device->driver ? driver_lost() : NULL;
}

const hdt_target_info *device_info(const hdt_device *device)
{
	return &device->info;
}

/* ---- the context ---- */

bool device_enter(hdt_device *device)
{
	if (!device->driver || driver_lost())
		return false;
	pthread_mutex_lock(&device->lock);
	if (device->driver->context_push(device->context) == CUDA_SUCCESS)
		return true;
	pthread_mutex_unlock(&device->lock);
	return false;
}

void device_leave(hdt_device *device)
{
	CUcontext popped;
	(void)device->driver->context_pop(&popped);
	pthread_mutex_unlock(&device->lock);
}
