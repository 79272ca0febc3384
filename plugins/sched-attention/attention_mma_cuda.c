/* attention_mma_cuda.c: the template attention-mma: which tasks it takes, what there is to choose, what a choice costs; and the kernel's frame. See
 * attention_mma.h for its parts. */
#include "attention_mma.h"

enum { SHARED_MOST = 227 * 1024, PROCESSORS = 132, LEAST_ARCHITECTURE = 80, SCHEDULER_RANK = 20, SHORT_LIST = 10 };

/* ---- the task ---- */

/* Casts that lose nothing. */
static const hdt_expr *without_widening(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST && e->dtype == HDT_F32 && hdt_dtype_of((hdt_dtype)e->args[0]->dtype)->bytes == 2)
		e = e->args[0];
	return e;
}

static int64_t rounded_up(int64_t a, int64_t to)
{
	return (a + to - 1) / to * to;
}

static bool init_factor(factor *o, const hdt_expr *value, const hdt_expr *row, const hdt_expr *column)
{
	*o = (factor){.value = without_widening(value), .row = row, .column = column};
	if (!attention_extent(column, MOST_WIDE, &o->columns))
		return false;
	o->padded = rounded_up(o->columns, 2 * MMA_COLUMNS);
	return true;
}

static bool is_empty(const attention *a)
{
	int64_t extent;
	for (int d = 0; d < a->output->rank; d++)
		if (hdt_is_const(a->output->shape[d], &extent) && extent == 0)
			return true;
	return false;
}

static bool find(const hdt_task *task, const hdt_target_info *target, heads *h, const char **reason)
{
	const hdt_expr *extents[HDT_MAX_RANK];
	attention *a = &h->a;
	*h = (heads){.context = task->context};
	*reason = "the device has no mma.m16n8k16";
	if (target->architecture < LEAST_ARCHITECTURE || !attention_find(task, a, reason))
		return false;
	*reason = "a head has no constant number of columns, or too many";
	if (!init_factor(&h->q, a->q, a->query, a->depth) || !init_factor(&h->k, a->k, a->key, a->depth) ||
	    !init_factor(&h->v, a->v, a->key, a->width))
		return false;
	h->dtype = (hdt_dtype)h->q.value->dtype;
	*reason = "its factors are not of one 16-bit dtype";
	if ((h->dtype != HDT_F16 && h->dtype != HDT_BF16) || h->k.value->dtype != h->dtype || h->v.value->dtype != h->dtype)
		return false;
	*reason = "its sums are not taken in f32";
	if (a->real != HDT_F32)
		return false;
	*reason = "it has no elements";
	if (is_empty(a))
		return false;
	for (int d = 0; d < a->batch_count; d++)
		extents[d] = a->batch[d]->args[0];
	h->batch = hdt_product(h->context, (hdt_list){extents, a->batch_count});
	h->queries = a->query->args[0];
	h->keys = a->key->args[0];
	factor_choose_way(&h->q, h->dtype);
	factor_choose_way(&h->k, h->dtype);
	factor_choose_way(&h->v, h->dtype);
	*reason = "a fault";
	return hdt_context_status(h->context) == HDT_OK;
}

/* ---- choices ---- */

static int64_t shared_bytes(const heads *h, const flash_choice *how)
{
	int64_t pad = 8, slot = how->keys * (h->k.padded + h->v.padded + 2 * pad);
	return (flash_rows(how) * (h->q.padded + pad) + how->stages * slot) * 2 + 1024; /* and what aligning them takes */
}

/* Registers of a lane: sums, scores and weights, the queries that it keeps, and some more. */
static int64_t registers(const heads *h, const flash_choice *how)
{
	int64_t kept = how->down * h->q.padded / MMA_DEPTH;
	int64_t scores = how->down * how->keys / 2, weights = how->down * how->keys / 4;
	return how->down * h->v.padded / 2 + scores + weights + (kept > MOST_KEPT ? how->down : kept) * 4 + 48;
}

