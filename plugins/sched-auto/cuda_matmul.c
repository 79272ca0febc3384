/* cuda_matmul.c: sums of products whose factors are shared by many elements: a block computes a tile of them, slice by slice of the sum, from
 * slices of both factors in shared memory.
 *
 *     y[i, j] = sum(k < n) a[i, k] * b[k, j]
 *  -> for t in 0..ceildiv(n, 16) { left[k, i] = a[.., ..]; right[k, j] = b[.., ..]; syncthreads();
 *                                  for k in 0..16 { acc[r, c] = acc[r, c] + left[k, ..] * right[k, ..]; } syncthreads(); }
 *
 * Rows are all dimensions that only the first factor depends on, columns those of the second alone; the others are a batch. So a convolution is a
 * product, too, whose second factor is gathered. Every element's sum keeps its order. */
#include "cuda.h"

#include <math.h>

enum {
	SIDE = 16,  /* threads along each side of a tile */
	SLICE = 16, /* elements of a slice of the sum */
	PADDING = 4
};

/* ---- finding one -------------------------------------------------------------------------------------------------- */

static const hdt_expr *without_casts(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	return e;
}

static int64_t product_of(const hdt_expr *const *axes, int count)
{
	int64_t product = 1;
	for (int i = 0; i < count; i++)
		if (__builtin_mul_overflow(product, hdt_size_estimate(axes[i]->args[0]), &product))
			return INT64_MAX;
	return product;
}

/* The columns are to have the tensor's last dimension, whichever factor it belongs to. */
static void put_last_across(matmul *m)
{
	const matmul old = *m;
	const hdt_tensor *t = m->tensor;
	const hdt_expr *last = t->rank ? t->axes[t->rank - 1] : NULL;
	if (!m->row_count || m->rows[m->row_count - 1] != last || !depends_on(m->a, last))
		return;
	m->a = old.b, m->row_count = old.column_count;
	m->b = old.a, m->column_count = old.row_count;
	for (int i = 0; i < HDT_MAX_RANK; i++)
		m->rows[i] = old.columns[i], m->columns[i] = old.rows[i];
}

bool matmul_find(const stage *s, matmul *m)
{
	hdt_tensor computed = *s->tensor;
	const hdt_tensor *tensor = &computed;
	const hdt_task alone = {.context = computed.context,
	                        .name = computed.name,
	                        .outputs = &tensor,
	                        .output_count = 1,
	                        .tensors = &tensor,
	                        .tensor_count = 1};
	const char *reason;
	computed.value = s->value;
	bool found = hdt_contraction_find(&alone, m, &reason);
	m->tensor = s->tensor;
	if (!found || !team_takes(m->reduce))
		return false;
	put_last_across(m);
	int64_t rows = product_of(m->rows, m->row_count), columns = product_of(m->columns, m->column_count);
	return rows >= 8 && columns >= 8 && product_of(m->depth, m->depth_count) >= 8;
}

/* ---- one tile ----------------------------------------------------------------------------------------------------- */

/* Rows or columns of a tile and what is needed of one factor. */
typedef struct side {
	const hdt_expr *factor;
	const hdt_expr *const *axes;
	hdt_list shape;
	const hdt_expr *extents[HDT_MAX_RANK], *extent; /* and their product */
	int64_t size;                                   /* of the tile along it */
	const hdt_expr *first;
	const hdt_tensor *slice; /* shared[SLICE, size + PADDING] */
	bool along_sum;          /* its reads walk side by side along the sum */
} side;

typedef struct tiles {
	nest *nest;
	const matmul *m;
	side rows, columns;
	const hdt_expr *batch[HDT_MAX_RANK];
	const hdt_expr *sum_extents[HDT_MAX_RANK], *sum_extent;
	const hdt_expr *x, *y; /* of this thread in the tile */
	const hdt_tensor *acc;
} tiles;

