/* launch.c: one launch: checked against the device's limits, its parameters gathered, started on the stream.
 *
 * A kernel's parameters are buffers, symbols, scalars, tensor maps and, last, the index of the launch in its run:
 * all but the maps are passed where they lie. */
#include "state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

hdt_status launch_fail(hdt_fault *fault, int index, hdt_status status, const char *format, ...)
{
	va_list arguments;
	*fault = (hdt_fault){.launch = index, .status = status};
	va_start(arguments, format);
	vsnprintf(fault->message, sizeof fault->message, format, arguments);
	va_end(arguments);
	return status;
}

hdt_status driver_fail(const hdt_device *device, hdt_fault *fault, int index, CUresult error, const char *doing)
{
	char text[192];
	driver_note(device->driver, error);
	if (driver_lost())
		return launch_fail(fault, index, HDT_BAD_TARGET, "%s", driver_lost());
	driver_error(device->driver, error, text, sizeof text);
	if (error == CUDA_ERROR_OUT_OF_MEMORY)
		return launch_fail(fault, index, HDT_OUT_OF_MEMORY, "%s: out of device memory", doing);
	return launch_fail(fault, index, HDT_BAD_TARGET, "%s: %s", doing, text);
}

/* ---- limits ---- */

static hdt_status check_extents(const hdt_launch_grid *g, const hdt_target_info *info, int index, hdt_fault *fault)
{
	int64_t threads = 1, cluster = 1;
	for (int i = 0; i < 3; i++) {
		char axis = (char)('x' + i);
		if (g->grid[i] < 0 || g->grid[i] > info->grid[i])
			return launch_fail(fault, index, HDT_BAD_TARGET, "%" PRId64 " blocks in %c; the device takes %" PRId64,
			                   g->grid[i], axis, info->grid[i]);
		if (g->block[i] < 1 || g->block[i] > info->block[i])
			return launch_fail(fault, index, HDT_BAD_TARGET,
			                   "%" PRId64 " threads of a block in %c; the device takes %" PRId64, g->block[i], axis,
			                   info->block[i]);
		if (g->cluster[i] < 1 || g->cluster[i] > 1024 || g->grid[i] % g->cluster[i] != 0)
			return launch_fail(fault, index, HDT_BAD_TARGET,
			                   "clusters of %" PRId64 " blocks in %c do not divide the grid of %" PRId64, g->cluster[i],
			                   axis, g->grid[i]);
		threads *= g->block[i];
		cluster *= g->cluster[i];
	}
	if (threads > info->threads_per_block)
		return launch_fail(fault, index, HDT_BAD_TARGET, "%" PRId64 " threads in a block; the device takes %" PRId64,
		                   threads, (int64_t)info->threads_per_block);
	if (cluster > 1 && !info->cluster_blocks)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "the device has no clusters: compute capability 9.0 is needed");
	return HDT_OK;
}

static hdt_status check_kernel(const hdt_launch_grid *g, const kernel *k, const hdt_target_info *info, int index,
                               hdt_fault *fault)
{
	int64_t threads = g->block[0] * g->block[1] * g->block[2];
	if (threads > k->most_threads)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "%" PRId64
		                   " threads in a block; with the registers that it needs, the kernel runs at most %d",
		                   threads, k->most_threads);
	if (g->shared_bytes < 0 || g->shared_bytes > info->shared_bytes_asked - k->static_shared)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "%" PRId64 " bytes of shared memory in a block; the device has %" PRId64,
		                   g->shared_bytes + k->static_shared, info->shared_bytes_asked);
	return HDT_OK;
}

/* ---- parameters ---- */

static bool make_room(launch_room *room, int parameters, int maps)
{
	if (parameters > room->parameter_room) {
		void **grown = realloc(room->parameters, sizeof *grown * (size_t)parameters * 2);
		if (!grown)
			return false;
		room->parameters = grown;
		room->parameter_room = parameters * 2;
	}
	if (maps > room->map_room) {
		free(room->maps);
		room->maps = aligned_alloc(64, sizeof *room->maps * (size_t)maps * 2);
		room->map_room = room->maps ? maps * 2 : 0;
	}
	return maps == 0 || room->maps;
}

void launch_room_fini(launch_room *room)
{
	free(room->parameters);
	free(room->maps);
}

static void *address_of(const void *value)
{
	return (void *)(uintptr_t)value; /* the driver takes parameters writable and writes none */
}

