/* cuda_scan.c: running reductions. By a thread for each row along which they run, where there are many rows:
 *
 *     y[i, j] = sum(k < j + 1) x[i, k]     ->     acc = 0; for j in 0..m { acc = acc + x[i, j]; y[i, j] = acc; }
 *
 * else by a block for each row, every thread of which takes a piece of it twice: first for the sum of the piece; the sums of the pieces before it,
 * joined in shared memory, are then where its elements start from. */
#include "cuda.h"

enum { SCAN_THREADS = 64, MANY_ROWS = 16384, SHORT_ROW = 64 };

/* The rows of a scan and what runs along one of them. */
typedef struct rows {
	const stage *stage;
	dims dims;
	const hdt_expr *along;                                      /* the axis */
	const hdt_expr *axes[HDT_MAX_RANK], *extents[HDT_MAX_RANK]; /* the other ones */
	hdt_list shape;
} rows;

bool scan_applies(const stage *s)
{
	dims d;
	return merge_dims(s, 0, s->value, &d) && scan_find(&d).reduce;
}

static bool find_rows(const stage *s, const hdt_expr *value, rows *out)
{
	*out = (rows){.stage = s};
	if (!value || !merge_dims(s, 0, value, &out->dims))
		return false;
	int axis = scan_find(&out->dims).axis, count = 0;
	for (int i = 0; i < out->dims.count; i++)
		if (i == axis) {
			out->along = out->dims.axes[i];
		} else {
			out->axes[count] = out->dims.axes[i];
			out->extents[count++] = out->dims.axes[i]->args[0];
		}
	out->shape = (hdt_list){out->extents, count};
	return out->along != NULL;
}

/* The row at hand is the one of this number. */
static bool bind_row(nest *n, rows *r, const hdt_expr *index)
{
	const hdt_expr *row[HDT_MAX_RANK];
	if (!index || !kernel_unflatten(n, r->shape, index, row))
		return false;
	r->dims.value = reduce_ready(n, hdt_substitute(r->dims.value, r->axes, row, r->shape.count));
	for (int i = 0; i < r->stage->tensor->rank; i++)
		r->dims.at[i] = hdt_substitute(r->dims.at[i], r->axes, row, r->shape.count);
	return r->dims.value != NULL;
}

/* Take in the element at `position` along the row; `store`: and write what the stage makes of it. */
static void take_element(nest *n, const rows *r, const scan *s, const hdt_expr *position, bool store)
{
	const hdt_expr *at[HDT_MAX_RANK], *value = scan_step(n, s, r->dims.value, position);
	int rank = r->stage->tensor->rank;
	if (!store || !value)
		return;
	value = reduce_ready(n, hdt_substitute(value, &r->along, &position, 1));
	for (int i = 0; i < rank; i++)
		at[i] = hdt_substitute(r->dims.at[i], &r->along, &position, 1);
	hdt_store(n->function, r->stage->memory, (hdt_list){at, rank}, value);
}

/* ---- a thread for a row ------------------------------------------------------------------------------------------- */

static bool emit_threads(plan *p, const group *g, rows *r)
{
	const hdt_expr *threads = hdt_int(p->context, SCAN_THREADS), *count = hdt_product(p->context, r->shape);
	nest n;
	if (!kernel_begin(&n, p, g, hdt_ceildiv(count, threads), SCAN_THREADS))
		return false;
	const hdt_expr *index = kernel_index(&n, "row", hdt_add(hdt_mul(kernel_block(&n), threads), kernel_thread(&n)));
	const hdt_expr *inside = hdt_less(index, count);
	kernel_guard(&n, inside);
	if (!bind_row(&n, r, index))
		return false;
	scan s = scan_begin(&n, &r->dims);
	open_loop(&n, r->along, HDT_LOOP_SERIAL);
	take_element(&n, r, &s, r->along, true);
	close_loop(&n);
	kernel_unguard(&n, inside);
	return hdt_context_status(p->context) == HDT_OK;
}