static bool is_possible(const heads *h, const hdt_target_info *target, const flash_choice *how)
{
	int64_t most = target->shared_bytes_asked < SHARED_MOST ? target->shared_bytes_asked : SHARED_MOST;
	return how->warps >= 1 && how->warps <= 8 && (how->down == 1 || how->down == 2) && how->keys % MMA_DEPTH == 0 &&
	       how->stages >= 1 && how->stages <= 4 && shared_bytes(h, how) <= most && registers(h, how) <= 250;
}

/* Nanoseconds, and what a processor of an H100 does in one: fitted to the measured times of all choices for the tasks of bench/tasks/attention.hds.
 * An estimate is off by 18 % (root mean square), and the choices made by it take up to 13 % longer than the fastest ones. */
enum {
	LAUNCH = 3100,   /* of a kernel behind another, with what a block does once */
	BEGIN = 250,     /* of each further wave of blocks */
	TILE = 140,      /* threads wait for each other behind each tile, */
	UNHIDDEN = 290,  /* and for the next one when there is no room to bring it ahead */
	PRODUCTS = 1550, /* multiply-adds of a processor that has enough warps, */
	SCORES = 9,      /* and scores that become weights */
	ALONE = 210,     /* multiply-adds of one warp, with the softmax between both products */
	COPY = 2,        /* nanoseconds that a lane takes to start a copy */
	TAKEN = 40,      /* bytes that a processor takes in */
	SLOWER = 16      /* what is computed takes so many times as long as what is copied, at least */
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Nanoseconds for the bytes of so many rows. */
static double bring_time(const factor *o, double rows)
{
	return rows * (double)o->columns * 2 / TAKEN * (o->copied ? 8.0 / (double)o->vector : SLOWER);
}

/* Nanoseconds that a warp takes for a tile if it waits for nobody. */
static double warp_time(const heads *h, const flash_choice *how)
{
	double scores = (double)(how->down * MMA_ROWS * how->keys), threads = (double)(how->warps * LANES);
	double pieces = (double)(how->keys * h->k.padded / h->k.vector + how->keys * h->v.padded / h->v.vector);
	return scores * (double)(h->q.padded + h->v.padded) / ALONE + pieces / threads * COPY;
}

/* Microseconds. A causal mask spares half of the tiles of long sequences. */
static double cost_of(const heads *h, const flash_choice *how)
{
	double queries = (double)hdt_size_estimate(h->queries), keys = (double)hdt_size_estimate(h->keys);
	double rows = (double)flash_rows(how), blocks = hdt_pieces(queries, rows) * (double)hdt_size_estimate(h->batch);
	double tiles = hdt_pieces(keys, (double)how->keys);
	if (h->a.causal)
		tiles = larger(1, (tiles + 1) / 2);
	double room = (double)(SHARED_MOST / shared_bytes(h, how)), mine = hdt_pieces(blocks, PROCESSORS);
	double registers_room = 65536.0 / (double)(registers(h, how) * how->warps * LANES);
	room = larger(1, room < registers_room ? room : registers_room);
	double together = mine < room ? mine : room;
	double products = rows * (double)how->keys * (double)(h->q.padded + h->v.padded) * together;
	double bring = (bring_time(&h->k, (double)how->keys) + bring_time(&h->v, (double)how->keys)) * together;
	double scores = rows * (double)how->keys * together / SCORES;
	double tile = TILE + larger(larger(products / PRODUCTS + scores, warp_time(h, how)), bring);
	if (how->stages == 1)
		tile += UNHIDDEN;
	return (LAUNCH + hdt_pieces(mine, together) * (BEGIN + bring_time(&h->q, rows) + tiles * tile)) / 1000;
}

static void rank_choices(const heads *h, const hdt_target_info *target, hdt_ranking *out)
{
	static const int warps[] = {4, 2, 1, 8}, keys[] = {64, 32, 128};
	for (int w = 0; w < 4; w++)
		for (int down = 1; down <= 2; down++)
			for (int k = 0; k < 3; k++)
				for (int stages = 2; stages >= 1; stages--) {
					const flash_choice how = {warps[w], down, keys[k], stages};
					if (is_possible(h, target, &how))
						hdt_ranking_add(out, (hdt_choice){{how.warps, how.down, how.keys, how.stages}},
						                cost_of(h, &how));
				}
}

/* ---- the kernel ---- */

/* Which head and queries the block has, those with the most keys first, and how many tiles of keys they look at. */
static bool place_block(flash *m)
{
	hdt_function *f = m->function;
	const heads *h = m->h;
	const hdt_expr *extents[HDT_MAX_RANK], *rows = flash_number(m, flash_rows(&m->how));
	const hdt_expr *row_tiles = hdt_ceildiv(h->queries, rows), *block = f->block_at[0];
	m->thread = f->thread_at[0];
	m->lane = hdt_let(f, "lane", hdt_mod(m->thread, flash_number(m, LANES)));
	m->warp_row =
		hdt_let(f, "warp_row",
	            hdt_mul(hdt_floordiv(m->thread, flash_number(m, LANES)), flash_number(m, m->how.down * MMA_ROWS)));
	const hdt_expr *later = hdt_floordiv(block, h->batch), *head = hdt_mod(block, h->batch);
	const hdt_expr *row_tile = h->a.causal ? hdt_sub(hdt_sub(row_tiles, flash_number(m, 1)), later) : later;
	m->first_row = hdt_let(f, "first_row", hdt_mul(row_tile, rows));
	for (int d = 0; d < h->a.batch_count; d++)
		extents[d] = h->a.batch[d]->args[0];
	hdt_list at = hdt_unflatten(m->context, (hdt_list){extents, h->a.batch_count}, head);
	for (int d = 0; d < h->a.batch_count && at.items; d++)
		m->batch[d] = at.items[d];
	const hdt_expr *seen = h->keys;
	if (h->a.causal)
		seen = hdt_min(seen, hdt_add(m->first_row, rows));
	m->tiles = hdt_let(f, "tiles", hdt_ceildiv(seen, flash_number(m, m->how.keys)));
	return hdt_context_status(m->context) == HDT_OK;
}

/* The tile's keys and values, if there is such a tile: one group of copies. */
static void bring_tile(const flash *m, const hdt_expr *tile, const hdt_expr *slot)
{
	const hdt_expr *first = hdt_mul(tile, flash_number(m, m->how.keys));
	hdt_begin_if(m->function, hdt_less(tile, m->tiles));
	factor_bring(m, &m->h->k, m->k_ring, slot, m->how.keys, first, m->h->keys);
	factor_bring(m, &m->h->v, m->v_ring, slot, m->how.keys, first, m->h->keys);
	hdt_end(m->function);
	hdt_do(m->function, "cp_async_commit_group", HDT_SCALAR);
}

/* Until the tile brought first of those on their way is there, for all threads. */
static void await(const flash *m)
{
	hdt_do(m->function, "cp_async_wait_group", HDT_AT(flash_number(m, m->how.stages > 1 ? m->how.stages - 2 : 0)));
	hdt_do(m->function, "syncthreads", HDT_SCALAR);
}

static void visit_tiles(flash *m)
{
	hdt_function *f = m->function;
	int64_t stages = m->how.stages, ahead = stages - 1;
	const hdt_expr *zero = flash_number(m, 0);
	factor_bring(m, &m->h->q, m->q_tile, NULL, flash_rows(&m->how), m->first_row, m->h->queries);
	for (int64_t early = 0; early < (ahead ? ahead : 1); early++)
		bring_tile(m, flash_number(m, early), flash_number(m, early));
	await(m);
	flash_begin(m);
	const hdt_expr *tile = hdt_begin_for(f, "tile", m->tiles, HDT_LOOP_SERIAL);
	if (ahead) {
		const hdt_expr *next = hdt_add(tile, flash_number(m, ahead)), *slots = flash_number(m, stages);
		bring_tile(m, next, hdt_mod(next, slots));
		flash_add_tile(m, tile, hdt_let(f, "slot", hdt_mod(tile, slots)));
		await(m);
	} else {
		flash_add_tile(m, tile, zero);
		hdt_do(f, "syncthreads", HDT_SCALAR);
		bring_tile(m, hdt_add(tile, flash_number(m, 1)), zero);
		await(m);
	}
	hdt_end(f);
	hdt_do(f, "cp_async_wait_all", HDT_SCALAR);
}

static hdt_program *build(const heads *h, const flash_choice *how)
{
	const hdt_task *task = h->a.task;
	flash m = {.h = h, .how = *how, .context = h->context};
	hdt_program *program = hdt_program_new(h->context, task->name);
	hdt_program_bind(program, task);
	hdt_function *f = m.function = hdt_function_new(program, "attention", HDT_FUNCTION_CUDA);
	if (!f || hdt_context_status(h->context) != HDT_OK)
		return NULL;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			(void)hdt_use(f, task->inputs[i]);
	(void)hdt_use(f, task->outputs[0]);
	const hdt_expr *row_tiles = hdt_ceildiv(h->queries, flash_number(&m, flash_rows(how)));
	hdt_function_grid(f, HDT_AT(hdt_mul(row_tiles, h->batch)), HDT_AT(flash_number(&m, how->warps * LANES)));
	if (!place_block(&m))
		return NULL;
	m.q_tile = factor_ring(&m, &h->q, "q_tile", 0, flash_rows(how));
	m.k_ring = factor_ring(&m, &h->k, "k_ring", how->stages, how->keys);
	m.v_ring = factor_ring(&m, &h->v, "v_ring", how->stages, how->keys);
	visit_tiles(&m);
	flash_store(&m);
	return hdt_context_status(h->context) == HDT_OK ? program : NULL;
}

/* ---- scheduler ---- */

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	heads h;
	hdt_choice best;
	hdt_ranking one;
	hdt_answer answer = {0};
	if (!find(task, target, &h, &answer.reason))
		return answer;
	hdt_ranking_begin(&one, 0, 1, &best, 1);
	rank_choices(&h, target, &one);
	if (one.count == 0)
		return (hdt_answer){.reason = "no tile fits the device"};
	return (hdt_answer){.applies = true, .cost_us = one.costs[0]};
}

