/* device.c: opening the processor: what it has, which compiler serves it, how many threads it lends. */
#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>

static void describe(hdt_device *d)
{
	char name[160], flags[512];
	machine_name(name, sizeof name);
	snprintf(d->people, sizeof d->people, "%s, %d thread%s, %s", name, pool_threads(d->pool),
	         pool_threads(d->pool) == 1 ? "" : "s", d->isa->people);
	compiler_flags_text(&d->compiler, d->isa, flags, sizeof flags);
	/* The prelude needs no place here: it is part of the text that is compiled. */
	snprintf(d->cache_key, sizeof d->cache_key, "%s; %s; %s; %s", d->isa->name,
	         d->compiler.words[0] ? d->compiler.words[0] : "no compiler", d->compiler.version, flags);
	d->info = (hdt_target_info){
		.size = sizeof d->info,
		.target = "cpu",
		.device = d->people,
		.cache_key = d->cache_key,
		.threads = pool_threads(d->pool),
		.vector_bytes = d->isa->vector_bytes,
		.fused_multiply_add = d->isa->fused_multiply_add,
		.dot_bf16 = d->isa->dot_bf16,
		.dot_i8 = d->isa->dot_i8,
		.tiles = d->isa->tiles,
	};
	machine_caches(d->info.cache_bytes);
}

hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out)
{
	*out = NULL;
	if (options && options->ordinal != 0)
		return hdt_fail(context, HDT_BAD_TARGET, "cpu: there is one processor device, number 0; got %d",
		                options->ordinal);
	int threads = options && options->threads > 0 ? options->threads : machine_threads();
	if (threads > 1024)
		return hdt_fail(context, HDT_BAD_TARGET, "cpu: at most 1024 threads; got %d", threads);
	hdt_device *d = calloc(1, sizeof *d);
	if (!d || !(d->pool = pool_new(threads))) {
		free(d);
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cpu: out of memory starting %d threads", threads);
	}
	compiler_find(&d->compiler);
	d->isa = isa_detect(d->compiler.old);
	describe(d);
	*out = d;
	return HDT_OK;
}

void device_close(hdt_device *device)
{
	if (!device)
		return;
	pool_free(device->pool);
	compiler_fini(&device->compiler);
	free(device);
}

const hdt_target_info *device_info(const hdt_device *device)
{
	return &device->info;
}
