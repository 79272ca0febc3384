/* layout_cpu.c: k of a slice is transposed, v is copied where its rows do not lie well, and so is q of a tile.
 *
 *     panels[panel, d, lane] = k[first_key + panel * 32 + lane, d]
 *
 * Keys beyond the last one, and elements beyond a row's last one, are 0. */
#include "cpu.h"

static const hdt_expr *as_f32(const hdt_expr *e)
{
	return e ? hdt_cast(e, HDT_F32) : NULL;
}

/* to[row, 0..padded] = value of each element below `count`, then 0; `e` is its axis. */
static void copy_row(nest *n, const hdt_tensor *to, const hdt_expr *row, const hdt_expr *e, const hdt_expr *value,
                     int64_t count, int64_t padded)
{
	hdt_function *f = n->function;
	hdt_begin_loop(f, e, HDT_LOOP_VECTORISE);
	hdt_store(f, to, HDT_AT(row, e), as_f32(value));
	hdt_end(f);
	if (count == padded)
		return;
	const hdt_expr *pad = hdt_begin_for(f, "pad", nest_number(n, padded - count), HDT_LOOP_SERIAL);
	hdt_store(f, to, HDT_AT(row, hdt_add(pad, nest_number(n, count))), hdt_number(n->context, HDT_F32, 0));
	hdt_end(f);
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

int panel_row(const nest *n, const hdt_expr *row, const hdt_expr **indices)
{
	int count = 0;
	if (n->b->shares_k) {
		const hdt_expr *before = hdt_floordiv(n->first_key, nest_number(n, n->b->panel));
		indices[count++] = n->batch_position;
		row = hdt_add(hdt_mul(before, nest_number(n, n->p->padded_depth)), row);
	}
	indices[count++] = row;
	return count;
}

/* A square of the row of the panels, from the rows that begin at `from`. */
static void transpose_row(nest *n, const hdt_expr *first, const hdt_tensor *tensor, const hdt_expr *const *from,
                          int rank, const hdt_expr *down, int64_t stride)
{
	const hdt_expr *lanes = nest_number(n, n->p->lanes), *width = nest_number(n, n->b->panel), *to[3];
	const hdt_expr *panel = hdt_floordiv(first, width);
	int count = panel_row(n, hdt_add(hdt_mul(panel, nest_number(n, n->p->padded_depth)), down), to);
	to[count++] = hdt_mod(first, width);
	hdt_do(n->function, "transpose_lanes",
	       HDT_AT(hdt_address(n->panels, to, count), width, hdt_address(tensor, from, rank), nest_number(n, stride),
	              lanes));
}

static void transpose_in_place(nest *n, const hdt_expr *first)
{
	const hdt_expr *lanes = nest_number(n, n->p->lanes);
	const hdt_expr *square =
		hdt_begin_for(n->function, "square", nest_number(n, n->p->depth / n->p->lanes), HDT_LOOP_SERIAL);
	const hdt_expr *down = square ? hdt_mul(square, lanes) : NULL;
	const hdt_expr *from = down ? nest_value(n, n->p->a.k, NULL, hdt_add(n->first_key, first), down, NULL) : NULL;
	if (from && from->op == HDT_OP_LOAD)
		transpose_row(n, first, from->tensor, from->args, from->count, down, n->p->k_stride);
	hdt_end(n->function);
}

/* By way of a copy, in which what is not there is 0. */
static void transpose_copy(nest *n, const hdt_expr *first)
{
	hdt_function *f = n->function;
	const problem *p = n->p;
	const hdt_expr *lanes = nest_number(n, p->lanes);
	const hdt_tensor *copy = hdt_local(f, "copy", HDT_F32, HDT_AT(lanes, nest_number(n, p->padded_depth)));
	const hdt_expr *i = hdt_begin_for(f, "i", lanes, HDT_LOOP_SERIAL);
	const hdt_expr *at = hdt_add(first, i), *d = hdt_axis("d", nest_number(n, p->depth));
	hdt_begin_if(f, hdt_less(at, n->key_count));
	copy_row(n, copy, i, d, nest_value(n, p->a.k, NULL, hdt_add(n->first_key, at), d, NULL), p->depth, p->padded_depth);
	hdt_begin_else(f);
	const hdt_expr *pad = hdt_begin_for(f, "pad", nest_number(n, p->padded_depth), HDT_LOOP_VECTORISE);
	hdt_store(f, copy, HDT_AT(i, pad), hdt_number(n->context, HDT_F32, 0));
	hdt_end(f);
	hdt_end(f);
	hdt_end(f);
	const hdt_expr *square = hdt_begin_for(f, "square", nest_number(n, p->padded_depth / p->lanes), HDT_LOOP_SERIAL);
	const hdt_expr *down = square ? hdt_mul(square, lanes) : NULL, *from[] = {nest_number(n, 0), down};
	transpose_row(n, first, copy, from, 2, down, p->padded_depth);
	hdt_end(f);
}

void lay_out_group(nest *n, const hdt_expr *first)
{
	hdt_function *f = n->function;
	const hdt_expr *lanes = nest_number(n, n->p->lanes), *width = nest_number(n, n->b->panel);
	bool whole = hdt_proves_equal(hdt_mod(n->key_count, width), nest_number(n, 0));
	if (!first)
		return;
	if (n->p->k_squares && !whole) {
		hdt_begin_if(f, hdt_less_equal(hdt_add(first, lanes), n->key_count));
		transpose_in_place(n, first);
		hdt_begin_else(f);
		transpose_copy(n, first);
		hdt_end(f);
	} else if (n->p->k_squares) {
		transpose_in_place(n, first);
	} else {
		transpose_copy(n, first);
	}
}

const hdt_expr *group_count(const nest *n, const hdt_expr *keys)
{
	return hdt_mul(hdt_ceildiv(keys, nest_number(n, n->b->panel)), nest_number(n, n->b->panel / n->p->lanes));
}

void lay_out_keys(nest *n)
{
	const hdt_expr *group = hdt_begin_for(n->function, "group", group_count(n, n->key_count), HDT_LOOP_SERIAL);
	lay_out_group(n, group ? nest_let(n, "first", hdt_mul(group, nest_number(n, n->p->lanes))) : NULL);
	hdt_end(n->function);
}

/* ---- values and queries ------------------------------------------------------------------------------------------- */

void lay_out_values(nest *n)
{
	const problem *p = n->p;
	const hdt_expr *j = hdt_begin_for(n->function, "j", n->key_count, HDT_LOOP_SERIAL);
	const hdt_expr *e = hdt_axis("e", nest_number(n, p->width)), *key = j ? hdt_add(n->first_key, j) : NULL;
	if (key)
		copy_row(n, n->values, j, e, nest_value(n, p->a.v, NULL, key, NULL, e), p->width, p->padded_width);
	hdt_end(n->function);
}

void lay_out_queries(nest *n)
{
	const problem *p = n->p;
	const hdt_expr *i = hdt_begin_for(n->function, "i", nest_number(n, n->b->rows), HDT_LOOP_SERIAL);
	const hdt_expr *d = hdt_axis("d", nest_number(n, p->depth));
	const hdt_expr *query = i ? nest_let(n, "query", nest_query(n, i)) : NULL;
	if (query)
		copy_row(n, n->rows, i, d, nest_value(n, p->a.q, query, NULL, d, NULL), p->depth, p->depth);
	hdt_end(n->function);
}
