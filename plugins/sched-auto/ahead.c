/* ahead.c: while a long row is computed out of the cache, the next one is asked for, and what the results will overwrite:
 *
 *     for lanes in 0..64 { for u in 0..4 unroll { prefetch(&x[i, lanes * 64 + u * 16 + 4096]); } for u in 0..4 unroll { prefetch(&y[i, lanes * 64 + u * 16]); }
 *                          for j in 0..64 vectorise { e[lanes * 64 + j] = exp(...); } }
 *
 * Rows lie behind each other, so the place a row further on is that of the next one; behind the last one nothing is lost. */
#include "auto.h"

enum {
	LONG_ROW = 8192 /* bytes; shorter ones the processor sees coming */,
	LINE = 64,
	LINES = 4 /* asked for at a time */
};

/* Is the index known where the loop over lanes stands? */
static bool is_known(const nest *n, const hdt_expr *index)
{
	expr_list axes = {0};
	free_axes(index, &axes);
	for (int i = 0; i < axes.count; i++)
		if (!expr_list_has(&n->open, axes.items[i]))
			return false;
	return true;
}

/* A read of whole rows of memory, each by the loop over `lane`, that an earlier stage of the row has done. */
static bool walks_rows(const nest *n, const hdt_expr *load, const hdt_expr *lane)
{
	const hdt_tensor *t = load->tensor;
	if (load->op != HDT_OP_LOAD || t->scope != HDT_SCOPE_GLOBAL || t->rank < 2 || load->args[t->rank - 1] != lane)
		return false;
	for (int d = 0; d + 1 < t->rank; d++)
		if (!is_known(n, load->args[d]))
			return false;
	return hdt_proves_equal(t->shape[t->rank - 1], lane->args[0]);
}

static const hdt_expr *find_rows(const nest *n, const hdt_expr *value, const hdt_expr *lane, int nth)
{
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (walks_rows(n, nodes.items[i], lane) && nth-- == 0)
			return nodes.items[i];
	return NULL;
}

bool ahead_applies(const nest *n, const dims *d, tile *t)
{
	int64_t extent;
	const hdt_expr *rows = t->lane >= 0 ? find_rows(n, d->value, d->axes[t->lane], 0) : NULL;
	if (!rows || d->count != 1 || !hdt_is_const(d->axes[0]->args[0], &extent))
		return false;
	int64_t bytes = hdt_dtype_of((hdt_dtype)rows->dtype)->bytes;
	if (extent > INT64_MAX / bytes || extent * bytes < LONG_ROW)
		return false;
	t->lanes = LINES * LINE / bytes;
	t->whole = false;
	return true;
}

/* Ask for what stands at `count` places of x[indices..., first] and behind it, a line each. */
static void fetch_lines(nest *n, const hdt_tensor *x, const hdt_expr **indices, const hdt_expr *first, int64_t count)
{
	int64_t per_line = LINE / hdt_dtype_of(x->dtype)->bytes, lines = (count + per_line - 1) / per_line;
	const hdt_expr *line = hdt_begin_for(n->function, "line", hdt_int(n->context, lines), HDT_LOOP_UNROLL);
	indices[x->rank - 1] = hdt_add(first, hdt_mul(line, hdt_int(n->context, per_line)));
	hdt_do(n->function, "prefetch", HDT_AT(hdt_address(x, indices, x->rank)));
	hdt_end(n->function);
}

void ahead_fetch(nest *n, const group *g, const dims *d, const tile *t, const hdt_expr *lane_block)
{
	const hdt_expr *lane = d->axes[t->lane], *extent = lane->args[0], *rows, *indices[HDT_MAX_RANK];
	const hdt_expr *here = hdt_mul(lane_block, hdt_int(n->context, t->lanes));
	for (int nth = 0; (rows = find_rows(n, d->value, lane, nth)) != NULL; nth++) {
		for (int i = 0; i + 1 < rows->count; i++)
			indices[i] = rows->args[i];
		fetch_lines(n, rows->tensor, indices, hdt_add(here, extent), t->lanes);
	}
	for (int i = g->first; i < g->first + g->count; i++) {
		const hdt_tensor *y = n->plan->stages[i].memory;
		if (!n->plan->stages[i].output || y->rank != g->rows + 1 || !hdt_proves_equal(y->shape[g->rows], extent))
			continue;
		for (int k = 0; k < g->rows; k++)
			indices[k] = d->at[k];
		fetch_lines(n, y, indices, here, t->lanes);
	}
}
