/* matmul_simt.c: the template matmul-simt: products of f32 without matrix instructions. Each thread computes up to 8 x 8 elements, whose factors it
 * reads from a ring of slices in shared memory:
 *
 *     for slice { wait for it; bring slice + stages - 1;
 *                 for k in 0..depth { a = left[slot, k, my rows]; b = right[slot, k, my columns]; acc[r, c] = fma(a[r], b[c], acc[r, c]); } }
 *
 * A thread's rows and columns are groups of four neighbours, so that it reads 16 bytes at a time; a warp is 4 x 8 threads. Every sum keeps its
 * order. */
#include "choice.h"

enum { DOWN = 4, ACROSS = 8 /* threads of a warp */, NEAR = 4 /* neighbours */, PAD = 4 };

/* The params of the template, in this order. */
typedef struct simt_choice {
	int64_t rows, columns, depth; /* of a block's tile, and of a slice */
	int64_t down, across;         /* elements of a thread: multiples of four */
	int64_t stages;
	int64_t blocks; /* that are to fit a processor: 2 leaves 128 registers to each of 256 threads */
} simt_choice;

typedef struct simt {
	kernel k;
	simt_choice how;
	const hdt_expr *row, *column; /* of the thread's first elements in the tile */
	const hdt_tensor *acc;        /* [down, across] */
} simt;

static bool takes(hdt_dtype dtype, const hdt_target_info *target)
{
	(void)target;
	return dtype == HDT_F32;
}

/* ---- choices ---- */

static int64_t threads_of(const simt_choice *how)
{
	return how->rows / how->down * (how->columns / how->across);
}

static int64_t shared_bytes(const simt_choice *how)
{
	return how->stages * how->depth * (how->rows + how->columns + 2 * PAD) * 4 + 2048;
}

/* Whole warps down and across, and a slice for all threads. */
static bool is_possible(const hdt_target_info *target, const simt_choice *how)
{
	int64_t threads = threads_of(how);
	return how->rows % (DOWN * how->down) == 0 && how->columns % (ACROSS * how->across) == 0 && threads >= 32 &&
	       threads <= 512 && (how->blocks == 1 || threads == 256) && shared_bytes(how) <= target->shared_bytes_asked;
}

/* Microseconds: a processor takes 128 steps a cycle at 1.6 GHz, if its threads read little; a block alone takes in 50 bytes a nanosecond. */
static double cost_of(const product *p, const simt_choice *how)
{
	double blocks = hdt_pieces((double)p->rows.size, (double)how->rows) *
	                hdt_pieces((double)p->columns.size, (double)how->columns) * (double)p->batch.size;
	double slices = hdt_pieces((double)p->depth.size, (double)how->depth), threads = (double)threads_of(how);
	double per_processor = hdt_pieces(blocks, PROCESSORS);
	double registers = (double)(how->down * how->across + how->down + how->across + 70);
	double room = larger((double)how->blocks, (double)(int64_t)(65536 / (threads * registers)));
	double together = smaller(per_processor, room);
	double steps = (double)(how->rows * how->columns * how->depth),
		   read = threads * (double)((how->down + how->across) * how->depth) * 4;
	double warps = threads * together / WARP, hidden = smaller(1, warps / 4);
	double busy = (steps / 128 + read / 256) * together / 1600 / hidden;
	double alone = (double)((how->rows + how->columns) * how->depth * 4) / 50e3;
	double stored = (double)(how->rows * how->columns) * 4 * together / 100e3;
	return 2 + hdt_pieces(per_processor, together) * (slices * larger(busy, alone) + stored + 0.3);
}

/* The choices of one shape: tile, and elements of a thread. */
static void rank_shape(const product *p, const hdt_target_info *target, const int shape[4], int level, hdt_ranking *out)
{
	static const int depths[] = {16, 8, 32}, stages[] = {3, 4, 2}, blocks[] = {2, 1};
	int depth_count = level + 1 < 3 ? level + 1 : 3, stage_count = level < 2 ? 1 : 3;
	for (int d = 0; d < depth_count; d++)
		for (int t = 0; t < stage_count; t++)
			for (int b = 0; b < 2; b++) {
				const simt_choice how = {shape[0], shape[1], depths[d], shape[2], shape[3], stages[t], blocks[b]};
				const hdt_choice values = {
					{how.rows, how.columns, how.depth, how.down, how.across, how.stages, how.blocks}};
				if (is_possible(target, &how))
					hdt_ranking_add(out, values, cost_of(p, &how));
			}
}

