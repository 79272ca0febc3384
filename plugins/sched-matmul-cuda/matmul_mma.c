/* matmul_mma.c: the template matmul-mma: which tasks it takes, what there is to choose, what a choice costs; and the kernel's frame.
 *
 * One kernel: a block for each tile of the result, or a cluster of blocks that share its sum. See mma.h for its parts. */
#include "choice.h"
#include "mma.h"

enum { SHARED_MOST = 227 * 1024, REGISTERS = 65536 };

static bool takes(hdt_dtype dtype)
{
	return dtype == HDT_F16 || dtype == HDT_BF16;
}

/* ---- choices ---- */

/* Tiles of a block and how its warps share them; the depth of a slice and the number of stages follow from the size of a slice. */
static const struct shape {
	int level; /* from which it is tried */
	int rows, columns, warps_down, warps_across;
} shapes[] = {
	{1, 128, 256, 2, 4}, {1, 256, 128, 4, 2}, {1, 128, 128, 2, 2}, {2, 128, 128, 2, 4}, {2, 128, 128, 4, 2},
	{1, 128, 64, 2, 2},  {2, 128, 64, 4, 2},  {1, 64, 128, 2, 2},  {2, 64, 128, 1, 4},  {1, 64, 64, 2, 2},
	{2, 64, 64, 1, 4},   {2, 64, 64, 4, 1},   {1, 64, 32, 2, 2},   {2, 64, 32, 4, 1},   {1, 32, 64, 1, 4},
	{2, 32, 64, 2, 2},   {1, 32, 32, 2, 2},   {1, 16, 64, 1, 4},   {2, 16, 128, 1, 4},  {2, 16, 32, 1, 2},
	{2, 256, 64, 4, 2},  {2, 64, 256, 1, 4},  {2, 32, 128, 1, 4},
};

static int64_t ring_bytes(const mma_choice *how)
{
	return how->stages * how->depth * (how->rows + how->columns) * 2;
}

static int64_t shared_bytes(const mma_choice *how)
{
	return ring_bytes(how) + mma_store_bytes(how) + 2048; /* and what aligning them takes */
}

static int64_t threads_of(const mma_choice *how)
{
	return how->warps_down * how->warps_across * WARP;
}

static int64_t accumulators(const mma_choice *how)
{
	return how->rows * how->columns / threads_of(how);
}

static bool is_possible(const product *p, const hdt_target_info *target, const mma_choice *how)
{
	int64_t most = target->shared_bytes_asked < SHARED_MOST ? target->shared_bytes_asked : SHARED_MOST;
	int64_t down = how->rows / how->warps_down, across = how->columns / how->warps_across;
	if (how->splits > 1 &&
	    (target->architecture < 90 || target->cluster_blocks < how->splits || how->rows % how->splits))
		return false;
	return down % MMA_ROWS == 0 && across % (2 * MMA_COLUMNS) == 0 && how->depth % (2 * MMA_DEPTH) == 0 &&
	       how->stages >= 2 && shared_bytes(how) <= most && accumulators(how) <= 128 &&
	       (MMA_ROWS * across / result_width(p)) % WARP == 0;
}

/* ---- cost ---- */

/* Blocks that a processor holds at once. */
static double resident(const mma_choice *how)
{
	double by_shared = (double)(SHARED_MOST / shared_bytes(how)), threads = (double)threads_of(how);
	double registers = (double)(accumulators(how) + accumulators(how) / 2 + 48);
	return larger(1, (double)(int64_t)smaller(by_shared, REGISTERS / (threads * registers)));
}

/* Microseconds: what a processor does for the blocks that it has at once, at 1.6 GHz: a thousand products a cycle, 128 bytes of shared and 24 of
 * global memory; but a block alone takes in no more than 70 bytes a nanosecond. */
static double cost_of(const product *p, const mma_choice *how)
{
	double rows = (double)p->rows.size, columns = (double)p->columns.size, depth = (double)p->depth.size;
	double blocks = parts_of(rows, (double)how->rows) * parts_of(columns, (double)how->columns) *
	                (double)p->batch.size * (double)how->splits;
	double slices = parts_of(parts_of(depth, (double)how->depth), (double)how->splits);
	double per_processor = parts_of(blocks, PROCESSORS), together = smaller(resident(how), per_processor);
	double waves = parts_of(per_processor, together), slice = (double)how->depth;
	double products = (double)(how->rows * how->columns) * slice / 1000;
	double down = (double)(how->rows / how->warps_down), across = (double)(how->columns / how->warps_across);
	double warps = (double)(how->warps_down * how->warps_across),
		   taken = (double)(how->rows + how->columns) * slice * 2;
	double busy = larger(products, larger(warps * (down + across) * slice * 2 / 128, taken / 24)) * together / 1600;
	double alone = taken / 70e3, step = larger(busy, alone),
		   stored = (double)(how->rows * how->columns) * 4 * together / 100e3;
	double splitting = how->splits > 1 ? 0.4 + 0.1 * (double)how->splits : 0;
	return 2 + splitting + waves * (slices * step + stored + 0.3);
}

