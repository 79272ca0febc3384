/* tile.c: decides how the innermost loops of a stage are cut: how many neighbours (lanes) are computed side by side, and whether several rows
 * of them are, because a read serves them all. */
#include "auto.h"

#define PLAIN_LANES 2048   /* elements of a block without reductions, */
#define SQUARES 4          /* side by side, when transposing */
#define LONG_LANES 1024    /* and of one of long reductions, which streams through memory */
#define LONG_BYTES 0x80000 /* of the operand of these, at least */

typedef struct reading {
	int along, across, still; /* reads that walk along the lanes side by side, in steps, not at all */
} reading;

bool linear_factor(const hdt_expr *index, const hdt_expr *axis, int64_t *factor)
{
	int64_t left, right, constant;
	*factor = index == axis;
	if (index == axis || !depends_on(index, axis))
		return true;
	if (index->op == HDT_OP_ADD || index->op == HDT_OP_SUB) {
		if (!linear_factor(index->args[0], axis, &left) || !linear_factor(index->args[1], axis, &right))
			return false;
		*factor = index->op == HDT_OP_ADD ? left + right : left - right;
		return true;
	}
	if (index->op == HDT_OP_MUL && hdt_is_const(index->args[1], &constant) &&
	    linear_factor(index->args[0], axis, &left))
		return !__builtin_mul_overflow(left, constant, factor);
	return false;
}

/* Quotient and remainder of a merged axis count as the axis itself. */
static bool is_split(const hdt_expr *const *at, const hdt_expr *axis)
{
	return at[0]->op == HDT_OP_FLOORDIV && at[1]->op == HDT_OP_MOD && depends_on(at[0], axis) &&
	       depends_on(at[1], axis) && at[1]->args[0] == at[0]->args[0];
}

bool read_is_along(const hdt_expr *load, const hdt_expr *axis)
{
	int last = load->count - 1;
	int64_t factor;
	if (last < 0)
		return false;
	if (last > 0 && is_split(load->args + last - 1, axis))
		return true;
	for (int d = 0; d < last; d++)
		if (depends_on(load->args[d], axis))
			return false;
	return linear_factor(load->args[last], axis, &factor) && factor == 1;
}

/* Does the read stay where it is while the reduction runs? */
static bool stands_still(const hdt_expr *load, const hdt_expr *reduce)
{
	for (int a = 1; a < reduce->count; a++)
		if (depends_on(load, reduce->args[a]))
			return false;
	return true;
}

int reads_along(const hdt_expr *reduce, const hdt_expr *axis)
{
	expr_list nodes = {0};
	int count = 0;
	expr_nodes(reduce->args[0], &nodes);
	for (int i = 0; i < nodes.count; i++)
		count += nodes.items[i]->op == HDT_OP_LOAD && !stands_still(nodes.items[i], reduce) &&
		         read_is_along(nodes.items[i], axis);
	return count;
}

static void add_reading(reading *r, const hdt_expr *load, const hdt_expr *axis)
{
	if (!depends_on(load, axis))
		r->still++;
	else if (read_is_along(load, axis))
		r->along++;
	else
		r->across++;
}

bool lane_reductions(const hdt_expr *value, const hdt_expr *axis, expr_list *out)
{
	expr_list nodes = {0};
	out->context = value->context;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *e = nodes.items[i];
		if (!is_reduce(e) || !depends_on(e, axis))
			continue;
		if (e->op == HDT_OP_ARG_REDUCE)
			return false;
		for (int a = 1; a < e->count; a++)
			if (depends_on(e->args[a]->args[0], axis))
				return false;
		for (int a = 1; a < e->count; a++)
			for (int b = 1; b < e->count; b++)
				if (depends_on(e->args[a]->args[0], e->args[b]))
					return false;
		(void)expr_list_add(out, e);
	}
	return true;
}

static void read_along(const expr_list *reductions, const hdt_expr *axis, reading *out)
{
	for (int i = 0; i < reductions->count; i++) {
		expr_list nodes = {0};
		expr_nodes(reductions->items[i]->args[0], &nodes);
		for (int n = 0; n < nodes.count; n++)
			if (nodes.items[n]->op == HDT_OP_LOAD && nodes.items[n]->tensor->scope != HDT_SCOPE_REGISTER &&
			    !stands_still(nodes.items[n], reductions->items[i]))
				add_reading(out, nodes.items[n], axis);
	}
}

/* Does a read along the lanes serve several elements of the loop over `row`, and the other way round? */
static bool shares_reads(const expr_list *reductions, const hdt_expr *lane, const hdt_expr *row)
{
	bool lane_only = false, row_only = false;
	for (int i = 0; i < reductions->count; i++) {
		expr_list nodes = {0};
		expr_nodes(reductions->items[i]->args[0], &nodes);
		for (int n = 0; n < nodes.count; n++) {
			if (nodes.items[n]->op != HDT_OP_LOAD)
				continue;
			bool by_lane = depends_on(nodes.items[n], lane), by_row = depends_on(nodes.items[n], row);
			lane_only |= by_lane && !by_row;
			row_only |= by_row && !by_lane;
		}
	}
	return lane_only && row_only;
}

/* At most `most`, a divisor of the extent if a large one is there. */
static int64_t block_of(const hdt_expr *extent, int64_t most)
{
	int64_t value;
	if (!hdt_is_const(extent, &value) || value <= 0)
		return most;
	if (value <= most)
		return value;
	for (int64_t size = most; size > most / 2; size--)
		if (value % size == 0)
			return size;
	return most;
}