/* ---- a block for a row -------------------------------------------------------------------------------------------- */

/* This thread's piece of the row. */
static void take_piece(nest *n, const rows *r, const scan *s, const hdt_expr *first, const hdt_expr *count, bool store)
{
	const hdt_expr *step = hdt_axis("step", count);
	if (!step)
		return;
	open_loop(n, step, HDT_LOOP_SERIAL);
	const hdt_expr *position = kernel_index(n, "position", hdt_add(first, step));
	if (position)
		take_element(n, r, s, position, store);
	close_loop(n);
}

/* From the threads' own results to what all those before each thread have: the accumulator's new value. */
static void join_before(nest *n, const scan *s)
{
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED};
	hdt_function *f = n->function;
	const hdt_expr *thread = kernel_thread(n), *own = hdt_load(s->acc, NULL, 0),
				   *first = hdt_equal(thread, hdt_int(n->context, 0));
	const hdt_expr *wide = reduce_widened(s->reduce), *size = hdt_int(n->context, BLOCK_THREADS);
	const hdt_tensor *sums = hdt_buffer(f, "sums", s->acc->dtype, HDT_AT(size), &shared);
	if (!wide || !sums)
		return;
	hdt_store(f, sums, HDT_AT(thread), own);
	for (int64_t step = 1; step < BLOCK_THREADS; step *= 2) {
		const hdt_expr *distance = hdt_int(n->context, step), *reaches = hdt_less_equal(distance, thread);
		team_sync(n);
		hdt_begin_if(f, reaches);
		hdt_store(f, s->acc, HDT_SCALAR, reduce_step(wide, hdt_at(sums, hdt_sub(thread, distance)), own));
		hdt_end(f);
		team_sync(n);
		hdt_store(f, sums, HDT_AT(thread), own);
	}
	team_sync(n);
	const hdt_expr *before = hdt_select(first, hdt_int(n->context, 0), hdt_sub(thread, hdt_int(n->context, 1)));
	hdt_store(f, s->acc, HDT_SCALAR, hdt_select(first, reduce_start(wide), hdt_at(sums, before)));
}

static bool emit_blocks(plan *p, const group *g, rows *r)
{
	hdt_context *c = p->context;
	const hdt_expr *length = r->along->args[0], *pieces = hdt_int(c, BLOCK_THREADS),
				   *piece = hdt_ceildiv(length, pieces);
	nest n;
	if (!kernel_begin(&n, p, g, hdt_product(c, r->shape), BLOCK_THREADS) || !bind_row(&n, r, kernel_block(&n)))
		return false;
	const hdt_expr *first = kernel_index(&n, "first", hdt_mul(kernel_thread(&n), piece));
	const hdt_expr *rest = hdt_max(hdt_int(c, 0), hdt_sub(length, first));
	const hdt_expr *count = kernel_index(&n, "count", hdt_min(piece, rest));
	scan s = scan_begin(&n, &r->dims);
	if (!s.acc || !count)
		return false;
	take_piece(&n, r, &s, first, count, false);
	join_before(&n, &s);
	take_piece(&n, r, &s, first, count, true);
	return hdt_context_status(c) == HDT_OK;
}

bool scan_emit(plan *p, const group *g)
{
	const stage *s = &p->stages[g->first];
	rows r;
	if (!find_rows(s, plan_redirect(p, s->value), &r))
		return false;
	int64_t count = 1;
	for (int i = 0; i < r.shape.count; i++)
		if (__builtin_mul_overflow(count, hdt_size_estimate(r.extents[i]), &count))
			count = INT64_MAX;
	bool blocks = count < MANY_ROWS && hdt_size_estimate(r.along->args[0]) >= SHORT_ROW;
	return blocks ? emit_blocks(p, g, &r) : emit_threads(p, g, &r);
}