/* Small extents get small tiles. */
static int64_t tile_size(int64_t extent, int64_t most)
{
	int64_t size = SIDE;
	while (size < most && size < extent)
		size *= 2;
	return size;
}

/* Does its first read walk side by side along the sum, and not along the side? */
static bool reads_along_sum(const matmul *m, const side *s)
{
	expr_list nodes = {0};
	expr_nodes(s->factor, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i], *last = s->shape.count ? s->axes[s->shape.count - 1] : NULL;
		if (load->op == HDT_OP_LOAD)
			return kernel_reads_along(load, m->reduce->args[m->reduce->count - 1]) &&
			       !(last && depends_on(load, last) && kernel_reads_along(load, last));
	}
	return false;
}

static void init_side(const matmul *m, side *s, hdt_context *c, const hdt_expr *factor, const hdt_expr *const *axes,
                      int count)
{
	*s = (side){.factor = factor, .axes = axes};
	for (int i = 0; i < count; i++)
		s->extents[i] = axes[i]->args[0];
	s->shape = (hdt_list){s->extents, count};
	s->extent = hdt_product(c, s->shape);
	s->along_sum = reads_along_sum(m, s);
}

/* The side of the largest tiles that still occupy the device. */
static int64_t largest_size(const matmul *m)
{
	int64_t rows = product_of(m->rows, m->row_count), columns = product_of(m->columns, m->column_count);
	int64_t most = hdt_dtype_of(reduce_dtype(m->reduce))->bytes > 4 ? 64 : 128; /* accumulators are registers */
	for (; most > 32; most /= 2) {
		double down = (double)((rows + most - 1) / most), across = (double)((columns + most - 1) / most);
		if (down * across * (double)product_of(m->batch, m->batch_count) >= DEVICE_PROCESSORS)
			break;
	}
	return most;
}

static void choose_sizes(tiles *t)
{
	const matmul *m = t->m;
	int64_t most = largest_size(m);
	t->rows.size = tile_size(product_of(m->rows, m->row_count), most);
	t->columns.size = tile_size(product_of(m->columns, m->column_count), most);
}

static double parts(int64_t extent, double size)
{
	return ceil((double)extent / size);
}

/* Each slice is waited for, about a third of a microsecond, and multiplied by 128 steps a cycle. */
bool matmul_cost(const hdt_task *task, double *us)
{
	matmul m;
	const char *reason;
	if (!hdt_contraction_find(task, &m, &reason))
		return false;
	int64_t rows = product_of(m.rows, m.row_count), columns = product_of(m.columns, m.column_count),
			most = largest_size(&m);
	double down = (double)tile_size(rows, most), across = (double)tile_size(columns, most);
	double blocks = parts(rows, down) * parts(columns, across) * (double)product_of(m.batch, m.batch_count);
	double slices = parts(product_of(m.depth, m.depth_count), SLICE);
	*us = 2 + ceil(blocks / DEVICE_PROCESSORS) * slices * (0.35 + down * across * SLICE / 128 / 1700);
	return rows >= SIDE / 2 && columns >= SIDE / 2;
}

/* Is `index` within `extent`? NULL when the tiles cover it exactly. */
static const hdt_expr *within(const hdt_expr *index, const hdt_expr *extent, int64_t size)
{
	const hdt_expr *rest = hdt_mod(extent, hdt_int(extent->context, size));
	return hdt_proves_equal(rest, hdt_int(extent->context, 0)) ? NULL : hdt_less(index, extent);
}

static const hdt_expr *both(const hdt_expr *a, const hdt_expr *b)
{
	return a && b ? hdt_and(a, b) : a ? a : b;
}