/* The same in whole vectors: the multiple of a vector that leaves least over. */
static int64_t lanes_of(const hdt_expr *extent, int64_t most, int64_t vector)
{
	int64_t value, best = most;
	if (!hdt_is_const(extent, &value) || value <= 0)
		return most;
	if (value <= most)
		return value;
	for (int64_t size = most; size > most / 2; size -= vector)
		if (value % size == 0)
			return size;
		else if (value % size % vector == 0 && value % best % vector != 0)
			best = size;
	return best;
}

/* Is there enough to do for the workers when the loop over blocks of rows stays whole? */
static bool panel_pays(const dims *d, const expr_list *reductions, const tile *t)
{
	const hdt_expr *lane = d->axes[t->lane], *row = d->axes[t->row];
	int64_t pieces = hdt_size_estimate(lane->args[0]) / t->lanes;
	for (int i = 0; i < d->count; i++)
		if (i != t->row && i != t->lane &&
		    __builtin_mul_overflow(pieces, hdt_size_estimate(d->axes[i]->args[0]), &pieces))
			return false;
	return reductions->count == 1 && pieces >= 2 * WORKERS && hdt_size_estimate(row->args[0]) >= 2 * t->rows &&
	       panel_fits(reductions->items[0], lane, row, t->lanes);
}

static void choose_row(const dims *d, const expr_list *reductions, int64_t most, tile *t)
{
	const hdt_expr *lane = d->axes[t->lane];
	for (int i = t->lane - 1; i >= 0; i--) {
		expr_list same = {0};
		if (!shares_reads(reductions, lane, d->axes[i]) || !lane_reductions(d->value, d->axes[i], &same))
			continue;
		t->row = i;
		t->rows = block_of(d->axes[i]->args[0], most);
		return;
	}
}

static int64_t outer_estimate(const dims *d)
{
	int64_t product = 1;
	for (int i = 0; i + 1 < d->count; i++)
		if (__builtin_mul_overflow(product, hdt_size_estimate(d->axes[i]->args[0]), &product))
			return INT64_MAX;
	return product;
}

/* Do the reductions go through more memory than a cache holds, all of whose rows are as wide as the lanes? */
static bool streams(const expr_list *reductions, const hdt_expr *lane)
{
	for (int i = 0; i < reductions->count; i++) {
		const hdt_expr *reduce = reductions->items[i];
		int64_t bytes = 4 * hdt_size_estimate(lane->args[0]);
		for (int a = 1; a < reduce->count; a++)
			if (__builtin_mul_overflow(bytes, hdt_size_estimate(reduce->args[a]->args[0]), &bytes))
				return true;
		if (bytes < LONG_BYTES || reads_along(reduce, lane) == 0)
			return false;
	}
	return true;
}

static bool all_suit_chains(const plan *p, const expr_list *reductions)
{
	for (int i = 0; i < reductions->count; i++)
		if (!chains_suit(p, reductions->items[i]))
			return false;
	return true;
}

/* Enough for whole tiles? */
static bool fills(const hdt_expr *extent, int64_t size)
{
	int64_t value;
	return hdt_is_const(extent, &value) ? value >= size : hdt_size_estimate(extent) >= 2 * size;
}

/* Tiles of squares for what is read across the lanes. */
static bool choose_transposed(const plan *p, const dims *d, tile *t)
{
	int64_t size = chains_lanes(p);
	for (int i = 0; i < t->lane; i++) {
		if (!fills(d->axes[i]->args[0], size) || !fills(d->axes[t->lane]->args[0], size) ||
		    !transpose_suits(d->value, d->axes[t->lane], d->axes[i]))
			continue;
		t->row = i;
		t->rows = size;
		t->lanes = hdt_size_estimate(d->axes[t->lane]->args[0]) >= SQUARES * size ? SQUARES * size : size;
		t->whole = false;
		t->transposed = true;
		return true;
	}
	return false;
}

tile tile_choose(const plan *p, const dims *d)
{
	tile t = {.lane = d->count - 1, .row = -1, .lanes = 1, .rows = 1, .vector = true, .whole = true};
	expr_list reductions = {0};
	reading r = {0};
	if (d->count == 0)
		return t;
	const hdt_expr *lane = d->axes[t.lane], *extent = lane->args[0];
	int64_t registers = p->target->vector_bytes >= 64 ? 32 : 16, per_vector = p->target->vector_bytes / 4;
	per_vector = per_vector < 4 ? 4 : per_vector;
	if (!lane_reductions(d->value, lane, &reductions)) {
		t.lane = -1; /* element by element */
		return t;
	}
	if (!reductions.count && choose_transposed(p, d, &t))
		return t;
	if (!reductions.count) {
		t.lanes = PLAIN_LANES;
		t.whole = hdt_size_estimate(extent) <= PLAIN_LANES || outer_estimate(d) >= 4 * WORKERS;
		return t;
	}
	read_along(&reductions, lane, &r);
	choose_row(d, &reductions, registers / 4, &t);
	if (t.row < 0 && r.along == 0 && all_suit_chains(p, &reductions)) {
		t.lane = -1;
		return t;
	}
	t.vector = t.row >= 0 || r.along > 0 || r.across == 0;
	int64_t most = t.row >= 0 ? 2 * per_vector : streams(&reductions, lane) ? LONG_LANES : 4 * per_vector;
	t.lanes = t.vector ? lanes_of(extent, most, per_vector) : block_of(extent, 8);
	int64_t value;
	t.whole = hdt_is_const(extent, &value) && value == t.lanes;
	t.panel = t.row >= 0 && panel_pays(d, &reductions, &t);
	return t;
}