static void rank_choices(const product *p, const hdt_target_info *target, int level, hdt_ranking *out)
{
	static const int shapes[][4] = {{128, 128, 8, 8}, {128, 64, 8, 8},  {64, 128, 8, 8}, {64, 64, 8, 4},
	                                {64, 64, 4, 4},   {32, 64, 4, 4},   {64, 32, 4, 4},  {32, 32, 4, 4},
	                                {16, 64, 4, 4},   {256, 128, 8, 8}, {64, 256, 8, 8}, {128, 32, 8, 4},
	                                {64, 64, 8, 8},   {128, 128, 8, 4}, {16, 32, 4, 4}};
	int count = sizeof shapes / sizeof *shapes;
	for (int s = 0; s < count; s++)
		rank_shape(p, target, shapes[s], level, out);
}

/* ---- the loop ---- */

static const hdt_expr *number(const simt *m, int64_t value)
{
	return hdt_int(m->k.context, value);
}

static void bring(simt *m, const hdt_expr *slot, const hdt_expr *slice)
{
	operand_bring(&m->k, &m->k.a, slot, slice);
	operand_bring(&m->k, &m->k.b, slot, slice);
	hdt_do(m->k.function, "cp_async_commit_group", HDT_SCALAR);
}

static void await(simt *m)
{
	hdt_do(m->k.function, "cp_async_wait_group", HDT_AT(number(m, m->how.stages - 2)));
	hdt_do(m->k.function, "syncthreads", HDT_SCALAR);
}

/* The thread's elements of one factor at `k`: groups of four neighbours, `apart` from each other. */
static const hdt_tensor *read_factor(const simt *m, const operand *o, const char *name, const hdt_expr *slot,
                                     const hdt_expr *k, const hdt_expr *first, int64_t count, int64_t apart)
{
	hdt_function *f = m->k.function;
	const hdt_tensor *values = hdt_local(f, name, o->dtype, HDT_AT(number(m, count)));
	for (int64_t i = 0; i < count && values; i += NEAR) {
		const hdt_expr *at = number(m, i), *side = hdt_add(first, number(m, i * apart));
		hdt_do(f, "load_vector",
		       HDT_AT(hdt_address(values, &at, 1), operand_address(o, slot, side, k), number(m, NEAR)));
	}
	return values;
}

static void multiply_slice(simt *m, const hdt_expr *slot)
{
	hdt_function *f = m->k.function;
	const hdt_expr *k = hdt_begin_for(f, "k", number(m, m->how.depth), HDT_LOOP_UNROLL);
	const hdt_tensor *a = read_factor(m, &m->k.a, "a", slot, k, m->row, m->how.down, DOWN);
	const hdt_tensor *b = read_factor(m, &m->k.b, "b", slot, k, m->column, m->how.across, ACROSS);
	const hdt_expr *r = hdt_begin_for(f, "r", number(m, m->how.down), HDT_LOOP_UNROLL);
	const hdt_expr *c = hdt_begin_for(f, "c", number(m, m->how.across), HDT_LOOP_UNROLL);
	if (a && b && r && c)
		hdt_store(f, m->acc, HDT_AT(r, c), hdt_fma(hdt_at(a, r), hdt_at(b, c), hdt_at(m->acc, r, c)));
	hdt_end(f);
	hdt_end(f);
	hdt_end(f);
}

static void multiply(simt *m)
{
	hdt_function *f = m->k.function;
	int64_t ahead = m->how.stages - 1;
	const hdt_expr *stages = number(m, m->how.stages);
	hdt_buffer_options start = {.scope = HDT_SCOPE_REGISTER, .start = hdt_number(m->k.context, HDT_F32, 0)};
	m->acc = hdt_buffer(f, "acc", HDT_F32, HDT_AT(number(m, m->how.down), number(m, m->how.across)), &start);
	const hdt_expr *early = ahead > 1 ? hdt_begin_for(f, "early", number(m, ahead), HDT_LOOP_UNROLL) : number(m, 0);
	if (!m->acc || !early)
		return;
	bring(m, early, early);
	if (ahead > 1)
		hdt_end(f);
	const hdt_expr *slice = hdt_begin_for(f, "slice", m->k.slices, HDT_LOOP_SERIAL);
	const hdt_expr *slot = hdt_let(f, "slot", hdt_mod(slice, stages));
	await(m);
	bring(m, hdt_mod(hdt_add(slice, number(m, ahead)), stages), hdt_add(slice, number(m, ahead)));
	multiply_slice(m, slot);
	hdt_end(f);
	hdt_do(f, "cp_async_wait_all", HDT_SCALAR);
}

