/* device.c: the simulated device: the numbers of a data-centre GPU, so that schedulers choose as they would for one. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>

enum { NEWEST_ARCHITECTURE = 90, OLDEST_ARCHITECTURE = 70, TF32_ARCHITECTURE = 80 /* the first that has it */ };

/* A number of the environment within these bounds; else `otherwise`. */
static uint64_t setting(const char *name, uint64_t least, uint64_t most, uint64_t otherwise)
{
	const char *text = getenv(name);
	char *end;
	if (!text || !*text)
		return otherwise;
	uint64_t value = strtoull(text, &end, 10);
	return *end == 0 && value >= least && value <= most ? value : otherwise;
}

/* Shared memory that a block may ask for. */
static int64_t shared_bytes(int architecture)
{
	return architecture >= 90   ? 227 * 1024
	       : architecture == 80 ? 163 * 1024
	       : architecture >= 80 ? 99 * 1024
	       : architecture == 75 ? 64 * 1024
	                            : 96 * 1024;
}

hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out)
{
	enum { MOST_THREADS_OF_A_BLOCK = 1024, PROCESSORS = 132 };
	*out = NULL;
	if (options && options->ordinal != 0)
		return hdt_fail(context, HDT_BAD_TARGET, "sim: there is one simulated device, number 0; got %d",
		                options->ordinal);
	hdt_device *d = calloc(1, sizeof *d);
	if (!d)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "sim: out of memory");
	int architecture = (int)setting("HIDET_SIM_ARCH", OLDEST_ARCHITECTURE, NEWEST_ARCHITECTURE, NEWEST_ARCHITECTURE);
	d->now = 1;
	d->most_steps = setting("HIDET_SIM_STEPS", 1, UINT64_MAX, UINT64_C(200000000));
	snprintf(d->people, sizeof d->people, "simulated GPU, compute capability %d.%d, on the processor",
	         architecture / 10, architecture % 10);
	bool tf32 = options && options->size > offsetof(hdt_target_options, tf32) && options->tf32 &&
	            architecture >= TF32_ARCHITECTURE;
	snprintf(d->cache_key, sizeof d->cache_key, "sim 1; sm_%d%s", architecture, tf32 ? "; tf32" : "");
	d->info = (hdt_target_info){
		.size = sizeof d->info,
		.target = "sim",
		.device = d->people,
		.cache_key = d->cache_key,
		.threads = 1,
		.vector_bytes = 16,
		.cache_bytes = {128 << 10, 50 << 20, 0},
		.architecture = architecture,
		.processors = PROCESSORS,
		.warp = SIM_LANES,
		.threads_per_block = MOST_THREADS_OF_A_BLOCK,
		.grid = {INT32_MAX, 65535, 65535},
		.block = {1024, 1024, 64},
		.cluster_blocks = architecture >= 90 ? 8 : 0,
		.shared_bytes = 48 * 1024,
		.shared_bytes_asked = shared_bytes(architecture),
		.memory_bytes = INT64_C(16) << 30,
		.tf32 = tf32,
	};
	*out = d;
	return HDT_OK;
}

void device_close(hdt_device *device)
{
	if (!device)
		return;
	memory_fini(device);
	free(device);
}

const hdt_target_info *device_info(const hdt_device *device)
{
	return &device->info;
}
