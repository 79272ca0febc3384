/* matmul_mma.c: the template matmul-mma: which tasks it takes, what there is to choose, what a choice costs; and the kernel's frame.
 *
 * One kernel: a block for each tile of the result, or a cluster of blocks that share its sum. See mma.h for its parts. */
#include "choice.h"
#include "mma.h"

enum { SHARED_MOST = 227 * 1024, REGISTERS = 65536 };

static bool takes(hdt_dtype dtype, const hdt_target_info *target)
{
	return dtype == HDT_F16 || dtype == HDT_BF16 || (dtype == HDT_F32 && target->tf32);
}

/* ---- choices ---- */

/* Tiles of a block and how its warps share them; the depth of a slice and the number of stages follow from the size of a slice. Of choices that
 * cost the same the first is taken: 256 rows before 256 columns, as eight tiles of rows take turns (place.c) and blocks which run together then share
 * more; 32 rows by 64 columns before 64 by 32, which took a convolution a quarter longer. */
static const struct shape {
	int level; /* from which it is tried */
	int rows, columns, warps_down, warps_across;
} shapes[] = {
	{1, 256, 128, 4, 2}, {1, 128, 256, 2, 4}, {1, 128, 128, 2, 2}, {2, 128, 128, 2, 4}, {2, 128, 128, 4, 2},
	{1, 128, 64, 2, 2},  {2, 128, 64, 4, 2},  {1, 64, 128, 2, 2},  {2, 64, 128, 1, 4},  {1, 64, 64, 2, 2},
	{2, 64, 64, 1, 4},   {2, 64, 64, 4, 1},   {1, 32, 64, 2, 2},   {2, 32, 64, 1, 4},   {1, 64, 32, 2, 2},
	{2, 64, 32, 4, 1},   {1, 32, 32, 2, 2},   {1, 16, 64, 1, 4},   {2, 16, 128, 1, 4},  {2, 16, 32, 1, 2},
	{2, 256, 64, 4, 2},  {2, 64, 256, 1, 4},  {2, 32, 128, 1, 4},
};

static int64_t element_bytes(const product *p)
{
	return hdt_dtype_of(p->dtype)->bytes;
}

static int64_t shared_bytes(const product *p, const mma_choice *how)
{
	int64_t sides = how->rows + how->columns + (p->dtype == HDT_F32 ? 2 * MMA_RING_PAD : 0);
	return how->stages * how->depth * sides * element_bytes(p) + mma_store_bytes(how) +
	       2048; /* and what aligning them takes */
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
	return down % MMA_ROWS == 0 && across % (2 * MMA_COLUMNS) == 0 &&
	       how->depth * element_bytes(p) % (2 * MMA_DEPTH_BYTES) == 0 && how->stages >= 2 &&
	       shared_bytes(p, how) <= most && accumulators(how) <= 128 &&
	       (MMA_ROWS * across / result_width(p)) % WARP == 0;
}

/* ---- cost ---- */

/* What a processor of an H100 does in a nanosecond, and how many nanoseconds it waits. But for the launch, which was measured by itself, fitted to
 * the measured times of 480 programs for the half-precision tasks of bench/tasks/matmul.hds: an estimate is off by 6 % (root mean square). */
enum {
	PRODUCTS = 2400, /* by matrix instructions: 1350 a cycle */
	MOVED = 750,     /* bytes into shared memory and from there to registers, beyond what instructions hide */
	TAKEN = 68,      /* bytes from L2 in pieces of 16; narrower ones are reckoned to take as long, each */
	STORED = 85,     /* bytes of sums laid out in shared memory, read and stored */
	COLLECTED = 12,  /* bytes of sums read from other blocks' shared memory */
	LAUNCH = 1000,   /* of a kernel behind another */
	BLOCK = 650,     /* until its first slice is there, and from its last one to its end */
	ARRIVAL = 130,   /* of a slice; shared by those on their way, up to */
	MOST_COMING = 3, /* measured: five stages are no faster than four */
	BARRIER = 90,    /* behind each slice: threads wait for each other, then for fragments */
	CLUSTER = 700,   /* blocks of a cluster start together and wait for each other, twice */
	CLUSTERED = 120, /* processors that clusters of more than two fill: groups of 16 or 18 have some left over */
};

