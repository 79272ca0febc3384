/* set.c: blocks that are resident together: a block, the blocks of a cluster, or all of a cooperative grid. Their
 * warps run in turns, each until it has to wait; when none of them can go on, that is a fault. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values that stand in registers before the first step ---- */

static void put(warp *w, reg at, hdt_dtype dtype, const void *value)
{
	sim_load_element((sim_lanes *)(w->registers + at), 0, dtype, value);
}

static void put_integer(warp *w, reg at, int64_t value)
{
	((sim_lanes *)(w->registers + at))->i[0] = value;
}

static void put_constants(warp *w, const sim_function *f)
{
	for (int i = 0; i < f->constant_count; i++) {
		const constant *c = &f->constants[i];
		sim_lanes *to = (sim_lanes *)(w->registers + c->to);
		if (c->dtype == HDT_F64)
			to->d[0] = c->real;
		else if (hdt_is_float(c->dtype))
			to->f[0] = (float)c->real;
		else
			to->i[0] = c->integer;
	}
}

static void put_launch(warp *w, const sim_function *f, const hdt_launch *launch)
{
	const int64_t *extent = launch->grid->block;
	for (int i = 0; i < launch->symbol_count; i++)
		put_integer(w, f->symbols[i], launch->symbols[i]);
	for (int i = 0; i < launch->scalar_count; i++)
		put(w, f->scalars[i], (hdt_dtype)f->source->scalars[i]->dtype, &launch->scalars[i]);
	for (int l = 0; l < SIM_LANES; l++) {
		int64_t thread = (int64_t)w->w.index * SIM_LANES + l;
		((sim_lanes *)(w->registers + f->thread_at[0]))->i[l] = thread % extent[0];
		((sim_lanes *)(w->registers + f->thread_at[1]))->i[l] = thread / extent[0] % extent[1];
		((sim_lanes *)(w->registers + f->thread_at[2]))->i[l] = thread / extent[0] / extent[1];
	}
}

/* ---- room ---- */

static bool warp_init(warp *w, sim_block *block, int index)
{
	const sim_function *f = block->set->function;
	int left = block->threads - index * SIM_LANES;
	w->w.block = block;
	w->w.index = index;
	w->w.lanes = left >= SIM_LANES ? UINT32_MAX : (UINT32_C(1) << left) - 1;
	w->set = block->set;
	w->first = (uint32_t)((block->rank * block->warp_count + index) * SIM_LANES);
	w->registers = calloc(1, f->register_bytes + sizeof(sim_lanes));
	w->memory = malloc((size_t)(f->thread_bytes + 1) * SIM_LANES);
	w->written = calloc((size_t)f->thread_elements + 1, sizeof *w->written);
	w->frames = malloc(MOST_FRAMES * sizeof *w->frames);
	if (!w->registers || !w->memory || !w->written || !w->frames)
		return false;
	put_constants(w, f);
	put_launch(w, f, block->set->launch);
	return true;
}

static bool shared_init(sim_block *block)
{
	const sim_function *f = block->set->function;
	size_t bytes = (size_t)f->shared_bytes, cells = 0;
	for (int i = 0; i < f->shared_count; i++)
		cells += (size_t)f->shared[i]->elements;
	memory *all = &block->shared;
	void *data = NULL;
	if (posix_memalign(&data, 1024, bytes + 1) != 0)
		return false;
	*all = (memory){.data = data,
	                .written = calloc(1, bytes + 1),
	                .cells = calloc(cells + 1, sizeof(cell)),
	                .bytes = (int64_t)bytes};
	block->buffers = calloc((size_t)f->shared_count + 1, sizeof *block->buffers);
	if (!all->written || !all->cells || !block->buffers)
		return false;
	cell *next = all->cells;
	for (int i = 0; i < f->shared_count; i++) {
		const sim_buffer *b = f->shared[i];
		block->buffers[i] = (memory){.data = all->data + b->offset,
		                             .written = all->written + b->offset,
		                             .cells = next,
		                             .granule = b->bytes,
		                             .shift = __builtin_ctz((unsigned)b->bytes),
		                             .bytes = b->elements * b->bytes};
		next += b->elements;
	}
	return true;
}

static bool block_init(sim_set *set, int rank)
{
	sim_block *block = &set->blocks[rank];
	const int64_t *extent = set->launch->grid->block;
	*block = (sim_block){.set = set, .rank = rank, .threads = (int)(extent[0] * extent[1] * extent[2])};
	block->warp_count = (block->threads + SIM_LANES - 1) / SIM_LANES;
	block->warps = calloc((size_t)block->warp_count, sizeof *block->warps);
	if (!block->warps || !shared_init(block))
		return false;
	for (int i = 0; i < block->warp_count; i++)
		if (!warp_init(&block->warps[i], block, i))
			return false;
	return true;
}