/* The factor at an element of the side and of the sum. */
static const hdt_expr *factor_at(tiles *t, const side *s, const hdt_expr *element, const hdt_expr *position)
{
	const matmul *m = t->m;
	const hdt_expr *at[HDT_MAX_RANK], *sum_at[HDT_MAX_RANK];
	hdt_list sum = {t->sum_extents, m->reduce->count - 1};
	if (!kernel_unflatten(t->nest, s->shape, element, at) || !kernel_unflatten(t->nest, sum, position, sum_at))
		return NULL;
	const hdt_expr *value = hdt_substitute(s->factor, s->axes, at, s->shape.count);
	value = hdt_substitute(value, m->batch, t->batch, m->batch_count);
	return hdt_substitute(value, m->reduce->args + 1, sum_at, sum.count);
}

/* All threads fill the slice of one factor, neighbours where its reads are neighbours. */
static void load_slice(tiles *t, const side *s, const hdt_expr *slice)
{
	nest *n = t->nest;
	hdt_context *c = n->context;
	const hdt_expr *part =
		hdt_begin_for(n->function, "part", hdt_int(c, s->size * SLICE / BLOCK_THREADS), HDT_LOOP_UNROLL);
	const hdt_expr *task = hdt_add(hdt_mul(part, hdt_int(c, BLOCK_THREADS)), kernel_thread(n));
	const hdt_expr *fast = hdt_int(c, s->along_sum ? SLICE : s->size);
	const hdt_expr *inner = hdt_mod(task, fast), *outer = hdt_floordiv(task, fast);
	const hdt_expr *k = s->along_sum ? inner : outer, *i = s->along_sum ? outer : inner;
	const hdt_expr *element = kernel_index(n, "element", hdt_add(s->first, i));
	const hdt_expr *position = kernel_index(n, "position", hdt_add(hdt_mul(slice, hdt_int(c, SLICE)), k));
	const hdt_expr *inside = both(within(element, s->extent, s->size), within(position, t->sum_extent, SLICE));
	const hdt_expr *value = element && position ? factor_at(t, s, element, position) : NULL;
	if (value && inside)
		value = hdt_select(inside, value, hdt_like(value, 0));
	hdt_store(n->function, s->slice, HDT_AT(k, i), value);
	hdt_end(n->function);
}

/* The elements of a thread: up to four neighbours, which are one access, then those as many threads further on. */
static const hdt_expr *own(const tiles *t, const side *s, const hdt_expr *thread, const hdt_expr *part)
{
	hdt_context *c = t->nest->context;
	int64_t each = s->size / SIDE, neighbours = each < 4 ? each : 4;
	const hdt_expr *width = hdt_int(c, neighbours), *apart = hdt_int(c, neighbours * SIDE);
	return hdt_add(hdt_mul(hdt_floordiv(part, width), apart), hdt_add(hdt_mul(thread, width), hdt_mod(part, width)));
}

/* The thread's values of a slice at `k`, read once. */
static const hdt_tensor *read_slice(tiles *t, const side *s, const char *name, const hdt_expr *thread,
                                    const hdt_expr *k)
{
	hdt_function *f = t->nest->function;
	const hdt_expr *count = hdt_int(t->nest->context, s->size / SIDE);
	const hdt_tensor *values = hdt_local(f, name, s->slice->dtype, HDT_AT(count));
	const hdt_expr *part = hdt_begin_for(f, "part", count, HDT_LOOP_UNROLL);
	hdt_store(f, values, HDT_AT(part), hdt_at(s->slice, k, own(t, s, thread, part)));
	hdt_end(f);
	return values;
}

/* The accumulator with one more product, which stands in the task as it does here. f32 is multiplied and added in one step, which rounds once. */
static const hdt_expr *accumulate(const matmul *m, const hdt_expr *acc, const hdt_expr *a, const hdt_expr *b)
{
	expr_map factors = {0};
	const hdt_expr *product = without_casts(m->reduce->args[0]);
	if (acc && a && b && acc->dtype == HDT_F32 && a->dtype == HDT_F32 && b->dtype == HDT_F32)
		return hdt_fma(a, b, acc);
	expr_map_set(&factors, product, hdt_mul(a, b));
	const hdt_expr *result = reduce_step(m->reduce, acc, replace_nodes(m->reduce->args[0], &factors));
	expr_map_free(&factors);
	return result;
}

