/* intrinsics_warpgroup.c: wgmma: products by four warps, each of which computes its 16 of the 64 rows.
 *
 * A product is computed when a warp issues it, but ends only when all four have issued it and someone waits: until
 * then the tiles that it reads are in flight, and its accumulators count as unwritten to all but further products.
 * Ended products are handed on by a clock of the warpgroup, so that any thread that has waited may give the tiles
 * free. */
#include "intrinsics.h"

#include "fragments.h"
#include "machine.h"
#include "pending.h"
#include "tile.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	WARPS = 4,
	MOST_GROUPS = 8,
	MOST_STARTED = 256, /* products of a warpgroup that not all have waited for */
	ROWS_OF_WARP = 16,
	MOST_COLUMNS = 256,
	MOST_DEPTH = 32,
	CLOCK_ADDRESS = 0xfff000, /* beyond all shared memory */
};

typedef struct product {
	uint8_t issued, waited; /* by these warps */
	bool ended;
	tile_range a, b;
} product;

typedef struct warpgroup {
	product products[MOST_STARTED]; /* the ring of those with numbers first .. */
	int64_t first;
	int64_t issued[WARPS]; /* how many each warp has */
} warpgroup;

/* A warp's own: its accumulators in flight by groups, with `from` their address and `to` the product's number. */
typedef struct own {
	pending accumulators;
	bool fenced;
} own;

/* What a call asks for: "wgmma_m64n128k16_f16_registers". */
typedef struct request {
	int columns, depth, size;
	hdt_dtype dtype; /* of a and b */
	bool a_in_registers, accumulate, transpose_a, transpose_b;
	uint64_t a, b; /* descriptors */
} request;

static own *own_of(sim_warp *w)
{
	static const char key;
	return sim_warp_state(w, &key, sizeof(own));
}

static warpgroup *group_of(sim_warp *w)
{
	static const char key;
	warpgroup *all = sim_block_state(w, w->block, &key, MOST_GROUPS * sizeof(warpgroup));
	return all ? &all[w->index / WARPS] : NULL;
}

static product *product_at(warpgroup *g, int64_t number)
{
	return &g->products[number % MOST_STARTED];
}

static uint8_t bit_of(const sim_warp *w)
{
	return (uint8_t)(1u << w->index % WARPS);
}

/* ---- the call ---- */

/* The operand's value, which is the same in all lanes. */
static bool uniform(sim_warp *w, const sim_call *call, int operand, uint64_t *value)
{
	const sim_lanes *lanes = call->operands[operand].value;
	*value = lanes->u[0];
	for (int l = 1; l < SIM_LANES; l++)
		if (lanes->u[l] != *value) {
			sim_fault(w, l, "operand %d of %s differs between the lanes of the warp", operand, call->name);
			return false;
		}
	return true;
}

static bool read_request(sim_warp *w, const sim_call *call, request *r)
{
	static const struct {
		const char *word;
		hdt_dtype dtype;
	} types[] = {{"_bf16", HDT_BF16}, {"_f16", HDT_F16}, {"_tf32", HDT_F32}, {"_i8", HDT_I8}};
	uint64_t values[6] = {0};
	*r = (request){.a_in_registers = strstr(call->name, "_registers") != NULL};
	sscanf(call->name, "wgmma_m64n%dk%d", &r->columns, &r->depth);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strstr(call->name, types[i].word))
			r->dtype = types[i].dtype;
	for (int i = 1; i < call->count; i++)
		if (!(i == 1 && r->a_in_registers) && !uniform(w, call, i, &values[i]))
			return false;
	r->size = hdt_dtype_of(r->dtype)->bytes;
	r->a = values[1];
	r->b = values[2];
	r->accumulate = values[3];
	r->transpose_a = !r->a_in_registers && values[4];
	r->transpose_b = values[r->a_in_registers ? 4 : 5];
	return true;
}

/* ---- accumulators ---- */

/* They lie at the same place in all lanes: elements `at` .. of a register buffer. */
typedef struct accumulators {
	const sim_buffer *buffer;
	uint64_t address;
	int64_t at;
	int count;
} accumulators;

static bool find_accumulators(sim_warp *w, const sim_call *call, int count, accumulators *d)
{
	*d = (accumulators){.buffer = call->operands[0].buffer, .count = count};
	if (!uniform(w, call, 0, &d->address))
		return false;
	d->at = (int64_t)(d->address & UINT32_MAX) / d->buffer->bytes;
	if (!(d->address & SIM_OUTSIDE) && d->at + count <= d->buffer->elements)
		return true;
	sim_fault(w, 0, "%s needs %d accumulators from the address on, which leaves the register buffer %s", call->name,
	          count, d->buffer->name);
	return false;
}

static unsigned char *element_at(const warp *w, const sim_buffer *b, int64_t element, int lane)
{
	return w->memory + (b->byte_offset + element * b->bytes) * SIM_LANES + lane * b->bytes;
}

static void mark_accumulators(warp *w, const sim_buffer *b, int64_t at, int64_t count, bool written)
{
	for (int64_t e = b->offset + at; e < b->offset + at + count; e++)
		w->written[e] = written ? w->written[e] | w->w.lanes : w->written[e] & ~w->w.lanes;
}