bool set_init(sim_set *set)
{
	const int64_t *extent = set->launch->grid->block;
	int64_t warps = (extent[0] * extent[1] * extent[2] + SIM_LANES - 1) / SIM_LANES;
	set->thread_slots = (int)(set->block_count * warps * SIM_LANES);
	set->blocks = calloc((size_t)set->block_count, sizeof *set->blocks);
	set->cluster_barriers = calloc((size_t)(set->block_count / set->cluster_count), sizeof *set->cluster_barriers);
	bool ok = set->blocks && set->cluster_barriers;
	for (int i = 0; i < set->block_count && ok; i++)
		ok = block_init(set, i);
	if (!ok) {
		set->fault->status = HDT_OUT_OF_MEMORY;
		snprintf(set->fault->message, sizeof set->fault->message, "out of memory: @%s needs %d blocks at once",
		         set->function->source->name, set->block_count);
	}
	return ok;
}

/* ---- what lives as long as the blocks ---- */

static void end_states(sim_set *set)
{
	for (allocation *a = set->allocations, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	set->allocations = NULL;
	clocks_fini(&set->shared_clocks);
	for (int b = 0; set->blocks && b < set->block_count; b++) {
		sim_block *block = &set->blocks[b];
		block->states = NULL;
		for (int i = 0; i < NAMED_BARRIERS; i++) {
			clock_fini(&block->barriers[i].clocks[0]);
			clock_fini(&block->barriers[i].clocks[1]);
			block->barriers[i] = (named_barrier){0};
		}
		for (int i = 0; block->warps && i < block->warp_count; i++)
			block->warps[i].states = NULL;
	}
	for (int i = 0; set->cluster_barriers && i < set->block_count / set->cluster_count; i++) {
		clock_fini(&set->cluster_barriers[i].clocks[0]);
		clock_fini(&set->cluster_barriers[i].clocks[1]);
		set->cluster_barriers[i] = (set_barrier){0};
	}
}

void set_fini(sim_set *set)
{
	end_states(set);
	for (int b = 0; set->blocks && b < set->block_count; b++) {
		sim_block *block = &set->blocks[b];
		for (int i = 0; block->warps && i < block->warp_count; i++) {
			warp *w = &block->warps[i];
			for (int l = 0; l < SIM_LANES; l++)
				seen_release(w->seen[l]);
			free(w->registers);
			free(w->memory);
			free(w->written);
			free(w->frames);
		}
		free(block->warps);
		free(block->buffers);
		free(block->shared.data);
		free(block->shared.written);
		free(block->shared.cells);
	}
	free(set->blocks);
	free(set->cluster_barriers);
}

void *sim_allocate(sim_warp *w, size_t bytes)
{
	sim_set *set = ((warp *)w)->set;
	allocation *a = bytes > SIZE_MAX / 2 ? NULL : calloc(1, sizeof *a + bytes);
	if (!a) {
		fault_memory((warp *)w);
		return NULL;
	}
	a->next = set->allocations;
	set->allocations = a;
	return a->memory;
}

static void *state_of(sim_warp *w, family_state **list, const void *key, size_t bytes)
{
	for (family_state *s = *list; s; s = s->next)
		if (s->key == key)
			return s->memory;
	family_state *s = sim_allocate(w, sizeof *s);
	void *fresh = s ? sim_allocate(w, bytes) : NULL;
	if (!fresh)
		return NULL;
	*s = (family_state){key, *list, fresh};
	*list = s;
	return fresh;
}

void *sim_warp_state(sim_warp *w, const void *key, size_t bytes)
{
	return state_of(w, &((warp *)w)->states, key, bytes);
}

void *sim_block_state(sim_warp *w, sim_block *block, const void *key, size_t bytes)
{
	return state_of(w, &block->states, key, bytes);
}

/* ---- from beginning to end ---- */

/* Blocks of a cluster are numbered x fastest, and so are clusters. */
static void place_block(sim_set *set, int rank, const int64_t first[3])
{
	const hdt_launch_grid *g = set->launch->grid;
	sim_block *block = &set->blocks[rank];
	int64_t in_cluster = rank % set->cluster_count, cluster = rank / set->cluster_count;
	for (int d = 0; d < 3; d++) {
		int64_t clusters = g->grid[d] / g->cluster[d];
		block->at[d] = first[d] + in_cluster % g->cluster[d] + cluster % clusters * g->cluster[d];
		in_cluster /= g->cluster[d];
		cluster /= clusters;
	}
}

static void block_begin(sim_set *set, sim_block *block)
{
	const sim_function *f = set->function;
	memset(block->shared.written, 0, (size_t)block->shared.bytes);
	for (int i = 0; i < f->shared_count; i++)
		block->buffers[i].epoch = set->start;
	for (int i = 0; i < block->warp_count; i++) {
		warp *w = &block->warps[i];
		memset(w->written, 0, (size_t)f->thread_elements * sizeof *w->written);
		for (int d = 0; d < 3; d++)
			put_integer(w, f->block_at[d], block->at[d]);
		order_forget(w);
		warp_begin(w);
	}
}

/* "warps 0..3 wait at syncthreads in line 12, warps 4..7 have ended" */
static void stuck_text(const sim_block *block, char *text, size_t size)
{
	size_t at = 0;
	text[0] = 0;
	for (int i = 0, j; i < block->warp_count && at < size; i = j) {
		const warp *w = &block->warps[i];
		for (j = i + 1; j < block->warp_count; j++)
			if (block->warps[j].phase != w->phase ||
			    (w->phase == WARP_WAITING && block->warps[j].waits_at != w->waits_at))
				break;
		at += (size_t)snprintf(text + at, size - at, j - i > 1 ? "%swarps %d..%d " : "%swarp %d ", i ? ", " : "", i,
		                       j - 1);
		if (at < size && w->phase == WARP_ENDED)
			at += (size_t)snprintf(text + at, size - at, j - i > 1 ? "have ended" : "has ended");
		else if (at < size)
			at += (size_t)snprintf(text + at, size - at, j - i > 1 ? "wait at %s in line %d" : "waits at %s in line %d",
			                       w->waits_at->call->intrinsic->name, w->w.line);
	}
}

static void fault_stuck(sim_set *set)
{
	char text[300];
	for (int b = 0; b < set->block_count; b++) {
		for (int i = 0; i < set->blocks[b].warp_count; i++) {
			warp *w = &set->blocks[b].warps[i];
			if (w->phase != WARP_WAITING)
				continue;
			stuck_text(&set->blocks[b], text, sizeof text);
			sim_fault(&w->w, __builtin_ctz(w->w.active), "divergent or incomplete barrier, nobody can go on: %s", text);
			return;
		}
	}
}

typedef struct round {
	bool progress;
	int left;
} round_result;

static bool run_round(sim_set *set, round_result *r)
{
	for (int b = 0; b < set->block_count; b++) {
		for (int i = 0; i < set->blocks[b].warp_count; i++) {
			warp *w = &set->blocks[b].warps[i];
			if (w->phase == WARP_ENDED)
				continue;
			bool waited = w->w.again;
			uint64_t calls = w->calls;
			warp_result result = warp_run(w);
			if (result == RAN_INTO_FAULT)
				return false;
			w->phase = result == RAN_TO_END ? WARP_ENDED : result == RAN_TO_WAIT ? WARP_WAITING : WARP_READY;
			r->left += w->phase != WARP_ENDED;
			r->progress = r->progress || result != RAN_TO_WAIT || !waited || w->calls != calls;
		}
	}
	return true;
}

static bool run_warps(sim_set *set)
{
	for (;;) {
		round_result r = {false, 0};
		if (!run_round(set, &r) || set->fault->status != HDT_OK)
			return false;
		if (!r.left)
			return true;
		if (!r.progress) {
			fault_stuck(set);
			return false;
		}
	}
}

bool set_run(sim_set *set, const int64_t first[3])
{
	set->start = ++set->device->now;
	set->foreign_count = 0;
	for (int b = 0; b < set->block_count; b++) {
		place_block(set, b, first);
		block_begin(set, &set->blocks[b]);
	}
	bool ok = run_warps(set);
	end_states(set);
	return ok;
}

/* ---- where a thread stands ---- */

int sim_block_warps(const sim_block *block)
{
	return block->warp_count;
}

int sim_block_threads(const sim_block *block)
{
	return block->threads;
}

int sim_cluster_rank(const sim_block *block)
{
	return block->rank % block->set->cluster_count;
}

int sim_cluster_size(const sim_block *block)
{
	return block->set->cluster_count;
}

sim_block *sim_cluster_block(const sim_block *block, int rank)
{
	if (rank < 0 || rank >= block->set->cluster_count)
		return NULL;
	return &block->set->blocks[block->rank / block->set->cluster_count * block->set->cluster_count + rank];
}