static void multiply_slice(tiles *t)
{
	hdt_function *f = t->nest->function;
	hdt_context *c = t->nest->context;
	const hdt_expr *k = hdt_begin_for(f, "k", hdt_int(c, SLICE), HDT_LOOP_UNROLL);
	const hdt_tensor *left = read_slice(t, &t->rows, "a", t->y, k), *right = read_slice(t, &t->columns, "b", t->x, k);
	const hdt_expr *r = hdt_begin_for(f, "r", hdt_int(c, t->rows.size / SIDE), HDT_LOOP_UNROLL);
	const hdt_expr *e = hdt_begin_for(f, "c", hdt_int(c, t->columns.size / SIDE), HDT_LOOP_UNROLL);
	if (left && right && r && e)
		hdt_store(f, t->acc, HDT_AT(r, e), accumulate(t->m, hdt_at(t->acc, r, e), hdt_at(left, r), hdt_at(right, e)));
	hdt_end(f);
	hdt_end(f);
	hdt_end(f);
}

/* Each thread writes its elements, with what the stage makes of the sum. */
static bool store_tile(tiles *t, const stage *s, const hdt_expr *value)
{
	nest *n = t->nest;
	hdt_function *f = n->function;
	const matmul *m = t->m;
	const hdt_expr *rows[HDT_MAX_RANK], *columns[HDT_MAX_RANK], *at[HDT_MAX_RANK];
	const hdt_expr *r = hdt_begin_for(f, "r", hdt_int(n->context, t->rows.size / SIDE), HDT_LOOP_UNROLL);
	const hdt_expr *c = hdt_begin_for(f, "c", hdt_int(n->context, t->columns.size / SIDE), HDT_LOOP_UNROLL);
	const hdt_expr *row = kernel_index(n, "row", hdt_add(t->rows.first, own(t, &t->rows, t->y, r)));
	const hdt_expr *column = kernel_index(n, "column", hdt_add(t->columns.first, own(t, &t->columns, t->x, c)));
	if (!row || !column)
		return false;
	const hdt_expr *inside =
		both(within(row, t->rows.extent, t->rows.size), within(column, t->columns.extent, t->columns.size));
	kernel_guard(n, inside);
	if (!kernel_unflatten(n, t->rows.shape, row, rows) || !kernel_unflatten(n, t->columns.shape, column, columns))
		return false;
	expr_map sums = {0};
	expr_map_set(&sums, m->reduce, reduce_result(m->reduce, hdt_at(t->acc, r, c)));
	value = replace_nodes(value, &sums);
	expr_map_free(&sums);
	for (int d = 0; d <= s->tensor->rank; d++) { /* the indices, and at last the value */
		const hdt_expr *e = d < s->tensor->rank ? s->tensor->axes[d] : value;
		e = hdt_substitute(e, m->rows, rows, m->row_count);
		e = hdt_substitute(e, m->columns, columns, m->column_count);
		e = hdt_substitute(e, m->batch, t->batch, m->batch_count);
		if (d < s->tensor->rank)
			at[d] = e;
		else
			value = e;
	}
	hdt_store(f, s->memory, (hdt_list){at, s->tensor->rank}, value);
	kernel_unguard(n, inside);
	hdt_end(f);
	hdt_end(f);
	return hdt_context_status(n->context) == HDT_OK;
}

/* ---- the kernel --------------------------------------------------------------------------------------------------- */

static const hdt_tensor *make_slice(tiles *t, const side *s, const char *name)
{
	hdt_context *c = t->nest->context;
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED};
	hdt_dtype dtype = hdt_dtype_of((hdt_dtype)s->factor->dtype)->compute;
	/* More columns than are used: what lies below each other is then in different banks. */
	return hdt_buffer(t->nest->function, name, dtype, HDT_AT(hdt_int(c, SLICE), hdt_int(c, s->size + PADDING)),
	                  &shared);
}