/* Blocks that a processor holds at once. */
static double resident(const product *p, const mma_choice *how)
{
	double by_shared = (double)(SHARED_MOST / shared_bytes(p, how)), threads = (double)threads_of(how);
	double registers = (double)(accumulators(how) + accumulators(how) / 2 + 48);
	return larger(1, (double)(int64_t)smaller(by_shared, REGISTERS / (threads * registers)));
}

/* Nanoseconds from slice to slice: a processor has work for `together` blocks, or what they need is still on its way. */
static double slice_time(const product *p, const mma_choice *how, double together)
{
	double pieces = (double)how->rows / (double)p->a.vector + (double)how->columns / (double)p->b.vector;
	double sides = (double)(how->rows + how->columns), warps = (double)(how->warps_down * how->warps_across);
	double fragments = warps * (double)(how->rows / how->warps_down + how->columns / how->warps_across);
	double bytes = (double)(element_bytes(p) * how->depth);
	double products = (double)(how->rows * how->columns) * bytes / 2; /* tf32 takes as long as f16 for as many bytes */
	double coming = smaller((double)how->stages - 1, MOST_COMING);
	double taken = pieces * (double)how->depth * VECTOR_BYTES / TAKEN;
	double work = together * (products / PRODUCTS + (fragments + sides) * bytes / MOVED) + BARRIER;
	return larger(work, larger(together * taken, ARRIVAL / coming + taken));
}

/* Nanoseconds that a processor has `together` blocks for, of `slices` each. */
static double wave_time(const product *p, const mma_choice *how, double together, double slices)
{
	double sums = (double)(how->rows * how->columns) * 4 * together, splits = (double)how->splits;
	double time = BLOCK + slices * slice_time(p, how, together) + sums / STORED;
	if (how->splits > 1)
		time += CLUSTER + sums * (splits - 1) / splits / COLLECTED;
	return time;
}

/* Microseconds. The blocks of a processor run in waves of as many as it holds; what is left over is the last wave. */
static double cost_of(const product *p, const mma_choice *how)
{
	double blocks = hdt_pieces((double)p->rows.size, (double)how->rows) *
	                hdt_pieces((double)p->columns.size, (double)how->columns) * (double)p->batch.size *
	                (double)how->splits;
	double slices = hdt_pieces(hdt_pieces((double)p->depth.size, (double)how->depth), (double)how->splits);
	double mine = hdt_pieces(blocks, how->splits > 2 ? CLUSTERED : PROCESSORS);
	double together = smaller(resident(p, how), mine), waves = (double)(int64_t)(mine / together);
	double rest = mine - waves * together;
	double time = LAUNCH + waves * wave_time(p, how, together, slices);
	return (rest > 0 ? time + wave_time(p, how, rest, slices) : time) / 1000;
}

/* The slices' depth and the stages for a shape: the ring is as deep as shared memory allows, up to four. */
static int choices_of(const product *p, const hdt_target_info *target, const struct shape *s, int level,
                      mma_choice *out)
{
	static const int depth_bytes[] = {128, 64}, stages[] = {4, 3, 5}, splits[] = {1, 2, 4, 8, 3, 6};
	int count = 0;
	for (int d = 0; d < 2; d++)
		for (int t = 0; t < (level < 2 ? 2 : 3); t++)
			for (int i = 0; i < (level < 2 ? 4 : 6); i++) {
				int64_t depth = depth_bytes[d] / element_bytes(p);
				mma_choice how = {s->rows, s->columns, depth, s->warps_down, s->warps_across, stages[t], splits[i]};
				double blocks = hdt_pieces((double)p->rows.size, s->rows) *
				                hdt_pieces((double)p->columns.size, s->columns) * (double)p->batch.size;
				bool useful = how.splits == 1 || (blocks * (double)how.splits <= 2 * PROCESSORS &&
				                                  p->depth.size >= 2 * how.depth * how.splits);
				if (useful && is_possible(p, target, &how))
					out[count++] = how;
			}
	return count;
}

