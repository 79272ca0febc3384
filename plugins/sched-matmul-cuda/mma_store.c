/* mma_store.c: from accumulators to memory. A lane has two neighbouring columns of eight rows; stored so, memory is written in pieces of
 * four bytes. So each warp lays 16 rows at a time out in shared memory, and its lanes take whole pieces of rows from there:
 *
 *     for i in 0..4 { stage[warp, row, ..] = acc[i, ..]; syncwarp(); y[.., column ..] = f(stage[warp, row, column ..]); syncwarp(); }
 *
 * Where the sum is split, each block of the cluster lays out its whole tile, and adds up its share of the rows of all of them. */
#include "mma.h"

enum { PAD = 8 /* columns: rows that are written together then lie in different banks */ };

int64_t mma_store_bytes(const mma_choice *how)
{
	int64_t warps = how->warps_down * how->warps_across, columns = how->columns / how->warps_across + PAD;
	if (how->splits > 1)
		return how->rows * (how->columns + PAD) * 4;
	return warps * MMA_ROWS * columns * 4;
}

static const hdt_expr *number(const mma *m, int64_t value)
{
	return hdt_int(m->k.context, value);
}

/* Row and column of the lane's elements 2 * half and the next of instruction column `j`. */
static const hdt_expr *own_row(const mma *m, const hdt_expr *half)
{
	return hdt_add(hdt_floordiv(m->lane, number(m, 4)), hdt_mul(half, number(m, 8)));
}

static const hdt_expr *own_column(const mma *m, const hdt_expr *j)
{
	return hdt_add(hdt_mul(j, number(m, MMA_COLUMNS)), hdt_mul(hdt_mod(m->lane, number(m, 4)), number(m, 2)));
}

/* Put 16 rows of the accumulators into `stage`; `row` and `column`: where they begin there; `block`: index before those, or NULL. */
static void lay_out(const mma *m, const hdt_tensor *stage, const hdt_expr *block, const hdt_expr *i,
                    const hdt_expr *row, const hdt_expr *column)
{
	hdt_function *f = m->k.function;
	const hdt_expr *j = hdt_begin_for(f, "j", number(m, m->across), HDT_LOOP_UNROLL);
	const hdt_expr *half = hdt_begin_for(f, "half", number(m, 2), HDT_LOOP_UNROLL);
	const hdt_expr *from[] = {i, j, hdt_mul(half, number(m, 2))};
	const hdt_expr *to[3], **at = to;
	if (block)
		*at++ = block;
	*at++ = hdt_add(row, own_row(m, half));
	*at++ = hdt_add(column, own_column(m, j));
	hdt_do(f, "store_vector",
	       HDT_AT(hdt_address(stage, to, (int)(at - to)), hdt_address(m->acc, from, 3), number(m, 2)));
	hdt_end(f);
	hdt_end(f);
}

/* Read `width` sums from `stage` into registers, by pieces of up to 16 bytes. */
static void read_sums(const mma *m, const char *intrinsic, const hdt_tensor *stage, const hdt_expr *const *at, int rank,
                      const hdt_tensor *sums, int64_t width, const hdt_expr *block)
{
	const hdt_expr *here[3];
	int64_t most = width < 4 ? width : 4;
	for (int64_t i = 0; i < width; i += most) {
		const hdt_expr *offset = number(m, i);
		for (int d = 0; d < rank; d++)
			here[d] = d == rank - 1 ? hdt_add(at[d], offset) : at[d];
		const hdt_expr *to = hdt_address(sums, &offset, 1), *from = hdt_address(stage, here, rank);
		if (block)
			hdt_do(m->k.function, intrinsic, HDT_AT(to, from, number(m, most), block));
		else
			hdt_do(m->k.function, intrinsic, HDT_AT(to, from, number(m, most)));
	}
}

/* ---- a block has all of the sum ---- */