/* Row by row, four columns at a time. */
static void store(const simt *m)
{
	hdt_function *f = m->k.function;
	int64_t width = result_width(m->k.product) >= NEAR ? NEAR : 1, groups = m->how.across / NEAR;
	const hdt_expr *near = number(m, NEAR), *r = hdt_begin_for(f, "r", number(m, m->how.down), HDT_LOOP_UNROLL);
	const hdt_expr *c = hdt_begin_for(f, "c", number(m, width > 1 ? groups : m->how.across), HDT_LOOP_UNROLL);
	const hdt_expr *group = width > 1 ? c : hdt_floordiv(c, near),
				   *in_group = width > 1 ? number(m, 0) : hdt_mod(c, near);
	const hdt_expr *row = hdt_add(hdt_mul(hdt_floordiv(r, near), number(m, NEAR * DOWN)), hdt_mod(r, near));
	const hdt_expr *column = hdt_add(hdt_mul(group, number(m, NEAR * ACROSS)), in_group);
	const hdt_tensor *sums = hdt_local(f, "sums", HDT_F32, HDT_AT(number(m, width)));
	const hdt_expr *lane = hdt_begin_for(f, "lane", number(m, width), HDT_LOOP_UNROLL);
	hdt_store(f, sums, HDT_AT(lane), hdt_at(m->acc, r, hdt_add(hdt_mul(c, number(m, width)), lane)));
	hdt_end(f);
	row = hdt_let(f, "row", hdt_add(hdt_add(m->k.a.first, m->row), row));
	column = hdt_let(f, "column", hdt_add(hdt_add(m->k.b.first, m->column), column));
	result_store_inside(&m->k, row, column, sums, width);
	hdt_end(f);
	hdt_end(f);
}

/* ---- scheduler ---- */

static simt_choice choice_of(const hdt_choice *choice)
{
	const int64_t *v = choice->values;
	return (simt_choice){v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
}

static bool takes_choice(const product *p, const hdt_target_info *target, const hdt_choice *choice)
{
	const simt_choice how = choice_of(choice);
	(void)p;
	return is_possible(target, &how);
}

/* Where the thread's elements begin in the tile: warps side by side, 4 x 8 threads in each. */
static void place_thread(simt *m)
{
	kernel *k = &m->k;
	const hdt_expr *warp = hdt_floordiv(k->thread, number(m, WARP)), *lane = hdt_mod(k->thread, number(m, WARP));
	const hdt_expr *across = number(m, m->how.columns / (ACROSS * m->how.across));
	const hdt_expr *row = hdt_mul(hdt_floordiv(warp, across), number(m, DOWN * m->how.down));
	const hdt_expr *column = hdt_mul(hdt_mod(warp, across), number(m, ACROSS * m->how.across));
	row = hdt_add(row, hdt_mul(hdt_floordiv(lane, number(m, ACROSS)), number(m, NEAR)));
	column = hdt_add(column, hdt_mul(hdt_mod(lane, number(m, ACROSS)), number(m, NEAR)));
	m->row = hdt_let(k->function, "my_row", row);
	m->column = hdt_let(k->function, "my_column", column);
}

static hdt_program *build_product(const product *p, const hdt_choice *choice)
{
	simt m = {.k = {.product = p, .splits = 1}, .how = choice_of(choice)};
	kernel *k = &m.k;
	k->tile_rows = m.how.rows, k->tile_columns = m.how.columns, k->slice = m.how.depth;
	k->stages = m.how.stages, k->threads = threads_of(&m.how);
	hdt_program *program = kernel_program(k, "product", false);
	if (!program)
		return NULL;
	k->function->blocks_per_processor = (int)m.how.blocks;
	place_thread(&m);
	k->a.side_dense = k->b.side_dense = true;
	k->a.ring = operand_ring_padded(k, &k->a, "left", PAD);
	k->b.ring = operand_ring_padded(k, &k->b, "right", PAD);
	multiply(&m);
	store(&m);
	return program;
}

static const frame simt_frame = {
	.name = "matmul-simt",
	.architecture = 80,
	.missing = "the device has no asynchronous copies",
	.least_depth = 8,
	.takes = takes,
	.rank = rank_choices,
	.is_possible = takes_choice,
	.build = build_product,
};

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	return frame_query(&simt_frame, task, target);
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	return frame_space(&simt_frame, task, target, level, out, most);
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	return frame_build(&simt_frame, task, target, choice);
}

const hdt_scheduler hdt_scheduler_matmul_simt = {
	.size = sizeof(hdt_scheduler),
	.name = "matmul-simt",
	.doc = "products of f32 by tiles in shared memory",
	.kind = HDT_FUNCTION_CUDA,
	.rank = 10,
	.query = query,
	.params = (const char *const[]){"rows", "columns", "depth", "down", "across", "stages", "blocks", NULL},
	.space = space,
	.build_choice = build_choice,
	.samples =
		(const char *const[]){
			"aligned: linear(f32[32, 32], const f32[32, 32])",
			"unaligned: relu(linear(f32[37, 21], const f32[43, 21], const f32[43]))",
			"tiny: matmul(f32[16, 16], const f32[16, 16])",
			"tiny refused: matmul(f32[3, 5], const f32[5, 2])",
			"symbolic: matmul(f32[n, m], f32[m, p]) where n = 21, m = 19, p = 35",
			"batched: matmul(f32[3, 16, 24], f32[3, 24, 32])",
			NULL,
		},
};