enum { MOST_OF_A_SHAPE = 36 };

static hdt_choice values_of(const mma_choice *how)
{
	return (hdt_choice){
		{how->rows, how->columns, how->depth, how->warps_down, how->warps_across, how->stages, how->splits}};
}

/* All possible choices of a level. */
static void rank_choices(const product *p, const hdt_target_info *target, int level, hdt_ranking *out)
{
	mma_choice found[MOST_OF_A_SHAPE];
	for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
		if (shapes[s].level > (level < 1 ? 1 : level))
			continue;
		int count = choices_of(p, target, &shapes[s], level, found);
		for (int i = 0; i < count; i++)
			hdt_ranking_add(out, values_of(&found[i]), cost_of(p, &found[i]));
	}
}

/* ---- scheduler ---- */

static mma_choice choice_of(const hdt_choice *choice)
{
	const int64_t *v = choice->values;
	return (mma_choice){v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
}

static bool takes_choice(const product *p, const hdt_target_info *target, const hdt_choice *choice)
{
	const mma_choice how = choice_of(choice);
	return is_possible(p, target, &how);
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

static hdt_program *build_product(const product *p, const hdt_choice *choice)
{
	mma m = {.k = {.product = p}, .how = choice_of(choice)};
	const mma_choice *how = &m.how;
	kernel *k = &m.k;
	k->tile_rows = how->rows, k->tile_columns = how->columns, k->slice = how->depth;
	k->stages = how->stages, k->splits = how->splits, k->threads = threads_of(how);
	m.down = how->rows / how->warps_down / MMA_ROWS;
	m.across = how->columns / how->warps_across / MMA_COLUMNS;
	m.depth = MMA_DEPTH_BYTES / element_bytes(p);
	hdt_program *program = kernel_program(k, "product", how->splits > 1);
	if (!program)
		return NULL;
	place_thread(&m);
	mma_make_rings(&m);
	mma_multiply(&m);
	mma_store(&m);
	return program;
}

static const frame mma_frame = {
	.name = "matmul-mma",
	.architecture = 80,
	.missing = "the device has no mma.m16n8k16",
	.least_depth = 16,
	.takes = takes,
	.rank = rank_choices,
	.is_possible = takes_choice,
	.build = build_product,
};

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	return frame_query(&mma_frame, task, target);
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	return frame_space(&mma_frame, task, target, level, out, most);
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	return frame_build(&mma_frame, task, target, choice);
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	product p;
	const char *reason;
	return frame_find(&mma_frame, task, target, &p, &reason) && product_order(&p, tensor, dims);
}

const hdt_scheduler hdt_scheduler_matmul_mma = {
	.size = sizeof(hdt_scheduler),
	.name = "matmul-mma",
	.doc = "products of f16, bf16 or tf32 by the matrix instructions of warps",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 10,
	.query = query,
	.params = (const char *const[]){"rows", "columns", "depth", "warps_down", "warps_across", "stages", "splits", NULL},
	.space = space,
	.build_choice = build_choice,
	.order = order,
	.samples =
		(const char *const[]){
			"aligned: linear(f16[32, 64], const f16[32, 64])",
			"aligned: matmul(bf16[32, 32], bf16[32, 64])",
			"aligned at tf32: linear(f32[32, 64], const f32[32, 64])",
			"unaligned at tf32: relu(linear(f32[37, 51], const f32[43, 51], const f32[43]))",
			"unaligned: relu(linear(f16[37, 51], const f16[43, 51], const f16[43]))",
			"tiny: matmul(f16[16, 16], const f16[16, 16])",
			"symbolic: matmul(f16[n, 64], const f16[64, 48]) where n = 21",
			"symbolic unaligned: matmul(bf16[n, m], bf16[m, p]) where n = 21, m = 37, p = 19",
			"batched: matmul(f16[3, 32, 32], f16[3, 32, 32], transpose_b=true)",
			"batched: transpose(conv2d(transpose(f16[2, 5, 5, 16], axes=[0, 3, 1, 2]), const f16[32, 16, 3, 3], "
			"padding=1), axes=[0, 2, 3, 1])",
			NULL,
		},
};
