/* panel.c: gathers what several rows of a block read alike along its lanes, once, side by side.
 *
 * For y[i, j] = sum(k) x[i, k] * w[j, k], the reads of w stand apart along j, but serve every i. So a block of lanes first lays
 * them out, and all rows of all blocks then read whole vectors:
 *     for k in 0..768 { for l in 0..32 { panel[k, l] = w[j + l, k]; } }
 *     ... acc[r, l] = acc[r, l] + x[i + r, k] * panel[k, l]
 * The same takes the selects of a padded read out of the innermost loops. */
#include "auto.h"

#define PANEL_BYTES 131072

/* Is it a read of neighbours, or free of reads, which needs no laying out? */
static bool is_plain(const hdt_expr *e, const hdt_expr *lane)
{
	if (e->op == HDT_OP_LOAD)
		return read_is_along(e, lane);
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (nodes.items[i]->op == HDT_OP_LOAD && depends_on(nodes.items[i], lane))
			return false;
	return true;
}

/* The largest parts of `e` that depend on the lane, not on the row, and are worth it. Nothing is taken out of the arm of a select, which
 * may guard it. */
static void find_parts(const hdt_expr *e, const hdt_expr *lane, const hdt_expr *row, expr_list *out)
{
	if (!depends_on(e, lane) || is_reduce(e) || e->op == HDT_OP_AXIS)
		return;
	if (depends_on(e, row)) {
		int count = e->op == HDT_OP_LOAD ? 0 : e->op == HDT_OP_SELECT ? 1 : e->count;
		for (int i = 0; i < count; i++)
			find_parts(e->args[i], lane, row, out);
		return;
	}
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return;
	if (!is_plain(e, lane) && !expr_list_has(out, e))
		(void)expr_list_add(out, e);
}

void panel_parts(const hdt_expr *value, const hdt_expr *lane, const hdt_expr *row, expr_list *out)
{
	out->context = value->context;
	find_parts(value, lane, row, out);
}

bool panel_fits(const hdt_expr *reduce, const hdt_expr *lane, const hdt_expr *row, int64_t lanes)
{
	expr_list parts = {0};
	int64_t bytes = lanes, extent;
	if (reduce->count >= HDT_MAX_RANK)
		return false;
	panel_parts(reduce->args[0], lane, row, &parts);
	for (int a = 1; a < reduce->count; a++)
		if (!hdt_is_const(reduce->args[a]->args[0], &extent) || __builtin_mul_overflow(bytes, extent, &bytes))
			return false;
	int64_t all = 0;
	for (int i = 0; i < parts.count; i++)
		if (__builtin_mul_overflow(bytes, hdt_dtype_of((hdt_dtype)parts.items[i]->dtype)->bytes, &extent) ||
		    __builtin_add_overflow(all, extent, &all))
			return false;
	return parts.count > 0 && all <= PANEL_BYTES;
}

const hdt_expr *panel_fill(nest *n, const hdt_expr *value, const hdt_expr *reduce, const panel_span *lane,
                           const hdt_expr *row)
{
	expr_list parts = {0};
	expr_map filled = {0};
	const hdt_expr *shape[HDT_MAX_RANK], *at[HDT_MAX_RANK], *l = hdt_axis(lane->axis->name, lane->count);
	int rank = reduce ? reduce->count - 1 : 0;
	const hdt_expr *here = hdt_add(lane->first, l);
	panel_parts(reduce ? reduce->args[0] : value, lane->axis, row, &parts);
	for (int i = 0; i < parts.count; i++) {
		const hdt_expr *part = parts.items[i];
		for (int a = 0; a < rank; a++)
			at[a] = reduce->args[a + 1], shape[a] = at[a]->args[0];
		shape[rank] = hdt_int(n->context, lane->most);
		const hdt_tensor *panel = hdt_local(n->function, "panel", (hdt_dtype)part->dtype, (hdt_list){shape, rank + 1});
		for (int a = 0; a < rank; a++)
			open_loop(n, at[a], HDT_LOOP_SERIAL);
		hdt_begin_loop(n->function, l, HDT_LOOP_VECTORISE);
		at[rank] = l;
		hdt_store(n->function, panel, (hdt_list){at, rank + 1}, hdt_substitute(part, &lane->axis, &here, 1));
		hdt_end(n->function);
		for (int a = 0; a < rank; a++)
			close_loop(n);
		at[rank] = hdt_sub(lane->axis, lane->first);
		const hdt_expr *read = hdt_load(panel, at, rank + 1);
		if (read)
			expr_map_set(&filled, part, read);
	}
	const hdt_expr *result = replace_nodes(value, &filled);
	expr_map_free(&filled);
	return result;
}
