/* lanes.c: blocks of neighbouring elements. Reductions that differ from element to element keep one accumulator for each, and the loop over
 * the elements goes inside:
 *     y[i, j] = sum(k < n) a[i, k] * b[k, j]
 *  -> for k in 0..n { for r in 0..4 unroll { for l in 0..32 vectorise { acc[r, l] = acc[r, l] + a[i + r, k] * b[k, j + l]; } } }
 * Each element's sum keeps its order; different elements are the lanes of a vector. Rows (r) are added where a read of the lanes serves
 * several of them. */
#include "auto.h"

/* One block: loops of `count` from `first` on. */
typedef struct span {
	const hdt_expr *axis; /* of the stage; NULL: there is no such loop */
	const hdt_expr *loop; /* the axis of the loops written for it */
	const hdt_expr *first;
	hdt_loop_kind kind;
	bool split; /* quotients and remainders of the position are read: it must stay one name */
} span;

typedef struct block {
	nest *nest;
	const stage *stage;
	dims dims;
	const tile *tile;
	span row, lane;
} block;

static bool divides_axis(const hdt_expr *e, const hdt_expr *axis)
{
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *n = nodes.items[i];
		if ((n->op == HDT_OP_FLOORDIV || n->op == HDT_OP_MOD) && n->args[0] == axis)
			return true;
	}
	return false;
}

static span span_of(const dims *d, int rank, int axis, const hdt_expr *first, const hdt_expr *count, bool vector)
{
	int64_t constant;
	bool fixed = hdt_is_const(count, &constant);
	span s = {.axis = d->axes[axis], .first = first};
	s.loop = hdt_axis(s.axis->name, count);
	s.kind = vector ? HDT_LOOP_VECTORISE : fixed && constant <= 16 ? HDT_LOOP_UNROLL : HDT_LOOP_SERIAL;
	s.split = divides_axis(d->value, s.axis);
	for (int i = 0; i < rank; i++)
		s.split |= d->at[i] && divides_axis(d->at[i], s.axis);
	return s;
}

static void open_span(block *b, const span *s)
{
	if (s->axis)
		open_loop(b->nest, s->loop, s->kind);
}

/* Where the open loop of the span stands. */
static const hdt_expr *position(block *b, const span *s)
{
	const hdt_expr *here = hdt_add(s->first, s->loop);
	return s->split && here != s->loop ? hdt_let(b->nest->function, "position", here) : here;
}

/* The indices of a block's accumulator: those of the spans that it has. */
static hdt_list accumulator_index(const block *b, bool row, bool lane, const hdt_expr **items)
{
	int count = 0;
	if (row)
		items[count++] = b->row.loop;
	if (lane)
		items[count++] = b->lane.loop;
	return (hdt_list){items, count};
}

static const hdt_tensor *accumulator_for(block *b, const hdt_expr *reduce, bool row, bool lane)
{
	const hdt_expr *shape[2];
	int count = 0;
	if (row)
		shape[count++] = hdt_int(b->nest->context, b->tile->rows);
	if (lane)
		shape[count++] = hdt_int(b->nest->context, b->tile->lanes);
	return hdt_local(b->nest->function, "acc", reduce_dtype(reduce), (hdt_list){shape, count});
}

/* Within open spans: `e` at the current element. */
static const hdt_expr *at_element(block *b, const hdt_expr *e, bool row, bool lane)
{
	const hdt_expr *from[2], *to[2];
	int count = 0;
	if (row)
		from[count] = b->row.axis, to[count++] = position(b, &b->row);
	if (lane)
		from[count] = b->lane.axis, to[count++] = position(b, &b->lane);
	return hdt_substitute(e, from, to, count);
}

/* Loops over the elements of the block in which `reduce` is computed; the result reads the accumulators. */
static const hdt_expr *accumulate(block *b, const hdt_expr *reduce, const hdt_expr *value)
{
	nest *n = b->nest;
	bool row = b->row.axis && depends_on(reduce, b->row.axis), lane = depends_on(reduce, b->lane.axis);
	const span *rows = row ? &b->row : &(span){0}, *lanes = lane ? &b->lane : &(span){0};
	const hdt_expr *items[2];
	hdt_list at = accumulator_index(b, row, lane, items);
	const hdt_tensor *acc = accumulator_for(b, reduce, row, lane);
	if (!acc)
		return NULL;
	open_span(b, rows);
	open_span(b, lanes);
	hdt_store(n->function, acc, at, reduce_start(reduce));
	for (int i = 0; i < at.count; i++)
		close_loop(n);
	for (int a = 1; a < reduce->count; a++) {
		open_loop(n, reduce->args[a], HDT_LOOP_SERIAL);
		value = reduce_ready(n, value);
	}
	if (value && row && lane) {
		panel_span lanes_here = {b->lane.axis, b->lane.first, b->lane.loop->args[0], b->tile->lanes};
		value = panel_fill(n, value, NULL, &lanes_here, b->row.axis);
	}
	if (!value)
		return NULL;
	open_span(b, rows);
	open_span(b, lanes);
	const hdt_expr *element = reduce_ready(n, at_element(b, value, row, lane));
	if (element)
		hdt_store(n->function, acc, at, reduce_step_in(n, reduce, hdt_at_list(acc, at), element));
	for (int i = 0; i < at.count + reduce->count - 1; i++)
		close_loop(n);
	return reduce_result(reduce, hdt_at_list(acc, at));
}

/* May this reduction be computed for the whole block before its elements are? */
static bool belongs_to_block(const block *b, const hdt_expr *reduce)
{
	expr_list axes = {0};
	free_axes(reduce, &axes);
	for (int i = 0; i < axes.count; i++) {
		const hdt_expr *axis = axes.items[i];
		if (axis != b->lane.axis && axis != b->row.axis && !expr_list_has(&b->nest->open, axis))
			return false;
	}
	return true;
}