/* The slices' depth and the stages for a shape: the ring is as deep as shared memory allows, up to four. */
static int choices_of(const product *p, const hdt_target_info *target, const struct shape *s, int level,
                      mma_choice *out)
{
	static const int depths[] = {64, 32}, stages[] = {4, 3, 5}, splits[] = {1, 2, 4, 8, 3, 6};
	int count = 0;
	for (int d = 0; d < 2; d++)
		for (int t = 0; t < (level < 2 ? 2 : 3); t++)
			for (int i = 0; i < (level < 2 ? 4 : 6); i++) {
				mma_choice how = {s->rows, s->columns, depths[d], s->warps_down, s->warps_across, stages[t], splits[i]};
				double blocks = parts_of((double)p->rows.size, s->rows) *
				                parts_of((double)p->columns.size, s->columns) * (double)p->batch.size;
				bool useful = how.splits == 1 || (blocks * (double)how.splits <= 2 * PROCESSORS &&
				                                  p->depth.size >= 2 * how.depth * how.splits);
				if (useful && is_possible(p, target, &how))
					out[count++] = how;
			}
	return count;
}

enum { MOST_OF_A_SHAPE = 36, MOST = MOST_OF_A_SHAPE * (int)(sizeof shapes / sizeof *shapes) };

static hdt_choice values_of(const mma_choice *how)
{
	return (hdt_choice){
		{how->rows, how->columns, how->depth, how->warps_down, how->warps_across, how->stages, how->splits}};
}

/* All possible choices of a level. */
static bool rank_choices(const product *p, const hdt_target_info *target, int level, ranking *out)
{
	mma_choice found[MOST_OF_A_SHAPE];
	if (!ranking_init(out, p->context, MOST))
		return false;
	for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
		if (shapes[s].level > (level < 1 ? 1 : level))
			continue;
		int count = choices_of(p, target, &shapes[s], level, found);
		for (int i = 0; i < count; i++) {
			const hdt_choice values = values_of(&found[i]);
			ranking_add(out, &values, cost_of(p, &found[i]));
		}
	}
	return true;
}

/* ---- scheduler ---- */

static bool find(const hdt_task *task, const hdt_target_info *target, product *p, const char **reason)
{
	*reason = "the device has no mma.m16n8k16";
	if (target->architecture < 80)
		return false;
	if (!product_find(task, takes, p, reason))
		return false;
	*reason = "it has no elements";
	if (product_is_empty(p))
		return false;
	*reason = "the product is too small for tiles";
	return p->rows.size * p->columns.size >= 256 && p->depth.size >= 16;
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	product p;
	ranking all;
	hdt_answer answer = {0};
	if (!find(task, target, &p, &answer.reason) || !rank_choices(&p, target, 0, &all))
		return answer;
	answer.applies = all.count > 0;
	if (answer.applies)
		answer.cost_us = all.costs[0];
	else
		answer.reason = "no tile fits the device";
	return answer;
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	product p;
	ranking all;
	const char *reason;
	if (!find(task, target, &p, &reason) || !rank_choices(&p, target, level, &all))
		return 0;
	return ranking_give(&all, level, out, most);
}

/* Where the thread is in its block. */
static void place_thread(mma *m)
{
	kernel *k = &m->k;
	hdt_context *c = k->context;
	const hdt_expr *lanes = hdt_int(c, WARP), *across = hdt_int(c, m->how.warps_across);
	const hdt_expr *warp = hdt_floordiv(k->thread, lanes);
	m->lane = hdt_let(k->function, "lane", hdt_mod(k->thread, lanes));
	m->warp_row = hdt_let(k->function, "warp_row", hdt_mul(hdt_floordiv(warp, across), hdt_int(c, m->down * MMA_ROWS)));
	m->warp_column =
		hdt_let(k->function, "warp_column", hdt_mul(hdt_mod(warp, across), hdt_int(c, m->across * MMA_COLUMNS)));
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	const int64_t *v = choice->values;
	product p;
	const char *reason;
	mma m = {.k = {.product = &p}, .how = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]}};
	const mma_choice *how = &m.how;
	if (!find(task, target, &p, &reason) || !is_possible(&p, target, how)) {
		hdt_fail(task->context, HDT_INTERNAL, "matmul-mma has no such choice for '%s'", task->name);
		return NULL;
	}
	kernel *k = &m.k;
	k->tile_rows = how->rows, k->tile_columns = how->columns, k->slice = how->depth;
	k->stages = how->stages, k->splits = how->splits, k->threads = threads_of(how);
	m.down = how->rows / how->warps_down / MMA_ROWS;
	m.across = how->columns / how->warps_across / MMA_COLUMNS;
	hdt_program *program = kernel_program(k, "product", how->splits > 1);
	if (!program)
		return NULL;
	place_thread(&m);
	k->a.ring = operand_ring(k, &k->a, "left_ring");
	k->b.ring = operand_ring(k, &k->b, "right_ring");
	mma_multiply(&m);
	mma_store(&m);
	return hdt_context_status(task->context) == HDT_OK ? program : NULL;
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	product p;
	const char *reason;
	return find(task, target, &p, &reason) && product_order(&p, tensor, dims);
}

const hdt_scheduler hdt_scheduler_matmul_mma = {
	.size = sizeof(hdt_scheduler),
	.name = "matmul-mma",
	.doc = "products of f16 or bf16 by the matrix instructions of warps",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 10,
	.query = query,
	.params = (const char *const[]){"rows", "columns", "depth", "warps_down", "warps_across", "stages", "splits", NULL},
	.space = space,
	.build_choice = build_choice,
	.order = order,
};