/* Which tile the block has, which elements the thread. */
static bool begin_tile(tiles *t, const hdt_expr *row_tiles, const hdt_expr *column_tiles, const hdt_list *batch)
{
	nest *n = t->nest;
	hdt_context *c = n->context;
	const hdt_expr *side_length = hdt_int(c, SIDE);
	hdt_list at = hdt_unflatten(c, HDT_AT(hdt_product(c, *batch), row_tiles, column_tiles), kernel_block(n));
	if (!at.items || !kernel_unflatten(n, *batch, at.items[0], t->batch))
		return false;
	t->rows.first = kernel_index(n, "first_row", hdt_mul(at.items[1], hdt_int(c, t->rows.size)));
	t->columns.first = kernel_index(n, "first_column", hdt_mul(at.items[2], hdt_int(c, t->columns.size)));
	t->x = kernel_index(n, "x", hdt_mod(kernel_thread(n), side_length));
	t->y = kernel_index(n, "y", hdt_floordiv(kernel_thread(n), side_length));
	t->rows.slice = make_slice(t, &t->rows, "left");
	t->columns.slice = make_slice(t, &t->columns, "right");
	hdt_buffer_options start = {.scope = HDT_SCOPE_REGISTER, .start = reduce_start(t->m->reduce)};
	t->acc = hdt_buffer(n->function, "acc", reduce_dtype(t->m->reduce),
	                    HDT_AT(hdt_int(c, t->rows.size / SIDE), hdt_int(c, t->columns.size / SIDE)), &start);
	return t->acc && t->rows.slice && t->columns.slice;
}

static void multiply(tiles *t)
{
	nest *n = t->nest;
	const hdt_expr *slices = hdt_ceildiv(t->sum_extent, hdt_int(n->context, SLICE));
	const hdt_expr *slice = hdt_begin_for(n->function, "slice", slices, HDT_LOOP_SERIAL);
	load_slice(t, &t->rows, slice);
	load_slice(t, &t->columns, slice);
	team_sync(n);
	multiply_slice(t);
	team_sync(n);
	hdt_end(n->function);
}

bool matmul_emit(plan *p, const group *g)
{
	stage s = p->stages[g->first];
	hdt_context *c = p->context;
	matmul m;
	nest n;
	tiles t = {.nest = &n, .m = &m};
	s.value = plan_redirect(p, s.value);
	if (!s.value || !matmul_find(&s, &m))
		return false;
	init_side(&m, &t.rows, c, m.a, m.rows, m.row_count);
	init_side(&m, &t.columns, c, m.b, m.columns, m.column_count);
	choose_sizes(&t);
	const hdt_expr *batch_extents[HDT_MAX_RANK];
	hdt_list batch = {batch_extents, m.batch_count}, sum = {t.sum_extents, m.reduce->count - 1};
	for (int i = 0; i < m.batch_count; i++)
		batch_extents[i] = m.batch[i]->args[0];
	for (int i = 0; i < sum.count; i++)
		t.sum_extents[i] = m.reduce->args[i + 1]->args[0];
	t.sum_extent = hdt_product(c, sum);
	const hdt_expr *row_tiles = hdt_ceildiv(t.rows.extent, hdt_int(c, t.rows.size));
	const hdt_expr *column_tiles = hdt_ceildiv(t.columns.extent, hdt_int(c, t.columns.size));
	const hdt_expr *blocks = hdt_mul(hdt_product(c, batch), hdt_mul(row_tiles, column_tiles));
	if (!blocks || !kernel_begin(&n, p, g, blocks, BLOCK_THREADS) || !begin_tile(&t, row_tiles, column_tiles, &batch))
		return false;
	multiply(&t);
	return store_tile(&t, &s, s.value);
}