/* Is the element of a product that has not ended? */
static bool is_in_flight(const pending *p, uint64_t element)
{
	for (int i = 0; i < p->count; i++) {
		const pending_copy *c = pending_at(p, i);
		if (element >= c->from && element < c->from + (uint64_t)c->from_bytes)
			return true;
	}
	return false;
}

static bool check_accumulators(sim_warp *w, const sim_call *call, const accumulators *d, const pending *p)
{
	const warp *own_warp = (const warp *)w;
	for (int i = 0; i < d->count; i++) {
		uint32_t missing = w->lanes & ~own_warp->written[d->buffer->offset + d->at + i];
		if (!missing || is_in_flight(p, d->address + (uint64_t)(i * d->buffer->bytes)))
			continue;
		sim_fault(w, __builtin_ctz(missing), "%s adds to %s[%" PRId64 "], a register that was never written",
		          call->name, d->buffer->name, d->at + i);
		return false;
	}
	return true;
}

/* ---- operands ---- */

typedef struct operands {
	double a[ROWS_OF_WARP][MOST_DEPTH], b[MOST_COLUMNS][MOST_DEPTH];
	unsigned char bytes[MOST_COLUMNS][TILE_DEPTH_BYTES];
} operands;

static void take_rows(const request *r, const operands *o, int rows, double (*to)[MOST_DEPTH])
{
	for (int i = 0; i < rows; i++)
		for (int k = 0; k < r->depth; k++)
			to[i][k] = operand_value(o->bytes[i] + k * r->size, r->dtype);
}

static bool read_registers(sim_warp *w, const sim_call *call, const request *r, operands *o)
{
	int p = 4 / r->size, count = ROWS_OF_WARP * r->depth / SIM_LANES;
	for (int l = 0; l < SIM_LANES; l++) {
		unsigned char bytes[TILE_DEPTH_BYTES];
		if (!sim_read(w, l, &call->operands[1], 0, bytes, count * r->size, 1))
			return false;
		for (int i = 0; i < count; i++) {
			place at = place_of_a(l, i, p);
			o->a[at.row][at.column] = operand_value(bytes + i * r->size, r->dtype);
		}
	}
	return true;
}

static bool read_operands(sim_warp *w, const sim_call *call, const request *r, operands *o, product *started)
{
	if (r->a_in_registers) {
		if (!read_registers(w, call, r, o))
			return false;
	} else {
		if (!tile_read(w, r->a, r->transpose_a, r->size, w->index % WARPS * ROWS_OF_WARP, ROWS_OF_WARP, o->bytes,
		               &started->a))
			return false;
		take_rows(r, o, ROWS_OF_WARP, o->a);
	}
	if (!tile_read(w, r->b, r->transpose_b, r->size, 0, r->columns, o->bytes, &started->b))
		return false;
	take_rows(r, o, r->columns, o->b);
	return true;
}

/* ---- the product ---- */

static void multiply(warp *w, const request *r, const operands *o, const accumulators *d)
{
	hdt_dtype dtype = d->buffer->dtype;
	for (int i = 0; i < d->count; i++)
		for (int l = 0; l < SIM_LANES; l++) {
			place at = place_of_d(l, i);
			unsigned char *element = element_at(w, d->buffer, d->at + i, l);
			double sum = 0;
			for (int k = 0; k < r->depth; k++)
				sum += o->a[at.row][k] * o->b[at.column][k];
			if (!r->accumulate)
				memset(element, 0, (size_t)d->buffer->bytes);
			add_product(element, dtype, sum);
		}
}

/* The record of the product that this warp issues next. NULL after a fault. */
static product *start(sim_warp *w, const sim_call *call, warpgroup *g)
{
	int mine = w->index % WARPS;
	if ((w->index / WARPS + 1) * WARPS > sim_block_warps(w->block)) {
		sim_fault(w, 0, "%s is for four warps, and the block has none behind warp %d", call->name,
		          sim_block_warps(w->block) - 1);
		return NULL;
	}
	if (g->issued[mine] - g->first >= MOST_STARTED) {
		sim_fault(w, 0, "%d products were issued that not all four warps have waited for", MOST_STARTED);
		return NULL;
	}
	product *p = product_at(g, g->issued[mine]++);
	p->issued |= bit_of(w);
	return p;
}

static sim_status wgmma(sim_warp *w, const sim_call *call)
{
	request r;
	accumulators d;
	own *mine = own_of(w);
	warpgroup *g = group_of(w);
	static const char key;
	operands *o = sim_block_state(w, w->block, &key, sizeof *o);
	if (!mine || !g || !o || !read_request(w, call, &r) || !find_accumulators(w, call, r.columns / 2, &d))
		return SIM_FAULT;
	if (!mine->fenced)
		return sim_fault(w, 0, "%s without a wgmma_fence before it", call->name);
	if (r.accumulate && !check_accumulators(w, call, &d, &mine->accumulators))
		return SIM_FAULT;
	product *started = start(w, call, g);
	if (!started || !read_operands(w, call, &r, o, started))
		return SIM_FAULT;
	multiply((warp *)w, &r, o, &d);
	mark_accumulators((warp *)w, d.buffer, d.at, d.count, false);
	pending_copy flight = {
		.from = d.address, .from_bytes = d.count * d.buffer->bytes, .to = (uint64_t)(g->issued[w->index % WARPS] - 1)};
	return pending_add(w, &mine->accumulators, flight) ? SIM_DONE : SIM_FAULT;
}

