/* launch.c: the launches of a run: checks what a launch asks for, and runs the sets of blocks of its grid one after
 * the other. */
#include "target.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(sim_set *set, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);
static bool refuse(sim_set *set, hdt_status status, const char *format, ...)
{
	hdt_fault *fault = set->fault;
	va_list arguments;
	fault->status = status;
	int at = snprintf(fault->message, sizeof fault->message, "@%s: ", set->function->source->name);
	va_start(arguments, format);
	if (at > 0 && (size_t)at < sizeof fault->message)
		vsnprintf(fault->message + at, sizeof fault->message - (size_t)at, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- what is asked for ---- */

static const char letters[] = "xyz";

/* That a block takes on a device. */
static int64_t shared_bytes(const sim_set *set)
{
	return set->function->static_bytes + set->launch->grid->shared_bytes;
}

/* How many blocks the device holds at once, by their threads and shared memory. */
static int64_t most_resident(const sim_set *set, int64_t threads)
{
	enum { THREADS_OF_A_PROCESSOR = 2048, BLOCKS_OF_A_PROCESSOR = 32, RESERVED_BYTES = 1024 };
	const hdt_target_info *info = &set->device->info;
	int64_t slots = (threads + SIM_LANES - 1) / SIM_LANES * SIM_LANES, shared = shared_bytes(set) + RESERVED_BYTES;
	int64_t by_threads = THREADS_OF_A_PROCESSOR / slots,
			by_shared = (info->shared_bytes_asked + RESERVED_BYTES) / shared;
	int64_t most = by_threads < by_shared ? by_threads : by_shared;
	most = most < BLOCKS_OF_A_PROCESSOR ? most : BLOCKS_OF_A_PROCESSOR;
	return most * info->processors < MOST_THREADS / slots ? most * info->processors : MOST_THREADS / slots;
}

static bool check_grid(sim_set *set)
{
	const hdt_launch_grid *g = set->launch->grid;
	const hdt_target_info *info = &set->device->info;
	int64_t threads = 1, blocks = 1, cluster = 1, made_for;
	for (int d = 0; d < 3; d++) {
		if (g->grid[d] < 0 || g->grid[d] > info->grid[d])
			return refuse(set, HDT_BAD_INPUT, "the grid's %c extent %" PRId64 " is not in 0..%" PRId64, letters[d],
			              g->grid[d], info->grid[d]);
		if (g->block[d] < 1 || g->block[d] > info->block[d])
			return refuse(set, HDT_BAD_INPUT, "the block's %c extent %" PRId64 " is not in 1..%" PRId64, letters[d],
			              g->block[d], info->block[d]);
		if (hdt_is_const(set->function->source->block[d], &made_for) && made_for != g->block[d])
			return refuse(set, HDT_INTERNAL, "launched with a block of %" PRId64 " threads in %c, made for %" PRId64,
			              g->block[d], letters[d], made_for);
		if (g->cluster[d] < 1 || g->grid[d] % g->cluster[d])
			return refuse(set, HDT_BAD_INPUT,
			              "the grid's %c extent %" PRId64 " is no multiple of the cluster's, %" PRId64, letters[d],
			              g->grid[d], g->cluster[d]);
		threads *= g->block[d];
		cluster *= g->cluster[d];
		blocks = blocks > INT32_MAX ? blocks : blocks * g->grid[d];
	}
	if (threads > info->threads_per_block)
		return refuse(set, HDT_BAD_INPUT, "a block of %" PRId64 " threads, at most %d are possible", threads,
		              info->threads_per_block);
	if (cluster > (info->cluster_blocks ? info->cluster_blocks : 1))
		return refuse(set, HDT_BAD_INPUT, "a cluster of %" PRId64 " blocks, at most %d are possible", cluster,
		              info->cluster_blocks);
	int64_t resident = g->cooperative ? blocks : cluster;
	if (resident > most_resident(set, threads))
		return refuse(set, HDT_BAD_INPUT, "%s of %" PRId64 " blocks is more than the device holds at once, %" PRId64,
		              g->cooperative ? "a cooperative grid" : "a cluster", resident, most_resident(set, threads));
	set->block_count = (int)resident;
	set->cluster_count = (int)cluster;
	return true;
}

static bool check_arguments(sim_set *set)
{
	const sim_function *f = set->function;
	const hdt_launch *l = set->launch;
	if (l->buffer_count != f->source->parameter_count || l->symbol_count != f->source->program->symbol_count ||
	    l->scalar_count != f->source->scalar_count || l->map_count != f->map_count)
		return refuse(set, HDT_INTERNAL,
		              "launched with %d buffers, %d symbols, %d scalars and %d maps; it takes %d, %d, %d and %d",
		              l->buffer_count, l->symbol_count, l->scalar_count, l->map_count, f->source->parameter_count,
		              f->source->program->symbol_count, f->source->scalar_count, f->map_count);
	int64_t most = set->device->info.shared_bytes_asked;
	if (shared_bytes(set) > most)
		return refuse(set, HDT_BAD_TARGET, "%" PRId64 " bytes of shared memory, a block has %" PRId64,
		              shared_bytes(set), most);
	return true;
}

/* ---- buffers ---- */

static region *region_of(const sim_set *set, int index)
{
	const void *address = set->launch->buffers[index];
	return address ? regions_find(&set->device->regions, address) : NULL;
}

static bool bind_buffer(sim_set *set, int index)
{
	const hdt_launch *l = set->launch;
	const sim_buffer *b = &set->function->parameters[index];
	unsigned char *address = l->buffers[index];
	int64_t bytes = l->buffer_bytes ? l->buffer_bytes[index] : -1;
	region *r = region_of(set, index);
	set->globals[index] = (memory){.granule = b->bytes, .epoch = set->launch_start, .global = true};
	if (!address || bytes == 0)
		return bytes <= 0 || refuse(set, HDT_BAD_INPUT, "%s has no memory", b->name);
	int64_t offset = r ? address - r->memory.data : 0;
	if (!r || bytes > r->memory.bytes - offset)
		return refuse(set, HDT_BAD_INPUT, "%s is not memory of this device, or larger than its allocation", b->name);
	if (offset % b->bytes)
		return refuse(set, HDT_BAD_INPUT, "%s is misaligned", b->name);
	set->globals[index] = (memory){.data = address,
	                               .written = r->memory.written + offset,
	                               .cells = r->memory.cells + (offset >> r->memory.shift),
	                               .granule = r->memory.granule,
	                               .shift = r->memory.shift,
	                               .bytes = bytes < 0 ? r->memory.bytes - offset : bytes,
	                               .epoch = set->launch_start,
	                               .global = true};
	return true;
}

static bool bind_buffers(sim_set *set)
{
	const sim_function *f = set->function;
	int count = f->source->parameter_count;
	set->globals = calloc((size_t)count + 1, sizeof *set->globals);
	if (!set->globals)
		return refuse(set, HDT_OUT_OF_MEMORY, "out of memory");
	/* All of them before one is bound: a smaller element makes the cells anew. */
	for (int i = 0; i < count; i++) {
		region *r = region_of(set, i);
		if (r && !region_prepare(r, f->parameters[i].bytes))
			return refuse(set, HDT_OUT_OF_MEMORY, "out of memory for what is known of %" PRId64 " bytes",
			              r->memory.bytes);
	}
	for (int i = 0; i < count; i++)
		if (!bind_buffer(set, i))
			return false;
	return true;
}

/* ---- the grid ---- */

static bool run_grid(sim_set *set)
{
	const hdt_launch_grid *g = set->launch->grid;
	int64_t at[3], first[3] = {0};
	if (g->cooperative)
		return set_run(set, first);
	for (at[2] = 0; at[2] < g->grid[2]; at[2] += g->cluster[2])
		for (at[1] = 0; at[1] < g->grid[1]; at[1] += g->cluster[1])
			for (at[0] = 0; at[0] < g->grid[0]; at[0] += g->cluster[0])
				if (!set_run(set, at))
					return false;
	return true;
}

/* Stamps have 32 bits. What older ones told is of earlier launches, which come before the next one anyway. */
static void restart_time(hdt_device *device)
{
	for (int i = 0; i < device->regions.count; i++)
		region_forget(device->regions.items[i]);
	device->now = 1;
}

static bool run_launch(hdt_device *device, const hdt_launch *launch, hdt_fault *fault)
{
	const stamp late = UINT32_C(1) << 31;
	const hdt_launch_grid *g = launch->grid;
	if (device->now >= late)
		restart_time(device);
	sim_set set = {.device = device, .function = launch->function, .launch = launch, .fault = fault};
	set.launch_start = ++device->now;
	if (!check_grid(&set))
		return false;
	if (g->grid[0] == 0 || g->grid[1] == 0 || g->grid[2] == 0)
		return true;
	bool ok = check_arguments(&set) && bind_buffers(&set) && set_init(&set) && run_grid(&set);
	set_fini(&set);
	clocks_fini(&set.global_clocks);
	free(set.foreign);
	free(set.globals);
	return ok;
}

hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	for (int i = 0; i < count; i++) {
		if (run_launch(device, &launches[i], fault))
			continue;
		fault->launch = i;
		return fault->status == HDT_OK ? fault->status = HDT_INTERNAL : fault->status;
	}
	return HDT_OK;
}