static void store_by_warps(const mma *m)
{
	hdt_function *f = m->k.function;
	int64_t columns = m->across * MMA_COLUMNS, width = result_width(m->k.product);
	int64_t pieces = columns / width, parts = MMA_ROWS * pieces / WARP;
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED, .dynamic = true};
	const hdt_expr *warp = hdt_let(f, "warp", hdt_floordiv(m->k.thread, number(m, WARP))), *zero = number(m, 0);
	const hdt_tensor *stage =
		hdt_buffer(f, "stage", HDT_F32,
	               HDT_AT(number(m, m->k.threads / WARP), number(m, MMA_ROWS), number(m, columns + PAD)), &shared);
	const hdt_expr *i = hdt_begin_for(f, "i", number(m, m->down), HDT_LOOP_UNROLL);
	lay_out(m, stage, warp, i, zero, zero);
	hdt_do(f, "syncwarp", HDT_SCALAR);
	const hdt_expr *part = hdt_begin_for(f, "part", number(m, parts), HDT_LOOP_UNROLL);
	const hdt_expr *piece = hdt_add(hdt_mul(part, number(m, WARP)), m->lane);
	const hdt_expr *row = hdt_floordiv(piece, number(m, pieces)),
				   *column = hdt_mul(hdt_mod(piece, number(m, pieces)), number(m, width));
	const hdt_tensor *sums = hdt_local(f, "sums", HDT_F32, HDT_AT(number(m, width)));
	const hdt_expr *at[] = {warp, row, column};
	read_sums(m, "load_vector", stage, at, 3, sums, width, NULL);
	row = hdt_add(hdt_add(m->k.a.first, m->warp_row), hdt_add(hdt_mul(i, number(m, MMA_ROWS)), row));
	column = hdt_add(hdt_add(m->k.b.first, m->warp_column), column);
	result_store_inside(&m->k, hdt_let(f, "row", row), hdt_let(f, "column", column), sums, width);
	hdt_end(f);
	hdt_do(f, "syncwarp", HDT_SCALAR);
	hdt_end(f);
}

/* ---- the blocks of a cluster have parts of the sum ---- */

static void add_parts(const mma *m, const hdt_tensor *tile, const hdt_expr *row, const hdt_expr *column,
                      const hdt_tensor *sums, int64_t width)
{
	hdt_function *f = m->k.function;
	const hdt_expr *lane;
	const hdt_tensor *parts = hdt_local(f, "parts", HDT_F32, HDT_AT(number(m, m->how.splits), number(m, width)));
	const hdt_expr *block = hdt_begin_for(f, "block", number(m, m->how.splits), HDT_LOOP_UNROLL);
	int64_t most = width < 4 ? width : 4;
	for (int64_t i = 0; i < width; i += most) {
		const hdt_expr *to[] = {block, number(m, i)}, *from[] = {row, hdt_add(column, number(m, i))};
		hdt_do(
			f, "cluster_load",
			HDT_AT(hdt_address(parts, to, 2), hdt_address(tile, from, 2), number(m, most), hdt_cast(block, HDT_I32)));
	}
	hdt_end(f);
	lane = hdt_begin_for(f, "lane", number(m, width), HDT_LOOP_UNROLL);
	const hdt_expr *sum = hdt_at(parts, number(m, 0), lane);
	for (int64_t i = 1; i < m->how.splits; i++)
		sum = hdt_add(sum, hdt_at(parts, number(m, i), lane));
	hdt_store(f, sums, HDT_AT(lane), sum);
	hdt_end(f);
}

static void store_by_cluster(const mma *m)
{
	hdt_function *f = m->k.function;
	const mma_choice *how = &m->how;
	int64_t width = result_width(m->k.product), across = how->columns / width, share = how->rows / how->splits;
	int64_t pieces = share * across, parts = (pieces + m->k.threads - 1) / m->k.threads;
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED, .dynamic = true};
	const hdt_tensor *tile =
		hdt_buffer(f, "tile", HDT_F32, HDT_AT(number(m, how->rows), number(m, how->columns + PAD)), &shared);
	const hdt_expr *i = hdt_begin_for(f, "i", number(m, m->down), HDT_LOOP_UNROLL);
	lay_out(m, tile, NULL, i, hdt_add(m->warp_row, hdt_mul(i, number(m, MMA_ROWS))), m->warp_column);
	hdt_end(f);
	hdt_do(f, "cluster_sync", HDT_SCALAR);
	const hdt_expr *part = hdt_begin_for(f, "part", number(m, parts), HDT_LOOP_UNROLL);
	const hdt_expr *piece = hdt_add(hdt_mul(part, number(m, m->k.threads)), m->k.thread), *inside = NULL;
	if (pieces % m->k.threads != 0)
		inside = hdt_less(piece, number(m, pieces));
	guard_begin(f, inside);
	const hdt_expr *row = hdt_add(hdt_mul(m->k.split, number(m, share)), hdt_floordiv(piece, number(m, across)));
	const hdt_expr *column = hdt_mul(hdt_mod(piece, number(m, across)), number(m, width));
	const hdt_tensor *sums = hdt_local(f, "sums", HDT_F32, HDT_AT(number(m, width)));
	add_parts(m, tile, row, column, sums, width);
	row = hdt_let(f, "row", hdt_add(m->k.a.first, row));
	column = hdt_let(f, "column", hdt_add(m->k.b.first, column));
	result_store_inside(&m->k, row, column, sums, width);
	guard_end(f, inside);
	hdt_end(f);
	hdt_do(f, "cluster_sync", HDT_SCALAR); /* others still read this block's tile */
}

void mma_store(mma *m)
{
	if (m->how.splits > 1)
		store_by_cluster(m);
	else
		store_by_warps(m);
}