static hdt_status gather(hdt_device *device, const hdt_launch *l, const int *index, hdt_fault *fault)
{
	launch_room *room = &device->room;
	int n = 0, count = l->buffer_count + l->symbol_count + l->scalar_count + l->map_count + 1;
	if (!make_room(room, count, l->map_count))
		return launch_fail(fault, *index, HDT_OUT_OF_MEMORY, "out of memory");
	for (int i = 0; i < l->buffer_count; i++)
		room->parameters[n++] = address_of(&l->buffers[i]);
	for (int i = 0; i < l->symbol_count; i++)
		room->parameters[n++] = address_of(&l->symbols[i]);
	for (int i = 0; i < l->scalar_count; i++)
		room->parameters[n++] = address_of(&l->scalars[i]);
	for (int i = 0; i < l->map_count; i++) {
		hdt_status status = tensor_map_encode(device, &l->maps[i], *index, &room->maps[i], fault);
		if (status != HDT_OK)
			return status;
		room->parameters[n++] = &room->maps[i];
	}
	room->parameters[n] = address_of(index);
	return HDT_OK;
}

/* ---- the launch ---- */

/* What is said once of a kernel, when a launch first asks for it. */
static void set_up(const driver *d, kernel *k, const hdt_launch_grid *g)
{
	if (g->dependent && !k->overlaps) {
		/* Neighbours overlap only where both want the memory divided alike. */
		(void)d->function_set(k->function, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 100);
		k->overlaps = true;
	}
	if (g->cluster[0] * g->cluster[1] * g->cluster[2] > 8 && !k->wide) {
		(void)d->function_set(k->function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1);
		k->wide = true;
	}
}

static unsigned attributes(const hdt_launch_grid *g, const hdt_target_info *info, CUlaunchAttribute out[3])
{
	unsigned n = 0;
	if (g->cluster[0] * g->cluster[1] * g->cluster[2] > 1) {
		out[n] = (CUlaunchAttribute){.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION};
		out[n].value.clusterDim.x = (unsigned)g->cluster[0];
		out[n].value.clusterDim.y = (unsigned)g->cluster[1];
		out[n++].value.clusterDim.z = (unsigned)g->cluster[2];
	}
	if (g->cooperative) {
		out[n] = (CUlaunchAttribute){.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE};
		out[n++].value.cooperative = 1;
	}
	if (g->dependent && info->architecture >= 90) { /* before, it waits as all others do */
		out[n] = (CUlaunchAttribute){.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION};
		out[n++].value.programmaticStreamSerializationAllowed = 1;
	}
	return n;
}

static hdt_status refused(const hdt_device *device, const hdt_launch *l, int index, CUresult error, hdt_fault *fault)
{
	const kernel *k = l->function;
	char doing[128];
	if (error == CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "the %" PRId64 " blocks of a cooperative kernel do not all fit on the device at once",
		                   l->grid->grid[0] * l->grid->grid[1] * l->grid->grid[2]);
	if (error == CUDA_ERROR_INVALID_CLUSTER_SIZE)
		return launch_fail(fault, index, HDT_BAD_TARGET, "clusters of %" PRId64 " blocks do not fit on the device",
		                   l->grid->cluster[0] * l->grid->cluster[1] * l->grid->cluster[2]);
	snprintf(doing, sizeof doing, "launching %s", k->name);
	return driver_fail(device, fault, index, error, doing);
}

hdt_status launch_start(hdt_device *device, const hdt_launch *launch, int index, hdt_fault *fault)
{
	const hdt_launch_grid *g = launch->grid;
	kernel *k = launch->function;
	if (g->grid[0] == 0 || g->grid[1] == 0 || g->grid[2] == 0)
		return HDT_OK;
	hdt_status status = check_extents(g, &device->info, index, fault);
	if (status == HDT_OK)
		status = check_kernel(g, k, &device->info, index, fault);
	if (status == HDT_OK)
		status = gather(device, launch, &index, fault);
	if (status != HDT_OK)
		return status;
	set_up(device->driver, k, g);
	CUlaunchAttribute list[3];
	CUlaunchConfig config = {
		.gridDimX = (unsigned)g->grid[0],
		.gridDimY = (unsigned)g->grid[1],
		.gridDimZ = (unsigned)g->grid[2],
		.blockDimX = (unsigned)g->block[0],
		.blockDimY = (unsigned)g->block[1],
		.blockDimZ = (unsigned)g->block[2],
		.sharedMemBytes = (unsigned)g->shared_bytes,
		.hStream = device->stream,
		.attrs = list,
		.numAttrs = attributes(g, &device->info, list),
	};
	CUresult result = device->driver->launch(&config, k->function, device->room.parameters, NULL);
	return result == CUDA_SUCCESS ? HDT_OK : refused(device, launch, index, result, fault);
}