static bool keeps(const hdt_task *task, const hdt_target_info *target)
{
	return query(task, target).applies;
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	heads h;
	hdt_ranking best;
	const char *reason;
	if (!find(task, target, &h, &reason))
		return 0;
	hdt_ranking_begin(&best, level, SHORT_LIST, out, most);
	rank_choices(&h, target, &best);
	return best.count;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	heads h;
	const char *reason;
	const int64_t *v = choice->values;
	const flash_choice how = {v[0], v[1], v[2], v[3]};
	if (!find(task, target, &h, &reason) || !is_possible(&h, target, &how)) {
		hdt_fail(task->context, HDT_INTERNAL, "attention-mma has no such choice for '%s'", task->name);
		return NULL;
	}
	return build(&h, &how);
}

const hdt_scheduler hdt_scheduler_attention_mma = {
	.size = sizeof(hdt_scheduler),
	.name = "attention-mma",
	.doc = "attention of f16 or bf16 in one kernel, by the matrix instructions of warps",
	.kind = HDT_FUNCTION_CUDA,
	.rank = SCHEDULER_RANK,
	.query = query,
	.params = (const char *const[]){"warps", "down", "keys", "stages", NULL},
	.space = space,
	.build_choice = build_choice,
	.keeps = keeps,
	.samples =
		(const char *const[]){
			"aligned batched: attention(f16[2, 2, 64, 32], f16[2, 2, 64, 32], f16[2, 2, 64, 32])",
			"unaligned: attention(bf16[1, 2, 37, 24], bf16[1, 2, 51, 24], bf16[1, 2, 51, 40])",
			"tiny: attention(f16[1, 1, 16], f16[1, 1, 16], f16[1, 1, 16])",
			"symbolic: attention(f16[2, n, 32], f16[2, m, 32], f16[2, m, 32], causal=true) where n = 45, m = 70",
			"batched: attention(f16[1, 4, 40, 32], f16[1, 2, 50, 32], f16[1, 2, 50, 32], bool[40, 50])",
			"unaligned: attention(f16[2, 19, 40], f16[2, 33, 40], f16[2, 33, 40], f16[19, 33])",
			NULL,
		},
};
