/* cpu_problem.c: finds the sum of products of a task, which axes can be tiled, and how both factors are best read. */
#include "cpu.h"

/* ---- spans and places --------------------------------------------------------------------------------------------- */

static bool is_unit(const hdt_expr *axis)
{
	int64_t extent;
	return hdt_is_const(axis->args[0], &extent) && extent == 1;
}

static void span_push(span *s, const hdt_expr *axis)
{
	s->extents[s->count] = axis->args[0];
	s->axes[s->count++] = axis;
}

/* The product of sizes, but for what costs are no longer reckoned with. */
static int64_t size_of(const span *s)
{
	const int64_t most = INT64_C(1) << 60;
	int64_t size = 1;
	for (int i = 0; i < s->count; i++)
		if (__builtin_mul_overflow(size, hdt_size_estimate(s->extents[i]), &size) || size > most)
			return most;
	return size;
}

static void span_finish(span *s, hdt_context *c)
{
	int64_t value;
	s->extent = hdt_product(c, (hdt_list){s->extents, s->count});
	s->fixed = s->extent && hdt_is_const(s->extent, &value);
	s->size = size_of(s);
}

void place_put(place *at, const span *s, const hdt_expr *const *values)
{
	for (int i = 0; i < s->count; i++) {
		at->from[at->count] = s->axes[i];
		at->to[at->count++] = values[i];
	}
}

void place_put_position(place *at, const span *s, const hdt_expr *position)
{
	hdt_list list = {0};
	if (!s->count || !position)
		return;
	list = hdt_unflatten(position->context, (hdt_list){s->extents, s->count}, position);
	if (list.items)
		place_put(at, s, list.items);
}

const hdt_expr *place_value(const place *at, const hdt_expr *e)
{
	return hdt_substitute(e, at->from, at->to, at->count);
}

/* ---- reads -------------------------------------------------------------------------------------------------------- */

static bool is_memory(const problem *p, const hdt_expr *e)
{
	return e->op == HDT_OP_LOAD && e->dtype == p->factor;
}

static bool is_linear(const hdt_expr *load, const span *s)
{
	int64_t factors[HDT_MAX_RANK];
	const hdt_expr *rest;
	for (int d = 0; d < load->count; d++)
		if (!hdt_linear(load->args[d], s->axes, s->count, factors, &rest))
			return false;
	return true;
}

/* Do neighbours along the axis lie side by side? */
static bool is_along(const hdt_expr *load, const hdt_expr *axis)
{
	int last = load->count - 1;
	int64_t factor;
	const hdt_expr *rest;
	for (int d = 0; d < last; d++)
		if (hdt_contains(load->args[d], axis))
			return false;
	return last >= 0 && hdt_linear(load->args[last], &axis, 1, &factor, &rest) && factor == 1;
}

/* Are the two axes the indices of neighbouring dimensions, so that they are read as one? */
static bool joins(const hdt_expr *load, const hdt_expr *outer, const hdt_expr *inner)
{
	bool found = false;
	for (int d = 0; d < load->count; d++) {
		bool here = d + 1 < load->count && load->args[d] == outer && load->args[d + 1] == inner &&
		            hdt_proves_equal(load->tensor->shape[d + 1], inner->args[0]);
		if (here)
			found = true;
		else if (hdt_contains(load->args[d], outer))
			return false;
	}
	return found;
}

/* Elements between neighbours along the axis; false when that is no number. */
static bool stride_along(const hdt_expr *load, const hdt_expr *axis, int64_t *stride)
{
	int64_t size = 1, factor, part, extent;
	const hdt_expr *rest;
	*stride = 0;
	for (int d = load->count - 1; d >= 0; d--) {
		if (!hdt_linear(load->args[d], &axis, 1, &factor, &rest) || __builtin_mul_overflow(factor, size, &part) ||
		    __builtin_add_overflow(*stride, part, stride))
			return false;
		if (d > 0 && (!hdt_is_const(load->tensor->shape[d], &extent) || __builtin_mul_overflow(size, extent, &size)))
			return false;
	}
	return true;
}

/* ---- which axes are tiled ----------------------------------------------------------------------------------------- */

static int dimension_of(const hdt_tensor *t, const hdt_expr *axis)
{
	int d = 0;
	while (t->axes[d] != axis)
		d++;
	return d;
}

/* The last axes that are neighbours in the result are the columns of a panel, the others loops. */
static void split_columns(problem *p, const span *all)
{
	const hdt_tensor *t = p->c.tensor;
	int first = all->count - 1;
	while (first > 0 && dimension_of(t, all->axes[first - 1]) + 1 == dimension_of(t, all->axes[first]))
		first--;
	for (int i = 0; i < all->count; i++)
		span_push(i < first ? &p->outer_columns : &p->columns, all->axes[i]);
}

