/* cpu_panel.c: how a panel of the second factor is read, and laid out by those who do not find it packed.
 *
 *     y[i, j] = sum(k < 64) q[i, k] * t[j, k]
 *  -> laid_out[k, lane] = t[first_column + lane, k]
 *
 * Columns beyond the last one are 0. */
#include "cpu.h"

/* Position in the slice: as the panel lies. */
static const hdt_expr *in_slice(const nest *n, const step *k)
{
	const span *s = &n->p->depth;
	const hdt_expr *position = k->in_slice;
	for (int i = 1; i < s->count; i++)
		position = hdt_add(hdt_mul(position, s->extents[i]), k->at[i]);
	return position;
}

/* The factor itself at a column. */
static const hdt_expr *value_at(const nest *n, const step *k, const hdt_expr *column)
{
	place at = n->at;
	place_put(&at, &n->p->depth, k->at);
	place_put_position(&at, &n->p->columns, column);
	return place_value(&at, n->p->c.b);
}

const hdt_expr *panel_at(nest *n, const step *k, const hdt_expr *lane)
{
	const span *depth = &n->p->depth;
	switch (n->p->right) {
	case RIGHT_PACKED: {
		const hdt_expr *position =
			hdt_flatten(n->context, (hdt_list){depth->extents, depth->count}, (hdt_list){k->at, depth->count});
		return hdt_at(n->right, hdt_add(n->right_first, n->panel), position, lane);
	}
	case RIGHT_LAID_OUT:
		return hdt_at(n->right, in_slice(n, k), lane);
	default:
		return value_at(n, k, hdt_add(n->first_column, lane));
	}
}

/* Loops over the slice, outermost first, and which element they are at. */
static void begin_slice(nest *n, step *k)
{
	const span *depth = &n->p->depth;
	k->in_slice = hdt_begin_for(n->function, "k", n->slice_depth, HDT_LOOP_SERIAL);
	k->at[0] = hdt_add(n->slice_first, k->in_slice);
	for (int i = 1; i < depth->count; i++)
		k->at[i] = hdt_begin_for(n->function, "k", depth->extents[i], HDT_LOOP_SERIAL);
}

static void end_slice(nest *n)
{
	for (int i = 0; i < n->p->depth.count; i++)
		hdt_end(n->function);
}

/* A whole panel of whole squares. */
static bool has_squares(const nest *n)
{
	const hdt_expr *lanes = hdt_int(n->context, n->p->lanes);
	return n->p->right_reads == READS_SQUARES && n->b->depth % n->p->lanes == 0 &&
	       hdt_proves_equal(hdt_mod(n->p->depth.extent, lanes), hdt_int(n->context, 0));
}

static void fill_squares(nest *n)
{
	hdt_function *f = n->function;
	const hdt_expr *lanes = hdt_int(n->context, n->p->lanes), *width = hdt_int(n->context, n->b->width);
	const hdt_expr *across = hdt_begin_for(f, "square", hdt_floordiv(width, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *down = hdt_begin_for(f, "k", hdt_floordiv(n->slice_depth, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *lane = hdt_mul(across, lanes);
	step k = {.in_slice = hdt_mul(down, lanes)};
	k.at[0] = hdt_add(n->slice_first, k.in_slice);
	const hdt_expr *from = value_at(n, &k, hdt_add(n->first_column, lane)), *to[] = {in_slice(n, &k), lane};
	if (from && from->op == HDT_OP_LOAD)
		hdt_do(f, "transpose_lanes",
		       HDT_AT(hdt_address(n->right, to, 2), width, hdt_address(from->tensor, from->args, from->count),
		              hdt_int(n->context, n->p->right_stride), lanes));
	hdt_end(f);
	hdt_end(f);
}

/* `inside`: all columns are there. */
static void fill(nest *n, bool inside)
{
	step k;
	bool across = n->p->right_reads == READS_ACROSS || n->p->right_reads == READS_SQUARES;
	if (inside && has_squares(n)) {
		fill_squares(n);
		return;
	}
	const hdt_expr *width = hdt_int(n->context, n->b->width), *lane = NULL;
	if (across)
		lane = hdt_begin_for(n->function, "lane", width, HDT_LOOP_SERIAL);
	begin_slice(n, &k);
	if (!across)
		lane = hdt_begin_for(n->function, "lane", width, HDT_LOOP_VECTORISE);
	const hdt_expr *column = hdt_add(n->first_column, lane), *value = value_at(n, &k, column);
	if (value && !inside)
		value = hdt_select(hdt_less(column, n->p->columns.extent), value, hdt_like(value, 0));
	hdt_store(n->function, n->right, HDT_AT(in_slice(n, &k), lane), value);
	end_slice(n);
	hdt_end(n->function);
}

void panel_fill(nest *n)
{
	const hdt_expr *columns = n->p->columns.extent, *width = hdt_int(n->context, n->b->width);
	if (hdt_proves_equal(hdt_mod(columns, width), hdt_int(n->context, 0))) {
		fill(n, true);
		return;
	}
	hdt_begin_if(n->function, hdt_less_equal(hdt_add(n->first_column, width), columns));
	fill(n, true);
	hdt_begin_else(n->function);
	fill(n, false);
	hdt_end(n->function);
}