/* ---- waiting ---- */

static sim_status wgmma_fence(sim_warp *w, const sim_call *call)
{
	own *mine = own_of(w);
	(void)call;
	if (!mine)
		return SIM_FAULT;
	mine->fenced = true;
	return SIM_DONE;
}

static sim_status commit(sim_warp *w, const sim_call *call)
{
	own *mine = own_of(w);
	(void)call;
	if (!mine)
		return SIM_FAULT;
	mine->accumulators.group++;
	return SIM_DONE;
}

static void end_range(sim_warp *w, sim_clock *clock, const tile_range *r)
{
	if (r->begin != r->end)
		sim_async_complete(w, clock, r->begin, (int)(r->end - r->begin));
}

/* This warp has waited for it: its accumulators are written, and its tiles read. */
static void end_product(sim_warp *w, warpgroup *g, sim_clock *clock, const pending_copy *flight)
{
	warp *whole = (warp *)w;
	product *p = product_at(g, (int64_t)flight->to);
	const sim_buffer *b = whole->set->function->registers[flight->from >> 32 & 0xffffff];
	mark_accumulators(whole, b, (int64_t)(flight->from & UINT32_MAX) / b->bytes, flight->from_bytes / b->bytes, true);
	if (!p->ended) {
		end_range(w, clock, &p->a);
		end_range(w, clock, &p->b);
		p->ended = true;
	}
	p->waited |= bit_of(w);
	while (product_at(g, g->first)->waited == (1 << WARPS) - 1)
		*product_at(g, g->first++) = (product){0};
}

static sim_status wait_group(sim_warp *w, const sim_call *call)
{
	own *mine = own_of(w);
	warpgroup *g = group_of(w);
	uint64_t key =
		SIM_SHARED | (uint64_t)sim_cluster_rank(w->block) << 24 | (uint64_t)(CLOCK_ADDRESS + w->index / WARPS * 16);
	sim_clock *clock = mine && g ? sim_clock_at(w, key) : NULL;
	int64_t groups = call->operands[0].value->i[0];
	if (!clock)
		return SIM_FAULT;
	if (groups < 0)
		return sim_fault(w, 0, "%s takes a number of groups, not %" PRId64, call->name, groups);
	int ended = pending_ended(&mine->accumulators, groups);
	for (int i = 0; i < ended; i++)
		if (product_at(g, (int64_t)pending_at(&mine->accumulators, i)->to)->issued != (1 << WARPS) - 1)
			return SIM_WAIT;
	for (int i = 0; i < ended; i++)
		end_product(w, g, clock, pending_at(&mine->accumulators, i));
	pending_drop(&mine->accumulators, ended);
	/* What further products write is still not for anyone else. */
	for (int i = 0; i < mine->accumulators.count; i++) {
		const pending_copy *c = pending_at(&mine->accumulators, i);
		const sim_buffer *b = ((warp *)w)->set->function->registers[c->from >> 32 & 0xffffff];
		mark_accumulators((warp *)w, b, (int64_t)(c->from & UINT32_MAX) / b->bytes, c->from_bytes / b->bytes, false);
	}
	return sim_acquire(w, w->active, clock) ? SIM_DONE : SIM_FAULT;
}

/* For the compiler only. */
static sim_status fence_registers(sim_warp *w, const sim_call *call)
{
	(void)w;
	(void)call;
	return SIM_DONE;
}

static sim_status descriptor(sim_warp *w, const sim_call *call)
{
	SIM_FOR_LANES (l, w->active)
		call->result->u[l] = tile_descriptor(call->operands[0].value->u[l], call->operands[1].value->i[l],
		                                     call->operands[2].value->i[l], call->operands[3].value->i[l]);
	return SIM_DONE;
}

const sim_intrinsic sim_warpgroup_intrinsics[] = {
	{"wgmma_fence", wgmma_fence},
	{"wgmma_commit_group", commit},
	{"wgmma_wait_group", wait_group},
	{"wgmma_fence_registers", fence_registers},
	{"wgmma_descriptor", descriptor},
#define HDT_WGMMA_SIZE(n, count, i8)                                                        \
	{"wgmma_m64n" #n "k16_f16", wgmma}, {"wgmma_m64n" #n "k16_f16_registers", wgmma},       \
		{"wgmma_m64n" #n "k16_bf16", wgmma}, {"wgmma_m64n" #n "k16_bf16_registers", wgmma}, \
		{"wgmma_m64n" #n "k8_tf32", wgmma}, {"wgmma_m64n" #n "k32_i8", wgmma},
#include <hidet/cuda_wgmma_sizes.def>
	{NULL, NULL},
};