static void store_element(block *b, const hdt_expr *value)
{
	const stage *s = b->stage;
	const hdt_expr *at[HDT_MAX_RANK], *from[2], *to[2];
	int count = 0, rank = s->tensor->rank;
	if (b->row.axis)
		from[count] = b->row.axis, to[count++] = position(b, &b->row);
	if (b->lane.axis)
		from[count] = b->lane.axis, to[count++] = position(b, &b->lane);
	value = reduce_ready(b->nest, hdt_substitute(value, from, to, count));
	for (int d = s->rows; d < rank; d++)
		at[d] = hdt_substitute(b->dims.at[d], from, to, count);
	hdt_store(b->nest->function, s->memory, (hdt_list){at + s->rows, rank - s->rows}, value);
}

static bool is_whole(const span *s, int64_t size)
{
	int64_t count;
	return s->axis && hdt_is_const(s->loop->args[0], &count) && count == size;
}

static void emit_block(block *b)
{
	nest *n = b->nest;
	expr_map results = {0};
	expr_list nodes = {0};
	expr_nodes(b->dims.value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *reduce = nodes.items[i];
		if (!is_reduce(reduce) || !belongs_to_block(b, reduce))
			continue;
		const hdt_expr *element = replace_nodes(reduce->args[0], &results);
		const hdt_expr *result = element ? accumulate(b, reduce, element) : NULL;
		if (!result)
			break;
		expr_map_set(&results, reduce, result);
	}
	const hdt_expr *value = hdt_context_status(n->context) == HDT_OK ? replace_nodes(b->dims.value, &results) : NULL;
	expr_map_free(&results);
	if (value && b->tile->transposed && is_whole(&b->row, b->tile->rows) && is_whole(&b->lane, b->tile->lanes)) {
		panel_span lanes = {b->lane.axis, b->lane.first, b->lane.loop->args[0], b->tile->lanes};
		panel_span rows = {b->row.axis, b->row.first, b->row.loop->args[0], b->tile->rows};
		value = transpose_fill(n, value, &lanes, &rows);
	}
	if (!value)
		return;
	open_span(b, &b->row);
	open_span(b, &b->lane);
	store_element(b, value);
	for (int i = 0; i < (b->row.axis != NULL) + (b->lane.axis != NULL); i++)
		close_loop(n);
}

static void emit_lanes(block *b, const hdt_expr *lane_block)
{
	const tile *t = b->tile;
	hdt_context *c = b->nest->context;
	int rank = b->stage->tensor->rank;
	if (t->lane < 0) {
		emit_block(b);
		return;
	}
	const hdt_expr *extent = b->dims.axes[t->lane]->args[0], *size = hdt_int(c, t->lanes), *zero = hdt_int(c, 0);
	if (t->whole) {
		b->lane = span_of(&b->dims, rank, t->lane, zero, extent, t->vector);
		emit_block(b);
		return;
	}
	const hdt_expr *first = hdt_mul(lane_block, size), *rest = hdt_mod(extent, size);
	bool even = hdt_proves_equal(rest, zero);
	if (!even)
		hdt_begin_if(b->nest->function, hdt_less(lane_block, hdt_floordiv(extent, size)));
	b->lane = span_of(&b->dims, rank, t->lane, first, size, t->vector);
	emit_block(b);
	if (even)
		return;
	hdt_begin_else(b->nest->function);
	b->lane = span_of(&b->dims, rank, t->lane, first, rest, t->vector);
	emit_block(b);
	hdt_end(b->nest->function);
}

const hdt_expr *tile_panel(nest *n, const dims *d, const tile *t, const hdt_expr *lane_block)
{
	expr_list reductions = {0};
	const hdt_expr *lane = d->axes[t->lane], *extent = lane->args[0], *size = hdt_int(n->context, t->lanes);
	panel_span lanes = {lane, hdt_int(n->context, 0), extent, t->lanes};
	if (!t->whole) {
		lanes.first = hdt_mul(lane_block, size);
		lanes.count = hdt_min(size, hdt_sub(extent, lanes.first));
	}
	if (hdt_proves_equal(hdt_mod(extent, size), hdt_int(n->context, 0)))
		lanes.count = size;
	if (!lane_reductions(d->value, lane, &reductions) || reductions.count != 1)
		return d->value;
	return panel_fill(n, d->value, reductions.items[0], &lanes, d->axes[t->row]);
}

void tile_emit(nest *n, const stage *s, dims d, const tile *t, const hdt_expr *row_block, const hdt_expr *lane_block)
{
	block b = {.nest = n, .stage = s, .dims = d, .tile = t};
	int rank = s->tensor->rank;
	if (t->row < 0) {
		emit_lanes(&b, lane_block);
		return;
	}
	const hdt_expr *extent = d.axes[t->row]->args[0], *size = hdt_int(n->context, t->rows);
	const hdt_expr *first = hdt_mul(row_block, size), *rest = hdt_mod(extent, size);
	bool even = hdt_proves_equal(rest, hdt_int(n->context, 0));
	if (!even)
		hdt_begin_if(n->function, hdt_less(row_block, hdt_floordiv(extent, size)));
	b.row = span_of(&d, rank, t->row, first, size, false);
	emit_lanes(&b, lane_block);
	if (even)
		return;
	hdt_begin_else(n->function);
	b.row = span_of(&d, rank, t->row, first, rest, false);
	emit_lanes(&b, lane_block);
	hdt_end(n->function);
}
