/* result.c: from sums to the task's output, with what was fused behind the product, on neighbouring columns at once:
 *
 *     y[row, column + lane] = relu(sums[lane] + bias[column + lane])    with bias and y moved by one access each */
#include "tile.h"

int64_t result_width(const product *p)
{
	const hdt_tensor *t = p->c.tensor;
	if (p->columns.shape.count == 0)
		return 1;
	return vector_width(t, (hdt_list){t->axes, t->rank}, p->columns.axes[p->columns.shape.count - 1], VECTOR_BYTES);
}

/* The axes of the output, and what they are at the element. */
typedef struct binding {
	const hdt_expr *from[HDT_MAX_RANK], *to[HDT_MAX_RANK];
	int count;
} binding;

static void bind_axes(binding *b, const span *s, const hdt_expr *const *at, int count)
{
	for (int i = 0; i < count; i++) {
		b->from[b->count] = s->axes[i];
		b->to[b->count++] = at[i];
	}
}

static const hdt_expr *sum_at(const hdt_tensor *sums, const hdt_expr *lane)
{
	return hdt_at(sums, lane);
}

static void store_one(const kernel *k, const binding *b, const hdt_tensor *sums)
{
	const hdt_tensor *t = k->product->c.tensor;
	const hdt_expr *at[HDT_MAX_RANK];
	const hdt_expr *value = hdt_contraction_result(&k->product->c, sum_at(sums, hdt_int(k->context, 0)));
	for (int d = 0; d < t->rank; d++)
		at[d] = hdt_substitute(t->axes[d], b->from, b->to, b->count);
	hdt_store(k->function, t, (hdt_list){at, t->rank}, hdt_substitute(value, b->from, b->to, b->count));
}

/* `b` binds all axes but `along`, which begins at `first`. */
static void store_several(const kernel *k, const binding *b, const hdt_expr *along, const hdt_expr *first,
                          const hdt_tensor *sums, int64_t width)
{
	hdt_context *c = k->context;
	hdt_function *f = k->function;
	const hdt_tensor *t = k->product->c.tensor;
	const hdt_expr *lane = hdt_axis("lane", hdt_int(c, width));
	const vector_span here = {f, along, first, lane, width};
	const hdt_expr *value = hdt_contraction_result(&k->product->c, sum_at(sums, lane));
	const hdt_tensor *results = hdt_local(f, "results", t->dtype, HDT_AT(hdt_int(c, width)));
	value = vector_read(&here, value, b->from, b->to, b->count);
	hdt_begin_loop(f, lane, HDT_LOOP_UNROLL);
	hdt_store(f, results, HDT_AT(lane), value);
	hdt_end(f);
	vector_store(&here, t, (hdt_list){t->axes, t->rank}, results, b->from, b->to, b->count);
}

void result_store_inside(const kernel *k, const hdt_expr *row, const hdt_expr *column, const hdt_tensor *sums,
                         int64_t width)
{
	const hdt_expr *inside = both(span_within(&k->product->rows, row, k->tile_rows),
	                              span_within(&k->product->columns, column, k->tile_columns));
	guard_begin(k->function, inside);
	result_store(k, row, column, sums, width);
	guard_end(k->function, inside);
}

void result_store(const kernel *k, const hdt_expr *row, const hdt_expr *column, const hdt_tensor *sums, int64_t width)
{
	const product *p = k->product;
	const hdt_expr *rows[HDT_MAX_RANK], *columns[HDT_MAX_RANK];
	int last = p->columns.shape.count - 1;
	binding b = {0};
	if (!row || !column || !span_at(&p->rows, row, rows) || !span_at(&p->columns, column, columns))
		return;
	bind_axes(&b, &p->batch, k->batch, p->batch.shape.count);
	bind_axes(&b, &p->rows, rows, p->rows.shape.count);
	bind_axes(&b, &p->columns, columns, width > 1 ? last : last + 1);
	if (width > 1)
		store_several(k, &b, p->columns.axes[last], columns[last], sums, width);
	else
		store_one(k, &b, sums);
}