/* The last axes that the first factor reads as one are the rows of a tile. Those it does not depend on are loops. */
static void split_rows(problem *p, const span *all)
{
	const hdt_expr *a = p->c.a;
	int first = all->count;
	while (first > 0 && hdt_contains(a, all->axes[first - 1])) {
		bool one = first == all->count || p->left == LEFT_STAGED || joins(a, all->axes[first - 1], all->axes[first]);
		if (!one)
			break;
		first--;
	}
	for (int i = 0; i < all->count; i++)
		span_push(i < first ? &p->outer_rows : &p->rows, all->axes[i]);
}

/* Steps of the sum that lie far apart in memory are outer loops. */
static void order_depth(problem *p)
{
	int64_t strides[HDT_MAX_RANK];
	if (!is_memory(p, p->c.a))
		return;
	for (int i = 0; i < p->depth.count; i++) {
		if (!stride_along(p->c.a, p->depth.axes[i], &strides[i]))
			return;
		strides[i] = strides[i] < 0 ? -strides[i] : strides[i];
	}
	span sorted = {0};
	bool taken[HDT_MAX_RANK] = {false};
	while (sorted.count < p->depth.count) {
		int widest = -1;
		for (int i = 0; i < p->depth.count; i++)
			if (!taken[i] && (widest < 0 || strides[i] > strides[widest]))
				widest = i;
		taken[widest] = true;
		span_push(&sorted, p->depth.axes[widest]);
	}
	p->depth = sorted;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

enum { LEAST_TILED_ROWS = 8 }; /* fewer are faster by vectors */

static void swap(const hdt_expr **x, const hdt_expr **y)
{
	const hdt_expr *old = *x;
	*x = *y;
	*y = old;
}

static void swap_factors(hdt_contraction *c)
{
	int rows = c->row_count;
	bool constant = c->a_constant;
	for (int i = 0; i < HDT_MAX_RANK; i++)
		swap(&c->rows[i], &c->columns[i]);
	swap(&c->a, &c->b);
	c->row_count = c->column_count;
	c->column_count = rows;
	c->a_constant = c->b_constant;
	c->b_constant = constant;
}

static bool has_axis(const hdt_expr *const *axes, int count, const hdt_expr *axis)
{
	for (int i = 0; i < count; i++)
		if (axes[i] == axis)
			return true;
	return false;
}

static void gather(problem *p, span *into, const hdt_expr *const *axes, int count)
{
	for (int i = 0; i < count; i++)
		span_push(is_unit(axes[i]) ? &p->units : into, axes[i]);
}

/* All axes; those of one element go from the factors, which then read in one line what a window of one pixel reads. */
static void gather_all(problem *p, span *rows, span *columns)
{
	place units = {.count = 0};
	const hdt_expr *zeros[MOST_AXES];
	gather(p, &p->batch, p->c.batch, p->c.batch_count);
	gather(p, &p->depth, p->c.depth, p->c.depth_count);
	gather(p, rows, p->c.rows, p->c.row_count);
	gather(p, columns, p->c.columns, p->c.column_count);
	span *parts[] = {&p->batch, &p->depth, rows, columns};
	for (int i = 0; i < (int)(sizeof parts / sizeof *parts); i++)
		span_finish(parts[i], p->context);
	for (int i = 0; i < p->units.count; i++)
		zeros[i] = hdt_int(p->context, 0);
	place_put(&units, &p->units, zeros);
	p->c.a = place_value(&units, p->c.a);
	p->c.b = place_value(&units, p->c.b);
}

/* Results are written side by side: the last dimension is to be a column. NULL, or why it cannot be. */
static const char *turn(problem *p)
{
	const hdt_tensor *t = p->c.tensor;
	int last = t->rank - 1;
	while (last >= 0 && is_unit(t->axes[last]))
		last--;
	if (last < 0)
		return "it has one element only";
	if (has_axis(p->c.rows, p->c.row_count, t->axes[last]))
		swap_factors(&p->c);
	if (!has_axis(p->c.columns, p->c.column_count, t->axes[last]))
		return "the last dimension of its result is in both factors";
	return hdt_contains(p->c.b, t->axes[last]) ? NULL : "the last dimension of its result is in neither factor";
}

/* Would computing the first factor ahead give many more elements than there are to read? */
static bool repeats(const problem *p, const span *rows)
{
	double largest = 0, elements = (double)rows->size * (double)p->depth.size * (double)p->batch.size;
	for (int i = 0; i < p->task->input_count; i++) {
		const hdt_tensor *t = p->task->inputs[i];
		double size = 1;
		for (int d = 0; t && d < t->rank; d++)
			size *= (double)hdt_size_estimate(t->shape[d]);
		largest = t && size > largest ? size : largest;
	}
	return elements > 2 * largest;
}

/* Tiles read rows that are equally far apart. */
static bool has_pitch(problem *p, const span *rows)
{
	p->row_pitch = 0;
	if (!p->tiles || !rows->count)
		return true;
	return stride_along(p->c.a, rows->axes[rows->count - 1], &p->row_pitch) && p->row_pitch > 0;
}

static const char *choose_left(problem *p, const span *rows)
{
	const hdt_expr *a = p->c.a;
	bool in_place =
		is_memory(p, a) && is_linear(a, rows) && is_linear(a, &p->depth) && steps_are_pieces(p) && has_pitch(p, rows);
	p->left = in_place ? LEFT_IN_PLACE : LEFT_STAGED;
	split_rows(p, rows);
	if (in_place)
		return NULL;
	return repeats(p, rows) ? "its first factor would be computed many times over" : NULL;
}

/* What it costs to lay the second factor out goes by how neighbouring columns are read. */
static void find_right_reads(problem *p, bool along)
{
	const hdt_expr *b = p->c.b;
	p->right_reads = along ? READS_ALONG : is_memory(p, b) && is_linear(b, &p->columns) ? READS_ACROSS : READS_ANYHOW;
	if (p->right_reads == READS_ACROSS && p->columns.count == 1 && p->depth.count == 1 &&
	    is_along(b, p->depth.axes[0]) && stride_along(b, p->columns.axes[0], &p->right_stride) && p->right_stride > 0)
		p->right_reads = READS_SQUARES;
}

static const char *choose_right(problem *p)
{
	const hdt_expr *b = p->c.b, *last = p->columns.axes[p->columns.count - 1];
	bool fixed = p->columns.fixed && p->outer_columns.fixed && p->batch.fixed && p->depth.fixed;
	bool along = is_memory(p, b) && is_along(b, last);
	for (int i = 1; i < p->columns.count; i++)
		along = along && joins(b, p->columns.axes[i - 1], p->columns.axes[i]);
	find_right_reads(p, along);
	bool one_row = p->rows.fixed && p->rows.size == 1 && p->group == 1;
	p->right = p->c.b_constant && fixed                      ? RIGHT_PACKED
	           : along && is_linear(b, &p->depth) && one_row ? RIGHT_IN_PLACE
	                                                         : RIGHT_LAID_OUT;
	if (p->right != RIGHT_PACKED && p->factor == HDT_I8 && !p->tiles)
		return "its second factor, of i8, is not constant";
	if (p->right == RIGHT_LAID_OUT && p->rows.size < 4)
		return "its second factor would be laid out for a few rows";
	return NULL;
}

static const char *check_sizes(const problem *p)
{
	if (!p->depth.fixed && p->depth.count > 1)
		return "the sizes of its sum are not known";
	const span *all[] = {&p->batch, &p->outer_rows, &p->rows, &p->outer_columns, &p->columns, &p->depth};
	for (int i = 0; i < (int)(sizeof all / sizeof *all); i++)
		if (!all[i]->extent || (all[i]->fixed && all[i]->size < 1))
			return "it is empty";
	return p->depth.count ? NULL : "its sum has one product only";
}

bool problem_find(const hdt_task *task, const hdt_target_info *target, problem *p, const char **reason)
{
	span rows = {0}, columns = {0};
	*p = (problem){.task = task, .context = task->context};
	if (!hdt_contraction_find(task, &p->c, reason))
		return false;
	int bytes = target->vector_bytes < 16 ? 16 : target->vector_bytes;
	p->lanes = bytes / 4;
	p->registers = bytes >= 64 ? 32 : 16;
	p->fused = target->fused_multiply_add;
	*reason = turn(p);
	if (!*reason)
		*reason = steps_find_factors(p, target);
	if (*reason)
		return false;
	gather_all(p, &rows, &columns);
	split_columns(p, &columns);
	order_depth(p);
	span_finish(&p->depth, p->context);
	p->tiles = p->tiles && rows.size >= LEAST_TILED_ROWS;
	*reason = choose_left(p, &rows);
	steps_finish(p);
	span *made[] = {&p->outer_rows, &p->rows, &p->outer_columns, &p->columns, &p->steps};
	for (int i = 0; i < (int)(sizeof made / sizeof *made); i++)
		span_finish(made[i], p->context);
	if (!*reason)
		*reason = check_sizes(p);
	if (!*reason)
		*reason = choose_right(p);
	return !*reason;
}
